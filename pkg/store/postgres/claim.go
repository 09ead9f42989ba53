package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hut8labs/failmail/pkg/store"
)

// batchColumns are what scanBatches reads.
const batchColumns = `id, key, early, count, first_at, last_at, coalesce(first_due, due_at), held_since, loud_first, loud_last, due_by`

const (
	dueBatch = `
		SELECT id FROM batches
		WHERE state <> 'sealed' AND CASE state WHEN 'open' THEN due_at ELSE lease_until END <= $1
		ORDER BY due_at, id LIMIT 1 FOR UPDATE`
	claimID = `
		UPDATE batches SET state = 'sending', lease_until = $2, first_due = coalesce(first_due, due_at)
		WHERE id = $1 RETURNING ` + batchColumns
)

// NextDue implements store.Store.
func (s *Store) NextDue(ctx context.Context) (time.Time, error) {
	return s.next(ctx, `
		SELECT min(CASE state WHEN 'open' THEN due_at ELSE lease_until END) FROM batches WHERE state <> 'sealed'`)
}

// NextSend implements store.Store.
func (s *Store) NextSend(ctx context.Context) (time.Time, error) {
	return s.next(ctx, `SELECT min(greatest(next_at, lease_until)) FROM outbox`)
}

func (s *Store) next(ctx context.Context, query string) (next time.Time, err error) {
	err = s.read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, query).Scan(into(&next))
	})
	if next.IsZero() {
		next = store.Never
	}
	return next, err
}

// Claim implements store.Store. Batches that other nodes have locked are passed
// over; but when there is no other, Claim waits for the lock, or a storm would
// keep it from the batch that needs it most.
func (s *Store) Claim(ctx context.Context, now time.Time, lease time.Duration) (claim *store.Batch, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		claim = nil
		id, err := claimable(ctx, tx, dueBatch+" SKIP LOCKED", now)
		if err == nil && id == 0 {
			id, err = claimable(ctx, tx, dueBatch, now)
		}
		if err != nil || id == 0 {
			return err
		}
		rows, _ := tx.Query(ctx, claimID, id, micros(now.Add(lease))) // CollectRows has the error
		claimed, err := scanBatches(rows)
		if err != nil {
			return err
		}
		claim = claimed[0]
		return load(ctx, tx, claimed, true)
	})
	if err != nil || claim == nil {
		return nil, err
	}
	claim.Sort()
	return claim, nil
}

// claimable returns the ID that query finds and locks; 0 if there is none.
func claimable(ctx context.Context, tx pgx.Tx, query string, now time.Time) (id int64, err error) {
	rows, err := tx.Query(ctx, query, micros(now))
	if err != nil {
		return 0, err
	}
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error { return nil })
	return id, err
}

// Seal implements store.Store.
func (s *Store) Seal(ctx context.Context, batch int64, summaries []store.Outgoing) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE batches SET state = 'sealed' WHERE id = $1 AND state = 'sending'`, batch)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return store.ErrNotClaimed
		}
		if len(summaries) == 0 {
			return forgetBatch(ctx, tx, batch)
		}
		return insert(ctx, tx, batch, summaries)
	})
}

// Open implements store.Store.
func (s *Store) Open(ctx context.Context) (batches []*store.Batch, err error) {
	err = s.read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `SELECT `+batchColumns+` FROM batches WHERE state = 'open' ORDER BY due_at, id`)
		if batches, err = scanBatches(rows); err != nil {
			return err
		}
		return load(ctx, tx, batches, false)
	})
	if err != nil {
		return nil, err
	}
	for _, b := range batches {
		b.Sort()
	}
	return batches, nil
}

// Flush implements store.Store.
func (s *Store) Flush(ctx context.Context, batch int64, now time.Time) (flushed int, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			WITH locked AS (
				SELECT id FROM batches WHERE state = 'open' AND ($1::bigint = 0 OR id = $1) ORDER BY key_hash, early FOR UPDATE)
			UPDATE batches SET due_by = least(due_by, $2), due_at = least(due_at, $2)
			FROM locked WHERE batches.id = locked.id`, batch, micros(now))
		flushed = int(tag.RowsAffected())
		return err
	})
	return flushed, err
}

// Pending implements store.Store.
func (s *Store) Pending(ctx context.Context) (p store.Pending, err error) {
	err = s.read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
			SELECT count(*), coalesce(sum(count), 0), (SELECT count(*) FROM outbox) FROM batches WHERE state <> 'sealed'`,
		).Scan(&p.Batches, &p.Mails, &p.Outbox)
	})
	return p, err
}
