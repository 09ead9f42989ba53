package render

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hut8labs/failmail/internal/phrase"
)

// functions are what the templates may call.
var functions = map[string]any{
	"number": phrase.Number,
	"plural": phrase.Count,
	"clock":  clock,
	"span":   span,
	"title":  func(title string) string { return phrase.Shorten(title, maxIndexTitle) },
	"pad": func(width int, text string) string {
		return strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text))) + text
	},
	"indent": indent,
	"marks":  marks,
	"lower":  strings.ToLower,
}

func clock(t time.Time) string { return t.Format("15:04:05 MST") }

// span says when mails came, in as few words as needed.
func span(first, last time.Time) string {
	switch {
	case last.Sub(first) < time.Second:
		return first.Format("2006-01-02 15:04:05 MST")
	case first.YearDay() == last.YearDay() && first.Year() == last.Year():
		return first.Format("2006-01-02 15:04:05") + " to " + last.Format("15:04:05 MST")
	}
	return first.Format("2006-01-02 15:04:05") + " to " + last.Format("2006-01-02 15:04:05 MST")
}

func size(bytes int) string {
	switch {
	case bytes < 1000:
		return phrase.Count(bytes, "byte")
	case bytes < 999_950: // above, one decimal would round to 1000.0 kB
		return fmt.Sprintf("%.1f kB", float64(bytes)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/1000/1000)
}

func indent(prefix string, lines []string) string {
	var out strings.Builder
	for i, line := range lines {
		if i > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(strings.TrimRight(prefix+line, " "))
	}
	return out.String()
}

// onlyMarks matches a line that points at the one above it, as tracebacks of
// Python have them, and compilers. Where that one is wrapped it points at nothing.
var onlyMarks = regexp.MustCompile(`^\s*[~^][~^\s]*$`)

func marks(line string) bool { return onlyMarks.MatchString(line) }

// sparkline draws the mails per minute; one or two of them say nothing.
func sparkline(minutes []int) string {
	if len(minutes) < 3 {
		return ""
	}
	const bars = "▁▂▃▄▅▆▇█"
	steps := []rune(bars)
	top := slices.Max(minutes)
	var line strings.Builder
	for _, count := range minutes {
		if count == 0 {
			line.WriteRune('·')
			continue
		}
		line.WriteRune(steps[(count*len(steps)-1)/top])
	}
	return line.String()
}
