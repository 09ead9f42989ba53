package render

import (
	"cmp"
	"slices"
)

// rank orders states by how alarming they are.
func (s State) rank() int { return slices.Index([]State{Over, Ongoing, Back, New}, s) }

// An urgency decides what stands first.
type urgency struct {
	state    State
	severity string
	count    int
}

func (v *Variant) urgency() urgency { return urgency{v.News.State, v.Severity, v.Count} }

// urgency returns that of the variant that g begins with, with all mails of g.
func (g *Group) urgency() urgency {
	u := urgency{state: g.News.State, count: g.Count}
	if len(g.Variants) > 0 {
		u.severity = g.Variants[0].Severity
	}
	return u
}

// compare is negative if u stands in front of other: what is news, then what is severe, then
// what is frequent.
func (u urgency) compare(other urgency) int {
	return cmp.Or(cmp.Compare(other.state.rank(), u.state.rank()), cmp.Compare(severityRank(other.severity), severityRank(u.severity)), cmp.Compare(other.count, u.count))
}

// severityRank orders severities; one that is not known is that of an error.
func severityRank(severity string) int {
	if i := slices.Index([]string{"info", "warning", "error", "critical"}, severity); i >= 0 {
		return i
	}
	return 2
}

// Foremost returns the most alarming error of summaries, and what it is called: what is new
// or back, then what is more severe, then what has more mails. This is the order in which a
// summary shows its groups and their variants. Nothing is returned of summaries without groups.
func Foremost(summaries ...*Summary) (title string, v Variant) {
	var first *Group
	for _, s := range summaries {
		for i := range s.Groups {
			if g := &s.Groups[i]; first == nil || g.urgency().compare(first.urgency()) < 0 {
				first = g
			}
		}
	}
	switch {
	case first == nil:
		return "", v
	case len(first.Variants) == 0:
		return first.Title, Variant{News: first.News, Count: first.Count}
	}
	return first.top(), first.Variants[0]
}
