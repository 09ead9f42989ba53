package pager

import (
	"fmt"
	"time"

	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/internal/ratewatch"
	"github.com/hut8labs/failmail/pkg/render"
)

// maxTitle leaves room for the rest in the 160 characters of a text message.
const maxTitle = 60

// write writes what is read on a pager: the subject alone says it all, and what
// follows fits into a text message.
func write(e ratewatch.Storm, limit int, window time.Duration, top render.Group) (subject, text string) {
	within := phrase.Duration(window)
	if e.Over() {
		return "[failmail] over: " + phrase.Count(e.Mails, "mail"),
			fmt.Sprintf("%s from %s to %s. Over: no more than %s in the last %s.\n", phrase.Count(e.Mails, "mail"),
				e.Since.Format("15:04:05"), e.Until.Format("15:04:05 MST"), phrase.Count(limit, "mail"), within)
	}
	subject = fmt.Sprintf("[failmail] more than %s in %s", phrase.Count(limit, "mail"), within)
	text = fmt.Sprintf("%s in %s since %s.", phrase.Count(e.Mails, "mail"), within, e.Since.Format("15:04:05 MST"))
	if top.Count > 0 {
		title := phrase.Shorten(top.Title, maxTitle)
		subject += ": " + title
		text += fmt.Sprintf(" Most: %s (%s)", title, phrase.Number(top.Count))
	}
	return subject, text + "\nA mail follows when it is over.\n"
}
