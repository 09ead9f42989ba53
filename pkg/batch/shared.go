package batch

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
)

// shared returns the reason of v and the subject of its mails with the values that all
// of them have; the subject is empty if it is not known. Mails with the fingerprints
// that is reports belong to v.
func shared(v *store.Variant, is func(id string) bool) (reason, subject string) {
	reason = v.Reason
	defer func() {
		if recover() != nil { // as FingerprintOf: the sample may be anything
			reason, subject = v.Reason, ""
		}
	}()
	if len(v.Sample) == 0 {
		return concreteBy(v), ""
	}
	m := message.New("", nil, v.Sample)
	f := FingerprintOf(m)
	isHeadline := slices.Contains(v.Varying.Labels(), HeadlineLabel)
	if !is(f.ID) || !isHeadline && f.Reason != v.Reason && cut(f.Reason) != v.Reason {
		return reason, "" // the sample was cut
	}
	if isHeadline {
		defer func() { reason = v.Reason }()
	}
	c := concreter{values: sharedValues(v, f.Values), seen: make(map[string]int)}
	if t := findTrace(m.Body()); t != nil {
		return c.line(t.reason()), content.Line(m.Subject())
	}
	t := tell(m.Subject(), m.Body())
	subject = c.line(t.title, t.subject)
	if t.isSubject {
		return subject, subject
	}
	return c.line(t.masked, t.values), subject
}

// A concreter puts values that all mails of a variant have in place of placeholders.
type concreter struct {
	values map[occurrenceOf]string
	seen   map[string]int // labels so far
}

// line returns a masked line with the values that were masked in it. Lines come in the
// order of the values of a Fingerprint.
func (c *concreter) line(masked string, values []value) string {
	var out strings.Builder
	from := 0
	for _, value := range values {
		if isTime(value) {
			continue
		}
		name := label(masked, value)
		text, ok := c.values[occurrenceOf{name, c.seen[name]}]
		c.seen[name]++
		if !ok || text != content.Line(clipValue(value.text, maxValueBytes)) {
			continue
		}
		out.WriteString(masked[from:value.at])
		out.WriteString(value.text)
		out.WriteString(value.plural)
		from = value.at + len(value.placeholder) + value.singular
	}
	out.WriteString(masked[from:])
	return cut(content.Line(out.String()))
}

// placeholders are what stands in a masked line for values.
var placeholders = regexp.MustCompile(`<[a-z]+>`)

// concreteBy returns the reason of v with the values that all of its mails have, without one
// of them: where all places with a label have the same one.
func concreteBy(v *store.Variant) string {
	var all []store.Value
	for _, label := range v.Varying.Labels() {
		all = append(all, store.Value{Label: label})
	}
	one := make(map[string]string) // by label; "" where there are several
	values, seen := sharedValues(v, all), make(map[string]int)
	for _, place := range all {
		text := values[occurrenceOf{place.Label, seen[place.Label]}]
		if before, again := one[place.Label]; again && before != text {
			text = ""
		}
		one[place.Label] = text
		seen[place.Label]++
	}
	var out strings.Builder
	from := 0
	for _, at := range placeholders.FindAllStringIndex(v.Reason, -1) {
		place := value{at: at[0], placeholder: v.Reason[at[0]:at[1]]}
		if text := one[label(v.Reason, place)]; text != "" && !isTime(place) {
			out.WriteString(v.Reason[from:at[0]])
			out.WriteString(text)
			from = at[1]
		}
	}
	out.WriteString(v.Reason[from:])
	return cut(content.Line(out.String()))
}

func isTime(v value) bool {
	return v.placeholder == "<time>" || v.placeholder == "<date>"
}

// occurrenceOf is the n-th place with a label.
type occurrenceOf struct {
	label string
	n     int
}

// sharedValues returns the values of the places at which all mails of v have the
// same one; values are those of one of them.
func sharedValues(v *store.Variant, values []store.Value) map[occurrenceOf]string {
	// No mail has this value: with one more, every place varies, and those that
	// did not have exactly two values.
	const other = "\x00"
	probe := v.Varying.Clone()
	others := make([]store.Value, len(values))
	for i := range values {
		others[i] = store.Value{Label: values[i].Label, Text: other}
	}
	probe.Add(others)
	shared := make(map[occurrenceOf]string)
	seen := make(map[string]int)
	for _, variation := range probe.Variations() {
		place := occurrenceOf{variation.Label, seen[variation.Label]}
		seen[variation.Label]++
		if variation.Distinct != 2 || len(variation.Top) != 2 {
			continue
		}
		one, two := variation.Top[0], variation.Top[1]
		if one.Text == other {
			one, two = two, one
		}
		if two.Text == other && two.Count == 1 && one.Count == v.Count {
			shared[place] = one.Text
		}
	}
	return shared
}
