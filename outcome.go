package failmail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/hut8labs/failmail/internal/crash"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

// A lease outlives the work it protects, so that another process takes over
// only what a dead one left.
const (
	claimLease  = 5 * time.Minute
	sendTimeout = 10 * time.Minute
	sendLease   = sendTimeout + 5*time.Minute
	// failDirRetry is how long a summary waits in the store when even the
	// fail-dir cannot take it.
	failDirRetry = time.Minute
)

// errInterrupted is the result of an attempt that the end of the Proxy cut
// short: nobody's failure.
var errInterrupted = errors.New("interrupted by the shutdown")

// An outcome says what becomes of a summary after an attempt to deliver it.
type outcome struct {
	sent    bool      // some or all recipients were served
	retry   []string  // recipients to try again at nextAt
	failed  []string  // recipients for whom the summary goes to the fail-dir
	nextAt  time.Time // set if retry is not empty
	attempt bool      // tells something about the relay
	unseen  bool      // the relay has certainly not seen it: no attempt
	fold    bool      // nobody was served: back into the batch
	err     error     // why not everyone was served
}

// decide turns the result of Sender.Send into an outcome: permanent failures go
// to the fail-dir, temporary ones are tried again until deadline.
func decide(o *store.Outgoing, err error, now, deadline time.Time) outcome {
	out := outcome{err: err, attempt: true}
	unreachable := deliver.IsUnreachable(err) // then the mail was not judged, whatever the reply
	var refused *deliver.RefusedError
	switch {
	case err == nil:
		out.sent = true
		return out
	case errors.As(err, &refused):
		out.sent = len(refused.Refused) < len(o.To)
		for _, to := range slices.Sorted(maps.Keys(refused.Refused)) {
			if deliver.IsPermanent(refused.Refused[to]) {
				out.failed = append(out.failed, to)
			} else {
				out.retry = append(out.retry, to)
			}
		}
	case deliver.IsPermanent(err) && !unreachable:
		out.failed = o.To
		return out
	case errors.Is(err, errInterrupted):
		// The next start tries again at once. If the relay may have it, it goes as
		// it is, and counts on in no other summary.
		return outcome{err: err, retry: o.To, nextAt: now, unseen: unreachable}
	default:
		out.retry = o.To
	}
	if !now.Before(deadline) {
		out.failed, out.retry = append(out.failed, out.retry...), nil
		return out
	}
	// Those who may have the summary must not get its content again in another.
	out.fold = foldable(o) && len(out.retry) == len(o.To) && tripped(err) && !deliver.IsUncertain(err)
	out.nextAt = now.Add(deliver.Backoff(o.Attempts))
	if out.nextAt.After(deadline) {
		out.nextAt = deadline
	}
	return out
}

// foldable reports whether nobody can have the claimed summary o, as it was never
// tried before: not here, and not by a process that died in the middle of it.
func foldable(o *store.Outgoing) bool { return o.Folds && o.Attempts <= 1 }

// retryUntil returns when a summary is given up: RetryFor after it was due. The
// time in which this Proxy did not run does not count, or a restart that overtakes the
// relay's would give up everything at the first attempt.
func (p *Proxy) retryUntil(due time.Time) time.Time {
	since := due
	if p.started.After(since) {
		since = p.started
	}
	return since.Add(max(p.conf().RetryFor, 0))
}

