package pager

import (
	"fmt"
	"time"

	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/internal/ratewatch"
)

// maxTitle leaves room for the rest in the 160 characters of a text message.
const maxTitle = 60

// write writes what is read on a pager: the subject alone says it all, and what
// follows fits into a text message.
func write(e ratewatch.Storm, limit int, window time.Duration, most top) (subject, text string) {
	within := phrase.Duration(window)
	if e.Over() {
		return "[failmail] over: " + phrase.Count(e.Mails, "mail"),
			fmt.Sprintf("%s from %s to %s. Over: no more than %s in the last %s.\n", phrase.Count(e.Mails, "mail"),
				e.Since.Format("15:04:05"), e.Until.Format("15:04:05 MST"), phrase.Count(limit, "mail"), within)
	}
	subject = fmt.Sprintf("[failmail] more than %s in %s", phrase.Count(limit, "mail"), within)
	text = fmt.Sprintf("%s in %s since %s.", phrase.Count(e.Mails, "mail"), within, e.Since.Format("15:04:05 MST"))
	if most.mails > 0 {
		title := phrase.Shorten(most.title, maxTitle)
		subject += ": " + title
		text += fmt.Sprintf(" %s: %s (%s)", most.state, title, phrase.Number(most.mails))
	}
	return subject, text + "\nA mail follows when it is over.\n"
}
