package failmail

import (
	"context"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

// What happens while the relay is down; see breaker.

// mayFlush reports whether a batch that is due at now may become a summary.
func (p *Proxy) mayFlush(ctx context.Context, now time.Time) bool {
	if p.claimed.Load() != nil || p.breaker.allow(now) {
		return true
	}
	// Past its time a summary is given up even while the relay stays down.
	deadline, err := p.firstDeadline(ctx)
	return err == nil && !deadline.After(now)
}

// firstDeadline returns when the first of the batches is given up.
func (p *Proxy) firstDeadline(ctx context.Context) (time.Time, error) {
	batches, err := p.store.Open(ctx)
	deadline := store.Never
	for _, b := range batches {
		if until := p.retryUntil(b.Due); until.Before(deadline) {
			deadline = until
		}
	}
	return deadline, err
}

// nextDue is when the loop that flushes has to look.
func (p *Proxy) nextDue(ctx context.Context) (time.Time, error) {
	if p.claimed.Load() != nil {
		return time.Now(), nil
	}
	next, err := p.store.NextDue(ctx)
	since, until := p.breaker.down()
	if asked := p.breaker.askedUntil(); asked.After(until) {
		until = asked // noteRelay wakes the loop when that attempt has ended
	}
	if err != nil || since.IsZero() || next.After(until) {
		return next, err
	}
	deadline, err := p.firstDeadline(ctx)
	if deadline.Before(until) {
		return deadline, err
	}
	return until, err
}

// nextSend is when the loop that sends has to look, also while the relay is down:
// what is due then is folded, or put off.
func (p *Proxy) nextSend(ctx context.Context) (time.Time, error) {
	if p.unsettled.any() {
		return time.Now(), nil
	}
	return p.store.NextSend(ctx)
}

// noteRelay tells the breaker what an attempt has shown.
func (p *Proxy) noteRelay(out outcome, now time.Time) {
	switch {
	case !out.attempt:
		p.breaker.abandoned()
	case out.err != nil && tripped(out.err):
		if since, news := p.breaker.failed(now, out.err); news {
			p.metrics.relayUp.Set(0)
			p.tellTrouble(out.err, since)
		}
		_, until := p.breaker.down()
		p.flushing.DueAt(until)
	default:
		if since := p.breaker.worked(now); !since.IsZero() {
			p.metrics.relayUp.Set(1)
			p.log.Info("the relay takes summaries again", "relay", p.Relay().Name, "down_for", now.Sub(since).Round(time.Second))
			p.flushing.DueAt(now)
			p.sending.DueAt(now)
		}
	}
}

// tellTrouble says what kind of trouble err is. It decides who is called: the
// admin of the relay, or whoever has set Failmail up.
func (p *Proxy) tellTrouble(err error, since time.Time) {
	log := p.log.With("relay", p.Relay().Name, "since", since.Format(time.RFC3339), "error", err)
	switch {
	case deliver.IsMisfit(err):
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
	case deliver.IsMisfit(err):
		return "could not be used as configured"
	case deliver.IsThrottled(err):
		return "was deferring mail"
	}
	return "could not be reached"
}

// foldBack makes an open batch again of a summary that nobody got.
func (p *Proxy) foldBack(ctx context.Context, o *store.Outgoing, reason error) error {
	since, until := p.breaker.down()
	if since.IsZero() {
		since = time.Now()
	}
	p.metrics.folds.Inc()
	p.recent.forget(o.MessageID)
	log := []any{"batch", o.Batch, "mails", o.Count, "retry_in", time.Until(until).Round(time.Second),
		"until", p.retryUntil(o.Due).Format(time.RFC3339), "then", "fail-dir " + p.conf().FailDir}
	if reason != nil {
		log = append(log, "error", reason)
	}
	p.log.Info("a summary could not be handed over, its batch counts on", log...)
	err := p.write(func() error { return p.store.Fold(ctx, o.ID, since) })
	p.flushing.DueAt(until)
	return err
}

// foldRest folds the other summaries that wait while the relay is down. Those
// that cannot be folded wait until it is asked again.
func (p *Proxy) foldRest(ctx context.Context) error {
	for {
		now := time.Now()
		_, until := p.breaker.down()
		if !until.After(now) {
			return nil
		}
		o, err := p.store.ClaimOutgoing(ctx, now, sendLease)
		if err != nil || o == nil {
			return err
		}
		switch deadline := p.retryUntil(o.Due); {
		case !now.Before(deadline): // one last time
			err = p.settle(ctx, o, decide(o, p.deliver(ctx, o), now, deadline))
		case foldable(o):
			err = p.foldBack(ctx, o, nil)
		default:
			o.Attempts-- // it was not tried
			if o.NextAt = until; deadline.Before(until) {
				o.NextAt = deadline
			}
			err = p.write(func() error { return p.store.Postpone(ctx, o) })
		}
		if err != nil {
			return err
		}
	}
}

// noteMade tells the page of a new summary, and the next one of b's groups.
func (p *Proxy) noteMade(b *store.Batch, s *Summary, mail *Mail) {
	if b.Early {
		p.ahead.note(b, s.Created, p.conf().First)
	} else {
		p.ahead.told(b)
	}
	sent := Sent{
		MessageID: mail.MessageID, Batch: s.Batch, Subject: subjectOf(mail.Raw), To: mail.To, Count: s.Count,
		Groups: len(s.Groups), Made: s.Created, Result: "waiting",
	}
	if page, ok := p.settings.Load().renderer.(pageRenderer); ok {
		if html, err := tryHTML(page, s); err == nil { // the mail has it too
			sent.HTML = html
		}
	}
	if sent.HTML == nil {
		sent.Text = NewMessage("", nil, mail.Raw).Body()
	}
	lines := make([]EventLine, len(s.Groups))
	for i, g := range s.Groups {
		lines[i] = EventLine{g.Title, string(g.News.State), g.Count, g.First, g.Last}
	}
	p.recent.made(sent, lines)
}

// A pageRenderer is a Renderer that can also write a page for a browser.
type pageRenderer interface {
	HTML(s *Summary) ([]byte, error)
}

var _ pageRenderer = render.Standard{}

func tryHTML(r pageRenderer, s *Summary) (html []byte, err error) {
	defer recoverTo(&err, "renderer")
	return r.HTML(s)
}

func subjectOf(raw []byte) string { return NewMessage("", nil, raw).Subject() }
