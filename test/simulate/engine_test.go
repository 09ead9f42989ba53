package simulate

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/internal/testutil/brittledisk"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
	"github.com/hut8labs/failmail/pkg/store/sqlite"
)

// An engine keeps a store over the lives of the processes that use it.
type engine interface {
	// open returns the store as p finds it, which starts. seen is what a Proxy has of p.
	open(p *plug) (kept, error)
	seen(p *plug) store.Store
	// leave ends what the process, which has ended, does to the store.
	leave() error
	// killed has all that the process, which has died, still does to the store come to nothing.
	killed()
	// arm has a fault of the disk happen at the n-th call of a kind from now.
	arm(fault, op string, n int, down time.Duration)
	// fired returns how many of these faults have happened.
	fired() int
	// fill has nothing be written until then. full reports whether the plug is to see to
	// that.
	fill(until time.Time)
	full() bool
	// bytes returns how much is kept when nothing waits.
	bytes() int64
}

// A kept is what engines have in common.
type kept interface {
	store.Store
	store.Shifter
	store.Prober
}

// An engineKind is what worlds are played on.
type engineKind struct {
	name  string
	nodes int                              // that share it
	new   func(ahead time.Duration) engine // its clock is ahead by so much
}

// engines are what worlds are played on, in turn.
var engines = []engineKind{
	{"SQLite", 1, func(time.Duration) engine { return newOnDisk() }},
	{"memory", 1, func(time.Duration) engine { return newInMemory() }},
	{"SQLite", 1, func(time.Duration) engine { return newOnDisk() }},
	{"a shared store", 3, func(ahead time.Duration) engine { return &shared{newInMemory(), ahead} }},
}

// inMemory is what a store would be that makes no mistakes: with every call it is durable.
type inMemory struct {
	store outliving
	space space
}

func newInMemory() *inMemory {
	return &inMemory{store: outliving{Store: memory.New(store.Limits{})}}
}

func (e *inMemory) seen(p *plug) store.Store               { return p }
func (e *inMemory) open(*plug) (kept, error)               { return &e.store, nil }
func (e *inMemory) leave() error                           { return nil }
func (e *inMemory) killed()                                {}
func (e *inMemory) arm(string, string, int, time.Duration) {}
func (e *inMemory) fired() int                             { return 0 }
func (e *inMemory) fill(until time.Time)                   { e.space.fill(until) }
func (e *inMemory) full() bool                             { return e.space.full() }
func (e *inMemory) bytes() int64                           { return 0 }

// A shared engine is one that several processes use at a time, and that has a clock of its
// own, as a database has.
type shared struct {
	*inMemory
	ahead time.Duration
}

func (e *shared) seen(p *plug) store.Store {
	return struct {
		store.Store
		store.Prober
		store.Clock
	}{p, p, e}
}

// Now implements store.Clock.
func (e *shared) Now(context.Context) (time.Time, error) {
	return time.Now().Add(e.ahead).Round(0), nil
}

// A space is what a disk has left.
type space struct {
	mu    sync.Mutex
	until time.Time // when there is some again
}

func (s *space) fill(until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.until = until
}

func (s *space) full() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Before(s.until)
}

// An outliving store is one in memory that knows, as one does that outlives the process,
// when something happened last.
type outliving struct {
	*memory.Store
	mu     sync.Mutex
	newest time.Time
}

func (s *outliving) happened(at time.Time, err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && at.After(s.newest) {
		s.newest = at
	}
	return err
}

func (s *outliving) Record(ctx context.Context, entries []store.Entry) error {
	return s.happened(entries[0].Received, s.Store.Record(ctx, entries))
}

func (s *outliving) NoteHeartbeat(ctx context.Context, name string, at time.Time) error {
	return s.happened(at, s.Store.NoteHeartbeat(ctx, name, at))
}

func (s *outliving) Newest(context.Context) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newest, nil
}

func (s *outliving) Shift(ctx context.Context, by time.Duration) error {
	err := s.Store.Shift(ctx, by)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && !s.newest.IsZero() {
		s.newest = s.newest.Add(by)
	}
	return err
}

// onDisk is SQLite on a disk that fails.
type onDisk struct {
	disk  brittledisk.Disk
	mount *brittledisk.Mount
	store *sqlite.Store
	space space

	mu       sync.Mutex
	by       *plug  // the process that has it
	fault    string // powerCut or diskFails
	op       string // the calls that count
	left     int    // of these until it happens
	n        int
	down     time.Duration
	happened int
}

func newOnDisk() *onDisk {
	e := &onDisk{}
	e.disk.Fault = e.call
	return e
}

func (e *onDisk) open(p *plug) (kept, error) {
	e.mu.Lock()
	e.by = p
	e.mu.Unlock()
	e.mount = e.disk.Mount()
	var err error
	if e.store, err = sqlite.OpenVFS("/failmail.db", store.Limits{}, e.mount.Name()); err != nil {
		e.mount.Unmount()
		return nil, err
	}
	return e.store, nil
}

func (e *onDisk) seen(p *plug) store.Store { return p }

func (e *onDisk) leave() error {
	err := e.store.Close()
	e.mount.Unmount()
	return err
}

func (e *onDisk) killed() { e.mount.Kill() }

func (e *onDisk) arm(fault, op string, n int, down time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fault, e.op, e.left, e.n, e.down = fault, op, n, n, down
}

func (e *onDisk) fired() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.happened
}

func (e *onDisk) fill(until time.Time) { e.space.fill(until) }
func (e *onDisk) full() bool           { return false }
func (e *onDisk) bytes() int64         { return e.disk.Size() }

// call is asked before each call to the disk.
func (e *onDisk) call(op brittledisk.Op) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if op == brittledisk.Write && e.space.full() {
		e.by.reach("full", string(op))
		return sqlite3.FULL
	}
	if e.left == 0 || e.op != string(op) {
		return nil
	}
	if e.left--; e.left > 0 {
		return nil
	}
	e.happened++
	e.by.reach(e.fault, string(op))
	if e.fault == powerCut {
		e.disk.CutPower(rand.New(rand.NewPCG(uint64(e.n), uint64(e.down))))
		e.by.kill(e.down)
	}
	return brittledisk.Failure(op)
}

// isDisks reports whether err is one that the fault of a process or its disk leads to.
func isDisks(err error) bool {
	for _, its := range []error{errDead, errFull, sqlite3.IOERR, sqlite3.FULL, sqlite3.CANTOPEN} {
		if errors.Is(err, its) {
			return true
		}
	}
	return false
}
