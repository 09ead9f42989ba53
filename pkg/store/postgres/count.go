package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/hut8labs/failmail/pkg/store"
)

// count adds to the open batches. The journal is locked.
func (s *Store) count(ctx context.Context, tx pgx.Tx, added []*store.Addition) error {
	additions, err := openBatches(ctx, tx, added)
	if err != nil {
		return err
	}
	if err := s.add(ctx, tx, additions); err != nil {
		return err
	}
	return store.CountProblems(&problems{ctx, tx, s.limits}, added, s.limits.ResolveAfter)
}

// An addition is added to the open batch with the ID.
type addition struct {
	*store.Batch
	id         int64
	groupCount int // of the open batch
	sampleSize int // of the open batch, of all its samples
	reopened   bool
}

// openBatches counts the additions in the open batches they belong to, makes
// those that are missing.
func openBatches(ctx context.Context, tx pgx.Tx, added []*store.Addition) ([]*addition, error) {
	type lane struct {
		key   hash
		early bool
	}
	laneOf := func(a *store.Addition) lane { return lane{hashOf(a.Key), a.Early} }
	additions := make([]*addition, len(added))
	byLane := make(map[lane]*addition, len(added))
	for i, a := range added {
		additions[i] = &addition{Batch: a.Batch}
		byLane[laneOf(a)] = additions[i]
	}
	type row = *store.Addition
	window := func(a row, d time.Duration) *int64 {
		if a.Loud().First.IsZero() {
			return nil
		}
		n := d.Microseconds()
		return &n
	}
	rows, err := tx.Query(ctx, `
		INSERT INTO batches AS b (key, key_hash, early, count, first_at, last_at, loud_first, loud_last, wait, max_wait, due_by, due_at)
		SELECT key, key_hash, early, count, first_at, last_at, loud_first, loud_last, wait, max_wait, due_by,
			least(loud_last + wait, loud_first + max_wait, due_by)
		FROM unnest($1::text[], $2::uuid[], $3::boolean[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
				$9::bigint[], $10::bigint[], $11::bigint[])
			AS a (key, key_hash, early, count, first_at, last_at, loud_first, loud_last, wait, max_wait, due_by)
		ON CONFLICT (key_hash, early) WHERE state = 'open' DO UPDATE SET
			count      = b.count + excluded.count,
			first_at   = least(b.first_at, excluded.first_at),
			last_at    = greatest(b.last_at, excluded.last_at),
			loud_first = least(b.loud_first, excluded.loud_first),
			loud_last  = greatest(b.loud_last, excluded.loud_last),
			wait       = coalesce(excluded.wait, b.wait),
			max_wait   = coalesce(excluded.max_wait, b.max_wait),
			due_by     = least(b.due_by, excluded.due_by),
			due_at     = CASE WHEN excluded.loud_first IS NULL THEN least(b.due_at, excluded.due_by)
				ELSE least(greatest(b.loud_last, excluded.loud_last) + excluded.wait,
					least(b.loud_first, excluded.loud_first) + excluded.max_wait, b.due_by, excluded.due_by) END
		RETURNING id, key_hash, early, group_count, sample_size`,
		column(added, func(a *row) string { return clean((*a).Key) }),
		column(added, func(a *row) pgtype.UUID { return laneOf(*a).key.uuid() }),
		column(added, func(a *row) bool { return (*a).Early }),
		column(added, func(a *row) int64 { return int64((*a).Count) }),
		column(added, func(a *row) int64 { return micros((*a).First) }),
		column(added, func(a *row) int64 { return micros((*a).Last) }),
		column(added, func(a *row) *int64 { return orNull((*a).Loud().First) }),
		column(added, func(a *row) *int64 { return orNull((*a).Loud().Last) }),
		column(added, func(a *row) *int64 { return window(*a, (*a).Window.Wait) }),
		column(added, func(a *row) *int64 { return window(*a, (*a).Window.MaxWait) }),
		column(added, func(a *row) *int64 { return orNull((*a).DueBy()) }))
	if err != nil {
		return nil, err
	}
	var id int64
	var l lane
	var groupCount, sampleSize int
	_, err = pgx.ForEachRow(rows, []any{&id, (*[16]byte)(&l.key), &l.early, &groupCount, &sampleSize}, func() error {
		a := byLane[l]
		a.id, a.groupCount, a.sampleSize = id, groupCount, sampleSize
		return nil
	})
	return additions, err
}
