package render

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

// newGroup returns what g says of problems, whose Count is 0 if it says nothing of any,
// and what it says of what is well.
func newGroup(g *store.Group, settled *settlement, url string, zone *time.Location) (group Group, well []Well) {
	group = Group{
		key: g.Key, Title: g.Title, Count: g.Count, Parts: g.Parts,
		First: g.First.In(zone), Last: g.Last.In(zone),
		Minutes: minutes(g), Omitted: g.Omitted(),
	}
	for name, count := range g.Hosts {
		group.Hosts = append(group.Hosts, Host{name, count})
	}
	slices.SortFunc(group.Hosts, func(a, b Host) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	})
	for _, v := range g.Variants {
		becomes, news := settled.of(v, zone)
		if becomes != shown {
			group.Count -= v.Count
		}
		if becomes == folded {
			title := v.Reason
			if len(g.Variants) == 1 {
				title = g.Title
			}
			well = append(well, Well{title, v.Count, v.Meaning.Status == meaning.Info})
		}
		if becomes != shown {
			continue
		}
		n := settled.count(v, news)
		problem := settled.problemOf(v)
		group.Variants = append(group.Variants, Variant{
			Open: n.open, New: n.fresh, Over: n.over, OpenThings: n.openThings, OverThings: n.overThings,
			Reason: v.Reason, Fingerprint: v.Fingerprint, News: news, Count: v.Count, Object: v.Meaning.Object, Source: v.Meaning.Source,
			First: v.First.In(zone), Last: v.Last.In(zone),
			Varying: variations(v), NewValues: v.NewValues, Problem: problem, Page: pageOf(url, problem), Sample: newSample(v),
		})
	}
	if len(group.Variants) == 1 && g.Title == group.Variants[0].Reason {
		group.Title = group.Variants[0].Reason // grouped by fingerprint
	}
	group.narrow(len(g.Variants))
	group.noteNews()
	return group, well
}

// narrow makes g begin and end with its variants, if they are not all of so many and
// there are no others.
func (g *Group) narrow(all int) {
	if len(g.Variants) == 0 || len(g.Variants) == all || g.Omitted > 0 {
		return
	}
	g.First, g.Last = g.Variants[0].First, g.Variants[0].Last
	for _, v := range g.Variants[1:] {
		if v.First.Before(g.First) {
			g.First = v.First
		}
		if v.Last.After(g.Last) {
			g.Last = v.Last
		}
	}
}

// top names the most alarming error of g.
func (g *Group) top() string {
	if len(g.Variants) > 1 {
		return g.Variants[0].Reason
	}
	return g.Headline()
}

// Headline returns the title, and the error if g is one that the title does not tell.
func (g Group) Headline() string {
	if len(g.Variants) != 1 || tells(g.Title, g.Variants[0].Reason) {
		return g.Title
	}
	reason := g.Variants[0].Reason
	words := strings.Fields(g.Title)
	if len(words) > shortTitle && tells(reason, g.Title) || utf8.RuneCountInString(g.Title) > maxHeadlineTitle {
		return reason
	}
	// "[shop] IOException" and "java.io.IOException: disk full"
	if first, rest, found := strings.Cut(reason, ": "); found && len(words) > 0 {
		if last := strings.TrimRight(words[len(words)-1], ":"); strings.EqualFold(first[strings.LastIndexByte(first, '.')+1:], last) {
			return strings.TrimRight(g.Title, ":") + ": " + rest
		}
	}
	return g.Title + ": " + reason
}

// shortTitle is how many words a title has at most that stands in front of an error though that
// has all of its words: it may be the name that a user gave.
const shortTitle = 3

// tells reports whether text has nearly all words of other.
func tells(text, other string) bool {
	if sameTitle(text, other) {
		return true
	}
	text = strings.ToLower(text)
	words, told := strings.Fields(strings.ToLower(other)), 0
	for _, word := range words {
		if strings.Contains(text, strings.Trim(word, `.,:;!?"'()[]*`)) {
			told++
		}
	}
	return told*3 > len(words)*2 || len(words) == 0
}

// variations returns what varies; no estimate is above the number of mails.
func variations(v *store.Variant) []store.Variation {
	all := v.Varying.Told()
	for i := range all {
		all[i].Distinct = min(all[i].Distinct, v.Count)
	}
	return all
}

func newSample(v *store.Variant) Sample {
	header, body, err := content.SplitHeader(v.Sample)
	decoded := content.Read(header, body)
	s := Sample{
		Subject: content.Field(&header, "Subject"), From: content.Field(&header, "From"),
		Text: decoded.Text, Raw: v.Sample, Size: v.SampleSize, IsLast: v.SampleIsLast, Problem: decoded.Problem,
	}
	for _, a := range decoded.Attachments {
		s.Attachments = append(s.Attachments, Attachment(a))
	}
	if err != nil {
		s.Problem = err.Error()
	}
	return s
}

// maxMinutes bounds the sparkline; a longer time is shown by its last hour.
const maxMinutes = 60

func minutes(g *store.Group) []int {
	if len(g.Minutes) == 0 {
		return nil
	}
	keys := slices.Collect(maps.Keys(g.Minutes))
	first, last := slices.Min(keys), slices.Max(keys)
	first = max(first, last-maxMinutes+1)
	line := make([]int, last-first+1)
	for minute, count := range g.Minutes {
		if minute >= first {
			line[minute-first] = count
		}
	}
	return line
}

// problemOf returns the ID of v's problem, of several that of the first one that is open.
func (s *settlement) problemOf(v *store.Variant) string {
	if len(v.Problems) == 0 {
		return ""
	}
	parts, _ := v.Parts()
	if open := slices.IndexFunc(parts, func(p store.Part) bool { return p.Problem != "" && !s.isOver(&p) }); open >= 0 {
		return parts[open].Problem
	}
	return v.Problems[0]
}

// pageOf returns the address of the page of a problem; url is that of all pages, empty if there
// are none.
func pageOf(url, problem string) string {
	if url == "" || problem == "" {
		return ""
	}
	return url + "/problems/" + problem
}
