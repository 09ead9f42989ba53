package render

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/family"
	"github.com/hut8labs/failmail/pkg/store"
)

const maxIndexTitle = 90

// A View is a Summary prepared for the templates, which only lay it out. A
// template of your own sees its fields and methods and those of the Summary;
// docs/templates.md lists them all.
type View struct {
	*Summary
	Headline     string   // what happened, in one line
	Scope        []string // which mails it is about, if not about all
	Notes        []string // what the reader has to know before the rest
	Index        []Group  // groups named at the top
	Unlisted     int      // groups that are not even there
	Detailed     []GroupView
	Undetails    int     // groups in the index without details
	Shortened    bool    // details were left out to keep the mail small
	Mutes        []Muted // what was muted, as far as it is named
	UnnamedMutes int     // how many mutes are not
	// Text is what the text part says, for an HTML part that says less; otherwise nil.
	Text *View

	plan plan
}

// A GroupView is a Group prepared for the templates.
type GroupView struct {
	Group
	Past      string // what is known of it from before
	Sparkline string
	SparkNote string // what part of the time the sparkline shows
	HostList  string
	Shown     []VariantView // with a sample
	Unsampled []VariantView // variants of which no sample is shown
	Unnamed   int           // variants that are not even named
}

// A VariantView is a Variant prepared for the templates.
type VariantView struct {
	Variant
	Badge    State    // empty where all variants of the group have the same
	Heading  string   // what the mails share; empty where the title of the group says it
	Origin   string   // who wrote the sample
	Messages []string // of the exception with their numbers, if there are several
	Things   string   // what is open, and what is over, of several, or what the title does not name; empty otherwise
	Fresh    string   // values never seen before of what varies; empty for none
	Under    string   // how many subjects it came under, if they do not count
	Varies   []string // what differs from mail to mail
	Lines    []string // of the sample's text
	Dropped  int      // lines of it that are not shown
	Notes    []string // on the sample
}

func newView(s *Summary, p plan) *View {
	v := &View{Summary: s, Headline: headline(s), Scope: scope(s), Notes: notes(s), Shortened: !p.isFull(len(s.Groups)), plan: p}
	v.Index = s.Groups[:min(len(s.Groups), p.index)]
	v.Unlisted = len(s.Groups) - len(v.Index)
	for i, g := range s.Groups {
		d := p.of(i)
		if d == (detail{}) {
			break // nor of those behind it
		}
		v.Detailed = append(v.Detailed, newGroupView(g, d))
	}
	v.Undetails = len(s.Groups) - len(v.Detailed)
	for _, m := range s.Muted[:min(len(s.Muted), maxMutes, p.index/3)] {
		m.What = phrase.Shorten(m.What, maxMuted)
		v.Mutes = append(v.Mutes, m)
	}
	v.UnnamedMutes = len(s.Muted) - len(v.Mutes)
	return v
}

// showsMoreThan reports whether v has something that the other one leaves out.
func (v *View) showsMoreThan(other *View) bool {
	return len(v.Index) > len(other.Index) || len(v.Detailed) > len(other.Detailed) || v.plan.level < other.plan.level
}

func newGroupView(g Group, d detail) GroupView {
	v := GroupView{Group: g, Past: pastOf(g), Sparkline: sparkline(g.Minutes), HostList: hostList(g, d.hosts)}
	if g.Last.Sub(g.First) > maxMinutes*time.Minute {
		v.SparkNote = " in the last hour"
	}
	named := min(len(g.Variants), d.variants)
	for i, variant := range g.Variants[:named] {
		if i < d.samples {
			v.Shown = append(v.Shown, newVariantView(variant, g, d))
		} else {
			v.Unsampled = append(v.Unsampled, newBareView(variant, g))
		}
	}
	v.Unnamed = len(g.Variants) - named
	return v
}

// newBareView prepares a variant without its sample.
func newBareView(variant Variant, g Group) VariantView {
	v := VariantView{Variant: variant, Heading: variant.Reason}
	if g.NewsCount > 0 {
		v.Badge = variant.News.State
	}
	if len(g.Variants) == 1 && g.Omitted == 0 && sameTitle(g.Title, variant.Reason) {
		v.Heading = ""
	}
	v.Things = things(variant, g.Title)
	if len(variant.NewValues) > 0 {
		v.Fresh = freshValues(variant.NewValues)
	}
	for _, variation := range variant.Varying {
		switch {
		case variation.Label == batch.SubjectLabel:
			v.Under = under(variation)
		case variation.Label == store.ObjectLabel: // the subject says it
		case variation.Label == batch.HeadlineLabel && (isOne(variation) || strings.Contains(variant.Reason, family.Gap)): // it shows what varies
		case variation.Label == batch.MessageLabel, variation.Label == batch.HeadlineLabel:
			v.Messages = messages(variation)
		case len(v.Varies) < maxVariations:
			v.Varies = append(v.Varies, varies(variation, variant.Reason))
		}
	}
	return v
}

