// Package supervise runs a Proxy as a process among others: with sockets, a store and
// an HTTP address that one process at a time can have, signals, a supervisor that
// wants to know how it is, and the process that replaces it.
package supervise

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/store/sqlite"
)

// Options say what a process runs.
type Options struct {
	Config   failmail.Config // without Store and Listeners, which are opened
	Storage  Storage
	HTTP     HTTP
	SocketFD int                         // the descriptor of an inherited socket; 0 for none
	Pidfile  string                      // empty for none
	Reload   func(*failmail.Proxy) error // puts changed settings into force, on SIGHUP
	Signals  Signals
	Log      *slog.Logger
}

// A Storage opens the store.
type Storage interface {
	// Probe reports why Open would fail, as far as that can be told without
	// opening it; sqlite.ErrInUse while another process has it.
	Probe() error
	Open(context.Context, *slog.Logger) (failmail.Store, error)
	// Persistent reports whether another process can open what this one closes.
	Persistent() bool
}

// A Mistake is a mistake in how the process was started.
type Mistake struct{ Problem string }

func (m *Mistake) Error() string { return m.Problem }

// Signals are what a person asks of the running process. One that comes while it
// starts is kept: it would end the process, when the one before has left already.
type Signals struct{ handovers, reloads chan os.Signal }

// Stop has the signals do again what they do by default.
func (s Signals) Stop() {
	signal.Stop(s.handovers)
	signal.Stop(s.reloads)
}

// A service is a Proxy with what a process has around it.
type service struct {
	Options
	website    *website
	supervised *supervised
	from       *predecessor // nil if there is none

	proxy    atomic.Pointer[failmail.Proxy] // another one after a hand-over that failed late
	released atomic.Bool                    // for the new process
	stopHTTP func()
	ended    chan error // the result
	handing  sync.Mutex // held while a new process is started
}

// Run serves until ctx ends or another process does. It is to be called once in a
// process, whose environment says what was handed over to it.
func Run(ctx context.Context, o Options) error {
	from, err := findPredecessor()
	if err != nil {
		return err
	}
	supervised, err := supervise(o.Pidfile, from != nil, o.Log)
	if err != nil {
		return err
	}
	defer supervised.close()
	if o.Config.Bind != failmail.NoListener {
		if o.Config.Listeners, err = openSockets(ctx, o.Config.Bind, o.SocketFD, from); err != nil {
			return err
		}
	}
	s := &service{Options: o, website: &website{HTTP: o.HTTP, log: o.Log.With("component", "http")}, supervised: supervised, from: from}
	if err = s.acquire(ctx); err == nil {
		err = s.run(ctx)
	}
	if closeErr := s.close(); closeErr != nil {
		return errors.Join(err, closeErr)
	}
	return err
}

// acquire opens what one process at a time can have. A predecessor is asked for it
// only when all else is known to be right.
func (s *service) acquire(ctx context.Context) (err error) {
	if s.from != nil {
		if err := s.acquireFrom(ctx); err != nil {
			return err
		}
	}
	if err := s.website.listenIfFree(ctx); err != nil {
		return err
	}
	if s.Config.Store == nil {
		s.Config.Store, err = s.Storage.Open(ctx, s.Log)
	}
	return err
}

func (s *service) acquireFrom(ctx context.Context) (err error) {
	if s.website.listener, err = s.from.listener(s.website.Address); err != nil {
		return err
	}
	if s.Config.AllDir != "" {
		if err := (&deliver.Maildir{Dir: s.Config.AllDir}).Check(); err != nil {
			return fmt.Errorf("%w; choose another folder in Config.AllDir", err)
		}
	}
	storeInUse := s.Storage.Probe()
	if storeInUse != nil && !errors.Is(storeInUse, sqlite.ErrInUse) {
		return storeInUse
	}
	if storeInUse == nil {
		if s.Config.Store, err = s.Storage.Open(ctx, s.Log); err != nil {
			return err
		}
	}
	httpInUse := s.website.listen(ctx)
	if httpInUse != nil && !errors.Is(httpInUse, errAddressInUse) {
		return httpInUse
	}
	if storeInUse == nil && httpInUse == nil {
		return nil
	}
	return s.from.release(ctx)
}

// run serves until ctx ends or another process does.
func (s *service) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s.ended = make(chan error, 1)
	if err := s.begin(ctx); err != nil {
		return err
	}
	s.supervised.start(ctx, func(ctx context.Context) error { return s.proxy.Load().Ready(ctx) }, func() error {
		if s.from == nil {
			return nil
		}
		return s.from.serving(ctx)
	})
	go s.obey(ctx, stop)
	err := <-s.ended
	stop()
	s.handing.Lock() // a new process that is on its way is ended
	return err
}

// begin starts a Proxy.
func (s *service) begin(ctx context.Context) error {
	proxy, err := failmail.New(s.Config)
	if err != nil {
		return err
	}
	s.proxy.Store(proxy)
	s.released.Store(false)
	http, stop := context.WithCancel(ctx)
	served := make(chan struct{})
	go func() {
		defer close(served)
		s.website.serve(http, s.website.listener, proxy.Handler())
	}()
	s.stopHTTP = func() { stop(); <-served }
	go func() {
		if err := proxy.Run(ctx); !s.released.Load() {
			s.ended <- err
		}
	}()
	return nil
}

// obey does what signals ask for until ctx ends. It calls stop when another process
// serves.
func (s *service) obey(ctx context.Context, stop func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.Signals.reloads:
			s.supervised.reloading()
			err := s.Reload(s.proxy.Load())
			s.supervised.stays()
			if err != nil {
				s.Log.Error("cannot take the new settings, the old ones stay; correct them and send SIGHUP again", "error", err)
			}
		case <-s.Signals.handovers:
			s.supervised.reloading()
			err := s.handOver(ctx)
			switch {
			case err == nil:
				stop()
				return
			case ctx.Err() != nil:
				return
			}
			s.Log.Error("cannot hand over, this process goes on; correct it and send SIGUSR1 again", "error", err)
			s.supervised.stays()
		}
	}
}

// close closes what was opened, if it still is.
func (s *service) close() error {
	s.website.close()
	closeAll(s.Config.Listeners)
	if s.Config.Store == nil {
		return nil
	}
	return s.Config.Store.Close()
}
