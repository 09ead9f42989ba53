package sqlite

import (
	"context"
	"maps"
	"slices"

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

// maxKnown bounds the groups and variants that a journal remembers.
const maxKnown = 20_000

// A journal is what the rows of the table of that name add up to.
type journal struct {
	commits, groups, bytes int
	due                    []*store.Addition // what the tables lack, the oldest first
	lanes                  map[laneKey]*lane
	known                  int // groups and variants of all lanes
}

// A laneKey names an open batch.
type laneKey struct {
	batch string
	early bool
}

// A lane is what is known of an open batch, so that the journal need not repeat
// samples, nor name what there is no room for. What a batch has, it keeps until it
// is claimed.
type lane struct {
	due     *store.Addition // one of the journal's; nil if the tables have everything
	groups  map[string]*knownGroup
	counted int  // groups that are known to be in the tables
	full    bool // these are all, and there is no room for another
}

type knownGroup struct {
	variants map[string]bool // whether it is known to be in the tables; otherwise it is in the journal
	counted  int
	inTables bool
	full     bool
}

func (j *journal) isLong() bool {
	return j.commits >= longCommits || j.groups >= longGroups || j.bytes >= longBytes
}

// trim takes off an addition what would only be dropped.
func (j *journal) trim(a *store.Addition) {
	l := j.lanes[laneKey{a.Key, a.Early}]
	if l == nil {
		return
	}
	a.Groups = slices.DeleteFunc(a.Groups, func(g *store.Group) bool {
		known := l.groups[g.Key]
		if l.full && (known == nil || !known.inTables) {
			return true
		}
		if known != nil {
			known.trim(g)
		}
		return false
	})
}

func (k *knownGroup) trim(g *store.Group) {
	g.Variants = slices.DeleteFunc(g.Variants, func(v *store.Variant) bool {
		counted, known := k.variants[v.Fingerprint]
		if known {
			v.Sample = nil
		}
		return k.full && !counted
	})
}

// add takes note of a row that was written.
func (j *journal) add(additions []*store.Addition, bytes int, limits store.Limits) {
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
		if l.due == nil {
			l.due = a
			j.due = append(j.due, a)
		} else {
			l.due.Merge(a, limits.Unbounded())
		}
	}
}

// counted takes note of what the tables have of an addition.
func (j *journal) counted(a *store.Addition, left room, limits store.Limits) {
	l := j.lane(a)
	for key, got := range left.groups {
		known := j.group(l, key)
		if !known.inTables {
			known.inTables = true
			l.counted++
		}
		for _, fingerprint := range got.variants {
			if !j.variant(known, fingerprint) {
				known.variants[fingerprint] = true
				known.counted++
			}
		}
		known.full = got.total >= limits.VariantsPerGroup && known.counted == got.total
	}
	l.full = left.forGroups <= 0 && l.counted == limits.GroupsPerBatch-left.forGroups
}

func (j *journal) lane(a *store.Addition) *lane {
	if j.known > maxKnown {
		j.forgetKnown()
	}
	key := laneKey{a.Key, a.Early}
	l := j.lanes[key]
	if l == nil {
		if j.lanes == nil {
			j.lanes = make(map[laneKey]*lane)
		}
		l = &lane{groups: make(map[string]*knownGroup)}
		j.lanes[key] = l
	}
	return l
}

func (j *journal) group(l *lane, key string) *knownGroup {
	known := l.groups[key]
	if known == nil {
		known = &knownGroup{variants: make(map[string]bool, 1)}
		l.groups[key] = known
		j.known++
	}
	return known
}

// variant makes a variant known, and reports whether it is in the tables.
func (j *journal) variant(k *knownGroup, fingerprint string) (counted bool) {
	counted, known := k.variants[fingerprint]
	if !known {
		k.variants[fingerprint] = false
		j.known++
	}
	return counted
}

// forget is called when a batch, of which the tables have everything, is open no
// longer.
func (j *journal) forget(b *store.Batch) {
	key := laneKey{b.Key, b.Early}
	l := j.lanes[key]
	if l == nil {
		return
	}
	for _, known := range l.groups {
		j.known -= 1 + len(known.variants)
	}
	delete(j.lanes, key)
}

// forgetKnown keeps only what is due.
func (j *journal) forgetKnown() {
	maps.DeleteFunc(j.lanes, func(_ laneKey, l *lane) bool {
		clear(l.groups)
		l.counted, l.full = 0, false
		return l.due == nil
	})
	j.known = 0
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
		left, err := s.addBatch(a)
		if err != nil {
			return err
		}
		s.journal.counted(a, left, s.limits)
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
