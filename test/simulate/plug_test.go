package simulate

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
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
	kept
	reach func(fault, stage string)
	full  func() bool
	died  func(down time.Duration) // called when the process dies
	dead  atomic.Bool
	pulse pulse

	mu     sync.Mutex
	fault  string        // "kill before", "kill after" or "fail"
	at     string        // the calls that count; empty for all
	left   int           // of these until it happens
	down   time.Duration // how long a process that it kills stays dead
	probed bool          // nothing was called since Probe succeeded
}

// arm has fault happen at the n-th call from now, of a kind if at is not empty.
func (p *plug) arm(fault, at string, n int, down time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault, p.at, p.left, p.down = fault, at, n, down
}

// stale has the next Probe look again.
func (p *plug) stale() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.probed = false
}

func (p *plug) isDead() bool { return p.dead.Load() }

// kill kills the process.
func (p *plug) kill(down time.Duration) {
	if p.dead.CompareAndSwap(false, true) {
		p.died(down)
	}
}

// call makes a call to the store unless a fault says otherwise.
func (p *plug) call(stage string, f func() error) error {
	p.pulse.beat()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.probed = false
	if p.isDead() {
		return errDead
	}
	if p.full() {
		p.reach("full", stage)
		return errFull
	}
	fault := ""
	if p.left > 0 && (p.at == "" || p.at == stage) {
		if p.left--; p.left == 0 {
			fault = p.fault
			p.reach(fault, stage)
		}
	}
	switch fault {
	case "fail":
		return errFull
	case "kill before":
		p.kill(p.down)
		return errDead
	}
	err := f()
	if fault == "kill after" {
		p.kill(p.down)
	}
	if p.isDead() { // by its disk, perhaps; nobody hears of it
		return errDead
	}
	return err
}

func (p *plug) Record(ctx context.Context, entries []store.Entry) error {
	return p.call("record", func() error { return p.kept.Record(ctx, entries) })
}

// NoteHeartbeat is no call at which a fault of the plug happens: there are too many.
func (p *plug) NoteHeartbeat(ctx context.Context, name string, at time.Time) error {
	switch {
	case p.isDead():
		return errDead
	case p.full():
		return errFull
	}
	return p.kept.NoteHeartbeat(ctx, name, at)
}

func (p *plug) Shift(ctx context.Context, by time.Duration) error {
	return p.call("shift", func() error { return p.kept.Shift(ctx, by) })
}

func (p *plug) Claim(ctx context.Context, now time.Time, lease time.Duration) (b *store.Batch, err error) {
	if next, err := p.kept.NextDue(ctx); err == nil && next.After(now) {
		return nil, nil // there is nothing at which a fault would show
	}
	err = p.call("claim", func() error { b, err = p.kept.Claim(ctx, now, lease); return err })
	return b, err
}

func (p *plug) Seal(ctx context.Context, batch int64, summaries []store.Outgoing) error {
	return p.call("seal", func() error { return p.kept.Seal(ctx, batch, summaries) })
}

func (p *plug) ClaimOutgoing(ctx context.Context, now time.Time, lease time.Duration) (o *store.Outgoing, err error) {
	if next, err := p.kept.NextSend(ctx); err == nil && next.After(now) {
		return nil, nil
	}
	err = p.call("claim outgoing", func() error { o, err = p.kept.ClaimOutgoing(ctx, now, lease); return err })
	return o, err
}

func (p *plug) Postpone(ctx context.Context, o *store.Outgoing) error {
	return p.call("postpone", func() error { return p.kept.Postpone(ctx, o) })
}

func (p *plug) Reopen(ctx context.Context, id int64, since time.Time) error {
	return p.call("reopen", func() error { return p.kept.Reopen(ctx, id, since) })
}

func (p *plug) Finish(ctx context.Context, id int64) error {
	return p.call("finish", func() error { return p.kept.Finish(ctx, id) })
}

func (p *plug) Enqueue(ctx context.Context, mails []store.Outgoing) error {
	return p.call("enqueue", func() error { return p.kept.Enqueue(ctx, mails) })
}

func (p *plug) Mute(ctx context.Context, m store.Mute) (id int64, err error) {
	err = p.call("mute", func() error { id, err = p.kept.Mute(ctx, m); return err })
	return id, err
}

// Probe answers as Record would, and is no call at which a fault of the plug happens. That
// of a store which nobody has called since is what it was: a day has twenty thousand.
func (p *plug) Probe(ctx context.Context, bytes int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.isDead():
		return errDead
	case p.full():
		return errFull
	case p.probed:
		return nil
	}
	err := p.kept.Probe(ctx, bytes)
	p.probed = err == nil
	return err
}
