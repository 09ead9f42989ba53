package sqlite

import (
	"context"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/pkg/store"
)

// Record implements store.Store. Entries are first merged in memory, so that a
// commit of 500 equal mails costs what a commit of one does.
func (s *Store) Record(ctx context.Context, entries []store.Entry) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if s.journal.isLong() {
		if err := s.bringUpToDate(); err != nil {
			return err
		}
	}
	var additions []*store.Addition
	var row []byte // what goes to the journal; nil if the tables count at once
	err := s.commit(func() error {
		early, err := s.findEarly(entries)
		if err != nil {
			return err
		}
		additions = store.Additions(entries, early, s.limits.Unbounded())
		if row, err = s.journalRow(additions); err != nil {
			return err
		}
		if row != nil {
			return s.stmt.note.exec(row)
		}
		if err := s.settle(); err != nil {
			return err
		}
		return s.count(additions)
	})
	switch {
	case err != nil:
		return err
	case row == nil:
		s.journal.settled()
	default:
		s.journal.add(additions, len(row), s.limits)
	}
	return nil
}

// findEarly returns the indices of entries that are the first of a group that
// was quiet.
func (s *Store) findEarly(entries []store.Entry) (map[int]bool, error) {
	var early map[int]bool
	for i := range entries {
		e := &entries[i]
		if !e.WantsQuiet() {
			continue
		}
		var last time.Time
		_, err := s.stmt.seen.row(func(r *sqlite3.Stmt) { last = columnTime(r, 0) }, e.Batch, e.Group)
		if err != nil {
			return nil, err
		}
		if e.IsEarly(last) {
			if early == nil {
				early = make(map[int]bool)
			}
			early[i] = true
		}
		if e.Received.After(last) {
			if err := s.stmt.see.exec(e.Batch, e.Group, e.Received); err != nil {
				return nil, err
			}
		}
	}
	return early, nil
}

// room is what a batch can still take.
type room struct {
	forGroups int
	bytes     int // of samples
	reopened  bool
	groups    map[string]got // what the tables have of what was added
}

// got is what the tables have of a group.
type got struct {
	total    int      // variants
	variants []string // fingerprints of those that were added to
}

func (s *Store) addBatch(a *store.Addition) (room, error) {
	loud := a.Loud()
	return s.addTo(a.Batch, &s.stmt.addBatch, false,
		a.Key, a.Early, a.Count, a.First, a.Last, orNull(loud.First), orNull(loud.Last), orNull(a.DueBy()),
		a.Window.Wait.Microseconds(), a.Window.MaxWait.Microseconds(), store.Never)
}

// addTo counts b in the open batch that upsert finds or makes, and returns what
// room is left.
func (s *Store) addTo(b *store.Batch, upsert *statement, reopened bool, args ...any) (left room, err error) {
	var id int64
	left = room{reopened: reopened, groups: make(map[string]got, len(b.Groups))}
	_, err = upsert.row(func(r *sqlite3.Stmt) {
		id = r.ColumnInt64(0)
		left.forGroups, left.bytes = s.limits.GroupsPerBatch-r.ColumnInt(1), s.limits.BatchBytes-r.ColumnInt(2)
	}, args...)
	if err != nil {
		return left, err
	}
	for address, count := range b.Recipients {
		if err := s.stmt.addRecipient.exec(id, address, count); err != nil {
			return left, err
		}
	}
	forGroups, bytes := left.forGroups, left.bytes
	for _, g := range b.Groups {
		if err := s.addGroup(id, g, &left); err != nil {
			return left, err
		}
	}
	if left.forGroups == forGroups && left.bytes == bytes {
		return left, nil
	}
	return left, s.stmt.setGroups.exec(id, s.limits.GroupsPerBatch-left.forGroups, s.limits.BatchBytes-left.bytes)
}

// addGroup counts g. When the batch does not know it yet, it is added if there
// is room, and left to the batch's total otherwise.
func (s *Store) addGroup(batch int64, g *store.Group, left *room) error {
	if left.reopened {
		if err := s.stmt.beginGroup.exec(batch, g.Key, g.Title, g.Reason, g.First); err != nil {
			return err
		}
	}
	var id int64
	var variants, hosts int
	known, err := s.stmt.countGroup.row(func(r *sqlite3.Stmt) {
		id, variants, hosts = r.ColumnInt64(0), r.ColumnInt(1), r.ColumnInt(2)
	}, batch, g.Key, g.Count, g.First, g.Last, g.Parts)
	if err != nil || !known && left.forGroups <= 0 {
		return err
	}
	if !known {
		left.forGroups--
		_, err = s.stmt.newGroup.row(func(r *sqlite3.Stmt) { id = r.ColumnInt64(0) },
			batch, g.Key, g.Count, g.First, g.Last, g.Title, g.Reason, g.Muted, g.Parts)
		if err != nil {
			return err
		}
	}
	variantsNow, counted, err := s.addVariants(id, g, variants, left)
	if err != nil {
		return err
	}
	left.groups[g.Key] = got{variantsNow, counted}
	hostsNow, err := s.addHosts(id, g, hosts)
	if err != nil {
		return err
	}
	if variantsNow != variants || hostsNow != hosts {
		if err := s.stmt.setVariants.exec(id, variantsNow, hostsNow); err != nil {
			return err
		}
	}
	for minute, count := range g.Minutes {
		if err := s.stmt.addMinute.exec(id, minute, count); err != nil {
			return err
		}
	}
	return nil
}

