package failmail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hut8labs/failmail/pkg/message"

	"github.com/hut8labs/failmail/internal/envelope"
	"github.com/hut8labs/failmail/internal/readiness"
	"github.com/hut8labs/failmail/pkg/receive"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/sqlite"
	"github.com/hut8labs/failmail/pkg/store/steady"
)

// Errors of the life of a Proxy.
var (
	// ErrNotRunning is returned by Submit before Start and after Shutdown.
	ErrNotRunning = errors.New("failmail: the proxy is not running")
	// ErrStarted is returned by Start when it or Shutdown was called before.
	ErrStarted = errors.New("failmail: the proxy was started or stopped before; make a new one")
)

type state int

const (
	idle state = iota
	running
	stopping
)

// A cleanup undoes one step of Start. They run last in, first out.
type cleanup struct {
	name string
	run  func(context.Context) error
}

// Run starts the Proxy, waits for ctx to end, and shuts down within
// Config.ShutdownTimeout. It returns nil after an orderly end.
func (p *Proxy) Run(ctx context.Context) error {
	if err := p.Start(ctx); err != nil {
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return nil // it ended before it had begun
		}
		return err
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-p.fatal:
	case <-p.stopped:
		return p.stopErr
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.conf().ShutdownTimeout)
	defer cancel()
	return errors.Join(err, p.Shutdown(end))
}

// Start opens the store, begins to listen and returns; mails that were waiting
// in the store are taken up again. ctx bounds the start only. A Proxy can be
// started once.
func (p *Proxy) Start(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state != idle {
		return ErrStarted
	}
	p.state, p.started = running, time.Now()
	if err := p.start(ctx); err != nil {
		p.state = stopping
		p.stopErr = err
		err = errors.Join(err, p.undo(context.WithoutCancel(ctx)))
		close(p.stopped)
		return err
	}
	return nil
}

func (p *Proxy) start(ctx context.Context) error {
	p.push("sender", func(context.Context) error { return p.settings.Load().closeSender() })
	if err := p.openStore(ctx); err != nil {
		return err
	}
	if err := p.recallRate(ctx); err != nil {
		return err
	}
	pending, err := p.store.Pending(ctx)
	if err != nil {
		return fmt.Errorf("read store: %w", err)
	}
	if p.archive != nil {
		if err := p.archive.Init(); err != nil {
			return fmt.Errorf("%w; choose another folder in Config.AllDir", err)
		}
	}
	listeners, err := p.listen(ctx)
	if err != nil {
		return err
	}
	if err := p.checkLoop(ctx, listeners); err != nil {
		return err
	}
	if err := p.refreshMutes(ctx); err != nil {
		return fmt.Errorf("read mutes: %w", err)
	}
	if err := p.failDir.Check(); err != nil && !p.conf().ReceiveOnly {
		// No reason to refuse mails: what cannot be delivered stays in the store.
		p.log.Error("the fail-dir cannot be used, so what cannot be delivered would stay in the store; make the folder writable",
			"dir", p.conf().FailDir, "error", err)
	}
	p.readiness = readiness.New(p.log, p.dependencies()...)
	p.readiness.Try(ctx) // a failure now is no reason not to start: it may pass, and is told
	p.runLoops()
	p.push("resends", p.resends.start())
	// What Submit brings is either refused or seen by the last flush.
	p.recorder = store.NewCommitter(p.store)
	p.push("recorder", func(context.Context) error { p.recorder.Close(); return nil })
	for _, l := range listeners {
		go func() {
			if err := p.server.Serve(l); err != nil {
				p.log.Error("cannot receive any more on an address; restart", "bind", l.Addr(), "error", err)
				select {
				case p.fatal <- err:
				default:
				}
			}
		}()
	}
	p.push("server", func(end context.Context) error {
		end, cancel := p.drainTime(end)
		defer cancel()
		return p.server.Shutdown(end)
	})
	p.log.Info("started", "bind", addressList(listeners), "relay", p.Relay().Name,
		"pending_mails", pending.Mails, "pending_batches", pending.Batches, "outbox", pending.Outbox)
	return nil
}

func (p *Proxy) openStore(ctx context.Context) error {
	p.engine = p.conf().Store
	if p.engine == nil {
		s, err := sqlite.Open(DefaultStore, store.Limits{})
		if err != nil {
			return err
		}
		if aside, reason := s.SetAside(); aside != "" {
			p.log.Error("the store was damaged; it is set aside, and a fresh one made: what was pending in it is not sent",
				"set_aside", aside, "reason", reason)
		}
		p.engine = s
		p.push("store", func(context.Context) error { return s.Close() })
	}
	kept, ok := p.engine.(*steady.Store)
	if ok {
		p.engine = kept.Engine()
	} else {
		kept = steady.New(p.engine, steady.Options{Logger: p.log})
	}
	p.store = kept
	if err := kept.Start(ctx); err != nil {
		return fmt.Errorf("read store: %w", err)
	}
	return nil
}

