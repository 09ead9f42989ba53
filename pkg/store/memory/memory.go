// Package memory is a store.Store that forgets everything when the process ends.
// It is for tests, and for those who want no mail on disk and accept the loss.
//
//	p, err := failmail.New(failmail.Config{
//		Store:       memory.New(store.Limits{}), // or failmail.NewMemoryStore()
//		FlushOnExit: true,                       // what is pending is sent at the end
//	})
//
// It is safe for concurrent use. Nothing is durable: what was acknowledged and not yet
// sent is lost when the process is killed. A Proxy with FlushOnExit sends it at a
// Shutdown, or puts it into the fail-dir.
package memory

import (
	"context"
	"sync"
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
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
	standings  map[meaning.Thing]store.Standing
	mutes      map[int64]store.Mute
	heartbeats map[string]store.Heartbeat
	lessons    []store.Lesson
	learned    map[string]bool // fingerprints of texts
	notes      map[string]string
	problems   *problems
	sent       map[string]store.SentSummary
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
	firstDue time.Time // when it was due before it was reopened
}

// dueFirst returns when b was due first.
func (b *openBatch) dueFirst() time.Time {
	if b.firstDue.IsZero() {
		return b.Due
	}
	return b.firstDue
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
	s := &Store{
		limits:     limits.WithDefaults(),
		open:       make(map[lane]*openBatch),
		claimed:    make(map[int64]*lease[*openBatch]),
		sealed:     make(map[int64]*openBatch),
		outbox:     make(map[int64]*outgoing),
		seen:       make(map[groupKey]time.Time),
		history:    make(map[string]store.Seen),
		standings:  make(map[meaning.Thing]store.Standing),
		mutes:      make(map[int64]store.Mute),
		heartbeats: make(map[string]store.Heartbeat),
		learned:    make(map[string]bool),
		notes:      make(map[string]string),
		sent:       make(map[string]store.SentSummary),
	}
	s.problems = newProblems(s.history)
	return s
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
	limits := s.withRoom()
	early := make(map[int]bool)
	for i := range entries {
		early[i] = s.isEarly(&entries[i])
	}
	additions := store.Additions(entries, early, limits.Unbounded())
	if err := store.CountProblems(s.problems, additions, limits.ResolveAfter); err != nil {
		return err
	}
	for i := range entries {
		e := entries[i]
		l := lane{e.Batch, early[i]}
		if l.early {
			e.Window = store.Window{}
		}
		b := s.open[l]
		if b == nil {
			b = &openBatch{Batch: &store.Batch{ID: s.nextID(), Early: l.early}}
			s.open[l] = b
		}
		b.Add(&e, limits)
	}
	return nil
}

// isEarly reports whether e is the first mail of a group that was quiet.
func (s *Store) isEarly(e *store.Entry) bool {
	if !e.WantsQuiet() {
		return false
	}
	key := groupKey{e.Batch, e.Group}
	last := s.seen[key]
	s.seen[key] = later(last, e.Received)
	return e.IsEarly(last)
}

// withRoom returns the limits, without samples once they fill the store.
func (s *Store) withRoom() store.Limits {
	var kept int64
	for _, b := range s.open {
		kept += int64(b.SampleBytes())
	}
	for _, l := range s.claimed {
		kept += int64(l.item.SampleBytes())
	}
	for _, b := range s.sealed {
		kept += int64(b.SampleBytes())
	}
	for _, o := range s.outbox {
		kept += int64(len(o.item.Mail))
	}
	limits := s.limits
	if kept >= limits.StoreBytes {
		limits.SampleBytes = 0
	}
	return limits
}

// Close implements store.Store. What was kept is gone.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.open, s.claimed, s.sealed, s.outbox = nil, nil, nil, nil
	s.seen, s.history, s.mutes, s.heartbeats, s.notes, s.lessons, s.learned, s.standings, s.problems, s.sent = nil, nil, nil, nil, nil, nil, nil, nil, nil, nil
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
