package render

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/store"
)

// A detail says how much a summary shows. Whatever it cuts is counted and said.
type detail struct {
	index    int // groups in the index
	detailed int // groups with details
	samples  int // samples shown of a group
	lines    int // lines shown of a sample
	runes    int // characters shown of a line
	hosts    int // hosts named of a group
}

// details are tried in this order until the mail is small enough: first long
// samples are cut, then samples of the same group, then whole groups.
var details = []detail{
	{100, 30, 5, 60, 300, 10},
	{100, 30, 5, 30, 200, 10},
	{100, 30, 3, 20, 160, 10},
	{100, 20, 2, 12, 160, 5},
	{100, 10, 1, 10, 120, 5},
	{60, 5, 1, 6, 100, 3},
	{20, 3, 1, 3, 80, 3},
	{5, 1, 1, 1, 60, 1},
}

const maxIndexTitle = 90

// A View is a Summary prepared for the templates, which only lay it out. A
// template of your own sees its fields and methods, those of the Summary, and the
// functions number, plural, clock, span, title, pad and indent.
type View struct {
	*Summary
	Headline  string // what happened, in one line
	Notes     []string
	Index     []Group // groups named at the top
	Unlisted  int     // groups that are not even there
	Detailed  []GroupView
	Undetails int  // groups in the index without details
	Shortened bool // details were left out to keep the mail small
}

// A GroupView is a Group prepared for the templates.
type GroupView struct {
	Group
	Past      string // what is known of it from before
	Sparkline string
	SparkNote string
	HostList  string
	Shown     []VariantView
	Unsampled []VariantView // variants of which no sample is shown
}

// A VariantView is a Variant prepared for the templates.
type VariantView struct {
	Variant
	Badge    State    // empty where it is that of the group
	Origin   string   // who wrote the sample
	Messages []string // of the exception with their numbers, if there are several
	Varies   []string // what differs from mail to mail
	Lines    []string // of the sample's text
	Dropped  int      // lines of it that are not shown
	Notes    []string
}

func newView(s *Summary, d detail) *View {
	v := &View{Summary: s, Headline: headline(s), Notes: notes(s), Shortened: d != details[0]}
	v.Index = s.Groups[:min(len(s.Groups), d.index)]
	v.Unlisted = len(s.Groups) - len(v.Index)
	for _, g := range s.Groups[:min(len(s.Groups), d.detailed)] {
		v.Detailed = append(v.Detailed, newGroupView(g, d))
	}
	v.Undetails = len(s.Groups) - len(v.Detailed)
	return v
}

func headline(s *Summary) string {
	errors := plural(len(s.Groups), "error")
	switch {
	case len(s.Groups) == 0 && s.MutedCount() == s.Count:
		return fmt.Sprintf("%s, all muted, since %s", plural(s.Count, "mail"), clock(s.First))
	case len(s.Groups) == 0:
		errors = "of errors whose details were not kept"
	case s.Omitted > 0:
		errors = "more than " + errors
	}
	if s.Count == 1 && len(s.Groups) == 1 {
		return fmt.Sprintf("1 mail, at %s: %s", clock(s.First), shorten(s.Groups[0].Title, maxSubjectTitle))
	}
	news := ""
	switch {
	case s.New == 0:
	case s.Omitted == 0 && s.New == len(s.Groups):
		if errors += ", all new"; s.New == 1 {
			errors = "1 new error"
		}
	default:
		news = fmt.Sprintf(", %s of them new", number(s.New))
	}
	return fmt.Sprintf("%s, %s%s, since %s", plural(s.Count, "mail"), errors, news, clock(s.First))
}

// notes are what the reader has to know before the rest.
func notes(s *Summary) (notes []string) {
	if s.Early {
		notes = append(notes, "This is the first mail of its kind for a while, sent at once. What follows comes as a summary.")
	}
	if !s.HeldSince.IsZero() {
		notes = append(notes, fmt.Sprintf("The relay was unreachable from %s to %s; this summary covers all of it.",
			s.HeldSince.Format("15:04:05"), clock(s.Created)))
	}
	return notes
}

func newGroupView(g Group, d detail) GroupView {
	v := GroupView{Group: g, Past: pastOf(g), Sparkline: sparkline(g.Minutes), HostList: hostList(g, d.hosts)}
	if g.Last.Sub(g.First) > maxMinutes*time.Minute {
		v.SparkNote = " in the last hour"
	}
	for i, variant := range g.Variants {
		if i < d.samples {
			v.Shown = append(v.Shown, newVariantView(variant, g, d))
			continue
		}
		bare := VariantView{Variant: variant}
		if variant.News.State != g.News.State {
			bare.Badge = variant.News.State
		}
		v.Unsampled = append(v.Unsampled, bare)
	}
	return v
}

// pastOf says what is known of a group from before; where it is only partly new,
// the variants say which part.
func pastOf(g Group) string {
	if g.News.State == New && slices.ContainsFunc(g.Variants, func(v Variant) bool { return v.News.State != New }) {
		return "with something never seen before"
	}
	return past(g.News)
}

