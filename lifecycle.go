package failmail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/hut8labs/failmail/pkg/message"

	"github.com/hut8labs/failmail/internal/envelope"
	"github.com/hut8labs/failmail/pkg/store"
)

// Errors of the life of a Proxy.
var (
	// ErrNotRunning is returned by Submit before Start and after Shutdown.
	ErrNotRunning = errors.New("failmail: the proxy is not running")
	// ErrStarted is returned by Start when it or Shutdown was called before.
	ErrStarted = errors.New("failmail: the proxy was started or stopped before; make a new one")
)

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
	case <-p.life.Ended():
		return p.life.Err()
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.settings.config().ShutdownTimeout)
	defer cancel()
	return errors.Join(err, p.Shutdown(end))
}

// Start opens the store, begins to listen and returns; mails that were waiting
// in the store are taken up again. ctx bounds the start only. A Proxy can be
// started once.
func (p *Proxy) Start(ctx context.Context) error {
	began, err := p.life.Begin(ctx, func() (func(), error) { return p.start(ctx) })
	if !began {
		return ErrStarted
	}
	return err
}

// start opens and reads all that a Proxy needs, and returns what takes mails.
func (p *Proxy) start(ctx context.Context) (serve func(), err error) {
	p.life.Undo("sender", func(context.Context) error { return p.settings.Load().closeSender() })
	kept, err := p.openStore(ctx)
	if err != nil {
		return nil, err
	}
	parts := newParts(&p.base, kept)
	if err := errors.Join(parts.pager.Recall(ctx), parts.outbox.Recall(ctx)); err != nil {
		return nil, err
	}
	pending, err := kept.Pending(ctx)
	if err != nil {
		return nil, fmt.Errorf("read store: %w", err)
	}
	if p.archive != nil {
		if err := p.archive.Init(); err != nil {
			return nil, fmt.Errorf("%w; choose another folder in Config.AllDir", err)
		}
	}
	listeners, err := p.listen(ctx)
	if err != nil {
		return nil, err
	}
	if len(listeners) > 0 {
		parts.addr = listeners[0].Addr()
	}
	if err := p.settings.config().checkLoop(ctx, listeners); err != nil {
		return nil, err
	}
	_, shared := kept.Engine().(store.Clock)
	if err := p.recent.Keep(ctx, kept, shared, p.log); err != nil {
		return nil, err
	}
	if err := parts.routine.Sync(ctx); err != nil {
		return nil, fmt.Errorf("read which mails are expected: %w", err)
	}
	if err := errors.Join(parts.keeper.refresh(ctx), parts.flow.past.open(ctx, kept.Engine(), time.Now())); err != nil {
		return nil, fmt.Errorf("read mutes, families and history: %w", err)
	}
	if err := p.failDir.Check(); err != nil && !p.settings.config().ReceiveOnly {
		// No reason to refuse mails: what cannot be delivered stays in the store.
		p.log.Error("the fail-dir cannot be used, so what cannot be delivered would stay in the store; make the folder writable",
			"dir", p.failDir.Dir, "error", err)
	}
	parts.readiness.Try(ctx) // a failure now is no reason not to start: it may pass, and is told
	p.run(parts)
	// What Submit brings is either refused or seen by the last flush.
	parts.flow.recorder = store.NewCommitter(kept)
	p.life.Undo("recorder", func(context.Context) error { parts.flow.recorder.Close(); return nil })
	p.parts.Store(parts)
	return func() {
		p.serve(listeners)
		p.log.Info("started", "bind", addressList(listeners), "relay", p.settings.relay(),
			"pending_mails", pending.Mails, "pending_batches", pending.Batches, "outbox", pending.Outbox)
	}, nil
}

func (p *Proxy) serve(listeners []net.Listener) {
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
	p.life.Undo("server", func(end context.Context) error {
		end, cancel := p.drainTime(end)
		defer cancel()
		return p.server.Shutdown(end)
	})
}

// run starts the loops. At the end they stop and, if asked to, everything that is left is
// sent, and the hook told of it.
func (p *Proxy) run(parts *parts) {
	go p.hooks.Run()
	p.life.Undo("hooks", p.hooks.Close)
	ctx, cancel := context.WithCancel(context.Background())
	var loops sync.WaitGroup
	if !p.settings.config().ReceiveOnly {
		loops.Go(func() { parts.summaries.Run(ctx) })
		loops.Go(func() { parts.outbox.Run(ctx) })
		loops.Go(func() { parts.reporter.Run(ctx) })
	}
	loops.Go(func() { parts.keeper.run(ctx) })
	if notebook, ok := parts.engine.(store.Notebook); ok {
		loops.Go(func() { p.recent.Run(ctx, notebook, "minutes "+p.settings.origin().Mark, p.log) })
	}
	loops.Go(func() { parts.pager.Run(ctx) })
	loops.Go(func() { parts.routine.Run(ctx) })
	loops.Go(func() { parts.overdue.Run(ctx) })
	loops.Go(func() { parts.readiness.Run(ctx) })
	p.life.Undo("deliveries", func(end context.Context) error {
		cancel()
		loops.Wait()
		if p.settings.config().FlushOnExit && !p.released.Load() {
			return parts.outbox.Drain(end, parts.summaries.All)
		}
		return nil
	})
	p.life.Undo("resends", func(context.Context) error { parts.outbox.StopResending(); return nil })
}

// leastFlush is how much of the time of a shutdown connections leave for delivery, if
// there is twice as much; otherwise they leave half.
const leastFlush = 5 * time.Second

// drainTime returns the context that connections have to end by.
func (p *Proxy) drainTime(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, bounded := ctx.Deadline()
	if !bounded || !p.settings.config().FlushOnExit || p.released.Load() {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(leastFlush, time.Until(deadline)/2)))
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
	first, err := p.life.End(ctx)
	switch {
	case !first:
	case err != nil:
		p.log.Warn("stopped, but not everything had ended", "error", err)
	default:
		p.log.Info("stopped")
	}
	return err
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
	if parts := p.parts.Load(); parts != nil {
		return parts.addr
	}
	return nil
}

// Submit hands m over without SMTP, and returns when it is durable. Fields that
// follow from m.Raw, and an empty ID or Received, are filled in on a copy. The
// error of a store that is full or down is worth a retry.
func (p *Proxy) Submit(ctx context.Context, m *Message) error {
	parts, err := p.running()
	if err != nil {
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
	return parts.flow.accept(ctx, m)
}

// running returns ErrNotRunning before Start and after Shutdown.
func (p *Proxy) running() (*parts, error) {
	if !p.life.Running() {
		return nil, ErrNotRunning
	}
	return p.parts.Load(), nil
}