// maxThings bounds the things of an entry that are named, and maxThing the characters of each.
const (
	maxThings = 6
	maxThing  = 60
)

// things names what the problems of v are about, if there are several or title does not say it.
func things(v Variant, title string) string {
	if len(v.OpenThings)+len(v.OverThings) < 2 {
		if all := slices.Concat(v.OpenThings, v.OverThings); len(all) == 1 {
			if name, isNamed := phrase.Beside(title, all[0]); isNamed && !strings.Contains(v.Reason, name) {
				return "about " + phrase.Shorten(name, maxThing)
			}
		}
		return ""
	}
	var parts []string
	for _, list := range [...]struct {
		state string
		names []string
	}{{"open", v.OpenThings}, {"over", v.OverThings}} {
		if len(list.names) == 0 {
			continue
		}
		var names []string
		for _, name := range list.names[:min(len(list.names), maxThings)] {
			names = append(names, phrase.Shorten(name, maxThing))
		}
		text := list.state + ": " + strings.Join(names, ", ")
		if more := len(list.names) - maxThings; more > 0 {
			text += fmt.Sprintf(" and %s more", phrase.Number(more))
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

// isOne reports whether the headlines of a variation differ in values only.
func isOne(v store.Variation) bool {
	for _, headline := range v.Top {
		if batch.Mask(headline.Text) != batch.Mask(v.Top[0].Text) {
			return false
		}
	}
	return true
}

// sameTitle reports whether text says no more than title, which may be cut.
func sameTitle(title, text string) bool {
	beginning, cut := strings.CutSuffix(title, "…")
	return text == title || cut && beginning != "" && strings.HasPrefix(text, beginning)
}

func newVariantView(variant Variant, g Group, d detail) VariantView {
	v := newBareView(variant, g)
	v.Origin = origin(variant, g.Title)
	lines := strings.Split(strings.TrimRight(variant.Sample.Text, "\n "), "\n")
	if len(lines) > d.lines {
		// The end of a trace names the error, the beginning says where it was.
		head := (d.lines*2 + 2) / 3
		tail := d.lines - head
		v.Dropped = len(lines) - d.lines
		lines = slices.Concat(lines[:head], []string{fmt.Sprintf("… %s not shown …", phrase.Count(v.Dropped, "line"))}, lines[len(lines)-tail:])
	}
	if strings.TrimSpace(variant.Sample.Text) == "" {
		lines = nil
	}
	for _, line := range lines {
		v.Lines = append(v.Lines, phrase.Shorten(line, d.runes))
	}
	v.Notes = sampleNotes(variant.Sample)
	return v
}

func sampleNotes(s Sample) (notes []string) {
	if strings.TrimSpace(s.Text) == "" && len(s.Raw) > 0 && s.Problem == "" {
		note := "the mail has no text"
		if len(s.Attachments) > 0 {
			note += ", only what is attached"
		}
		notes = append(notes, note)
	}
	for i, a := range s.Attachments {
		if i == maxAttachments {
			notes = append(notes, fmt.Sprintf("and %s", phrase.Count(len(s.Attachments)-i, "further attachment")))
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
	maxVariations  = 5   // places named that differ from mail to mail
	maxAttachments = 10  // attachments named of a sample
	maxMutes       = 10  // mutes named
	maxMuted       = 500 // characters of what one of them says
)

// origin says who wrote the sample, and its subject where that is news.
func origin(v Variant, title string) string {
	if v.Sample.From == "" {
		return ""
	}
	text := "from " + v.Sample.From
	switch {
	case v.Count > 1 && v.Sample.IsLast:
		text = "the last one from " + v.Sample.From
	case v.Count > 1:
		text = "the first one from " + v.Sample.From
	}
	if v.Sample.Subject != "" && !sameTitle(title, v.Sample.Subject) {
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
		names = append(names, fmt.Sprintf("%s (%s)", h.Name, phrase.Number(h.Count)))
	}
	if more := len(g.Hosts) - most; more > 0 {
		names = append(names, "and "+phrase.Count(more, "other host"))
	}
	if rest := g.Count - named; rest > 0 {
		names = append(names, fmt.Sprintf("and %s from other hosts, not kept", phrase.Count(rest, "mail")))
	}
	return strings.Join(names, ", ")
}
