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

// tell tells what there is to tell of j.
func (w *Watch) tell(ctx context.Context, j *expect.Job, t times) error {
	now := time.Now()
	if t[since+j.Name].IsZero() {
		if err := w.config.Store.NoteHeartbeat(ctx, since+j.Name, now); err != nil {
			return err
		}
		t[since+j.Name] = now
	}
	last := t[came+j.Name]
	if w.isBack(j, t) {
		text := fmt.Sprintf("%s has come at %s.", j.Name, last.Format(layout))
		if err := w.say(ctx, j, meaning.OK, j.Name+" has come", text); err != nil {
			return err
		}
		return w.config.Store.NoteHeartbeat(ctx, over+j.Name, now)
	}
	s := w.state(j, t)
	if now.Before(s.Late) || w.isSilent(j.Name) {
		return nil
	}
	subject := "MISSING: " + j.Name + ", never came"
	text := fmt.Sprintf("No mail of %q has come since %s, when it was expected first.", j.Name, t[since+j.Name].Format(layout))
	if !last.IsZero() {
		subject = "MISSING: " + j.Name + ", last came " + last.Format(layout)
		text = fmt.Sprintf("The last mail of %q came at %s.", j.Name, last.Format(layout))
	}
	text += fmt.Sprintf("\n\nIt was due at %s (%s) and may be %s late.\n", s.Due.In(now.Location()).Format(layout), j.Every, phrase.Duration(j.Within))
	if err := w.say(ctx, j, meaning.Problem, subject, text); err != nil {
		return err
	}
	// Told first, and noted then: a crash in between tells it twice, and never not at all.
	return w.config.Store.NoteHeartbeat(ctx, missing+j.Name, now)
}

const layout = "Mon 2006-01-02 15:04 MST"

// say counts a mail about j, for those who hear of it.
func (w *Watch) say(ctx context.Context, j *expect.Job, status meaning.Status, subject, text string) error {
	to := w.to(ctx, j)
	if len(to) == 0 {
		w.mu.Lock()
		w.complained[j.Name] = true
		w.mu.Unlock()
		w.config.Logger.Error("a mail is missing, and nobody can be told: none has come, and the expectation names no recipients in to", "name", j.Name)
		return nil
	}
	name := mime.QEncoding.Encode("utf-8", j.Name)
	raw := fmt.Sprintf("From: Failmail <%s>\r\nSubject: %s\r\n%s: %s\r\n%s: %s\r\n%s: %s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n",
		w.config.From(), mime.QEncoding.Encode("utf-8", subject), Field, name,
		recognise.StatusField, status, recognise.ObjectField, name, strings.ReplaceAll(text, "\n", "\r\n"))
	m := message.New(w.config.From(), to, []byte(raw))
	m.Received = time.Now()
	if err := w.config.Submit(ctx, m); err != nil {
		return fmt.Errorf("tell that %q is missing: %w", j.Name, err)
	}
	w.config.Logger.Warn("told of a mail that must come", "name", j.Name, "status", status, "subject", subject)
	return nil
}
