package dispatch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/store"
)

// What happens while the relay is down; see breaker.

// MayTake reports whether the relay may be given a summary at now. While it is down
// that is one at a time, and whoever was allowed calls NotTried if it makes none.
func (d *Dispatcher) MayTake(now time.Time) bool { return d.breaker.allow(now) }

// NotTried says that what MayTake allowed was not made.
func (d *Dispatcher) NotTried() { d.breaker.abandoned() }

// AskNow has a relay that is down asked again at once.
func (d *Dispatcher) AskNow() { d.breaker.probe() }

// AsksAt returns when the relay may be given a summary again; zero if that is now.
// Observer.SummarizeAt may say an earlier time.
func (d *Dispatcher) AsksAt() time.Time {
	_, until := d.breaker.down()
	if asked := d.breaker.askedUntil(); asked.After(until) {
		return asked // noteRelay tells when that attempt has ended
	}
	return until
}

// HeldSince returns since when the relay kept a batch from being delivered that was due
// at due; zero if it did not.
func (d *Dispatcher) HeldSince(due, now time.Time) (since time.Time) {
	return d.breaker.heldSince(due, now)
}

// Trouble returns for people what the relay's last trouble was; empty if it was before
// this process.
func (d *Dispatcher) Trouble() string { return troubleOf(d.breaker.lastly()) }

// State returns how the relay is.
func (d *Dispatcher) State() deliver.State {
	s := deliver.State{Name: d.config.Policy().Relay}
	s.DownSince, s.NextTry = d.breaker.down()
	if err := d.breaker.why(); err != nil {
		s.Error = err.Error()
	}
	return s
}

// noteRelay tells the breaker what an attempt has shown.
func (d *Dispatcher) noteRelay(out outcome, now time.Time) {
	switch {
	case !out.attempt:
		d.breaker.abandoned()
	case out.err != nil && tripped(out.err):
		if since, news := d.breaker.failed(now, out.err); news {
			d.tellTrouble(out.err, since)
		}
		_, until := d.breaker.down()
		d.config.Observer.SummarizeAt(until)
	default:
		if since := d.breaker.worked(now); !since.IsZero() {
			d.log.Info("the relay takes summaries again", "relay", d.config.Policy().Relay, "down_for", now.Sub(since).Round(time.Second))
			d.config.Observer.SummarizeAt(now)
			d.DueAt(now)
		}
	}
}

// tellTrouble says what kind of trouble err is. It decides who is called: the
// admin of the relay, or whoever has set Failmail up.
func (d *Dispatcher) tellTrouble(err error, since time.Time) {
	log := d.log.With("relay", d.config.Policy().Relay, "since", since.Format(time.RFC3339), "error", err)
	switch {
	case deliver.IsMisconfigured(err):
		log.Warn("the relay cannot be used as configured; batches stay open until it takes summaries")
	case deliver.IsThrottled(err):
		log.Warn("the relay is deferring mail; batches stay open until it takes summaries")
	default:
		log.Warn("the relay is down; batches stay open until it takes summaries")
	}
}

// troubleOf says of a relay that failed with err what a summary says that was held
// meanwhile.
func troubleOf(err error) string {
	switch {
	case err == nil: // it failed before this process was started
		return ""
	case deliver.IsMisconfigured(err):
		return "could not be used as configured"
	case deliver.IsThrottled(err):
		return "was deferring mail"
	}
	return "could not be reached"
}

// giveBack makes an open batch again of a summary that nobody got.
func (d *Dispatcher) giveBack(ctx context.Context, o *store.Outgoing, reason error) error {
	since, until := d.breaker.down()
	if since.IsZero() { // it takes summaries again
		since = time.Now()
		until = since
	}
	deadline := d.RetryUntil(o.Due)
	log := []any{"batch", o.Batch, "mails", o.Count, "retry_in", time.Until(until).Round(time.Second),
		"until", deadline.Format(time.RFC3339), "then", "fail-dir " + d.config.FailDir.Dir}
	if reason != nil {
		log = append(log, "error", reason)
	}
	d.log.Info("a summary could not be handed over, its batch counts on", log...)
	if deadline.Before(until) {
		until = deadline // when it is given up, whether the relay is asked by then or not
	}
	return d.reopen(ctx, o, since, until)
}

// reopen counts o in its open batch again, which may become a summary again at next.
func (d *Dispatcher) reopen(ctx context.Context, o *store.Outgoing, held, next time.Time) error {
	d.config.Observer.Reopened(o)
	err := d.write(func() error { return d.config.Outbox.Reopen(ctx, o.ID, held) })
	d.config.Observer.SummarizeAt(next)
	return err
}

// reopenRest folds the other summaries that wait while the relay is down. Those
// that cannot be reopened wait until it is asked again.
func (d *Dispatcher) reopenRest(ctx context.Context) error {
	keep := context.WithoutCancel(ctx)
	for ctx.Err() == nil {
		now := time.Now()
		_, until := d.breaker.down()
		if !until.After(now) {
			return nil
		}
		o, err := d.config.Outbox.ClaimOutgoing(keep, now, sendLease)
		if err != nil || o == nil {
			return err
		}
		switch deadline := d.RetryUntil(o.Due); {
		case !now.Before(deadline): // one last time
			sendErr := d.slots.do(ctx, d.parallel, func() error { return d.deliver(ctx, o) })
			if errors.Is(sendErr, context.Canceled) && !errors.Is(sendErr, errInterrupted) {
				sendErr = fmt.Errorf("%w: %w", errInterrupted, sendErr) // before its turn
			}
			err = d.settle(keep, o, decide(o, sendErr, now, deadline))
		case reopenable(o):
			err = d.giveBack(keep, o, nil)
		default:
			o.Attempts-- // it was not tried
			if o.NextAt = until; deadline.Before(until) {
				o.NextAt = deadline
			}
			err = d.write(func() error { return d.config.Outbox.Postpone(keep, o) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}