// settle carries an outcome out. A summary leaves the store only when it is
// somewhere else: with the relay, or synced in the fail-dir.
func (p *Proxy) settle(ctx context.Context, o *store.Outgoing, out outcome) error {
	what, log := nameOf(o), p.log.With("batch", o.Batch, "message_id", cmp.Or(o.MessageID, "none"), "mails", o.Count)
	if out.sent {
		p.metrics.deliveries.WithLabelValues(resultSent).Inc()
		p.recent.became(o.MessageID, resultSent, out.err)
		p.tell(o, resultSent, out.err)
		done := log.With("recipients", len(o.To)-len(out.retry)-len(out.failed), "attempt", o.Attempts)
		if isPassed(o) {
			done.Info("passed a mail on")
		} else {
			done.Info("sent " + what)
		}
	}
	p.noteRelay(out, time.Now())
	if out.fold {
		return p.foldBack(ctx, o, out.err)
	}
	if done, err := p.remake(ctx, o, out); done {
		return err
	}
	if out.unseen {
		o.Attempts--
	}
	if out.err != nil {
		o.LastError = out.err.Error()
	}
	if len(out.failed) > 0 {
		err := p.failDir.Keep(ctx, &deliver.Mail{From: o.From, To: out.failed, MessageID: o.MessageID, Raw: o.Mail}, out.err)
		if err != nil {
			p.metrics.failDirErrors.Inc()
			o.LastError += "; nor does the fail-dir take it: " + err.Error()
			log.Error("cannot put "+what+" into the fail-dir, it stays in the store; make room there, and the folder writable",
				"dir", p.conf().FailDir, "error", err, "retry_in", failDirRetry)
			out.retry = append(out.retry, out.failed...)
			out.nextAt = time.Now().Add(failDirRetry)
		} else {
			p.metrics.deliveries.WithLabelValues(resultFailed).Inc()
			p.recent.became(o.MessageID, resultFailed, out.err)
			p.tell(o, resultFailed, out.err)
			log.Error("gave up on "+what+", it is in the fail-dir; send it with failmail resend once the cause is gone",
				"dir", p.conf().FailDir, "recipients", len(out.failed), "attempt", o.Attempts, "error", out.err)
		}
	}
	if len(out.retry) == 0 {
		return p.write(func() error { return p.store.Finish(ctx, o.ID) })
	}
	p.metrics.deliveries.WithLabelValues(resultPostponed).Inc()
	p.recent.became(o.MessageID, resultPostponed, out.err)
	if out.attempt && len(out.failed) == 0 {
		log.Warn("cannot send "+what+" now, will try again", "error", out.err, "attempt", o.Attempts,
			"retry_in", time.Until(out.nextAt).Round(time.Second),
			"until", p.retryUntil(o.Due).Format(time.RFC3339), "then", "fail-dir "+p.conf().FailDir)
	}
	o.To, o.NextAt = out.retry, out.nextAt
	return p.write(func() error { return p.store.Postpone(ctx, o) })
}

// isPassed reports whether o is a mail that goes on unchanged: it came from no
// batch and stands for itself.
func isPassed(o *store.Outgoing) bool { return !o.Folds && o.Groups == 0 && o.Count == 1 }

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
func (p *Proxy) write(outcome func() error) error {
	err := outcome()
	if err == nil || errors.Is(err, store.ErrNotClaimed) || errors.Is(err, store.ErrClosed) {
		return err
	}
	p.unsettled.mu.Lock()
	defer p.unsettled.mu.Unlock()
	p.unsettled.outcomes = append(p.unsettled.outcomes, outcome)
	return err
}

// unsettled are outcomes that are not yet written.
type unsettled struct {
	mu       sync.Mutex
	outcomes []func() error
}

func (u *unsettled) any() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.outcomes) > 0
}

// settleAgain writes what could not be written before.
func (p *Proxy) settleAgain() error {
	p.unsettled.mu.Lock()
	outcomes := p.unsettled.outcomes
	p.unsettled.outcomes = nil
	p.unsettled.mu.Unlock()
	var errs []error
	for _, outcome := range outcomes {
		if err := p.write(outcome); err != nil && !errors.Is(err, store.ErrNotClaimed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// deliver calls the Sender and returns what decide can judge.
func (p *Proxy) deliver(ctx context.Context, o *store.Outgoing) error {
	limited, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	sender, mail := p.settings.Load().sender, &deliver.Mail{From: o.From, To: o.To, MessageID: o.MessageID, Raw: o.Mail}
	err := doWithin(limited, "sender", func() error { return sender.Send(limited, mail) })
	var refused *deliver.RefusedError
	if err != nil && ctx.Err() != nil && !errors.As(err, &refused) && !deliver.IsPermanent(err) {
		return fmt.Errorf("%w: %w", errInterrupted, err)
	}
	return err
}

// render calls the Renderer, and the standard one if that fails.
func (p *Proxy) render(ctx context.Context, s *Summary) (*Mail, error) {
	mail, err := tryRender(ctx, p.settings.Load().renderer, s)
	if err != nil && ctx.Err() == nil {
		p.log.Error("the renderer failed, using the standard one", "batch", s.Batch, "error", err)
		mail, err = tryRender(ctx, render.Standard{}, s)
	}
	if err != nil {
		return nil, err
	}
	complete := *mail
	if complete.From == "" {
		complete.From = s.From
	}
	if complete.To == nil {
		complete.To = s.To
	}
	if complete.MessageID == "" {
		complete.MessageID = s.MessageID
	}
	return &complete, nil
}

func tryRender(ctx context.Context, r Renderer, s *Summary) (mail *Mail, err error) {
	mail, err = within(ctx, "renderer", func() (*Mail, error) { return r.Render(ctx, s) })
	if err == nil && (mail == nil || len(mail.Raw) == 0) {
		err = errors.New("renderer returned no mail")
	}
	return mail, err
}

func recoverTo(err *error, who string) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%s panicked at %s: %v", who, crash.Site(), r)
	}
}
