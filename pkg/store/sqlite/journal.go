package sqlite

import (
	"context"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/pkg/store"
)

// What a mail counts changes a page in each of seven trees, and a commit writes
// every page that it has changed: that costs more than its fsync, and every client
// waits for it. So Record only writes down what is to be counted, in the one row
// of a journal, and the tables are brought up to date for many commits at once:
// when the journal has become long, and before anything else is asked of them.

// When the journal is long.
const (
	longCommits = 64
	longGroups  = 128       // whose counting takes a few milliseconds
	longBytes   = 256 << 10 // of rows
)

// manyGroups is how many groups make a commit count at once: their samples would
// be written twice, and little is merged.
const manyGroups = 32

// maxKnown bounds the variants that a journal remembers.
const maxKnown = 20_000

// A journal is what the rows of the table of that name add up to.
type journal struct {
	commits, groups, bytes int
	due                    []*store.Addition // what the tables lack, the oldest first
	lanes                  map[laneKey]*lane
	known                  int // variants of all lanes
}

// A laneKey names an open batch.
type laneKey struct {
	batch string
	early bool
}

// A lane is what is known of an open batch.
type lane struct {
	due      *store.Addition         // one of the journal's; nil if the tables have everything
	variants map[variantKey]struct{} // that need no further sample
}

type variantKey struct{ group, fingerprint string }

func (j *journal) isLong() bool {
	return j.commits >= longCommits || j.groups >= longGroups || j.bytes >= longBytes
}

// trim takes the samples off an addition that would only be dropped.
func (j *journal) trim(a *store.Addition) {
	l := j.lanes[laneKey{a.Key, a.Early}]
	if l == nil {
		return
	}
	for _, g := range a.Groups {
		for _, v := range g.Variants {
			if _, known := l.variants[variantKey{g.Key, v.Fingerprint}]; known {
				v.Sample = nil
			}
		}
	}
}

// add takes note of a row that was written.
func (j *journal) add(additions []*store.Addition, bytes int, limits store.Limits) {
	j.commits++
	j.bytes += bytes
	for _, a := range additions {
		l := j.learn(a)
		j.groups += len(a.Groups)
		if l.due == nil {
			l.due = a
			j.due = append(j.due, a)
		} else {
			l.due.Merge(a, limits.Unbounded())
		}
	}
}

// learn takes note of variants that have their sample in the journal or the
// tables, or have no room there.
func (j *journal) learn(a *store.Addition) *lane {
	if j.known > maxKnown {
		j.known = 0
		for _, l := range j.lanes {
			clear(l.variants)
		}
	}
	key := laneKey{a.Key, a.Early}
	l := j.lanes[key]
	if l == nil {
		l = &lane{variants: make(map[variantKey]struct{})}
		if j.lanes == nil {
			j.lanes = make(map[laneKey]*lane)
		}
		j.lanes[key] = l
	}
	before := len(l.variants)
	for _, g := range a.Groups {
		for _, v := range g.Variants {
			l.variants[variantKey{g.Key, v.Fingerprint}] = struct{}{}
		}
	}
	j.known += len(l.variants) - before
	return l
}

// forget is called when a batch, of which the tables have everything, is open no
// longer.
func (j *journal) forget(b *store.Batch) {
	key := laneKey{b.Key, b.Early}
	if l := j.lanes[key]; l != nil {
		j.known -= len(l.variants)
		delete(j.lanes, key)
	}
}

// settled is called when the tables have everything.
func (j *journal) settled() {
	j.commits, j.groups, j.bytes, j.due = 0, 0, 0, nil
	for _, l := range j.lanes {
		l.due = nil
	}
}

// journalRow returns additions as a row of the journal, nil if they are not for it.
func (s *Store) journalRow(additions []*store.Addition) ([]byte, error) {
	groups := 0
	for _, a := range additions {
		groups += len(a.Groups)
	}
	if groups >= manyGroups {
		return nil, nil
	}
	full, err := s.full()
	if err != nil {
		return nil, err
	}
	for _, a := range additions {
		s.journal.trim(a)
		if full {
			withoutSamples(a)
		}
	}
	row, err := store.EncodeAdditions(additions)
	if err != nil {
		return nil, nil // the tables take what has no text, such as the year 10000
	}
	return row, nil
}

func withoutSamples(a *store.Addition) {
	for _, g := range a.Groups {
		for _, v := range g.Variants {
			v.Sample = nil
		}
	}
}

// settle counts what is in the journal. It belongs into a transaction, after
// which the journal is settled.
func (s *Store) settle() error {
	if s.journal.commits == 0 {
		return nil
	}
	// First, since what is counted takes its place.
	if err := s.stmt.settle.exec(); err != nil {
		return err
	}
	return s.count(s.journal.due)
}

func (s *Store) count(additions []*store.Addition) error {
	for _, a := range additions {
		if err := s.addBatch(a); err != nil {
			return err
		}
	}
	return nil
}

// bringUpToDate settles the journal, durably. The caller holds mu.
func (s *Store) bringUpToDate() error {
	if s.journal.commits == 0 {
		return nil
	}
	err := s.commit(s.settle)
	if err == nil {
		s.journal.settled()
	}
	return err
}

// lockUpToDate is lock for who reads what is counted.
func (s *Store) lockUpToDate(ctx context.Context) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	if err := s.bringUpToDate(); err != nil {
		s.mu.Unlock()
		return err
	}
	return nil
}

// replay counts what a process that has ended left in the journal.
func (s *Store) replay() error {
	var bad error
	err := s.stmt.notes.rows(func(r *sqlite3.Stmt) {
		row := r.ColumnRawBlob(0)
		additions, err := store.DecodeAdditions(row)
		if err != nil {
			bad = err
			return
		}
		s.journal.add(additions, len(row), s.limits)
	})
	if err != nil {
		return err
	}
	if bad != nil {
		return bad
	}
	return s.bringUpToDate()
}
