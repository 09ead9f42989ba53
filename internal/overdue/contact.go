package overdue

import (
	"context"
	"strings"

	"github.com/hut8labs/failmail/pkg/expect"
)

// A contact is whose mail it was, and who hears of it when no further one comes.
type contact struct {
	from string
	to   []string
}

// text has the recipients, one on a line, and behind an empty line the sender.
func (c contact) text() string { return strings.Join(c.to, "\n") + "\n\n" + c.from }

func contactOf(text string) (c contact) {
	to, from, _ := strings.Cut(text, "\n\n")
	c.from = from
	if to != "" {
		c.to = strings.Split(to, "\n")
	}
	return c
}

// Notes of contacts: of the last mail of a job, and of how it was told with others.
const (
	contactNote = "expect "
	amongNote   = "missing with others "
)

// noteContact keeps c over a restart.
func (w *Watch) noteContact(ctx context.Context, note string, c contact) {
	text := c.text()
	w.mu.Lock()
	known := w.contacts[note] == text
	w.contacts[note] = text
	w.mu.Unlock()
	if known || w.notebook == nil {
		return
	}
	if err := w.notebook.Note(ctx, note, text); err != nil {
		w.config.Logger.Warn("cannot note who is to hear when a mail is missing", "note", note, "error", err)
	}
}

// noted returns the contact that was noted.
func (w *Watch) noted(ctx context.Context, note string) contact {
	w.mu.Lock()
	text := w.contacts[note]
	w.mu.Unlock()
	if text == "" && w.notebook != nil {
		text, _ = w.notebook.Noted(ctx, note) // tried again at the next look
	}
	return contactOf(text)
}

// contact returns that of the last mail of j, and who is to hear of it.
func (w *Watch) contact(ctx context.Context, j *expect.Job) contact {
	c := w.noted(ctx, contactNote+j.Name)
	if len(c.to) == 0 {
		last := w.config.Last(j)
		c = contact{last.From, last.To}
	}
	if len(j.To) > 0 {
		c.to = j.To
	}
	return c
}
