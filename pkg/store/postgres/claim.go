package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hut8labs/failmail/pkg/store"
)

// batchColumns are what scanBatches reads.
const batchColumns = `id, key, early, count, first_at, last_at, coalesce(first_due, due_at), held_since, loud_first, loud_last, due_by`

// NextDue implements store.Store.
func (s *Store) NextDue(ctx context.Context) (time.Time, error) {
	if err := s.bringUpToDate(ctx); err != nil {
		return time.Time{}, err
	}
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

// Claim implements store.Store. What relies on the batch is counted in it: nothing
// more of that is written once lockOpen is held.
func (s *Store) Claim(ctx context.Context, now time.Time, lease time.Duration) (claim *store.Batch, err error) {
	err = s.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
		claim = nil
		var id, due int64
		err := tx.QueryRow(ctx, `
			SELECT id, due_at FROM batches
			WHERE state <> 'sealed' AND CASE state WHEN 'open' THEN due_at ELSE lease_until END <= $1
			ORDER BY coalesce(first_due, due_at), id LIMIT 1 FOR UPDATE`, micros(now)).Scan(&id, &due)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, lockOpen); err != nil {
			return err
		}
		if err := s.settle(ctx, tx); err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, `
			UPDATE batches SET state = 'sending', lease_until = $2, first_due = coalesce(first_due, $3)
			WHERE id = $1 RETURNING `+batchColumns, id, micros(now.Add(lease)), due) // CollectRows has the error
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

// Seal implements store.Store.
func (s *Store) Seal(ctx context.Context, batch int64, summaries []store.Outgoing) error {
	return s.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
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
	if err := s.bringUpToDate(ctx); err != nil {
		return nil, err
	}
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
	err = s.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE batches SET due_by = least(due_by, $2), due_at = least(due_at, $2)
			WHERE state = 'open' AND ($1::bigint = 0 OR id = $1)`, batch, micros(now))
		flushed = int(tag.RowsAffected())
		return err
	})
	return flushed, err
}

// Pending implements store.Store.
func (s *Store) Pending(ctx context.Context) (p store.Pending, err error) {
	if err := s.bringUpToDate(ctx); err != nil {
		return p, err
	}
	err = s.read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
			SELECT count(*), coalesce(sum(count), 0), (SELECT count(*) FROM outbox) FROM batches WHERE state <> 'sealed'`,
		).Scan(&p.Batches, &p.Mails, &p.Outbox)
	})
	return p, err
}
