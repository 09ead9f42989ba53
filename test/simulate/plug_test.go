package simulate

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

var (
	errDead = errors.New("the process is dead")
	errFull = errors.New("no space left on the disk")
)

// A plug stands between a Proxy and its store, which outlives it. When it is pulled,
// nothing that the Proxy still does reaches the store, which then has what it had at that
// instant: that is what kill -9 does. It can also have a single call fail, or all that
// write.
type plug struct {
	*memory.Store
	reach func(fault, stage string)
	pull  func(down time.Duration) // called when the process dies, with mu held
	clock *newest

	mu    sync.Mutex
	dead  bool
	full  bool
	fault string        // "kill before", "kill after" or "fail"
	left  int           // calls until it happens
	down  time.Duration // how long a process that it kills stays dead
}

// arm has fault happen at the n-th call from now.
func (p *plug) arm(fault string, n int, down time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault, p.left, p.down = fault, n, down
}

func (p *plug) setFull(full bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.full = full
}

func (p *plug) isDead() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead
}

// kill kills the process; mu is held.
func (p *plug) kill() {
	if !p.dead {
		p.dead = true
		p.pull(p.down)
	}
}

// call makes a call to the store unless a fault says otherwise.
func (p *plug) call(stage string, f func() error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return errDead
	}
	if p.full {
		p.reach("full", stage)
		return errFull
	}
	fault := ""
	if p.left > 0 {
		if p.left--; p.left == 0 {
			fault = p.fault
			p.reach(fault, stage)
		}
	}
	switch fault {
	case "fail":
		return errFull
	case "kill before":
		p.kill()
		return errDead
	case "kill after":
		_ = f() // nobody hears of it
		p.kill()
		return errDead
	}
	return f()
}

func (p *plug) Record(ctx context.Context, entries []store.Entry) error {
	return p.call("record", func() error {
		err := p.Store.Record(ctx, entries)
		if err == nil {
			p.clock.happened(entries[0].Received)
		}
		return err
	})
}

// Newest implements store.Shifter as an engine does that outlives the process.
func (p *plug) Newest(context.Context) (time.Time, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.clock.at, nil
}

// Shift implements store.Shifter.
func (p *plug) Shift(ctx context.Context, by time.Duration) error {
	return p.call("shift", func() error {
		err := p.Store.Shift(ctx, by)
		if err == nil && !p.clock.at.IsZero() {
			p.clock.at = p.clock.at.Add(by)
		}
		return err
	})
}

// newest is when something happened last that a store keeps.
type newest struct{ at time.Time }

func (n *newest) happened(at time.Time) {
	if at.After(n.at) {
		n.at = at
	}
}

func (p *plug) Claim(ctx context.Context, now time.Time, lease time.Duration) (b *store.Batch, err error) {
	if next, err := p.Store.NextDue(ctx); err == nil && next.After(now) {
		return nil, nil // there is nothing at which a fault would show
	}
	err = p.call("claim", func() error { b, err = p.Store.Claim(ctx, now, lease); return err })
	return b, err
}

func (p *plug) Seal(ctx context.Context, batch int64, summaries []store.Outgoing) error {
	return p.call("seal", func() error { return p.Store.Seal(ctx, batch, summaries) })
}

func (p *plug) ClaimOutgoing(ctx context.Context, now time.Time, lease time.Duration) (o *store.Outgoing, err error) {
	if next, err := p.Store.NextSend(ctx); err == nil && next.After(now) {
		return nil, nil
	}
	err = p.call("claim outgoing", func() error { o, err = p.Store.ClaimOutgoing(ctx, now, lease); return err })
	return o, err
}

func (p *plug) Postpone(ctx context.Context, o *store.Outgoing) error {
	return p.call("postpone", func() error { return p.Store.Postpone(ctx, o) })
}

func (p *plug) Reopen(ctx context.Context, id int64, since time.Time) error {
	return p.call("reopen", func() error { return p.Store.Reopen(ctx, id, since) })
}

func (p *plug) Finish(ctx context.Context, id int64) error {
	return p.call("finish", func() error { return p.Store.Finish(ctx, id) })
}

func (p *plug) Enqueue(ctx context.Context, mails []store.Outgoing) error {
	return p.call("enqueue", func() error { return p.Store.Enqueue(ctx, mails) })
}

// Probe answers as Record would, and is no call at which a fault happens.
func (p *plug) Probe(ctx context.Context, bytes int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.dead:
		return errDead
	case p.full:
		return errFull
	}
	return p.Store.Probe(ctx, bytes)
}
