package batch

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/internal/telling"
	"github.com/hut8labs/failmail/pkg/family"
	"github.com/hut8labs/failmail/pkg/store"
)

// Present lays b out for people: one entry for each error, also for those that were
// learned to be one while b was open, with a reason that shows what all of its mails
// share, under the headline of its subject. In what it returns groups are headlines and
// variants entries. b does not change. families may be nil.
func Present(b *store.Batch, families *family.Families) *store.Batch {
	p := presenter{EntriesOf(b, families), b.First}
	entries := b.Regroup(func(g *store.Group) string {
		if WithoutThing(g.Key) == g.Key {
			return families.Of(g.Key)
		}
		return p.Of(WithoutThing(g.Key))
	}, p.fingerprint)
	for _, g := range entries.Groups {
		for _, v := range g.Variants {
			title := p.describe(v)
			if latest := p.latest[v.Fingerprint]; latest != nil && isFingerprint(g.Key) {
				title = concrete(latest)
				v.Reason, v.Sample, v.SampleSize, v.SampleIsLast = title, latest.Sample, latest.SampleSize, true
			}
			if isFingerprint(g.Key) && title != "" && len(g.Variants) == 1 {
				g.Title = title
			}
		}
	}
	return entries.Regroup(p.headline, func(_ *store.Group, v *store.Variant) string { return v.Fingerprint })
}

type presenter struct {
	Entries
	since time.Time // when the batch began
}

// newValues returns the values of a place of a family that were not seen before since, of which
// counted were seen now; none if the family itself is as new. What is beyond the bound of a family
// is new each time.
func newValues(place family.Varying, counted []store.CountedValue, since time.Time) (fresh []string) {
	known := make(map[string]bool, len(place.Values))
	isOld := false
	for _, value := range place.Values {
		known[value.Text] = true
		if value.Seen.Before(since) {
			isOld = true
		} else if namesOne(value.Text) {
			fresh = append(fresh, content.Line(value.Text))
		}
	}
	if !isOld {
		return nil
	}
	for _, value := range counted {
		if place.Full && !known[value.Text] && namesOne(value.Text) {
			fresh = append(fresh, value.Text)
		}
	}
	return fresh
}

// namesOne reports whether value is more than placeholders: mail<num>.
func namesOne(value string) bool {
	return len(strings.Trim(placeholders.ReplaceAllString(value, ""), " -_./:,%")) > 1 // no <num>k
}

// fingerprint returns that of v's family. What v has where the family varies is
// counted for the mails that came before that was known.
func (p presenter) fingerprint(g *store.Group, v *store.Variant) string {
	if id := problemOf(g, v, p.families); id != "" {
		v.SetProblem(id, WithoutThing(v.Fingerprint) != v.Fingerprint)
	}
	place := p.families.Find(family.Text{Fingerprint: WithoutThing(v.Fingerprint)})
	for _, value := range gapValues(place) {
		v.Varying.Complete(value, v.Count)
	}
	if !isOneThing(g, v) {
		return place.Fingerprint
	}
	entry := p.Of(place.Fingerprint)
	if p.latest[entry] != nil {
		v.Varying.Complete(store.Value{Label: HeadlineLabel, Text: concrete(v)}, v.Count)
	}
	return entry
}

// headline returns a key that entries have in common whose subjects differ only in
// values, unless their groups are the word of a user.
func (p presenter) headline(g *store.Group) string {
	if !isFingerprint(g.Key) {
		return g.Key
	}
	return "subject " + string(appendAlike(nil, Mask(g.Title)))
}

// gapValues are what varies in a family, as the store counts it.
func gapValues(place family.Place) (values []store.Value) {
	for _, v := range place.Values {
		values = append(values, store.Value{Label: v.Label, Text: content.Line(clipValue(v.Text, maxValueBytes))})
	}
	return values
}

// describe makes the reason of v say what all of its mails share, and returns the same
// of their subjects; empty if that is not known.
func (p presenter) describe(v *store.Variant) (title string) {
	reason, title := shared(v, func(id string) bool {
		return p.families.Of(ofText(id, v.Meaning)) == v.Fingerprint
	})
	counted := make(map[string][]store.CountedValue)
	for _, one := range v.Varying.Common(v.Count) {
		if one.Text != "" {
			counted[one.Label] = append(counted[one.Label], store.CountedValue{Text: one.Text})
		}
	}
	for _, variation := range v.Varying.Variations() {
		counted[variation.Label] = variation.Top
		switch variation.Label {
		case HeadlineLabel:
			reason = commonTitle(variation.Top)
		case SubjectLabel:
			title = commonTitle(variation.Top)
		}
	}
	v.NewValues = nil
	for _, place := range p.families.Varying(v.Fingerprint) {
		for _, value := range newValues(place, counted[place.Label], p.since) {
			if !slices.Contains(v.NewValues, value) {
				v.NewValues = append(v.NewValues, value)
			}
		}
		if slices.Contains(v.Varying.Labels(), place.Label) {
			values := place.Values
			for _, value := range counted[place.Label] {
				values = append(values, family.Value{Text: value.Text})
			}
			reason, title = withGap(reason, values), withGap(title, values)
		}
	}
	v.Reason = telling.WithoutTime(reason)
	return telling.WithoutTime(title)
}

// concrete returns the reason of v as it is in all of its mails.
func concrete(v *store.Variant) string {
	reason, _ := shared(v, func(string) bool { return true })
	return telling.WithoutTime(reason)
}

// commonTitle returns what subjects are after masking, if they differ in values only,
// or else how they begin, or the most frequent one if they have little in common.
func commonTitle(subjects []store.CountedValue) string {
	masked := Mask(subjects[0].Text)
	if !slices.ContainsFunc(subjects, func(s store.CountedValue) bool { return Mask(s.Text) != masked }) {
		return masked
	}
	begin := subjects[0].Text
	for _, subject := range subjects[1:] {
		for !strings.HasPrefix(subject.Text, begin) {
			_, size := utf8.DecodeLastRuneInString(begin)
			begin = begin[:len(begin)-size]
		}
	}
	begin = begin[:strings.LastIndexAny(begin, " /:=,;|([\"'")+1]
	if len(begin) < minCommon {
		return subjects[0].Text
	}
	return begin + "…"
}

// minCommon is how many bytes subjects have in common at least to be called by that.
const minCommon = 10

// withGap returns text with a gap wherever the value of a family stands in it.
func withGap(text string, values []family.Value) string {
	for _, value := range values {
		if at := indexWord(text, value.Text); at >= 0 {
			end := at + len(value.Text)
			return text[:at] + family.Gap + withGap(text[end:], []family.Value{value})
		}
	}
	return text
}

// indexWord returns where word stands in text on its own, -1 if it does not.
func indexWord(text, word string) int {
	for from := 0; word != ""; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			break
		}
		i += from
		end := i + len(word)
		if (i == 0 || !isWordByte(text[i-1])) && (end == len(text) || !isWordByte(text[end])) {
			return i
		}
		from = i + 1
	}
	return -1
}
