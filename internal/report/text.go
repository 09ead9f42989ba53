package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/pkg/problem"
)

// Subject returns the subject of the mail that tells f.
func (f *Figures) Subject() string {
	parts := []string{phrase.Number(f.OpenCount) + " open", phrase.Number(len(f.New)) + " new", phrase.Number(len(f.Over)) + " over"}
	if n := len(f.Missing); n > 0 {
		parts = append([]string{phrase.Number(n) + " missing"}, parts...)
	}
	if f.OpenCount == 0 && len(f.New) == 0 && len(f.Over) == 0 && len(f.Missing) == 0 {
		parts = []string{"all quiet"}
	}
	return fmt.Sprintf("[failmail] report of %s: %s", f.Until.Format("Mon 2006-01-02"), strings.Join(parts, ", "))
}

const layout = "2006-01-02 15:04 MST"

// Text returns what the mail says that tells f; url is where people find the pages, empty if
// they do not.
func (f *Figures) Text(url string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "From %s to %s.\n", f.Since.Format(layout), f.Until.Format(layout))
	if f.OpenCount == 0 && len(f.New) == 0 && len(f.Over) == 0 && len(f.Missing) == 0 {
		b.WriteString("\nAll quiet: nothing is open, and nothing is new. This mail proves that the path works.\n")
	}
	section(&b, "Missing", len(f.Missing), func(i int) string {
		s := f.Missing[i]
		if s.Last.IsZero() {
			return s.Name + ", never came"
		}
		return s.Name + ", last came " + s.Last.In(f.Until.Location()).Format(layout)
	})
	f.list(&b, "Open, the oldest first", f.Open, f.OpenCount, url, func(p problem.Problem) string { return "since " + f.short(*p.Since) })
	f.list(&b, "New", f.New, len(f.New), url, func(p problem.Problem) string { return "first " + f.short(p.First) })
	f.list(&b, "Over", f.Over, len(f.Over), url, func(p problem.Problem) string { return "since " + f.short(*p.Over) })
	days := phrase.Count(daysOf(f.Since, f.Until), "day")
	section(&b, "Most mails since "+f.Since.Format("Mon Jan 2"), len(f.Noisiest), func(i int) string {
		n := f.Noisiest[i]
		return fmt.Sprintf("%s × %s (%s in the %s before)", phrase.Number(n.Mails), phrase.Shorten(n.Title(), maxTitle), phrase.Number(n.Before), days)
	})
	f.list(&b, "Acknowledged more than a week ago, and still open", f.Forgotten, len(f.Forgotten), url, func(p problem.Problem) string { return "by " + p.AckedBy })
	section(&b, "Muted", len(f.Mutes), func(i int) string {
		m := f.Mutes[i]
		text := cmp.Or(m.Name, m.Pattern, m.Fingerprint) + ", until " + m.Until.In(f.Until.Location()).Format(layout)
		switch {
		case m.UntilOver:
			text = cmp.Or(m.Name, m.Pattern, m.Fingerprint) + ", until it is over"
		case m.UntilCount > 0:
			text = cmp.Or(m.Name, m.Pattern, m.Fingerprint) + ", until it has " + phrase.Count(m.UntilCount, "mail")
		}
		if m.Reason != "" {
			text += ": " + m.Reason
		}
		return text
	})
	if f.Expected > 0 {
		fmt.Fprintf(&b, "\n%s of %s are on time.\n", phrase.Number(f.Expected-len(f.Missing)), phrase.Count(f.Expected, "expected mail"))
	}
	if f.Cut {
		fmt.Fprintf(&b, "\nThere are more than the %s problems that a report considers.\n", phrase.Number(maxLooked))
	}
	if url != "" {
		fmt.Fprintf(&b, "\nAll problems: %s/problems\n", url)
	}
	return b.String()
}

// maxTitle bounds the title of a problem, in characters.
const maxTitle = 90

func (f *Figures) short(t time.Time) string {
	return t.In(f.Until.Location()).Format("Mon Jan 2 15:04")
}

func (f *Figures) list(b *strings.Builder, title string, problems []problem.Problem, total int, url string, about func(problem.Problem) string) {
	section(b, title, total, func(i int) string {
		if i >= len(problems) {
			return ""
		}
		p := problems[i]
		line := fmt.Sprintf("%s, %s, %s", phrase.Shorten(p.Title(), maxTitle), phrase.Count(p.Count, "mail"), about(p))
		if p.Owner != "" {
			line += ", owner " + p.Owner
		}
		if url != "" {
			line += "\n    " + url + "/problems/" + p.ID
		}
		return line
	})
}

// section writes so many lines under a title, the first ones; nothing if there is none.
func section(b *strings.Builder, title string, count int, line func(i int) string) {
	if count == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s (%s)\n", title, phrase.Number(count))
	for i := range min(count, maxNamed) {
		fmt.Fprintf(b, "  %s\n", line(i))
	}
	if more := count - maxNamed; more > 0 {
		fmt.Fprintf(b, "  and %s more\n", phrase.Number(more))
	}
}
