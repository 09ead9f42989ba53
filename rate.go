package failmail

import (
	"context"
	"fmt"
	"time"

	"github.com/hut8labs/failmail/internal/phrase"

	"github.com/hut8labs/failmail/internal/ratewatch"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

const (
	// rateEvery is how late the end of a storm is noticed, and keepRateEvery how
	// much of what was counted is lost when the process is killed.
	rateEvery     = time.Second
	keepRateEvery = 5 * time.Second
)

// watchRate sends the pager's mails until ctx ends.
func (p *Proxy) watchRate(ctx context.Context) {
	defer p.keepRate(context.WithoutCancel(ctx))
	ticker := time.NewTicker(rateEvery)
	defer ticker.Stop()
	kept := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.rate.Begun():
		case <-ticker.C:
		}
		storm, news := p.rate.News(time.Now())
		if news || time.Since(kept) >= keepRateEvery {
			kept = time.Now()
			p.keepRate(ctx) // before the page: a process that is killed now pages at its next start
		}
		if !news {
			continue
		}
		if err := p.page(ctx, storm); err != nil {
			if ctx.Err() == nil {
				p.log.Error("cannot page yet, will try again; the summaries go on", "pager", p.conf().Pager, "error", err)
			}
			continue
		}
		p.rate.Told()
		p.keepRate(ctx)
	}
}

// rateNote is the note under which a Proxy keeps what it has counted: each of
// several on one store counts for itself.
func (p *Proxy) rateNote() string { return "rate " + p.conf().loopMark() }

func (p *Proxy) keepRate(ctx context.Context) {
	book, ok := p.engine.(store.Notebook)
	if !ok {
		return
	}
	text, changed, err := p.rate.State(time.Now())
	if err == nil && changed {
		err = book.Note(ctx, p.rateNote(), text)
	}
	if err != nil && ctx.Err() == nil {
		p.log.Warn("cannot keep what was counted for the pager; after a restart the count begins anew", "error", err)
	}
}

// recallRate takes up what was counted before the last restart.
func (p *Proxy) recallRate(ctx context.Context) error {
	book, ok := p.engine.(store.Notebook)
	if !ok || p.conf().RateLimit <= 0 {
		return nil
	}
	text, err := book.Noted(ctx, p.rateNote())
	if err != nil {
		return fmt.Errorf("read store: %w", err)
	}
	if err := p.rate.Restore(text, time.Now()); err != nil {
		p.log.Warn("the count for the pager begins anew", "error", err)
	}
	if _, shared := p.engine.(store.Clock); shared {
		return nil // its mails are those of other processes, too
	}
	batches, err := p.store.Open(ctx)
	if err != nil {
		return fmt.Errorf("read store: %w", err)
	}
	mails := make(map[int64]int)
	for _, b := range batches {
		for _, g := range b.Groups {
			for minute, n := range g.Minutes {
				mails[minute] += n
			}
		}
	}
	p.rate.Recount(mails, time.Now())
	return nil
}

// page puts a short mail into the outbox, past the batches.
func (p *Proxy) page(ctx context.Context, storm ratewatch.Storm) error {
	now := time.Now()
	limit, window := p.rate.Limit()
	subject, text := pagerMail(storm, limit, window, p.mostFrequent(ctx))
	mail, err := render.Notice(p.origin(), p.conf().Pager, subject, text, now)
	if err != nil {
		return err
	}
	err = p.store.Enqueue(ctx, []store.Outgoing{{
		MessageID: mail.MessageID, From: mail.From, To: mail.To, Mail: mail.Raw, Due: now, NextAt: now,
	}})
	if err != nil {
		return err
	}
	p.log.Warn("paged", "pager", p.conf().Pager, "over", storm.Over(), "mails", storm.Mails, "message_id", mail.MessageID)
	p.sending.DueAt(now)
	return nil
}

// mostFrequent returns the open group with the most mails, without secrets; the
// zero value if there is none, or the store does not answer: the page must not wait
// for that.
func (p *Proxy) mostFrequent(ctx context.Context) (top render.Group) {
	summaries, err := p.Open(ctx)
	if err != nil {
		return top
	}
	for _, s := range summaries {
		for i := range s.Groups {
			if s.Groups[i].Count > top.Count {
				top = s.Groups[i]
			}
		}
	}
	return top
}

// maxPagerTitle leaves room for the rest in the 160 characters of a text message.
const maxPagerTitle = 60

// pagerMail writes what is read on a pager: the subject alone says it all, and what
// follows fits into a text message.
func pagerMail(e ratewatch.Storm, limit int, window time.Duration, top render.Group) (subject, text string) {
	within := phrase.Duration(window)
	if e.Over() {
		return "[failmail] over: " + phrase.Count(e.Mails, "mail"),
			fmt.Sprintf("%s from %s to %s. Over: no more than %s in the last %s.\n", phrase.Count(e.Mails, "mail"),
				e.Since.Format("15:04:05"), e.Until.Format("15:04:05 MST"), phrase.Count(limit, "mail"), within)
	}
	subject = fmt.Sprintf("[failmail] more than %s in %s", phrase.Count(limit, "mail"), within)
	text = fmt.Sprintf("%s in %s since %s.", phrase.Count(e.Mails, "mail"), within, e.Since.Format("15:04:05 MST"))
	if top.Count > 0 {
		title := phrase.Shorten(top.Title, maxPagerTitle)
		subject += ": " + title
		text += fmt.Sprintf(" Most: %s (%s)", title, phrase.Number(top.Count))
	}
	return subject, text + "\nA mail follows when it is over.\n"
}

func (p *Proxy) origin() render.Origin {
	return render.Origin{From: p.conf().From, Hostname: p.conf().Hostname, Mark: p.conf().loopMark()}
}
