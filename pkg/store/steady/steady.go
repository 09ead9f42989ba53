// Package steady keeps due times, leases and ages right when the wall clock is set: by
// NTP after a boot with a dead battery, by the resume of a virtual machine, by hand. A
// store keeps times of the wall clock, so that without it a summary would wait for as long
// as the clock was set back, and everything would be due at once when it is set forward.
//
//	s := steady.New(engine, steady.Options{Logger: logger})
//	defer s.Close()
//	err := s.Start(ctx)
//
// A Proxy puts one in front of its Store by itself; it is here for those who use an engine
// without a Proxy. Times that come from it carry a monotonic reading; times that go to
// the engine are converted to what the wall clock shows now. It notices a step before
// its next call, and then either moves the times of the engine along (store.Shifter), or,
// where several nodes share the engine, goes by the clock of the engine (store.Clock).
//
// A Store is safe for concurrent use, and as durable as its engine.
package steady

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

const (
	// step is by how much wall and monotonic clock may come apart before the
	// times of the engine follow. NTP slews by 0.5 ms a second at most, so that it
	// takes half an hour to get there without a step.
	step = time.Second
	// askEvery is how often the clock of a shared engine is read, which bounds how
	// far a drifting node gets away from the others.
	askEvery = time.Minute
	// noteEvery is how often it is noted, where a process has an engine to itself, that
	// it is alive. When it dies and the clock is set back, the next one finds times that
	// are off by so much, and by as long as none ran.
	noteEvery = time.Minute
	// alive is the heartbeat that says so. As a pattern for the subjects of heartbeats it
	// would not compile.
	alive = "(alive"
)

// A Store is a store.Store whose times survive steps of the wall clock. It is safe
// for concurrent use.
type Store struct {
	store.Store // the engine; every method that takes or returns a time is overridden
	wall        func(now time.Time) time.Time
	log         *slog.Logger
	start       time.Time // of the monotonic clock

	mu    sync.RWMutex  // held for reading by each call, so that none sees half a step
	ahead time.Duration // of the wall clock, before the monotonic one since start

	offset atomic.Int64 // of the engine's clock, before the wall clock, in nanoseconds
	asking sync.Mutex   // guards what follows
	asked  time.Time    // when the engine's clock was read, or alive noted
}

// Options say what a Store goes by. The zero value is the clock of this machine.
type Options struct {
	// Wall returns what the wall clock shows at now, a reading of time.Now. Defaults
	// to just that; a test sets the clock with it.
	Wall func(now time.Time) time.Time
	// Logger is told of each step. Nil discards that.
	Logger *slog.Logger
}

