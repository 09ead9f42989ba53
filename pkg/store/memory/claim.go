package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

// NextDue implements store.Store.
func (s *Store) NextDue(ctx context.Context) (time.Time, error) {
	if err := s.lock(ctx); err != nil {
		return time.Time{}, err
	}
	defer s.mu.Unlock()
	next := store.Never
	for _, b := range s.open {
		next = earlier(next, b.Due)
	}
	for _, l := range s.claimed {
		next = earlier(next, l.until)
	}
	return next, nil
}

// Claim implements store.Store.
func (s *Store) Claim(ctx context.Context, now time.Time, duration time.Duration) (*store.Batch, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var claim *openBatch
	for _, b := range s.open {
		if !b.Due.After(now) && (claim == nil || b.dueFirst().Before(claim.dueFirst())) {
			claim = b
		}
	}
	for _, l := range s.claimed {
		if !l.until.After(now) && (claim == nil || l.item.dueFirst().Before(claim.dueFirst())) {
			claim = l.item
		}
	}
	if claim == nil {
		return nil, nil
	}
	if l := (lane{claim.Key, claim.Early}); s.open[l] == claim {
		delete(s.open, l)
		claim.firstDue = claim.dueFirst()
	}
	s.claimed[claim.ID] = &lease[*openBatch]{claim, now.Add(duration)}
	claim.Sort()
	c := claim.Clone()
	c.Due = claim.firstDue
	s.recall(c)
	return c, nil
}

// recall says what the history knows of b.
func (s *Store) recall(b *store.Batch) {
	for _, g := range b.Groups {
		for _, v := range g.Variants {
			v.Seen, v.Standing = s.history[v.Fingerprint], s.standings[v.Meaning.Thing()]
		}
	}
}

// Seal implements store.Store.
func (s *Store) Seal(ctx context.Context, batch int64, summaries []store.Outgoing) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	claim := s.claimed[batch]
	if claim == nil {
		return store.ErrNotClaimed
	}
	delete(s.claimed, batch)
	if len(summaries) == 0 {
		s.remember(claim.item.Batch)
		return nil
	}
	s.sealed[batch] = claim.item
	s.insert(batch, summaries)
	return nil
}

// Open implements store.Store.
func (s *Store) Open(ctx context.Context) ([]*store.Batch, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	byDue := slices.SortedFunc(maps.Values(s.open), func(a, b *openBatch) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID))
	})
	var batches []*store.Batch
	for _, b := range byDue {
		c := b.Clone()
		c.Due = b.dueFirst()
		c.Sort()
		s.recall(c)
		for _, g := range c.Groups {
			for _, v := range g.Variants {
				v.Sample = nil
			}
		}
		batches = append(batches, c)
	}
	return batches, nil
}

// Flush implements store.Store.
func (s *Store) Flush(ctx context.Context, batch int64, now time.Time) (flushed int, err error) {
	if err := s.lock(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	for _, b := range s.open {
		if batch == 0 || b.ID == batch {
			b.FlushBy(now)
			flushed++
		}
	}
	return flushed, nil
}

// Pending implements store.Store.
func (s *Store) Pending(ctx context.Context) (store.Pending, error) {
	if err := s.lock(ctx); err != nil {
		return store.Pending{}, err
	}
	defer s.mu.Unlock()
	p := store.Pending{Batches: len(s.open) + len(s.claimed), Outbox: len(s.outbox)}
	for _, b := range s.open {
		p.Mails += b.Count
	}
	for _, l := range s.claimed {
		p.Mails += l.item.Count
	}
	return p, nil
}
