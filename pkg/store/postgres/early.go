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
