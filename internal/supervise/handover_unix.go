//go:build unix

package supervise

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/receive"
	"github.com/hut8labs/failmail/pkg/store"
)

// On SIGUSR1 a failmail starts its own program anew, perhaps a newer version, and
// hands its listening sockets over. The kernel queues the clients that connect
// meanwhile, so none is refused. The old process leaves when the new one serves:
//
//	old                               new
//	starts new with the sockets  ──▶  reads its settings, opens and checks all
//	                                  that the old one does not have for itself
//	                             ◀──  "release", unless it has all it needs
//	ends its sessions, closes the
//	store and the HTTP address   ──▶  opens them
//	                             ◀──  "serving": its Proxy is ready
//	names it to systemd          ──▶  places the PID file
//	ends
//
// SQLite's file has one owner, hence "release": from then on, and only then, nobody
// serves, for as long as the old one's sessions may take (releaseTime) and the new
// one's start, some tens of milliseconds. If the new one fails at any point, it is
// ended, and the old one goes on: it opens the store again if it had released it.

const (
	// checkTime is how long the new process may take to check its settings, while
	// this one serves: longer than a database that does not answer.
	checkTime = 30 * time.Second
	// releaseTime is how long the sessions of this process may hold up those that
	// wait for the new one. With its start they wait for less than a second.
	releaseTime = 600 * time.Millisecond
	// startTime is how long the new process may take to serve when nobody does.
	startTime = 5 * time.Second
)

// inheritsSockets says whether a process can have sockets that another has opened.
const inheritsSockets = true

// Listen keeps the signals that come from now on, for Run.
func Listen() Signals {
	s := Signals{make(chan os.Signal, 1), make(chan os.Signal, 1)}
	signal.Notify(s.handovers, syscall.SIGUSR1)
	signal.Notify(s.reloads, syscall.SIGHUP)
	return s
}

// handOver returns nil when a new process serves. After an error this one goes on,
// unless ctx has ended.
func (s *service) handOver(ctx context.Context) error {
	s.handing.Lock()
	defer s.handing.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	config := s.proxy.Load().Config()
	// The new process would open another store where this one's was removed.
	if kept, ok := config.Store.(store.Repairer); ok {
		if _, err := kept.Repair(ctx); err != nil {
			return err
		}
	}
	sockets, kinds, err := copies(config.Listeners)
	if err != nil {
		return err
	}
	defer closeFiles(sockets...)
	http, bind, err := s.website.file()
	if err != nil {
		return err
	}
	next, err := startSuccessor(os.Args[0], os.Args, sockets, kinds, http, bind, os.Stderr)
	http.Close() // nil is fine
	if err != nil {
		return err
	}
	word, err := next.await(ctx, checkTime)
	if err == nil {
		s.Log.Info("handing over to a new process", "pid", next.process.Pid)
	}
	if err == nil && word == wordRelease {
		s.release()
		next.release()
		word, err = next.await(ctx, startTime)
	}
	if err == nil && word != wordServing {
		err = fmt.Errorf("the new process is of a version that says %q, so restart instead", word)
	}
	if err != nil {
		err = next.end(err)
		if s.released.Load() {
			s.resume(ctx, config, sockets, kinds)
		}
		return err
	}
	s.supervised.handedOver(next.process.Pid)
	next.leave()
	if !s.released.Load() {
		s.warnLeft(ctx, config.Store)
	}
	if s.released.Load() {
		s.ended <- nil
	}
	return nil
}

// warnLeft says what stays in a store that the new process has not asked for, and so
// does not use. What several nodes share has a clock for them all, and is used.
func (s *service) warnLeft(ctx context.Context, kept failmail.Store) {
	if _, shared := kept.(store.Clock); shared || !s.Storage.Persistent() {
		return
	}
	pending, err := kept.Pending(ctx)
	if err != nil || pending.Mails == 0 && pending.Outbox == 0 {
		return
	}
	s.Log.Warn("the new process uses another store; what is in the old one is not sent until failmail is started with it",
		"pending_mails", pending.Mails, "outbox", pending.Outbox)
}

// release closes what one process at a time can have, but the sockets for mail.
func (s *service) release() {
	s.released.Store(true)
	end, cancel := context.WithTimeout(context.Background(), releaseTime)
	defer cancel()
	s.stopHTTP()
	shutdown := s.proxy.Load().Release
	if !s.Storage.Persistent() {
		shutdown = s.proxy.Load().Shutdown // nobody could take it over
	}
	err := shutdown(end)
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil // its log names what was cut, and nothing of that was acknowledged
	}
	if err := errors.Join(err, s.Config.Store.Close()); err != nil {
		s.Log.Error("cannot stop for the new process as wanted; see what error says", "error", err)
	}
}

// resume undoes release.
func (s *service) resume(ctx context.Context, config failmail.Config, sockets []*os.File, kinds []receive.Endpoint) {
	s.Config, s.Config.Listeners = config, nil
	if ctx.Err() != nil {
		s.ended <- nil
		return
	}
	err := s.reopen(ctx, sockets, kinds)
	if err == nil {
		err = s.begin(ctx)
	}
	if err != nil {
		s.ended <- fmt.Errorf("go on after a hand-over that failed: %w", err)
	}
}

func (s *service) reopen(ctx context.Context, sockets []*os.File, kinds []receive.Endpoint) (err error) {
	for i, f := range sockets {
		l, err := receive.Inherit(f, kinds[i])
		if err != nil {
			return err
		}
		s.Config.Listeners = append(s.Config.Listeners, l)
	}
	if s.Config.Store, err = s.Storage.Open(ctx, s.Log); err != nil {
		return err
	}
	if err := s.website.reopen(ctx); err != nil { // mail matters more
		s.Log.Error("cannot serve HTTP any more; restart", "error", err)
	}
	return nil
}
