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
	open    map[lane]*openBatch
	claimed map[int64]*lease[*openBatch]
	sealed  map[int64]*openBatch
	outbox  map[int64]*outgoing

	seen       map[groupKey]time.Time // for Entry.Quiet
	history    map[string]store.Seen  // of fingerprints
	mutes      map[int64]store.Mute
	heartbeats map[string]store.Heartbeat
}

// A lane holds one open batch: there is one for a key, and another one for the
// first mails of groups, see store.Entry.Quiet.
type lane struct {
	key   string
	early bool
}

type groupKey struct{ batch, group string }

type openBatch struct {
	*store.Batch
	firstDue time.Time // when it was due before it was folded
}

type outgoing struct {
	lease[*store.Outgoing]
	batch int64 // which it was sealed from, 0 for none
}

type lease[T any] struct {
	item  T
	until time.Time
}

var _ store.Store = (*Store)(nil)

// New returns an empty store.
func New(limits store.Limits) *Store {
	return &Store{
		limits:     limits.WithDefaults(),
		open:       make(map[lane]*openBatch),
		claimed:    make(map[int64]*lease[*openBatch]),
		sealed:     make(map[int64]*openBatch),
		outbox:     make(map[int64]*outgoing),
		seen:       make(map[groupKey]time.Time),
		history:    make(map[string]store.Seen),
		mutes:      make(map[int64]store.Mute),
		heartbeats: make(map[string]store.Heartbeat),
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
		e := entries[i]
		l := lane{e.Batch, s.isEarly(&e)}
		if l.early {
			e.Window = store.Window{}
		}
		b := s.open[l]
		if b == nil {
			b = &openBatch{Batch: &store.Batch{ID: s.nextID(), Early: l.early}}
			s.open[l] = b
		}
		if began := b.Add(&e, s.limits); began != nil {
			began.Seen = s.history[began.Fingerprint]
		}
	}
	return nil
}

// isEarly reports whether e is the first mail of a group that was quiet.
func (s *Store) isEarly(e *store.Entry) bool {
	if e.Quiet <= 0 || !e.MutedUntil.IsZero() {
		return false
	}
	key := groupKey{e.Batch, e.Group}
	last, known := s.seen[key]
	if e.Received.After(last) {
		s.seen[key] = e.Received
	}
	return !known || e.Received.Sub(last) > e.Quiet
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
	var claim *openBatch
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
	if l := (lane{claim.Key, claim.Early}); s.open[l] == claim {
		delete(s.open, l)
		if claim.firstDue.IsZero() {
			claim.firstDue = claim.Due
		}
	}
	s.claimed[claim.ID] = &lease[*openBatch]{claim, now.Add(duration)}
	claim.Sort()
	c := claim.Clone()
	c.Due = claim.firstDue
	return c, nil
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

func (s *Store) insert(batch int64, mails []store.Outgoing) {
	for _, o := range mails {
		o.ID, o.Folds = s.nextID(), batch != 0
		o.To, o.Mail = slices.Clone(o.To), slices.Clone(o.Mail)
		s.outbox[o.ID] = &outgoing{lease[*store.Outgoing]{item: &o}, batch}
	}
}

// Open implements store.Store.
func (s *Store) Open(ctx context.Context) ([]*store.Batch, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var batches []*store.Batch
	for _, b := range s.open {
		c := b.Clone()
		c.Sort()
		for _, g := range c.Groups {
			for _, v := range g.Variants {
				v.Sample = nil
			}
		}
		batches = append(batches, c)
	}
	slices.SortFunc(batches, func(a, b *store.Batch) int { return a.Due.Compare(b.Due) })
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

// Close implements store.Store. What was kept is gone.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.open, s.claimed, s.sealed, s.outbox = nil, nil, nil, nil
	s.seen, s.history, s.mutes, s.heartbeats = nil, nil, nil, nil
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
