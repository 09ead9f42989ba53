package dispatch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hut8labs/failmail/internal/foreign"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/store"
)

const (
	sendTimeout = 10 * time.Minute
	// sendLease outlives the attempt that it protects, so that another process takes
	// over only what a dead one left.
	sendLease = sendTimeout + 5*time.Minute
)

// errInterrupted is the result of an attempt that the end of the process cut short:
// nobody's failure.
var errInterrupted = errors.New("interrupted by the shutdown")

// attempt delivers one mail, and writes down what happened even when the Dispatcher is
// stopping.
func (d *Dispatcher) attempt(ctx context.Context, o *store.Outgoing) {
	sendErr := d.deliver(ctx, o)
	outcome := decide(o, sendErr, time.Now(), d.RetryUntil(o.Due))
	if err := d.settle(context.WithoutCancel(ctx), o, outcome); err != nil {
		d.log.Error("cannot write down what happened to a summary, will try again", "message_id", o.MessageID, "error", err)
	}
	d.keepOutage(context.WithoutCancel(ctx))
	d.DueAt(time.Now())
}

// deliver calls the Sender and returns what decide can judge.
func (d *Dispatcher) deliver(ctx context.Context, o *store.Outgoing) error {
	err := d.call(ctx, &deliver.Mail{From: o.From, To: o.To, MessageID: o.MessageID, Raw: o.Mail})
	var refused *deliver.RefusedError
	if err != nil && ctx.Err() != nil && !errors.As(err, &refused) && !deliver.IsPermanent(err) {
		return fmt.Errorf("%w: %w", errInterrupted, err)
	}
	return err
}

func (d *Dispatcher) call(ctx context.Context, m *deliver.Mail) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	sender := d.config.Policy().Sender
	return foreign.Do(ctx, "sender", func() error { return sender.Send(ctx, m) })
}
