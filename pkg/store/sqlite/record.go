package sqlite

import (
	"context"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/pkg/store"
)

// Record implements store.Store. Entries are first merged in memory, so that a
// commit of 500 equal mails costs the same few statements as a commit of one.
func (s *Store) Record(ctx context.Context, entries []store.Entry) error {
	merged := merge(entries, s.limits.Unbounded())
	return s.transaction(ctx, func() error {
		for _, m := range merged {
			if err := s.addBatch(m.batch, m.window); err != nil {
				return err
			}
		}
		return nil
	})
}

type mergedBatch struct {
	batch  *store.Batch
	window store.Window
}

func merge(entries []store.Entry, limits store.Limits) []*mergedBatch {
	var merged []*mergedBatch
	byKey := make(map[string]*mergedBatch, 1)
	for i := range entries {
		e := &entries[i]
		m := byKey[e.Batch]
		if m == nil {
			m = &mergedBatch{batch: &store.Batch{}}
			byKey[e.Batch] = m
			merged = append(merged, m)
		}
		m.window = e.Window
		m.batch.Add(e, limits)
	}
	return merged
}

// room is what a batch can still take.
type room struct {
	groups int
	bytes  int // of samples
}

func (s *Store) addBatch(b *store.Batch, w store.Window) error {
	var id int64
	var left room
	_, err := s.stmt.addBatch.row(func(r *sqlite3.Stmt) {
		id = r.ColumnInt64(0)
		left = room{s.limits.GroupsPerBatch - r.ColumnInt(1), s.limits.BatchBytes - r.ColumnInt(2)}
	}, b.Key, b.Count, b.First, b.Last, w.Wait.Microseconds(), w.MaxWait.Microseconds())
	if err != nil {
		return err
	}
	for address, count := range b.Recipients {
		if err := s.stmt.addRecipient.exec(id, address, count); err != nil {
			return err
		}
	}
	before := left
	for _, g := range b.Groups {
		if err := s.addGroup(id, g, &left); err != nil {
			return err
		}
	}
	if left == before {
		return nil
	}
	return s.stmt.setGroups.exec(id, s.limits.GroupsPerBatch-left.groups, s.limits.BatchBytes-left.bytes)
}

// addGroup counts g. When the batch does not know it yet, it is added if there
// is room, and left to the batch's total otherwise.
func (s *Store) addGroup(batch int64, g *store.Group, left *room) error {
	var id int64
	var variants, hosts int
	known, err := s.stmt.countGroup.row(func(r *sqlite3.Stmt) {
		id, variants, hosts = r.ColumnInt64(0), r.ColumnInt(1), r.ColumnInt(2)
	}, batch, g.Key, g.Count, g.First, g.Last)
	if err != nil || !known && left.groups <= 0 {
		return err
	}
	if !known {
		left.groups--
		_, err = s.stmt.newGroup.row(func(r *sqlite3.Stmt) { id = r.ColumnInt64(0) },
			batch, g.Key, g.Count, g.First, g.Last, g.Title, g.Reason)
		if err != nil {
			return err
		}
	}
	variantsNow, err := s.addVariants(id, g, variants, left)
	if err != nil {
		return err
	}
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

// addVariants returns how many variants the group has now; it had have.
func (s *Store) addVariants(group int64, g *store.Group, have int, left *room) (int, error) {
	for _, v := range g.Variants {
		known, err := s.stmt.countVariant.row(ignore, group, v.Fingerprint, v.Count, v.First, v.Last)
		if err != nil {
			return have, err
		}
		if known || have >= s.limits.VariantsPerGroup {
			continue
		}
		var id int64
		_, err = s.stmt.newVariant.row(func(r *sqlite3.Stmt) { id = r.ColumnInt64(0) },
			group, v.Fingerprint, v.Count, v.First, v.Last, v.Reason)
		if err != nil {
			return have, err
		}
		sample := v.Sample[:min(len(v.Sample), max(left.bytes, 0))]
		left.bytes -= len(sample)
		if err := s.stmt.newSample.exec(id, sample, v.SampleSize); err != nil {
			return have, err
		}
		have++
	}
	return have, nil
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
