package dispatch

import (
	"context"
	"fmt"
	"time"

	"github.com/hut8labs/failmail/internal/foreign"
	"github.com/hut8labs/failmail/pkg/store"
)

// toSettle is how much of the time is left to put into the fail-dir what the relay
// did not take.
const toSettle = foreign.Grace + 500*time.Millisecond

// Drain sends everything without waiting for its time, when Run has ended. What the
// relay does not take at once goes to the fail-dir: there is no later. ctx bounds the
// delivery only. Drain calls summarize, which makes summaries of what is left, until it
// has nothing more to deliver, since a summary may have to be made again, smaller.
func (d *Dispatcher) Drain(ctx context.Context, summarize func(context.Context) error) error {
	keep := context.WithoutCancel(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		left := time.Until(deadline)
		ctx, cancel = context.WithTimeout(ctx, left-min(toSettle, left/2))
		defer cancel()
	}
	always := store.Never.Add(-time.Hour)
	if err := d.writeAgain(); err != nil {
		return err
	}
	for tried := make(map[int64]bool); ; {
		if err := summarize(keep); err != nil {
			return err
		}
		o, err := d.config.Outbox.ClaimOutgoing(keep, always, time.Minute)
		if err != nil || o == nil {
			return err
		}
		if tried[o.ID] {
			return fmt.Errorf("a summary of %d mails could be neither sent nor put into the fail-dir: %s", o.Count, o.LastError)
		}
		tried[o.ID] = true
		out := decide(o, d.deliver(ctx, o), always, time.Time{})
		out.failed, out.retry, out.reopen = append(out.failed, out.retry...), nil, false
		if err := d.settle(keep, o, out); err != nil {
			return err
		}
	}
}