// past says what is known of an error from before.
func past(n News) string {
	const day = "2006-01-02 15:04 MST"
	switch n.State {
	case New:
		return "never seen before"
	case Ongoing:
		return "known since " + n.Since.Format(day)
	case Back:
		return fmt.Sprintf("back after %s, known since %s", roughly(n.Silence), n.Since.Format(day))
	}
	return ""
}

// roughly writes a duration as people say it.
func roughly(d time.Duration) string {
	switch {
	case d < 2*time.Hour:
		return plural(int(d.Minutes()), "minute")
	case d < 48*time.Hour:
		return plural(int(d.Hours()), "hour")
	}
	return plural(int(d.Hours()/24), "day")
}

func newVariantView(variant Variant, g Group, d detail) VariantView {
	v := VariantView{Variant: variant, Origin: origin(variant, g.Title)}
	if variant.News.State != g.News.State {
		v.Badge = variant.News.State
	}
	for _, variation := range variant.Varying {
		switch {
		case variation.Label == batch.MessageLabel:
			v.Messages = messages(variation)
		case len(v.Varies) < maxVariations:
			v.Varies = append(v.Varies, varies(variation))
		}
	}
	lines := strings.Split(strings.TrimRight(variant.Sample.Text, "\n "), "\n")
	if len(lines) > d.lines {
		// The end of a trace names the error, the beginning says where it was.
		head := (d.lines*2 + 2) / 3
		tail := d.lines - head
		v.Dropped = len(lines) - d.lines
		lines = slices.Concat(lines[:head], []string{fmt.Sprintf("… %s not shown …", plural(v.Dropped, "line"))}, lines[len(lines)-tail:])
	}
	if strings.TrimSpace(variant.Sample.Text) == "" {
		lines = nil
	}
	for _, line := range lines {
		v.Lines = append(v.Lines, shorten(line, d.runes))
	}
	v.Notes = sampleNotes(variant.Sample)
	return v
}

func sampleNotes(s Sample) (notes []string) {
	for i, a := range s.Attachments {
		if i == maxAttachments {
			notes = append(notes, fmt.Sprintf("and %s", plural(len(s.Attachments)-i, "further attachment")))
			break
		}
		notes = append(notes, fmt.Sprintf("attachment: %s (%s, %s)", a.Name, a.Type, size(a.Size)))
	}
	switch {
	case s.Cut() && len(s.Raw) == 0:
		notes = append(notes, fmt.Sprintf("none of its %s were kept, there was no room", size(s.Size)))
	case s.Cut():
		notes = append(notes, fmt.Sprintf("%s of %s were kept", size(len(s.Raw)), size(s.Size)))
	}
	if s.Problem != "" {
		notes = append(notes, "problem: "+s.Problem)
	}
	return notes
}

const (
	maxVariations  = 5  // places named that differ from mail to mail
	maxAttachments = 10 // attachments named of a sample
)

// varies says what differs from mail to mail at one place.
// messages lists the messages of an exception that is raised with several ones:
// they say more than its type.
func messages(v store.Variation) []string {
	var lines []string
	for _, top := range v.Top {
		lines = append(lines, fmt.Sprintf("%s × %s", number(top.Count), shorten(top.Text, 160)))
	}
	if more := v.Distinct - len(v.Top); more > 0 {
		lines = append(lines, "and "+plural(more, "more message"))
	}
	return lines
}

// maxExamples bounds the values of a place that are shown.
const maxExamples = 3

func varies(v store.Variation) string {
	v.Top = v.Top[:min(len(v.Top), maxExamples)]
	values := make([]string, len(v.Top))
	repeated := false // for sure
	for i, top := range v.Top {
		values[i] = fmt.Sprintf("%s (%s)", shorten(top.Text, 60), number(top.Count))
		repeated = repeated || top.Count-top.Over > 1
	}
	about := ""
	if !v.Exact {
		about = "about "
	}
	switch {
	case v.Distinct <= len(v.Top):
		return fmt.Sprintf("%s: %s", v.Label, strings.Join(values, ", "))
	case repeated:
		return fmt.Sprintf("%s: %s%s values, mostly %s", v.Label, about, number(v.Distinct), strings.Join(values, ", "))
	}
	for i, top := range v.Top {
		values[i] = shorten(top.Text, 60)
	}
	return fmt.Sprintf("%s: %s%s values, such as %s", v.Label, about, number(v.Distinct), strings.Join(values, ", "))
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

func hostList(g Group, most int) string {
	named := 0
	for _, h := range g.Hosts {
		named += h.Count
	}
	if len(g.Hosts) == 1 && named == g.Count {
		return g.Hosts[0].Name
	}
	var names []string
	for _, h := range g.Hosts[:min(len(g.Hosts), most)] {
		names = append(names, fmt.Sprintf("%s (%s)", h.Name, number(h.Count)))
	}
	if more := len(g.Hosts) - most; more > 0 {
		names = append(names, "and "+plural(more, "other host"))
	}
	if rest := g.Count - named; rest > 0 {
		names = append(names, fmt.Sprintf("and %s from other hosts, not kept", plural(rest, "mail")))
	}
	return strings.Join(names, ", ")
}
