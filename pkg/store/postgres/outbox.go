package postgres

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hut8labs/failmail/pkg/store"
)

// outgoingColumns are what scanOutgoing reads, with the mail or NULL after them.
const outgoingColumns = `id, batch_key, folds, message_id, sender, recipients, count, group_count, due_at, next_at, attempts, last_error`

// Enqueue implements store.Store.
func (s *Store) Enqueue(ctx context.Context, mails []store.Outgoing) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error { return insert(ctx, tx, 0, mails) })
}

// EnqueueOnce implements store.Store.
func (s *Store) EnqueueOnce(ctx context.Context, name, text string, mails []store.Outgoing) (done bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			INSERT INTO notes AS have VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET text = excluded.text WHERE have.text < excluded.text COLLATE "C"`, clean(name), clean(text))
		if done = err == nil && tag.RowsAffected() > 0; !done {
			return err
		}
		return insert(ctx, tx, 0, mails)
	})
	return done && err == nil, err
}

func insert(ctx context.Context, tx pgx.Tx, batch int64, mails []store.Outgoing) error {
	if len(mails) == 0 {
		return nil
	}
	var b pgx.Batch
	for i := range mails {
		o := &mails[i]
		mail := o.Mail
		if mail == nil {
			mail = []byte{} // NULL would violate NOT NULL
		}
		b.Queue(`
			INSERT INTO outbox (batch, folds, batch_key, message_id, sender, recipients, mail, count, group_count,
				due_at, next_at, attempts, last_error)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			batch, batch != 0 && len(mails) == 1, clean(o.Batch), clean(o.MessageID), []byte(o.From), addresses(o.To), mail,
			o.Count, o.Groups, micros(o.Due), micros(o.NextAt), o.Attempts, clean(o.LastError))
	}
	return tx.SendBatch(ctx, &b).Close()
}

// ClaimOutgoing implements store.Store.
func (s *Store) ClaimOutgoing(ctx context.Context, now time.Time, lease time.Duration) (claim *store.Outgoing, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		claim = nil
		rows, _ := tx.Query(ctx, `
			UPDATE outbox SET lease_until = $2, attempts = attempts + 1 WHERE id = (
				SELECT id FROM outbox WHERE greatest(next_at, lease_until) <= $1
				ORDER BY next_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
			RETURNING `+outgoingColumns+`, mail`, micros(now), micros(now.Add(lease)))
		claims, err := pgx.CollectRows(rows, scanOutgoing)
		if len(claims) > 0 {
			claim = &claims[0]
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return claim, nil
}

func scanOutgoing(row pgx.CollectableRow) (o store.Outgoing, err error) {
	var sender, recipients []byte
	err = row.Scan(&o.ID, &o.Batch, &o.CanReopen, &o.MessageID, &sender, &recipients, &o.Count, &o.Groups,
		into(&o.Due), into(&o.NextAt), &o.Attempts, &o.LastError, &o.Mail)
	o.From = string(sender)
	if len(recipients) > 0 {
		o.To = strings.Split(string(recipients), "\n")
	}
	return o, err
}

// addresses puts one recipient on each line, in whatever encoding the client used.
func addresses(to []string) []byte { return []byte(strings.Join(to, "\n")) }

// Postpone implements store.Store.
func (s *Store) Postpone(ctx context.Context, o *store.Outgoing) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE outbox SET recipients = $2, attempts = $3, next_at = $4, last_error = $5, lease_until = 0 WHERE id = $1`,
			o.ID, addresses(o.To), o.Attempts, micros(o.NextAt), clean(o.LastError))
		if err == nil && tag.RowsAffected() == 0 {
			err = store.ErrNotClaimed
		}
		return err
	})
}

// Finish implements store.Store.
func (s *Store) Finish(ctx context.Context, id int64) error {
	err := s.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
		batch, err := take(ctx, tx, id)
		if err != nil || batch == 0 {
			return err
		}
		var more bool
		err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM outbox WHERE batch = $1)`, batch).Scan(&more)
		if err != nil || more {
			return err
		}
		return forgetBatch(ctx, tx, batch)
	})
	if errors.Is(err, store.ErrNotClaimed) {
		return nil
	}
	return err
}

// take removes a summary from the outbox and locks the batch it came from, which
// comes first: of two nodes that finish the last two summaries of a batch, one
// must see that it has the last one. It returns the ID of the batch; 0 for none.
func take(ctx context.Context, tx pgx.Tx, id int64) (batch int64, err error) {
	err = tx.QueryRow(ctx, `SELECT batch FROM outbox WHERE id = $1`, id).Scan(&batch)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, store.ErrNotClaimed
	}
	if err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, `SELECT FROM batches WHERE id = $1 FOR UPDATE`, batch); err != nil {
		return 0, err
	}
	tag, err := tx.Exec(ctx, `DELETE FROM outbox WHERE id = $1`, id)
	if err == nil && tag.RowsAffected() == 0 {
		err = store.ErrNotClaimed
	}
	return batch, err
}

// Outgoing implements store.Store.
func (s *Store) Outgoing(ctx context.Context) (all []store.Outgoing, err error) {
	err = s.read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `SELECT `+outgoingColumns+`, NULL::bytea FROM outbox ORDER BY next_at, id`)
		all, err = pgx.CollectRows(rows, scanOutgoing)
		return err
	})
	return all, err
}

// Retry implements store.Store.
func (s *Store) Retry(ctx context.Context, id int64, now time.Time) (due int, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE outbox SET next_at = least(next_at, $2) WHERE lease_until <= $2 AND ($1::bigint = 0 OR id = $1)`, id, micros(now))
		due = int(tag.RowsAffected())
		return err
	})
	return due, err
}
