package sqlite

import (
	"context"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/internal/journal"
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

// maxKnown bounds the groups and variants that a journal remembers.
const maxKnown = 20_000

// A pending is what the rows of the table journal add up to, and what is known of
// the open batches.
type pending struct {
	commits, groups, bytes int
	due                    journal.Due // what the tables lack
	lanes                  map[journal.Key]*lane
	known                  int // groups and variants of all lanes
}

// A lane is what is known of an open batch.
type lane struct {
	journal.Known
	counted int // groups that are known to be in the tables
}

func (j *pending) isLong() bool {
	return j.commits >= longCommits || j.groups >= longGroups || j.bytes >= longBytes
}

// add takes note of a row that was written.
func (j *pending) add(additions []*store.Addition, bytes int, limits store.Limits) {
	j.commits++
	j.bytes += bytes
	for _, a := range additions {
		l := j.lane(a)
		for _, g := range a.Groups {
			known := j.group(l, g.Key)
			for _, v := range g.Variants {
				j.variant(known, v.Fingerprint)
			}
		}
		j.groups += len(a.Groups)
	}
	j.due.Add(additions, limits)
}

// counted takes note of what the tables have of an addition.
func (j *pending) counted(a *store.Addition, left room, limits store.Limits) {
	l := j.lane(a)
	for key, got := range left.groups {
		known := j.group(l, key)
		if !known.InTables {
			known.InTables = true
			l.counted++
		}
		for _, fingerprint := range got.variants {
			if !j.variant(known, fingerprint) {
				known.Variants[fingerprint] = true
				known.Counted++
			}
		}
		known.Full = got.total >= limits.VariantsPerGroup && known.Counted == got.total
	}
	l.Full = left.forGroups <= 0 && l.counted == limits.GroupsPerBatch-left.forGroups
}

func (j *pending) lane(a *store.Addition) *lane {
	if j.known > maxKnown {
		j.forgetKnown()
	}
	key := journal.KeyOf(a)
	l := j.lanes[key]
	if l == nil {
		if j.lanes == nil {
			j.lanes = make(map[journal.Key]*lane)
		}
		l = &lane{Known: journal.Known{Groups: make(map[string]*journal.Group)}}
		j.lanes[key] = l
	}
	return l
}

func (j *pending) group(l *lane, key string) *journal.Group {
	known := l.Groups[key]
	if known == nil {
		known = &journal.Group{Variants: make(map[string]bool, 1)}
		l.Groups[key] = known
		j.known++
	}
	return known
}

// variant makes a variant known, and reports whether it is in the tables.
func (j *pending) variant(k *journal.Group, fingerprint string) (inTables bool) {
	inTables, known := k.Variants[fingerprint]
	if !known {
		k.Variants[fingerprint] = false
		j.known++
	}
	return inTables
}

// forget is called when a batch, of which the tables have everything, is open no
// longer.
func (j *pending) forget(b *store.Batch) {
	key := journal.Key{Batch: b.Key, Early: b.Early}
	if l := j.lanes[key]; l != nil {
		for _, known := range l.Groups {
			j.known -= 1 + len(known.Variants)
		}
		delete(j.lanes, key)
	}
}

// forgetKnown keeps only what is due.
func (j *pending) forgetKnown() { j.lanes, j.known = nil, 0 }

// settled is called when the tables have everything.
func (j *pending) settled() {
	j.commits, j.groups, j.bytes, j.due = 0, 0, 0, journal.Due{}
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
		if l := s.journal.lanes[journal.KeyOf(a)]; l != nil {
			l.Trim(a)
		}
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
	return s.count(s.journal.due.Additions)
}

func (s *Store) count(additions []*store.Addition) error {
	for _, a := range additions {
		left, err := s.addBatch(a)
		if err != nil {
			return err
		}
		s.journal.counted(a, left, s.limits)
	}
	return store.CountProblems(problems{s}, additions, s.limits.ResolveAfter)
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
