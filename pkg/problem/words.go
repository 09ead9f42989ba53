package problem

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/store"
)

// Title returns what people call p: its headline, after what it is about if a known kind of
// sender says so and that is no part of it. Of others the object is what is left of a subject.
func (p Problem) Title() string {
	if p.Object == "" || p.Sender == "" || strings.Contains(strings.ToLower(p.Headline), strings.ToLower(p.Object)) {
		return p.Headline
	}
	return p.Object + ": " + p.Headline
}

// About returns what p is about, if that is one thing that its title does not name; empty otherwise.
func (p Problem) About() string {
	if len(p.Objects) > 0 || strings.Contains(strings.ToLower(p.Title()), strings.ToLower(p.Object)) {
		return ""
	}
	return p.Object
}

// Mark returns how p stands, in one word: NEW, OPEN or OVER.
func (p Problem) Mark() string {
	switch {
	case p.State == Over:
		return "OVER"
	case p.New:
		return "NEW"
	}
	return "OPEN"
}

// maxSubject bounds a subject among other facts, in characters.
const maxSubject = 70

// Facts returns what else people want to see of p at once; when writes a time.
func (p Problem) Facts(when func(time.Time) string) []string {
	var facts []string
	switch named, isNamed := phrase.Beside(p.Subject, p.Object); {
	case p.Sender != "":
	case isNamed && !strings.Contains(p.Headline, named):
		facts = append(facts, phrase.Shorten(p.Subject, maxSubject), "about "+phrase.Shorten(named, maxSubject))
	case !strings.Contains(p.Headline, p.Subject):
		facts = append(facts, phrase.Shorten(p.Subject, maxSubject))
	}
	facts = append(facts, p.Source)
	switch {
	case len(p.Hosts) == 1:
		facts = append(facts, "on "+p.Hosts[0])
	case len(p.Hosts) > 1:
		facts = append(facts, fmt.Sprintf("on %s and %s more", p.Hosts[0], phrase.Number(len(p.Hosts)-1)))
	}
	if p.Since != nil {
		facts = append(facts, "since "+when(*p.Since))
	}
	if p.State == Over && p.Over == nil {
		facts = append(facts, "no mail since it was split off")
	}
	if p.Over != nil {
		facts = append(facts, "over since "+when(*p.Over))
	}
	if p.AckedBy != "" {
		facts = append(facts, "acknowledged by "+p.AckedBy)
	}
	if p.Owner != "" {
		facts = append(facts, "owner "+p.Owner)
	}
	if p.MutedUntil != nil {
		facts = append(facts, "muted until "+cmp.Or(p.MutedEnd, when(*p.MutedUntil)))
	}
	return facts
}

// MuteScope says which things a mute of p would be about; empty if that is p itself.
func (p *Problem) MuteScope() string {
	names := make([]string, 0, len(p.Objects))
	for _, o := range p.Objects {
		names = append(names, o.Name)
	}
	if len(names) == 0 && p.Object != "" {
		names = append(names, p.Object)
	}
	isException := slices.ContainsFunc(p.Varies, func(v Varies) bool { return v.Place == batch.MessageLabel })
	switch {
	case p.Fingerprint == "" || isException:
		return "" // whatever it is about
	case len(names) > batch.MaxMutedThings || slices.Contains(names, otherThings):
		return "all of its things"
	}
	return phrase.Things(names)
}

// maxRemark bounds what a person wrote, among other remarks, in characters.
const maxRemark = 300

// Remarks returns what people said of p that whoever reads of it in a mail should know: who
// looks at it and who has it, the last note, and how it was resolved before. when writes a time.
func (v Viewer) Remarks(p *store.Problem, when func(time.Time) string) (remarks []string) {
	last := func(kind store.EventKind) store.ProblemEvent {
		for _, e := range slices.Backward(p.History) {
			if e.Kind == kind {
				return e
			}
		}
		return store.ProblemEvent{}
	}
	say := func(what string, e store.ProblemEvent, by string) {
		if e.At.IsZero() {
			return
		}
		what += " by " + cmp.Or(by, "somebody") + ", " + when(e.At)
		if text := strings.Join(strings.Fields(e.Text), " "); text != "" {
			what += ": " + text
		}
		remarks = append(remarks, phrase.Shorten(content.Line(v.Redactor.Text(what)), maxRemark))
	}
	if p.AckedBy != "" {
		say("acknowledged", last(store.Acked), p.AckedBy)
	}
	if p.Owner != "" {
		remarks = append(remarks, "owner: "+content.Line(v.Redactor.Text(p.Owner)))
	}
	for _, e := range []store.ProblemEvent{last(store.Noted), last(store.Resolved)} {
		say(string(e.Kind), e, e.By)
	}
	return remarks
}

// InWords returns what happened, and what somebody wrote about it.
func (e Event) InWords() (what, text string) {
	by := cmp.Or(e.By, "somebody")
	switch e.Kind {
	case store.Began:
		return "began", e.Text
	case store.Back:
		return "is back", e.Text
	case store.Over:
		return "is over, according to a mail", e.Text
	case store.Merged:
		if e.By != "" {
			return e.By + " merged the problem " + e.Text + " into it", ""
		}
		return "the problem " + e.Text + " was merged into it", ""
	case store.Split:
		return by + " split it off another problem, which keeps its counts", ""
	case store.Parted:
		return by + " split off a problem that was part of it", ""
	case store.Expected:
		return by + " expects mails saying that it is well", e.Text
	case store.Owned:
		if e.Text == "" {
			return by + " removed its owner", ""
		}
		return by + " made " + e.Text + " its owner", ""
	}
	return by + " " + deeds[e.Kind], e.Text
}

var deeds = map[store.EventKind]string{
	store.Acked: "acknowledged it", store.Unacked: "undid the acknowledgement", store.Noted: "noted",
	store.Resolved: "resolved it", store.Muted: "muted it", store.Unmuted: "unmuted it",
}
