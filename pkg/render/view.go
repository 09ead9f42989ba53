package render

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds on what a summary shows. Whatever they cut is counted and said.
const (
	maxIndex      = 100 // groups in the index
	maxDetailed   = 30  // groups with details
	maxSamples    = 5   // samples shown for a group
	maxHosts      = 10  // hosts named for a group
	maxTextLines  = 60  // lines shown of a sample
	maxLineRunes  = 300 // characters shown of a line
	maxIndexTitle = 90
)

// view is a Summary prepared for the templates, which only lay it out.
type view struct {
	*Summary
	Headline  string
	Index     []Group
	Unlisted  int // groups that are not even in the index
	Detailed  []groupView
	Undetails int // groups in the index without details
}

type groupView struct {
	Group
	Sparkline string
	SparkNote string
	HostList  string
	Shown     []variantView
	Unsampled []Variant // variants without a sample
}

type variantView struct {
	Variant
	Origin  string   // who wrote the sample
	Lines   []string // of the sample's text
	Dropped int      // lines of it that are not shown
	Notes   []string
}

func newView(s *Summary) *view {
	v := &view{Summary: s, Headline: headline(s)}
	v.Index = s.Groups[:min(len(s.Groups), maxIndex)]
	v.Unlisted = len(s.Groups) - len(v.Index)
	for _, g := range s.Groups[:min(len(s.Groups), maxDetailed)] {
		v.Detailed = append(v.Detailed, newGroupView(g))
	}
	v.Undetails = len(s.Groups) - len(v.Detailed)
	return v
}

func headline(s *Summary) string {
	errors := plural(len(s.Groups), "error")
	if len(s.Groups) == 0 {
		errors = "of errors whose details were not kept"
	} else if s.Omitted > 0 {
		errors = "more than " + errors
	}
	if s.Count == 1 && len(s.Groups) == 1 {
		return fmt.Sprintf("1 mail, at %s: %s", clock(s.First), shorten(s.Groups[0].Title, maxSubjectTitle))
	}
	return fmt.Sprintf("%s, %s, since %s", plural(s.Count, "mail"), errors, clock(s.First))
}

func newGroupView(g Group) groupView {
	v := groupView{Group: g, Sparkline: sparkline(g.Minutes), HostList: hostList(g)}
	if g.Last.Sub(g.First) > maxMinutes*time.Minute {
		v.SparkNote = " in the last hour"
	}
	shown := min(len(g.Variants), maxSamples)
	for _, variant := range g.Variants[:shown] {
		v.Shown = append(v.Shown, newVariantView(variant, g.Title))
	}
	v.Unsampled = g.Variants[shown:]
	return v
}

func newVariantView(variant Variant, title string) variantView {
	v := variantView{Variant: variant, Origin: origin(variant, title)}
	lines := strings.Split(strings.TrimRight(variant.Sample.Text, "\n "), "\n")
	if len(lines) > maxTextLines {
		// The end of a trace names the error, the beginning says where it was.
		head := maxTextLines * 2 / 3
		tail := maxTextLines - head
		v.Dropped = len(lines) - maxTextLines
		lines = slices.Concat(lines[:head], []string{fmt.Sprintf("… %s not shown …", plural(v.Dropped, "line"))}, lines[len(lines)-tail:])
	}
	if strings.TrimSpace(variant.Sample.Text) == "" {
		lines = nil
	}
	for _, line := range lines {
		v.Lines = append(v.Lines, shorten(line, maxLineRunes))
	}
	for _, a := range variant.Sample.Attachments {
		v.Notes = append(v.Notes, fmt.Sprintf("attachment: %s (%s, %s)", a.Name, a.Type, size(a.Size)))
	}
	if variant.Sample.Cut() {
		v.Notes = append(v.Notes, fmt.Sprintf("only the first %s of %s were kept", size(len(variant.Sample.Raw)), size(variant.Sample.Size)))
	}
	if variant.Sample.Problem != "" {
		v.Notes = append(v.Notes, "problem: "+variant.Sample.Problem)
	}
	return v
}

// origin says who wrote the sample, and its subject where that is news.
func origin(v Variant, title string) string {
	if v.Sample.From == "" {
		return ""
	}
	text := "from " + v.Sample.From
	if v.Count > 1 {
		text = "the first one from " + v.Sample.From
	}
	if v.Sample.Subject != "" && v.Sample.Subject != title {
		text += ", subject: " + v.Sample.Subject
	}
	return text
}

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

// sparkline draws the mails per minute; a single minute says nothing.
func sparkline(minutes []int) string {
	if len(minutes) < 2 {
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

func hostList(g Group) string {
	named := 0
	for _, h := range g.Hosts {
		named += h.Count
	}
	if len(g.Hosts) == 1 && named == g.Count {
		return g.Hosts[0].Name
	}
	var names []string
	for _, h := range g.Hosts[:min(len(g.Hosts), maxHosts)] {
		names = append(names, fmt.Sprintf("%s (%s)", h.Name, number(h.Count)))
	}
	if more := len(g.Hosts) - maxHosts; more > 0 {
		names = append(names, "and "+plural(more, "other host"))
	}
	if rest := g.Count - named; rest > 0 {
		names = append(names, fmt.Sprintf("and %s from other hosts, not kept", plural(rest, "mail")))
	}
	return strings.Join(names, ", ")
}
