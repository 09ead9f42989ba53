package overdue

import (
	"context"
	"fmt"
	"mime"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/recognise"
)

// News is a job that is missing, or was and has come, and who hears of it.
type news struct {
	job *expect.Job
	expect.State
	contact
}

// step tells all that there is to tell: what is missing of one sender at the same look in
// one mail. It is told first, and noted then: a crash in between tells it twice, and never
// not at all.
func (w *Watch) step(ctx context.Context) error {
	t, err := w.times(ctx)
	if err != nil {
		return err
	}
	now, list := time.Now(), w.config.List()
	awaited := w.awaited(ctx, list, t)
	var missed, back, allBack []news
	for _, j := range list.Jobs() {
		if t[since+j.Name].IsZero() {
			if err := w.note(ctx, t, since, now, news{job: j}); err != nil {
				return err
			}
		}
		s := w.state(j, t)
		switch {
		case w.isBack(ctx, j, t, awaited) && t.isAmong(j):
			allBack = append(allBack, news{j, s, w.noted(ctx, amongNote+j.Name)})
		case w.isBack(ctx, j, t, awaited):
			back = append(back, news{j, s, w.contact(ctx, j)})
		case !now.Before(s.Late):
			missed = append(missed, news{j, s, w.contact(ctx, j)})
		}
	}
	for _, n := range back {
		if err := w.tellBack(ctx, t, now, n); err != nil {
			return err
		}
	}
	for _, several := range bySender(allBack) {
		if err := w.tellAllBack(ctx, t, now, several); err != nil {
			return err
		}
	}
	for _, several := range bySender(missed) {
		if err := w.tellMissing(ctx, t, now, several); err != nil {
			return err
		}
	}
	return nil
}

// bySender returns those of one sender that the same people hear of together.
func bySender(all []news) (groups [][]news) {
	index := make(map[string]int)
	for _, n := range all {
		i, known := index[n.text()]
		if !known || n.from == "" {
			i = len(groups)
			index[n.text()] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], n)
	}
	return groups
}

// note keeps a time of jobs, in the store and in t.
func (w *Watch) note(ctx context.Context, t times, what string, at time.Time, of ...news) error {
	for _, n := range of {
		if err := w.config.Store.NoteHeartbeat(ctx, what+n.job.Name, at); err != nil {
			return err
		}
		t[what+n.job.Name] = at
	}
	return nil
}

func (w *Watch) tellMissing(ctx context.Context, t times, now time.Time, of []news) error {
	first := of[0]
	if len(of) == 1 {
		last := "never came"
		if !first.Last.IsZero() {
			last = "last came " + first.Last.Format(layout)
		}
		if err := w.say(ctx, first.contact, meaning.Problem, first.Name, "MISSING: "+first.Name+", "+last, explain(first, t)); err != nil {
			return err
		}
		return w.note(ctx, t, missing, now, of...)
	}
	var names, texts []string
	for _, n := range of {
		names, texts = append(names, n.Name), append(texts, explain(n, t))
		w.noteContact(ctx, amongNote+n.Name, n.contact)
	}
	subject := fmt.Sprintf("MISSING: %d mails of %s: %s", len(of), first.from, phrase.Shorten(strings.Join(names, ", "), maxNames))
	if err := w.say(ctx, first.contact, meaning.Problem, objectOf(first.from), subject, strings.Join(texts, "\n\n")); err != nil {
		return err
	}
	return w.note(ctx, t, among, now, of...)
}

// maxNames bounds the names in a subject, in characters; the text has all.
const maxNames = 120

// objectOf is what several mails of a sender are about, whichever of them are missing.
func objectOf(from string) string { return "mails of " + from }

func explain(n news, t times) string {
	text := fmt.Sprintf("The last mail of %q came at %s.", n.Name, n.Last.Format(layout))
	if n.Last.IsZero() {
		text = fmt.Sprintf("No mail of %q has come since %s, when it was expected first.", n.Name, t[since+n.Name].Format(layout))
	}
	return text + fmt.Sprintf("\n\nIt was due at %s (%s) and may be %s late.\n", n.Due.In(time.Now().Location()).Format(layout), n.Every, phrase.Duration(n.Within))
}

func (w *Watch) tellBack(ctx context.Context, t times, now time.Time, n news) error {
	text := fmt.Sprintf("%s has come at %s.", n.Name, n.Last.Format(layout))
	if err := w.say(ctx, n.contact, meaning.OK, n.Name, n.Name+" has come", text); err != nil {
		return err
	}
	return w.note(ctx, t, over, now, n)
}

// tellAllBack tells that all of a sender have come that were told as missing together.
func (w *Watch) tellAllBack(ctx context.Context, t times, now time.Time, of []news) error {
	var texts []string
	for _, n := range of {
		texts = append(texts, fmt.Sprintf("%s has come at %s.", n.Name, n.Last.Format(layout)))
	}
	object := objectOf(of[0].from)
	if err := w.say(ctx, of[0].contact, meaning.OK, object, object+" have come", strings.Join(texts, "\n")); err != nil {
		return err
	}
	return w.note(ctx, t, over, now, of...)
}

const layout = "Mon 2006-01-02 15:04 MST"

// say counts a mail about an object, for those who hear of it. Without any, it is a problem
// all the same.
func (w *Watch) say(ctx context.Context, c contact, status meaning.Status, object, subject, text string) error {
	name := mime.QEncoding.Encode("utf-8", object)
	raw := fmt.Sprintf("From: Failmail <%s>\r\nSubject: %s\r\n%s: %s\r\n%s: %s\r\n%s: %s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n",
		w.config.From(), mime.QEncoding.Encode("utf-8", subject), Field, name,
		recognise.StatusField, status, recognise.ObjectField, name, strings.ReplaceAll(text, "\n", "\r\n"))
	m := message.New(w.config.From(), c.to, []byte(raw))
	m.Received = time.Now()
	if err := w.config.Submit(ctx, m); err != nil {
		return fmt.Errorf("tell that %q is missing: %w", object, err)
	}
	if len(c.to) == 0 && status.IsBad() {
		w.config.Logger.Error("a mail is missing, and nobody can be told: none has come, and its [[expect]] names no recipients in to", "name", object)
		return nil
	}
	w.config.Logger.Warn("told of a mail that must come", "name", object, "status", status, "subject", subject)
	return nil
}
