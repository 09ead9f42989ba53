// Package memory is a store.Store that forgets everything when the process
// ends. It is for tests, and for those who want no mail on disk and accept the
// loss.
package memory

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

// Store keeps batches and outbox in memory. It is safe for concurrent use.
type Store struct {
	limits store.Limits

	mu      sync.Mutex
	closed  bool
	lastID  int64
	open    map[string]*store.Batch
	claimed map[int64]*lease[*store.Batch]
	outbox  map[int64]*lease[*store.Outgoing]
}

type lease[T any] struct {
	item  T
	until time.Time
}

var _ store.Store = (*Store)(nil)

// New returns an empty store.
func New(limits store.Limits) *Store {
	return &Store{
		limits:  limits.WithDefaults(),
		open:    make(map[string]*store.Batch),
		claimed: make(map[int64]*lease[*store.Batch]),
		outbox:  make(map[int64]*lease[*store.Outgoing]),
	}
}

func (s *Store) nextID() int64 {
	s.lastID++
	return s.lastID
}

// lock begins a method; the caller unlocks when it gets no error.
func (s *Store) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return store.ErrClosed
	}
	return nil
}

// Record implements store.Store.
func (s *Store) Record(ctx context.Context, entries []store.Entry) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	for i := range entries {
		e := &entries[i]
		b := s.open[e.Batch]
		if b == nil {
			b = &store.Batch{ID: s.nextID()}
			s.open[e.Batch] = b
		}
		b.Add(e, s.limits)
	}
	return nil
}

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
	var claim *store.Batch
	for _, b := range s.open {
		if !b.Due.After(now) && (claim == nil || b.Due.Before(claim.Due)) {
			claim = b
		}
	}
	for _, l := range s.claimed {
		if !l.until.After(now) && (claim == nil || l.item.Due.Before(claim.Due)) {
			claim = l.item
		}
	}
	if claim == nil {
		return nil, nil
	}
	if s.open[claim.Key] == claim {
		delete(s.open, claim.Key)
	}
	s.claimed[claim.ID] = &lease[*store.Batch]{claim, now.Add(duration)}
	claim.Sort()
	return claim.Clone(), nil
}

// Seal implements store.Store.
func (s *Store) Seal(ctx context.Context, batch int64, summaries []store.Outgoing) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if s.claimed[batch] == nil {
		return store.ErrNotClaimed
	}
	delete(s.claimed, batch)
	for _, o := range summaries {
		o.ID = s.nextID()
		o.To, o.Mail = slices.Clone(o.To), slices.Clone(o.Mail)
		s.outbox[o.ID] = &lease[*store.Outgoing]{item: &o}
	}
	return nil
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
	var claim *lease[*store.Outgoing]
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

// Finish implements store.Store.
func (s *Store) Finish(ctx context.Context, id int64) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	delete(s.outbox, id)
	return nil
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

// Close implements store.Store. What was kept is gone.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.open, s.claimed, s.outbox = nil, nil, nil
	return nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
