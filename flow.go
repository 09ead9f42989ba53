package failmail

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/store"
)

// The life of a mail, on one page.

// accept takes responsibility for one mail: it is durable when accept returns
// nil, and only then does the client get its 250.
func (p *Proxy) accept(ctx context.Context, m *Message) error {
	err := p.take(ctx, m)
	switch {
	case err == nil:
		p.recent.count(m.Received)
		p.rate.Count(m.Received)
	case ctx.Err() == nil:
		p.readiness.Refused(err, len(m.Raw))
	}
	return err
}

func (p *Proxy) take(ctx context.Context, m *Message) error {
	if p.archive != nil {
		if err := p.archive.Send(ctx, &deliver.Mail{From: m.From, To: m.To, Raw: m.Raw}); err != nil {
			p.metrics.archiveErrors.Inc()
			return asArchiveError(err)
		}
	}
	switch {
	case p.passes(m):
		return p.pass(ctx, m)
	case p.isHeartbeat(m):
		return p.beat(ctx, m)
	}
	entries := p.settings.Load().classifier.Classify(m)
	if err := p.recorder.Record(ctx, entries...); err != nil {
		p.metrics.storeErrors.Inc()
		return err
	}
	p.metrics.recorded.Inc()
	if p.conf().RelayAll {
		if err := p.pass(ctx, m); err != nil {
			return err
		}
	}
	entry := &entries[0] // the others have the same window
	p.flushing.DueAt(due(entry))
	if p.log.Enabled(ctx, slog.LevelDebug) {
		p.log.Debug("counted a mail", "id", m.ID, "from", m.From, "client", m.RemoteAddr, "message_id", m.Header.Get("Message-ID"),
			"batch", entry.Batch, "group", entry.Group, "fingerprint", entry.Fingerprint)
	}
	return nil
}

// flush turns every batch that is due into a summary in the outbox. While the
// relay is down batches stay open.
func (p *Proxy) flush(ctx context.Context) error {
	for {
		now := time.Now()
		if !p.mayFlush(ctx, now) {
			return nil
		}
		done, err := p.flushOne(ctx, now)
		if err != nil || done {
			p.breaker.abandoned()
			return err
		}
	}
}

// flushOne turns one batch that is due at now into a summary; done says that
// there was none.
func (p *Proxy) flushOne(ctx context.Context, now time.Time) (done bool, err error) {
	// One that could not be summarised is still claimed: it comes first.
	b := p.claimed.Load()
	if b == nil {
		if b, err = p.store.Claim(ctx, now, claimLease); err != nil || b == nil {
			return true, err
		}
		p.claimed.Store(b)
	}
	if err := p.summarize(ctx, b); err != nil {
		return false, err
	}
	p.claimed.Store(nil)
	return false, nil
}

// summarize puts the summary of a claimed batch into the outbox, in one step.
func (p *Proxy) summarize(ctx context.Context, b *store.Batch) error {
	now := time.Now()
	if b.HeldSince.IsZero() {
		held := *b // the page may be reading b
		held.HeldSince = p.breaker.heldSince(b.Due, now)
		b = &held
	}
	summary := p.newSummary(b, now)
	mail, err := p.render(ctx, summary)
	if err != nil {
		return err
	}
	err = p.store.Seal(ctx, b.ID, []store.Outgoing{{
		Batch: b.Key, MessageID: mail.MessageID, From: mail.From, To: mail.To, Mail: mail.Raw,
		Count: b.Count, Groups: len(summary.Groups), Due: b.Due, NextAt: now,
	}})
	if errors.Is(err, store.ErrNotClaimed) {
		p.log.Warn("another process took over a batch that was claimed here for too long", "batch", b.Key)
		return nil
	}
	if err != nil {
		return err
	}
	p.metrics.summaries.Inc()
	p.log.Info("made a summary", "batch", b.Key, "mails", b.Count, "groups", len(summary.Groups), "message_id", mail.MessageID)
	p.noteMade(b, summary, mail)
	p.sending.DueAt(now)
	return nil
}

// send begins to deliver every summary whose time has come, as many at a time as
// the relay may be used for.
func (p *Proxy) send(ctx context.Context) error {
	if err := p.settleAgain(); err != nil {
		return err
	}
	for p.breaker.mayGoOn(time.Now()) {
		if p.attempts.enter(p.parallel()); ctx.Err() != nil {
			return ctx.Err()
		}
		if !p.breaker.mayGoOn(time.Now()) { // by what was waited for
			break
		}
		o, err := p.store.ClaimOutgoing(ctx, time.Now(), sendLease)
		if err != nil || o == nil {
			return err
		}
		p.attempts.run(p.parallel(), len(o.Mail), func() { p.attempt(ctx, o) })
	}
	return p.foldRest(context.WithoutCancel(ctx))
}

// attempt delivers one summary, and writes down what happened even when the Proxy
// is stopping.
func (p *Proxy) attempt(ctx context.Context, o *store.Outgoing) {
	sendErr := p.deliver(ctx, o)
	outcome := decide(o, sendErr, time.Now(), p.retryUntil(o.Due))
	if err := p.settle(context.WithoutCancel(ctx), o, outcome); err != nil {
		p.log.Error("cannot write down what happened to a summary, will try again", "message_id", o.MessageID, "error", err)
	}
	p.sending.DueAt(time.Now())
}
