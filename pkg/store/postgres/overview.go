package postgres

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/hut8labs/failmail/internal/journal"
	"github.com/hut8labs/failmail/pkg/store"
)

// maxKnown bounds the variants that an overview has.
const maxKnown = 20_000

// An overview is what the open batches had when this node looked last. A row that
// relies on it names their IDs, since other nodes may claim them.
type overview struct {
	mu       sync.Mutex
	batches  map[journal.Key]*openBatch // not changed once they are here
	variants int
	news     map[journal.Key]bool // batches that got what they do not have here
}

type openBatch struct {
	journal.Known
	id int64
}

// trim takes off additions what their batches do not need, and returns the IDs of
// these. isNew reports whether one is seen for the first time.
func (o *overview) trim(additions []*store.Addition) (relied []int64, isNew bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	relied = []int64{} // not NULL
	for _, a := range additions {
		key := journal.KeyOf(a)
		b := o.batches[key]
		if b != nil {
			relied = append(relied, b.id)
		}
		if b == nil || !b.Trim(a) {
			isNew = isNew || b == nil && !o.news[key]
			o.news[key] = true
		}
	}
	return relied, isNew
}

// forget is called when one of the batches was claimed.
func (o *overview) forget(additions []*store.Addition) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, a := range additions {
		delete(o.batches, journal.KeyOf(a))
	}
}

// look brings the overview up to date, if there are news.
func (s *Store) look(ctx context.Context) error {
	o := &s.overview
	o.mu.Lock()
	var keys []journal.Key
	for key := range o.news {
		keys = append(keys, key)
	}
	clear(o.news)
	o.mu.Unlock()
	if len(keys) == 0 {
		return nil
	}
	found := make(map[journal.Key]*openBatch)
	variants := 0
	err := s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		clear(found)
		rows, err := conn.Query(ctx, `
			SELECT b.id, b.key, early, group_count >= $3, g.key, variant_count >= $4, fingerprint
			FROM unnest($1::uuid[], $2::boolean[]) AS k (key_hash, early) JOIN batches b USING (key_hash, early)
			JOIN groups g ON batch = b.id JOIN variants v ON v.batch = b.id AND group_hash = g.hash
			WHERE state = 'open'
			LIMIT $5`,
			column(keys, func(k *journal.Key) pgtype.UUID { return hashOf(k.Batch).uuid() }),
			column(keys, func(k *journal.Key) bool { return k.Early }),
			s.limits.GroupsPerBatch, s.limits.VariantsPerGroup, maxKnown+1)
		if err != nil {
			return err
		}
		var id int64
		var key journal.Key
		var group, fingerprint string
		var full, groupFull bool
		tag, err := pgx.ForEachRow(rows, []any{&id, &key.Batch, &key.Early, &full, &group, &groupFull, &fingerprint}, func() error {
			b := found[key]
			if b == nil {
				b = &openBatch{id: id, Known: journal.Known{Groups: make(map[string]*journal.Group), Full: full}}
				found[key] = b
			}
			g := b.Groups[group]
			if g == nil {
				g = &journal.Group{Variants: make(map[string]bool), InTables: true, Full: groupFull}
				b.Groups[group] = g
			}
			g.Variants[fingerprint] = true
			return nil
		})
		variants = int(tag.RowsAffected())
		return err
	})
	if err != nil || variants > maxKnown { // of which some would be missing
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.variants += variants; o.variants > maxKnown {
		clear(o.batches)
		o.variants = variants
	}
	for key, b := range found {
		o.batches[key] = b
	}
	return nil
}
