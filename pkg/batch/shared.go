package batch

import (
	"strings"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
)

// SharedReason returns the reason of v with the values that all of its mails
// have: "HTTP 503" rather than "HTTP <num>" when none has another number. Times
// stay masked, since they are not counted.
func SharedReason(v *store.Variant) (reason string) {
	defer func() {
		if recover() != nil { // as FingerprintOf: the sample may be anything
			reason = v.Reason
		}
	}()
	if len(v.Sample) == 0 || !strings.Contains(v.Reason, "<") {
		return v.Reason
	}
	m := message.New("", nil, v.Sample)
	f := FingerprintOf(m)
	masked, values := tellingValues(m)
	if f.ID != v.Fingerprint || f.Reason != v.Reason && clip(f.Reason) != v.Reason && cut(f.Reason) != v.Reason {
		return v.Reason // the sample was cut
	}
	shared := sharedValues(v, f.Values)
	var out strings.Builder
	from := 0
	occurrence := make(map[string]int)
	for _, skipped := range f.Values[:max(0, len(f.Values)-countable(values))] {
		occurrence[skipped.Label]++ // those of the subject come first
	}
	for _, value := range values {
		if isTime(value) {
			continue
		}
		name := label(masked, value)
		text, ok := shared[occurrenceOf{name, occurrence[name]}]
		occurrence[name]++
		if !ok || text != content.Line(clipValue(value.text, maxValueBytes)) {
			continue
		}
		out.WriteString(masked[from:value.at])
		out.WriteString(value.text)
		from = value.at + len(value.placeholder)
	}
	if from == 0 {
		return v.Reason
	}
	out.WriteString(masked[from:])
	return cut(content.Line(out.String()))
}

// tellingValues returns the line of m that becomes the reason, masked, and what
// was masked in it.
func tellingValues(m *message.Message) (masked string, values []value) {
	text := m.Body()
	if t := findTrace(text); t != nil {
		return t.reason()
	}
	subject := Mask(m.Subject())
	line, number := tellingLine(Mask(text), subject)
	switch {
	case number >= 0:
		return maskValues(lineOf(text, number))
	case line == subject:
		return maskValues(m.Subject())
	}
	return line, nil
}

func isTime(v value) bool {
	return v.placeholder == "<time>" || v.placeholder == "<date>" || v.placeholder == "<duration>"
}

func countable(values []value) (n int) {
	for _, v := range values {
		if !isTime(v) {
			n++
		}
	}
	return n
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
