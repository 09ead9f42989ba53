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
	c := concreter{values: sharedValues(v), seen: make(map[string]int)}
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
	one := make(map[string]string) // by label; "" where there are several
	for _, place := range v.Varying.Common(v.Count) {
		if before, again := one[place.Label]; again && before != place.Text {
			place.Text = ""
		}
		one[place.Label] = place.Text
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

// sharedValues returns the values that all mails of v have, by their places.
func sharedValues(v *store.Variant) map[occurrenceOf]string {
	shared, seen := make(map[occurrenceOf]string), make(map[string]int)
	for _, place := range v.Varying.Common(v.Count) {
		at := occurrenceOf{place.Label, seen[place.Label]}
		seen[place.Label]++
		if place.Text != "" {
			shared[at] = place.Text
		}
	}
	return shared
}