// New returns a Store in front of engine, which it neither reads nor closes yet.
func New(engine store.Store, options Options) *Store {
	s := &Store{Store: engine, wall: options.Wall, log: options.Logger, start: time.Now()}
	if s.wall == nil {
		s.wall = func(now time.Time) time.Time { return now }
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.ahead = s.shows(s.start).Sub(s.start.Round(0))
	return s
}

// Engine returns what s stands in front of.
func (s *Store) Engine() store.Store { return s.Store }

// Start looks for what only a step can explain: something that is kept and has not
// happened yet. The clock was set back while no process ran then; by how much is not
// known, but what is kept cannot be younger than now.
func (s *Store) Start(ctx context.Context) error {
	engine, ok := s.Store.(store.Shifter)
	if !ok {
		s.ask(ctx)
		return nil
	}
	newest, err := engine.Newest(ctx)
	if err != nil || newest.IsZero() {
		return err
	}
	back := newest.Sub(s.shows(time.Now()))
	if back < step {
		return nil
	}
	s.log.Warn("the wall clock was set back since the last run; due times and ages are moved with it", "by", (-back).Round(time.Second))
	if err := engine.Shift(ctx, -back); err != nil {
		return fmt.Errorf("move times with the clock: %w", err)
	}
	return nil
}

// shows returns what the wall clock shows at now, without a monotonic reading.
func (s *Store) shows(now time.Time) time.Time { return s.wall(now).Round(0) }

// measure returns how far the wall clock is ahead of the monotonic one.
func (s *Store) measure() time.Duration {
	now := time.Now()
	return s.shows(now).Sub(s.start.Round(0)) - now.Sub(s.start)
}

// enter begins a call: it makes up for a step since the last one, and keeps others
// from doing so until the call has ended.
func (s *Store) enter(ctx context.Context) (leave func(), err error) {
	s.ask(ctx)
	s.mu.RLock()
	for (s.measure() - s.ahead).Abs() >= step {
		s.mu.RUnlock()
		if err := s.follow(ctx); err != nil {
			return nil, err
		}
		s.mu.RLock()
	}
	s.noteAlive(ctx)
	return s.mu.RUnlock, nil
}

// noteAlive notes now and then that something happens, so that Start sees when the clock
// was set back, however long ago the last mail came. Where that fails, the next one may
// do. The caller holds mu, so that no step is made in between.
func (s *Store) noteAlive(ctx context.Context) {
	if _, own := s.Store.(store.Shifter); !own || !s.asking.TryLock() {
		return
	}
	defer s.asking.Unlock()
	if now := time.Now(); s.asked.IsZero() || now.Sub(s.asked) >= noteEvery {
		s.asked = now
		_ = s.Store.NoteHeartbeat(ctx, alive, s.toEngine(now))
	}
}

// follow moves the times of the engine as the wall clock was moved; or does not let
// that affect them, if the engine has a clock of its own.
func (s *Store) follow(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ahead := s.measure()
	moved := ahead - s.ahead
	if moved.Abs() < step {
		return nil // another call has done so
	}
	if engine, own := s.Store.(store.Shifter); own {
		if err := engine.Shift(ctx, moved); err != nil {
			return fmt.Errorf("move times with the clock: %w", err)
		}
	} else {
		s.offset.Add(-int64(moved))
	}
	s.ahead = ahead
	s.log.Warn("the wall clock was set; due times and ages are moved with it", "by", moved.Round(time.Millisecond))
	return nil
}

// ask reads the engine's clock now and then. When it does not answer, what is known
// of it goes on to hold.
func (s *Store) ask(ctx context.Context) {
	clock, shared := s.Store.(store.Clock)
	if !shared || !s.asking.TryLock() {
		return
	}
	defer s.asking.Unlock()
	if !s.asked.IsZero() && time.Since(s.asked) < askEvery {
		return
	}
	s.asked = time.Now()
	if theirs, err := clock.Now(ctx); err == nil {
		s.mu.RLock()
		defer s.mu.RUnlock()
		// It was read half way between question and answer. A step that is not made up for
		// yet is not part of it, or follow would do so twice.
		now := time.Now()
		ours := s.start.Round(0).Add(now.Sub(s.start) + s.ahead)
		s.offset.Store(int64(theirs.Round(0).Add(now.Sub(s.asked) / 2).Sub(ours)))
	}
}

// toEngine converts a time that came from time.Now, or from fromEngine, to the
// engine's clock.
func (s *Store) toEngine(t time.Time) time.Time {
	if t.IsZero() || !t.Before(store.Never) {
		return t
	}
	away := t.Sub(s.start)
	if away == math.MaxInt64 || away == math.MinInt64 {
		return t // centuries away: no clock's
	}
	return s.start.Round(0).Add(away + s.ahead + time.Duration(s.offset.Load()))
}

// waits is toEngine for a time that somebody waits for. Engines cut off what is
// smaller than a microsecond; it must not come before its time by that.
func (s *Store) waits(t time.Time) time.Time {
	t = s.toEngine(t)
	if cut := t.Truncate(time.Microsecond); cut.Before(t) {
		return cut.Add(time.Microsecond)
	}
	return t
}

// fromEngine converts a time of the engine's clock to one that may be compared
// with time.Now whatever happens to the wall clock.
func (s *Store) fromEngine(t time.Time) time.Time {
	if t.IsZero() || !t.Before(store.Never) {
		return t
	}
	away := t.Sub(s.start.Round(0))
	if away == math.MaxInt64 || away == math.MinInt64 {
		return t
	}
	return s.start.Add(away - s.ahead - time.Duration(s.offset.Load()))
}