func (p *Proxy) listen(ctx context.Context) ([]net.Listener, error) {
	var listeners []net.Listener
	p.push("listeners", func(context.Context) error {
		for _, l := range listeners {
			l.Close() // the server has closed it already, if it was served
		}
		return nil
	})
	if len(p.conf().Listeners) > 0 {
		listeners = p.conf().Listeners
		p.addr = listeners[0].Addr()
		return listeners, nil
	}
	for _, bind := range p.conf().binds() {
		l, err := receive.Listen(ctx, bind)
		if err != nil {
			return nil, fmt.Errorf("%w, in Config.Bind", err)
		}
		listeners = append(listeners, l...)
	}
	if len(listeners) > 0 {
		p.addr = listeners[0].Addr()
	}
	return listeners, nil
}

// runLoops starts the loops; the clean-ups end them and, if asked to, send
// everything that is left, and tell of it.
func (p *Proxy) runLoops() {
	go p.hooks.run()
	p.push("hooks", p.hooks.close)
	ctx, cancel := context.WithCancel(context.Background())
	var loops sync.WaitGroup
	if !p.conf().ReceiveOnly {
		loops.Go(func() { p.flushing.Run(ctx) })
		loops.Go(func() { p.sending.Run(ctx) })
	}
	loops.Go(func() { p.housekeep(ctx) })
	loops.Go(func() { p.watchRate(ctx) })
	loops.Go(func() { p.readiness.Run(ctx) })
	p.push("deliveries", func(end context.Context) error {
		cancel()
		loops.Wait()
		p.attempts.wait()
		if p.conf().FlushOnExit && !p.released.Load() {
			return p.flushAll(end)
		}
		return nil
	})
}

func (p *Proxy) push(name string, run func(context.Context) error) {
	p.cleanups = append(p.cleanups, cleanup{name, run})
}

// undo runs the clean-ups, the newest first; all of them, whatever fails. One that
// does not end when ctx does is left behind, and named in the error.
func (p *Proxy) undo(ctx context.Context) error {
	var errs []error
	for _, c := range slices.Backward(p.cleanups) {
		if err := doWithin(ctx, c.name, func() error { return c.run(ctx) }); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", c.name, err))
		}
	}
	p.cleanups = nil
	return errors.Join(errs...)
}

// Shutdown stops accepting connections, lets mails in transfer finish, and
// closes what Start opened. When ctx ends first, the remaining connections are
// cut, a Sender, a Renderer or a hook that goes on is left behind, Shutdown returns
// within seconds, and its error says what was left; no acknowledged mail is lost by
// that. What is not yet due stays in the store unless Config.FlushOnExit is set.
//
// Shutdown may be called again, also while it runs: every call waits for the
// end and returns the same result. Before Start it makes Start fail.
func (p *Proxy) Shutdown(ctx context.Context) error {
	p.mu.Lock()
	first := p.state != stopping
	p.state = stopping
	p.mu.Unlock()
	if !first {
		select {
		case <-p.stopped:
			return p.stopErr
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	// No lock is held here: Addr and Submit answer while connections drain.
	p.stopErr = p.undo(ctx)
	close(p.stopped)
	if p.stopErr != nil {
		p.log.Warn("stopped, but not everything had ended", "error", p.stopErr)
	} else {
		p.log.Info("stopped")
	}
	return p.stopErr
}

// Release is Shutdown for another process that takes the store over: it keeps what
// is not yet due there, whatever Config.FlushOnExit says.
func (p *Proxy) Release(ctx context.Context) error {
	p.released.Store(true)
	return p.Shutdown(ctx)
}

// Addr returns the first address that mails are received on, which tells the port
// when Config.Bind left it open with ":0". It is nil before Start and without a
// listener.
func (p *Proxy) Addr() net.Addr {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.addr
}

// Submit hands m over without SMTP, and returns when it is durable. Fields that
// follow from m.Raw, and an empty ID or Received, are filled in on a copy. The
// error of a store that is full or down is worth a retry.
func (p *Proxy) Submit(ctx context.Context, m *Message) error {
	if err := p.running(); err != nil {
		return err
	}
	if len(m.To) == 0 {
		return errors.New("failmail: the message has no recipients; set To")
	}
	for _, address := range append([]string{m.From}, m.To...) {
		if problem := envelope.Problem(address); problem != "" {
			return fmt.Errorf("failmail: the address %q %s; correct it", address, problem)
		}
	}
	if slices.Contains(m.To, "") {
		return errors.New("failmail: a recipient is empty; remove it from To")
	}
	m = message.Complete(m)
	now := time.Now()
	if m.Received.After(now) {
		m.Received = now // or its batch would wait until then
	}
	m.Received = now.Add(m.Received.Sub(now)) // a step of the wall clock does not age it
	return p.accept(ctx, m)
}

func addressList(listeners []net.Listener) string {
	var names []string
	for _, l := range listeners {
		names = append(names, l.Addr().String())
	}
	return strings.Join(names, " ")
}
