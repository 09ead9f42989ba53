package render

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// functions are what the templates may call.
var functions = map[string]any{
	"number": number,
	"plural": plural,
	"clock":  clock,
	"span":   span,
	"title":  func(title string) string { return shorten(title, maxIndexTitle) },
	"pad": func(width int, text string) string {
		return strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text))) + text
	},
	"indent": indent,
	"marks":  marks,
	"lower":  strings.ToLower,
}

// number writes n with thousands separators.
func number(n int) string {
	digits := strconv.Itoa(n)
	var out strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && d != '-' && digits[i-1] != '-' {
			out.WriteByte(',')
		}
		out.WriteRune(d)
	}
	return out.String()
}

func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return number(n) + " " + noun
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
		return plural(bytes, "byte")
	case bytes < 999_950: // above, one decimal would round to 1000.0 kB
		return fmt.Sprintf("%.1f kB", float64(bytes)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/1000/1000)
}

// shorten cuts text to at most limit characters.
func shorten(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	runes := []rune(text)
	return strings.TrimRight(string(runes[:limit-1]), " \t") + "…"
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
