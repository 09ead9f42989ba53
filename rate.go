package failmail

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

// A rateWatch says when more mails come than a limit allows, and when that is
// over. Its rules are pure functions of the times passed in.
type rateWatch struct {
	limit  int
	window time.Duration
	events chan rateEvent

	mu     sync.Mutex
	slices [rateSlices]int // mails of each slice of the window, as a ring
	newest int64           // number of the newest slice
	storm  *rateEvent      // what is going on; nil while all is quiet
}

// rateSlices is how finely the window moves.
const rateSlices = 60

type rateEvent struct {
	over         bool
	since, until time.Time
	mails        int
}

func newRateWatch(limit int, window time.Duration) *rateWatch {
	return &rateWatch{limit: limit, window: window, events: make(chan rateEvent, 4)}
}

// slice returns the number of the slice of time that t is in.
func (w *rateWatch) slice(t time.Time) int64 { return t.UnixNano() / int64(w.window/rateSlices) }

// count counts one mail at now.
func (w *rateWatch) count(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.move(now)
	w.slices[w.newest%rateSlices]++
	if w.storm != nil {
		w.storm.mails++
		return
	}
	if total := w.total(); total > w.limit {
		w.storm = &rateEvent{since: now, mails: total}
		w.tell(*w.storm)
	}
}

// check ends the storm when the window that ends at now is within the limit
// again.
func (w *rateWatch) check(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.move(now)
	if w.storm == nil || w.total() > w.limit {
		return
	}
	w.storm.over, w.storm.until = true, now
	w.tell(*w.storm)
	w.storm = nil
}

// tell never blocks: who counts is on the way to a client's 250.
func (w *rateWatch) tell(e rateEvent) {
	select {
	case w.events <- e:
	default:
	}
}

// move forgets the slices that have left the window.
func (w *rateWatch) move(now time.Time) {
	newest := w.slice(now)
	for n := max(w.newest+1, newest-rateSlices+1); n <= newest; n++ {
		w.slices[n%rateSlices] = 0
	}
	w.newest = max(w.newest, newest)
}

func (w *rateWatch) total() (sum int) {
	for _, n := range w.slices {
		sum += n
	}
	return sum
}

func (p *Proxy) countRate(now time.Time) {
	p.recent.count(now)
	if p.rate != nil {
		p.rate.count(now)
	}
}

// watchRate sends the pager's mails.
func (p *Proxy) watchRate(ctx context.Context) {
	ticker := time.NewTicker(p.conf().RateWindow / rateSlices)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			p.rate.check(now)
		case e := <-p.rate.events:
			if err := p.page(ctx, e); err != nil && ctx.Err() == nil {
				p.log.Error("cannot page; the summaries go on", "pager", p.conf().Pager, "error", err)
			}
		}
	}
}

// page puts a short mail into the outbox, past the batches.
func (p *Proxy) page(ctx context.Context, e rateEvent) error {
	now := time.Now()
	subject, text := pagerMail(e, p.conf().RateLimit, p.conf().RateWindow, p.mostFrequent(ctx))
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
	p.log.Warn("paged", "pager", p.conf().Pager, "over", e.over, "mails", e.mails, "message_id", mail.MessageID)
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
func pagerMail(e rateEvent, limit int, window time.Duration, top render.Group) (subject, text string) {
	within := render.Duration(window)
	if e.over {
		return "[failmail] over: " + render.Count(e.mails, "mail"),
			fmt.Sprintf("%s from %s to %s. Over: no more than %s in the last %s.\n", render.Count(e.mails, "mail"),
				e.since.Format("15:04:05"), e.until.Format("15:04:05 MST"), render.Count(limit, "mail"), within)
	}
	subject = fmt.Sprintf("[failmail] more than %s in %s", render.Count(limit, "mail"), within)
	text = fmt.Sprintf("%s in %s since %s.", render.Count(e.mails, "mail"), within, e.since.Format("15:04:05 MST"))
	if top.Count > 0 {
		title := render.Shorten(top.Title, maxPagerTitle)
		subject += ": " + title
		text += fmt.Sprintf(" Most: %s (%s)", title, render.Number(top.Count))
	}
	return subject, text + "\nA mail follows when it is over.\n"
}

func (p *Proxy) origin() render.Origin {
	return render.Origin{From: p.conf().From, Hostname: p.conf().Hostname, Mark: p.conf().loopMark()}
}
