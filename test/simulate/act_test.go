package simulate

import (
	"errors"
	"fmt"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/problem"
	"github.com/hut8labs/failmail/pkg/store"
)

// annotate writes a note about the problem of a subject, if it is known.
func (w *world) annotate(n *node, subject string) {
	n.try(func() error {
		found, _, err := n.proxy.Problems(w.t.Context(), `"`+subject+`"`, 0, 1)
		if err != nil || len(found) == 0 {
			return err
		}
		text := w.ledger.newNote()
		_, err = n.proxy.Act(w.t.Context(), found[0].ID, failmail.Note, "ann", text)
		w.ledger.noted(text, err == nil)
		return err
	})
}

// notes returns how often problems have each note.
func (n *node) notes(problems []failmail.Problem) map[string]int {
	written := make(map[string]int)
	for _, p := range problems {
		whole, err := n.proxy.Problem(n.t.Context(), p.ID)
		if err != nil || whole == nil {
			n.ledger.violate("when all is quiet the problem %s cannot be read: %v", p.ID, err)
			continue
		}
		for _, e := range whole.History {
			if e.Kind == store.Noted {
				written[e.Text]++
			}
		}
	}
	return written
}

// newNote returns the text of another note, of which it is not known whether it is kept.
func (l *ledger) newNote() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := fmt.Sprintf("note %d", len(l.notes)+1)
	l.notes[text] = false
	return text
}

func (l *ledger) noted(text string, acknowledged bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.notes[text] = acknowledged
}

// checkNotes compares the notes that were acknowledged with those that problems have.
func (l *ledger) checkNotes(written map[string]int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for text, acknowledged := range l.notes {
		if written[text] > 1 || acknowledged && written[text] == 0 {
			l.refuse("%s is there %d times, acknowledged: %t", text, written[text], acknowledged)
		}
	}
}

// A resolve is the last one of a subject.
type resolve struct {
	at     time.Time
	isOver bool // it was acknowledged, and no mail came since
}

// resolve says that the problem of a subject is over, if it is known.
func (w *world) resolve(n *node, subject string) {
	n.try(func() error {
		found, _, err := n.proxy.Problems(w.t.Context(), `"`+subject+`"`, 0, 1)
		if err != nil || len(found) == 0 {
			return err
		}
		_, err = n.proxy.Act(w.t.Context(), found[0].ID, failmail.Resolve, "ann", "")
		_, isOver := errors.AsType[*problem.Mistake](err) // already
		w.ledger.resolved(subject, err == nil || isOver)
		if isOver {
			return nil
		}
		return err
	})
}

func (l *ledger) resolved(subject string, surely bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.resolves[subject] = &resolve{time.Now(), surely}
}

// checkResolved expects that what somebody resolved is over until another mail comes.
func (l *ledger) checkResolved(problems []failmail.Problem) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range problems {
		if r := l.resolves[p.Subject]; r != nil && r.isOver && p.State != problem.Over {
			l.refuse("%q is %s since %v, and was resolved", p.Subject, p.State, p.Since)
		}
	}
}
