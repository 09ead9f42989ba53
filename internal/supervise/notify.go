package supervise

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// startPoll is the first pause between two questions whether the proxy takes
// mails; a start takes milliseconds.
const startPoll = 2 * time.Millisecond

// A supervised process tells the one that watches it how it is: systemd by
// sd_notify(3), if it was started by that, and others by a PID file.
type supervised struct {
	pidfile  *pidfile
	watchdog time.Duration // 0 for none
	log      *slog.Logger

	ready   atomic.Pointer[func(context.Context) error] // nil before the start
	handed  atomic.Bool                                 // another process goes on
	stop    context.CancelFunc
	running sync.WaitGroup
}

// supervise begins to tell systemd that this process is alive, and checks the
// place of the PID file.
func supervise(pidfile string, handedOver bool, log *slog.Logger) (*supervised, error) {
	if handedOver {
		// It names the predecessor, while the new process is the one to watch.
		os.Unsetenv("WATCHDOG_PID")
	}
	watchdog, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		return nil, fmt.Errorf("WATCHDOG_USEC=%q: %w; unset it", os.Getenv("WATCHDOG_USEC"), err)
	}
	s := &supervised{watchdog: watchdog, log: log.With("component", "supervision")}
	if s.pidfile, err = preparePidfile(pidfile, handedOver); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	if watchdog > 0 {
		s.running.Go(func() { s.feed(ctx) })
	}
	return s, nil
}

// start begins to report how the proxy is, until ctx ends.
func (s *supervised) start(ctx context.Context, ready func(context.Context) error, takeOver func() error) {
	s.running.Go(func() { s.report(ctx, ready, takeOver) })
}

// report says that the proxy is ready once ready and then, once, takeOver return
// nil, and that it stops when ctx ends.
func (s *supervised) report(ctx context.Context, ready func(context.Context) error, takeOver func() error) {
	for pause := startPoll; ready(ctx) != nil; pause = min(2*pause, time.Second) {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
	s.ready.Store(&ready)
	if err := takeOver(); err != nil {
		if ctx.Err() == nil {
			s.log.Error("cannot take over as wanted; restart", "error", err)
		}
		return
	}
	if err := s.pidfile.place(); err != nil {
		s.log.Error("cannot write the PID file; the proxy goes on without it", "error", err)
	}
	s.notify(daemon.SdNotifyReady)
	<-ctx.Done()
	s.ready.Store(nil)
	if !s.handed.Load() {
		s.notify(daemon.SdNotifyStopping)
	}
}

// reloading says that a SIGHUP or SIGUSR1 is being obeyed.
func (s *supervised) reloading() {
	s.notify(daemon.SdNotifyReloading + "\n" + daemon.SdNotifyMonotonicUsec())
}

// stays says that this process goes on, perhaps with other settings.
func (s *supervised) stays() { s.notify(daemon.SdNotifyReady) }

// handedOver says that the process pid goes on, which says that it is ready as soon
// as this one has told it to; the time of its watchdog runs from now.
func (s *supervised) handedOver(pid int) {
	s.handed.Store(true)
	s.notify(fmt.Sprintf("MAINPID=%d\n%s", pid, daemon.SdNotifyWatchdog))
}

// close ends all reports. The PID file stays if another process takes over.
func (s *supervised) close() {
	s.stop()
	s.running.Wait()
	if s.handed.Load() {
		s.pidfile.leave()
		return
	}
	s.pidfile.remove()
}

// feed feeds the watchdog twice as often as it wants while the proxy answers, whether
// it takes mails or not: a new start makes no room on a disk, and would lose what is
// held. It does so also while the proxy starts or ends, which systemd times by itself.
func (s *supervised) feed(ctx context.Context) {
	ticker := time.NewTicker(s.watchdog / 2)
	defer ticker.Stop()
	for {
		if s.answers(ctx) {
			s.notify(daemon.SdNotifyWatchdog)
		} else if ctx.Err() == nil {
			s.log.Warn("the proxy does not answer, the watchdog is not told that it is alive")
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// answers reports whether the proxy says in time whether it is ready, or need not yet.
func (s *supervised) answers(ctx context.Context) bool {
	ready := s.ready.Load()
	if ready == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, s.watchdog/2)
	defer cancel()
	said := make(chan struct{})
	go func() { (*ready)(ctx); close(said) }()
	select {
	case <-said:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

func (s *supervised) notify(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		s.log.Warn("cannot notify systemd, which may end this process for that", "state", state, "error", err)
	}
}
