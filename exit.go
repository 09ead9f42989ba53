package failmail

import (
	"context"
	"fmt"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

// leastFlush is how much of the time of a shutdown connections leave for delivery, if
// there is twice as much; otherwise they leave half.
const leastFlush = 5 * time.Second

// drainTime returns the context that connections have to end by.
func (p *Proxy) drainTime(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, bounded := ctx.Deadline()
	if !bounded || !p.conf().FlushOnExit || p.released.Load() {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(leastFlush, time.Until(deadline)/2)))
}

// toSettle is how much of the time is left to put into the fail-dir what the relay
// did not take.
const toSettle = endGrace + 500*time.Millisecond

// flushAll sends everything without waiting for its time. What the relay does
// not take at once goes to the fail-dir: there is no later. ctx bounds the
// delivery only.
func (p *Proxy) flushAll(ctx context.Context) error {
	keep := context.WithoutCancel(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		left := time.Until(deadline)
		ctx, cancel = context.WithTimeout(ctx, left-min(toSettle, left/2))
		defer cancel()
	}
	always := store.Never.Add(-time.Hour)
	if err := p.settleAgain(); err != nil {
		return err
	}
	for tried := make(map[int64]bool); ; {
		for done := false; !done; { // also those that are made again, smaller
			var err error
			if done, err = p.flushOne(keep, always); err != nil {
				return err
			}
		}
		o, err := p.store.ClaimOutgoing(keep, always, time.Minute)
		if err != nil || o == nil {
			return err
		}
		if tried[o.ID] {
			return fmt.Errorf("a summary of %d mails could be neither sent nor put into the fail-dir: %s", o.Count, o.LastError)
		}
		tried[o.ID] = true
		out := decide(o, p.deliver(ctx, o), always, time.Time{})
		out.failed, out.retry, out.fold = append(out.failed, out.retry...), nil, false
		if err := p.settle(keep, o, out); err != nil {
			return err
		}
	}
}