// addVariants returns how many variants the group has now, it had have, and which
// of g are among them.
func (s *Store) addVariants(group int64, g *store.Group, have int, left *room) (now int, counted []string, err error) {
	counted = make([]string, 0, len(g.Variants))
	for _, v := range g.Variants {
		if left.reopened {
			if err := s.beginVariant(group, v, left); err != nil {
				return have, nil, err
			}
		}
		var id int64
		var varying string
		known, err := s.stmt.countVariant.row(func(r *sqlite3.Stmt) { id, varying = r.ColumnInt64(0), r.ColumnText(1) },
			group, v.Fingerprint, v.Count, v.First, v.Last)
		if err != nil {
			return have, nil, err
		}
		if known {
			if err := s.addVarying(id, varying, &v.Varying); err != nil {
				return have, nil, err
			}
			counted = append(counted, v.Fingerprint)
			continue
		}
		if have >= s.limits.VariantsPerGroup {
			continue
		}
		_, err = s.stmt.newVariant.row(func(r *sqlite3.Stmt) { id = r.ColumnInt64(0) },
			group, v.Fingerprint, v.Count, v.First, v.Last, v.Reason, v.Varying.Encode(),
			string(v.Meaning.Status), v.Meaning.Severity, v.Meaning.Source, v.Meaning.Sender, v.Meaning.Object)
		if err != nil {
			return have, nil, err
		}
		sample := v.Sample[:min(len(v.Sample), max(left.bytes, 0))]
		if full, err := s.full(); err != nil {
			return have, nil, err
		} else if full && !left.reopened { // what is reopened was kept before
			sample = nil
		}
		left.bytes -= len(sample)
		if err := s.stmt.newSample.exec(id, sample, v.SampleSize); err != nil {
			return have, nil, err
		}
		counted = append(counted, v.Fingerprint)
		have++
	}
	return have, counted, nil
}

// beginVariant gives a variant that is open what an older one, which is reopened
// into it, began with; see store.Batch.Merge.
func (s *Store) beginVariant(group int64, older *store.Variant, left *room) error {
	var id int64
	var size int
	later, err := s.stmt.beginVariant.row(func(r *sqlite3.Stmt) { id, size = r.ColumnInt64(0), r.ColumnInt(1) },
		group, older.Fingerprint, older.Reason, older.First,
		string(older.Meaning.Status), older.Meaning.Severity, older.Meaning.Source, older.Meaning.Sender, older.Meaning.Object)
	if err != nil || !later || !older.Replaces(size, left.bytes) {
		return err
	}
	left.bytes -= len(older.Sample) - size
	return s.stmt.setSample.exec(id, older.Sample, older.SampleSize)
}

// addVarying adds what varies to what a variant has.
func (s *Store) addVarying(variant int64, have string, more *store.Varying) error {
	if more.Encode() == "" {
		return nil
	}
	varying, err := store.DecodeVarying(have)
	if err != nil {
		return err
	}
	varying.Merge(more)
	return s.stmt.setVarying.exec(variant, varying.Encode())
}

// full reports whether the file may not grow by further samples.
func (s *Store) full() (full bool, err error) {
	_, err = s.stmt.size.row(func(r *sqlite3.Stmt) { full = r.ColumnInt64(0) >= s.limits.StoreBytes })
	return full, err
}

// addHosts returns how many hosts the group has now; it had have.
func (s *Store) addHosts(group int64, g *store.Group, have int) (int, error) {
	for _, host := range g.HostsByArrival() {
		known, err := s.stmt.countHost.row(ignore, group, host, g.Hosts[host])
		if err != nil {
			return have, err
		}
		if known || have >= s.limits.HostsPerGroup {
			continue
		}
		if err := s.stmt.newHost.exec(group, host, g.Hosts[host]); err != nil {
			return have, err
		}
		have++
	}
	return have, nil
}

func ignore(*sqlite3.Stmt) {}
