package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hut8labs/failmail/pkg/store"
)

// children are the tables whose rows belong to a batch.
var children = []string{"groups", "variants", "samples", "sources", "minutes", "recipients"}

// Reopen implements store.Store.
func (s *Store) Reopen(ctx context.Context, id int64, since time.Time) error {
	return s.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var folds bool
		rows, _ := tx.Query(ctx, `SELECT folds FROM outbox WHERE id = $1`, id)
		if _, err := pgx.ForEachRow(rows, []any{&folds}, func() error { return nil }); err != nil {
			return err
		}
		if !folds {
			return store.ErrNotClaimed
		}
		batch, err := take(ctx, tx, id)
		if err != nil {
			return err
		}
		open, isNew, err := reopen(ctx, tx, batch, since)
		if err != nil {
			return err
		}
		if isNew {
			return move(ctx, tx, batch, open.id)
		}
		return s.merge(ctx, tx, batch, open)
	})
}

// reopen opens a sealed batch again, under a new ID since the old one may still be
// known to a claimant that lost its lease, or counts it in the batch that is open.
// Only an inserted row has no xmax, the transaction that replaced or locked it.
func reopen(ctx context.Context, tx pgx.Tx, sealed int64, since time.Time) (open *addition, isNew bool, err error) {
	open = &addition{reopened: true}
	err = tx.QueryRow(ctx, `
		INSERT INTO batches AS b (key, key_hash, early, count, group_count, sample_size, first_at, last_at, loud_first, loud_last,
			wait, max_wait, due_by, due_at, first_due, held_since)
		SELECT key, key_hash, early, count, group_count, sample_size, first_at, last_at, loud_first, loud_last,
			wait, max_wait, due_by, first_due, first_due, least(held_since, $2)
		FROM batches WHERE id = $1
		ON CONFLICT (key_hash, early) WHERE state = 'open' DO UPDATE SET
			count      = b.count + excluded.count,
			first_at   = least(b.first_at, excluded.first_at),
			last_at    = greatest(b.last_at, excluded.last_at),
			loud_first = least(b.loud_first, excluded.loud_first),
			loud_last  = greatest(b.loud_last, excluded.loud_last),
			due_by     = least(b.due_by, excluded.due_by),
			due_at     = least(b.due_at, excluded.due_at),
			first_due  = least(b.first_due, excluded.first_due),
			held_since = least(b.held_since, excluded.held_since)
		RETURNING id, group_count, sample_size, xmax = 0`, sealed, orNull(since),
	).Scan(&open.id, &open.groupCount, &open.sampleSize, &isNew)
	return open, isNew, err
}

// move gives all that belongs to a batch to another one, which has nothing.
func move(ctx context.Context, tx pgx.Tx, from, to int64) error {
	var b pgx.Batch
	for _, table := range children {
		b.Queue(`UPDATE `+table+` SET batch = $2 WHERE batch = $1`, from, to)
	}
	b.Queue(`DELETE FROM batches WHERE id = $1`, from)
	return tx.SendBatch(ctx, &b).Close()
}

// merge counts what belongs to a sealed batch in an open one.
func (s *Store) merge(ctx context.Context, tx pgx.Tx, sealed int64, open *addition) error {
	rows, _ := tx.Query(ctx, `SELECT `+batchColumns+` FROM batches WHERE id = $1`, sealed)
	reopened, err := scanBatches(rows)
	if err != nil {
		return err
	}
	if err := load(ctx, tx, reopened, true); err != nil {
		return err
	}
	open.Batch = reopened[0]
	open.Sort()
	if err := removeBatch(ctx, tx, sealed); err != nil {
		return err
	}
	return s.add(ctx, tx, []*addition{open})
}

func removeBatch(ctx context.Context, tx pgx.Tx, id int64) error {
	var b pgx.Batch
	queueRemoval(&b, id)
	return tx.SendBatch(ctx, &b).Close()
}

func queueRemoval(b *pgx.Batch, id int64) {
	for _, table := range children {
		b.Queue(`DELETE FROM `+table+` WHERE batch = $1`, id)
	}
	b.Queue(`DELETE FROM batches WHERE id = $1`, id)
}

// forgetBatch removes a batch and makes its fingerprints part of the history, in
// the order of their hashes, since two batches may have the same ones.
func forgetBatch(ctx context.Context, tx pgx.Tx, id int64) error {
	if err := rememberStandings(ctx, tx, id); err != nil {
		return err
	}
	var b pgx.Batch
	b.Queue(`
		INSERT INTO fingerprints AS have
		SELECT hash, min(first_at), max(last_at), sum(count) FROM variants WHERE batch = $1 GROUP BY hash ORDER BY hash
		ON CONFLICT (hash) DO UPDATE SET
			first_at = least(have.first_at, excluded.first_at),
			last_at  = greatest(have.last_at, excluded.last_at),
			count    = have.count + excluded.count`, id)
	queueRemoval(&b, id)
	return tx.SendBatch(ctx, &b).Close()
}
