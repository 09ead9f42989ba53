package sqlite

import (
	"context"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/pkg/store"
)

// Record implements store.Store. Entries are first merged in memory, so that a
// commit of 500 equal mails costs the same few statements as a commit of one.
func (s *Store) Record(ctx context.Context, entries []store.Entry) error {
	merged := merge(entries, s.limits)
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

func (s *Store) addBatch(b *store.Batch, w store.Window) error {
	var id int64
	var groups int
	_, err := s.stmt.addBatch.row(func(r *sqlite3.Stmt) {
		id, groups = r.ColumnInt64(0), r.ColumnInt(1)
	}, b.Key, b.Count, b.First, b.Last, w.Wait.Microseconds(), w.MaxWait.Microseconds())
	if err != nil {
		return err
	}
	for address, count := range b.Recipients {
		if err := s.stmt.addRecipient.exec(id, address, count); err != nil {
			return err
		}
	}
	for _, g := range b.Groups {
		isNew, err := s.addGroup(id, g, groups < s.limits.GroupsPerBatch)
		if err != nil {
			return err
		}
		if isNew {
			groups++
		}
	}
	return nil
}

// addGroup counts g. When the batch does not know it yet, it is added if there
// is room, and left to the batch's total otherwise.
func (s *Store) addGroup(batch int64, g *store.Group, room bool) (isNew bool, err error) {
	var id int64
	var variants, hosts int
	known, err := s.stmt.countGroup.row(func(r *sqlite3.Stmt) {
		id, variants, hosts = r.ColumnInt64(0), r.ColumnInt(1), r.ColumnInt(2)
	}, batch, g.Key, g.Count, g.First, g.Last)
	if err != nil || !known && !room {
		return false, err
	}
	if !known {
		_, err = s.stmt.newGroup.row(func(r *sqlite3.Stmt) { id = r.ColumnInt64(0) },
			batch, g.Key, g.Count, g.First, g.Last, g.Title, g.Reason)
		if err != nil {
			return false, err
		}
	}
	if err := s.addVariants(id, g, variants); err != nil {
		return false, err
	}
	if err := s.addHosts(id, g, hosts); err != nil {
		return false, err
	}
	for minute, count := range g.Minutes {
		if err := s.stmt.addMinute.exec(id, minute, count); err != nil {
			return false, err
		}
	}
	return !known, nil
}

func (s *Store) addVariants(group int64, g *store.Group, have int) error {
	for _, v := range g.Variants {
		known, err := s.stmt.countVariant.row(ignore, group, v.Fingerprint, v.Count, v.First, v.Last)
		if err != nil {
			return err
		}
		if known || have >= s.limits.VariantsPerGroup {
			continue
		}
		var id int64
		_, err = s.stmt.newVariant.row(func(r *sqlite3.Stmt) { id = r.ColumnInt64(0) },
			group, v.Fingerprint, v.Count, v.First, v.Last, v.Reason)
		if err != nil {
			return err
		}
		if err := s.stmt.newSample.exec(id, v.Sample, v.SampleSize); err != nil {
			return err
		}
		have++
	}
	return nil
}

func (s *Store) addHosts(group int64, g *store.Group, have int) error {
	for host, count := range g.Hosts {
		known, err := s.stmt.countHost.row(ignore, group, host, count)
		if err != nil {
			return err
		}
		if known || have >= s.limits.HostsPerGroup {
			continue
		}
		if err := s.stmt.newHost.exec(group, host, count); err != nil {
			return err
		}
		have++
	}
	return nil
}

func ignore(*sqlite3.Stmt) {}
