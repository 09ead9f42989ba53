package postgres

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/hut8labs/failmail/pkg/store"
)

// Record implements store.Store. Whatever the number of entries, it takes five
// round trips to the server, two more where Quiet is asked for, and one more where
// variants are new.
//
// All that a transaction writes belongs to batches whose rows it locks first, in
// the order of their keys, so that nodes wait for each other without deadlock.
func (s *Store) Record(ctx context.Context, entries []store.Entry) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if len(entries) == 0 {
			return nil
		}
		early, err := findEarly(ctx, tx, entries)
		if err != nil {
			return err
		}
		additions, err := openBatches(ctx, tx, store.Additions(entries, early, s.limits.Unbounded()))
		if err != nil {
			return err
		}
		return s.add(ctx, tx, additions)
	})
}

// A groupKey names a group for Entry.Quiet.
type groupKey struct{ batch, group hash }

func compareGroupKeys(a, b groupKey) int {
	return cmp.Or(bytes.Compare(a.batch[:], b.batch[:]), bytes.Compare(a.group[:], b.group[:]))
}

// findEarly returns the indices of entries that are the first of a group that was
// quiet. It locks what is known of the groups, so that one node finds each.
func findEarly(ctx context.Context, tx pgx.Tx, entries []store.Entry) (map[int]bool, error) {
	lastSeen := make(map[groupKey]time.Time)
	keyOf := func(e *store.Entry) groupKey { return groupKey{hashOf(e.Batch), hashOf(e.Group)} }
	var keys []groupKey
	for i := range entries {
		if e := &entries[i]; e.WantsQuiet() {
			keys = append(keys, keyOf(e))
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	slices.SortFunc(keys, compareGroupKeys)
	keys = slices.Compact(keys)
	batches := column(keys, func(k *groupKey) pgtype.UUID { return k.batch.uuid() })
	groups := column(keys, func(k *groupKey) pgtype.UUID { return k.group.uuid() })

	var b pgx.Batch
	b.Queue(`INSERT INTO seen SELECT * FROM unnest($1::uuid[], $2::uuid[]) ON CONFLICT DO NOTHING`, batches, groups)
	b.Queue(`
		SELECT batch_hash, group_hash, last_at FROM unnest($1::uuid[], $2::uuid[]) AS k (batch_hash, group_hash)
		JOIN seen USING (batch_hash, group_hash)
		ORDER BY batch_hash, group_hash FOR UPDATE OF seen`, batches, groups).Query(func(rows pgx.Rows) error {
		var key groupKey
		var last time.Time
		_, err := pgx.ForEachRow(rows, []any{(*[16]byte)(&key.batch), (*[16]byte)(&key.group), into(&last)}, func() error {
			lastSeen[key] = last
			return nil
		})
		return err
	})
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return nil, err
	}
	early := make(map[int]bool)
	for i := range entries {
		e := &entries[i]
		if !e.WantsQuiet() {
			continue
		}
		key := keyOf(e)
		last := lastSeen[key]
		if e.IsEarly(last) {
			early[i] = true
		}
		if e.Received.After(last) {
			lastSeen[key] = e.Received
		}
	}
	_, err := tx.Exec(ctx, `
		UPDATE seen SET last_at = k.last_at
		FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS k (batch_hash, group_hash, last_at)
		WHERE seen.batch_hash = k.batch_hash AND seen.group_hash = k.group_hash`,
		batches, groups, column(keys, func(k *groupKey) int64 { return micros(lastSeen[*k]) }))
	return early, err
}

// An addition is added to the open batch with the ID.
type addition struct {
	*store.Batch
	id         int64
	groupCount int // of the open batch
	sampleSize int // of the open batch, of all its samples
	folded     bool
}

// openBatches counts the additions in the open batches they belong to, makes
// those that are missing, and keeps all of them locked.
func openBatches(ctx context.Context, tx pgx.Tx, added []*store.Addition) ([]*addition, error) {
	type lane struct {
		key   hash
		early bool
	}
	laneOf := func(a *store.Addition) lane { return lane{hashOf(a.Key), a.Early} }
	slices.SortFunc(added, func(a, b *store.Addition) int {
		x, y := laneOf(a), laneOf(b)
		return cmp.Or(bytes.Compare(x.key[:], y.key[:]), cmp.Compare(fromBool(x.early), fromBool(y.early)))
	})
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

func fromBool(b bool) int {
	if b {
		return 1
	}
	return 0
}
