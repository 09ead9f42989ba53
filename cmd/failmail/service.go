package main

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

// signals are what a person asks of the running process. One that comes while it
// starts is kept: it would end the process, when the one before has left already.
type signals struct{ handovers, reloads chan os.Signal }

func (s signals) stop() {
	signal.Stop(s.handovers)
	signal.Stop(s.reloads)
}

// A service is a Proxy with what a process has around it: a store, sockets, HTTP,
// signals, a supervisor, and other processes before and after it.
type service struct {
	config     failmail.Config
	storage    storage
	watch      *watch
	supervised *supervised
	reloader   *reloader
	from       *predecessor // nil if there is none
	asked      signals
	log        *slog.Logger

	proxy    atomic.Pointer[failmail.Proxy] // another one after a hand-over that failed late
	released atomic.Bool                    // for the new process
	stopHTTP func()
	ended    chan error // the result
	handing  sync.Mutex // held while a new process is started
}

// acquire opens what one process at a time can have. A predecessor is asked for it
// only when all else is known to be right.
func (s *service) acquire(ctx context.Context) (err error) {
	if s.from != nil {
		if err := s.acquireFrom(ctx); err != nil {
			return err
		}
	}
	if err := s.watch.listenIfFree(ctx); err != nil {
		return err
	}
	if s.config.Store == nil {
		s.config.Store, err = s.storage.open(ctx, s.log)
	}
	return err
}

func (s *service) acquireFrom(ctx context.Context) (err error) {
	if s.watch.listener, err = s.from.listener(s.watch.address); err != nil {
		return err
	}
	if s.config.AllDir != "" {
		if err := (&deliver.Maildir{Dir: s.config.AllDir}).Check(); err != nil {
			return fmt.Errorf("%w; choose another folder with --all-dir", err)
		}
	}
	storeInUse := s.storage.probe()
	if storeInUse != nil && !errors.Is(storeInUse, sqlite.ErrInUse) {
		return storeInUse
	}
	if storeInUse == nil {
		if s.config.Store, err = s.storage.open(ctx, s.log); err != nil {
			return err
		}
	}
	httpInUse := s.watch.listen(ctx)
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
	proxy, err := failmail.New(s.config)
	if err != nil {
		return asUsage(err)
	}
	s.proxy.Store(proxy)
	s.reloader.proxy = proxy
	s.released.Store(false)
	http, stop := context.WithCancel(ctx)
	served := make(chan struct{})
	go func() {
		defer close(served)
		s.watch.serve(http, s.watch.listener, proxy.Handler())
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
		case <-s.asked.reloads:
			s.supervised.reloading()
			err := s.reloader.reload()
			s.supervised.stays()
			if err != nil {
				s.log.Error("cannot take the new settings, the old ones stay; correct them and send SIGHUP again", "error", err)
			}
		case <-s.asked.handovers:
			s.supervised.reloading()
			err := s.handOver(ctx)
			switch {
			case err == nil:
				stop()
				return
			case ctx.Err() != nil:
				return
			}
			s.log.Error("cannot hand over, this process goes on; correct it and send SIGUSR1 again", "error", err)
			s.supervised.stays()
		}
	}
}

// close closes what was opened, if it still is.
func (s *service) close() error {
	s.watch.close()
	closeAll(s.config.Listeners)
	if s.config.Store == nil {
		return nil
	}
	return s.config.Store.Close()
}
