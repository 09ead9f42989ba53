package dispatch

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/store"
)

// failDirRetry is how long a mail waits in the outbox when even the fail-dir cannot
// take it.
const failDirRetry = time.Minute

// settle carries an outcome out. A summary leaves the store only when it is
// somewhere else: with the relay, or synced in the fail-dir.
func (d *Dispatcher) settle(ctx context.Context, o *store.Outgoing, out outcome) error {
	what, log := nameOf(o), d.log.With("batch", o.Batch, "message_id", cmp.Or(o.MessageID, "none"), "mails", o.Count)
	if out.sent {
		d.config.Observer.Became(o, Sent, out.err)
		done := log.With("recipients", len(o.To)-len(out.retry)-len(out.failed), "attempt", o.Attempts)
		if isPassed(o) {
			done.Info("passed a mail on")
		} else {
			done.Info("sent " + what)
		}
	}
	d.noteRelay(out, time.Now())
	if out.reopen {
		return d.giveBack(ctx, o, out.err)
	}
	if done, err := d.shrink(ctx, o, out); done {
		return err
	}
	if out.unseen {
		o.Attempts--
	}
	if out.err != nil {
		o.LastError = out.err.Error()
	}
	if len(out.failed) > 0 {
		d.giveUp(ctx, o, &out, log)
	}
	if len(out.retry) == 0 {
		return d.write(func() error { return d.config.Outbox.Finish(ctx, o.ID) })
	}
	d.config.Observer.Became(o, Postponed, out.err)
	if out.attempt && len(out.failed) == 0 {
		log.Warn("cannot send "+what+" now, will try again", "error", out.err, "attempt", o.Attempts,
			"retry_in", time.Until(out.nextAt).Round(time.Second),
			"until", d.RetryUntil(o.Due).Format(time.RFC3339), "then", "fail-dir "+d.config.FailDir.Dir)
	}
	o.To, o.NextAt = out.retry, out.nextAt
	return d.write(func() error { return d.config.Outbox.Postpone(ctx, o) })
}

// giveUp puts o into the fail-dir for those who are not served any more. If that fails, it
// is tried again for them later.
func (d *Dispatcher) giveUp(ctx context.Context, o *store.Outgoing, out *outcome, log *slog.Logger) {
	err := d.config.FailDir.Keep(ctx, &deliver.Mail{From: o.From, To: out.failed, MessageID: o.MessageID, Raw: o.Mail}, out.err)
	if err == nil {
		d.config.Observer.Became(o, Failed, out.err)
		log.Error("gave up on "+nameOf(o)+", it is in the fail-dir; send it with failmail resend once the cause is gone",
			"dir", d.config.FailDir.Dir, "recipients", len(out.failed), "attempt", o.Attempts, "error", out.err)
		return
	}
	d.config.Observer.Unkept()
	o.LastError += "; nor does the fail-dir take it: " + err.Error()
	log.Error("cannot put "+nameOf(o)+" into the fail-dir, it stays in the store; make room there, and the folder writable",
		"dir", d.config.FailDir.Dir, "error", err, "retry_in", failDirRetry)
	out.retry = append(out.retry, out.failed...)
	out.nextAt = time.Now().Add(failDirRetry)
}

// isPassed reports whether o is a mail that goes on unchanged: it came from no
// batch and stands for itself.
func isPassed(o *store.Outgoing) bool { return !o.CanReopen && o.Groups == 0 && o.Count == 1 }

// nameOf says in the log what o is.
func nameOf(o *store.Outgoing) string {
	switch {
	case isPassed(o):
		return "a mail that passes"
	case o.Count == 0:
		return "a mail for the pager"
	}
	return "a summary"
}

// write puts an outcome into the store. While that fails, the outcome is kept:
// to claim the summary again would send it again to those who have it.
func (d *Dispatcher) write(outcome func() error) error {
	err := outcome()
	if err == nil || errors.Is(err, store.ErrNotClaimed) || errors.Is(err, store.ErrClosed) {
		return err
	}
	d.unwritten.mu.Lock()
	defer d.unwritten.mu.Unlock()
	d.unwritten.outcomes = append(d.unwritten.outcomes, outcome)
	return err
}

// unwritten are outcomes that are not yet written.
type unwritten struct {
	mu       sync.Mutex
	outcomes []func() error
}

func (u *unwritten) any() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.outcomes) > 0
}

// writeAgain writes what could not be written before.
func (d *Dispatcher) writeAgain() error {
	d.unwritten.mu.Lock()
	outcomes := d.unwritten.outcomes
	d.unwritten.outcomes = nil
	d.unwritten.mu.Unlock()
	var errs []error
	for _, outcome := range outcomes {
		if err := d.write(outcome); err != nil && !errors.Is(err, store.ErrNotClaimed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
