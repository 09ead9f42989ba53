package memory

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

// Enqueue implements store.Store.
func (s *Store) Enqueue(ctx context.Context, mails []store.Outgoing) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	s.insert(0, mails)
	return nil
}

// EnqueueOnce implements store.Store.
func (s *Store) EnqueueOnce(ctx context.Context, name, text string, mails []store.Outgoing) (done bool, err error) {
	if err := s.lock(ctx); err != nil {
		return false, err
	}
	defer s.mu.Unlock()
	if s.notes[name] >= text {
		return false, nil
	}
	s.notes[name] = text
	s.insert(0, mails)
	return true, nil
}

func (s *Store) insert(batch int64, mails []store.Outgoing) {
	for _, o := range mails {
		o.ID, o.CanReopen = s.nextID(), batch != 0 && len(mails) == 1
		o.To, o.Mail = slices.Clone(o.To), slices.Clone(o.Mail)
		s.outbox[o.ID] = &outgoing{lease[*store.Outgoing]{item: &o}, batch}
	}
}

// NextSend implements store.Store.
func (s *Store) NextSend(ctx context.Context) (time.Time, error) {
	if err := s.lock(ctx); err != nil {
		return time.Time{}, err
	}
	defer s.mu.Unlock()
	next := store.Never
	for _, l := range s.outbox {
		next = earlier(next, later(l.item.NextAt, l.until))
	}
	return next, nil
}

// ClaimOutgoing implements store.Store.
func (s *Store) ClaimOutgoing(ctx context.Context, now time.Time, duration time.Duration) (*store.Outgoing, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var claim *outgoing
	for _, l := range s.outbox {
		free := !l.item.NextAt.After(now) && !l.until.After(now)
		if free && (claim == nil || l.item.NextAt.Before(claim.item.NextAt) ||
			l.item.NextAt.Equal(claim.item.NextAt) && l.item.ID < claim.item.ID) {
			claim = l
		}
	}
	if claim == nil {
		return nil, nil
	}
	claim.until = now.Add(duration)
	claim.item.Attempts++
	o := *claim.item
	o.To, o.Mail = slices.Clone(o.To), slices.Clone(o.Mail)
	return &o, nil
}

// Postpone implements store.Store.
func (s *Store) Postpone(ctx context.Context, o *store.Outgoing) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	l := s.outbox[o.ID]
	if l == nil {
		return store.ErrNotClaimed
	}
	l.item.To, l.item.Attempts = slices.Clone(o.To), o.Attempts
	l.item.NextAt, l.item.LastError = o.NextAt, o.LastError
	l.until = time.Time{}
	return nil
}

// Reopen implements store.Store.
func (s *Store) Reopen(ctx context.Context, id int64, since time.Time) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	l := s.outbox[id]
	if l == nil || !l.item.CanReopen {
		return store.ErrNotClaimed
	}
	reopened := s.sealed[l.batch]
	delete(s.outbox, id)
	delete(s.sealed, l.batch)
	if !since.IsZero() && (reopened.HeldSince.IsZero() || since.Before(reopened.HeldSince)) {
		reopened.HeldSince = since
	}
	reopened.Due = reopened.firstDue
	open := lane{reopened.Key, reopened.Early}
	if now := s.open[open]; now != nil {
		now.Merge(reopened.Clone(), s.limits)
		if now.firstDue.IsZero() || reopened.firstDue.Before(now.firstDue) {
			now.firstDue = reopened.firstDue
		}
		return nil
	}
	// The old ID may still be known to a claimant that lost its lease.
	reopened.ID = s.nextID()
	s.open[open] = reopened
	return nil
}

// Finish implements store.Store.
func (s *Store) Finish(ctx context.Context, id int64) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	l := s.outbox[id]
	if l == nil {
		return nil
	}
	delete(s.outbox, id)
	for _, other := range s.outbox {
		if other.batch == l.batch {
			return nil
		}
	}
	if b := s.sealed[l.batch]; b != nil {
		s.remember(b.Batch)
		delete(s.sealed, l.batch)
	}
	return nil
}

// remember makes the fingerprints of b part of the history.
func (s *Store) remember(b *store.Batch) {
	said := make(store.Said)
	for _, g := range b.Groups {
		for _, v := range g.Variants {
			said.Add(v)
			seen, known := s.history[v.Fingerprint]
			if !known || v.First.Before(seen.First) {
				seen.First = v.First
			}
			seen.Last = later(seen.Last, v.Last)
			seen.Count += v.Count
			s.history[v.Fingerprint] = seen
		}
	}
	for thing := range said {
		if now := said.After(thing, s.standings[thing]); now.Count > 0 {
			s.standings[thing] = now
		}
	}
}

// Outgoing implements store.Store.
func (s *Store) Outgoing(ctx context.Context) ([]store.Outgoing, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var all []store.Outgoing
	for _, l := range s.outbox {
		o := *l.item
		o.To, o.Mail = slices.Clone(o.To), nil
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b store.Outgoing) int { return cmp.Or(a.NextAt.Compare(b.NextAt), cmp.Compare(a.ID, b.ID)) })
	return all, nil
}

// Retry implements store.Store.
func (s *Store) Retry(ctx context.Context, id int64, now time.Time) (due int, err error) {
	if err := s.lock(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	for _, l := range s.outbox {
		if (id == 0 || l.item.ID == id) && !l.until.After(now) {
			l.item.NextAt = earlier(l.item.NextAt, now)
			due++
		}
	}
	return due, nil
}
