package family

import (
	"cmp"
	"slices"
	"time"
)

// A text is a learned Text in a family.
type text struct {
	Text
	order   int // of learning
	first   *text
	members []*text // of the family whose first one it is, without itself
	varies  []value // what it has where its family varies
}

// A value is what a text has where a joint varies.
type value struct {
	*joint
	text string
}

// A joint is how texts became one family.
type joint struct {
	label  string // of the place that varies
	values []Value
}

// A Value is one that was seen where the texts of a family vary.
type Value struct {
	Text string
	Seen time.Time // first
}

// maxJoint bounds the values of a joint that are known.
const maxJoint = 500

// add notes a value that was seen first then, unless it is known.
func (j *joint) add(text string, seen time.Time) {
	if len(j.values) < maxJoint && !slices.ContainsFunc(j.values, func(v Value) bool { return v.Text == text }) {
		j.values = append(j.values, Value{text, seen})
	}
}

// join makes the families of a and b one.
func (f *Families) join(a, b *text) {
	a, b = a.family(), b.family()
	if a == b {
		return
	}
	if b.order < a.order {
		a, b = b, a
	}
	a.members = append(append(a.members, b), b.members...)
	for _, t := range b.members {
		t.first = a
	}
	b.first, b.members = a, nil
}

// family returns the first text of t's family.
func (t *text) family() *text {
	if t.first != nil {
		return t.first
	}
	return t
}

// isRead reports whether the lines of t are known, and not only its fingerprint.
func (t *text) isRead() bool { return t != nil && t.Lines != nil }

// isLarge reports whether t's family needs no more texts.
func (t *text) isLarge() bool { return t != nil && 1+len(t.members) >= maxMembers }

// seen returns when a value was first seen; zero if it never was.
func (j *joint) seen(value string) time.Time {
	for _, v := range j.values {
		if v.Text == value {
			return v.Seen
		}
	}
	return time.Time{}
}

func (t *text) place() Place {
	return placed(t.family().Fingerprint, t.varies, t.Seen)
}

// placed is a place in a family with what varies; a value that was seen in another place only was
// seen at seen.
func placed(fingerprint string, varies []value, seen time.Time) Place {
	p := Place{Fingerprint: fingerprint}
	for _, v := range varies {
		if !slices.ContainsFunc(p.Values, func(x PlaceValue) bool { return x.Text == v.text }) {
			p.Values = append(p.Values, PlaceValue{v.label, v.text, cmp.Or(v.seen(v.text), seen)})
		}
	}
	slices.SortStableFunc(p.Values, func(a, b PlaceValue) int {
		if a.Seen.IsZero() != b.Seen.IsZero() {
			return a.Seen.Compare(b.Seen)
		}
		return b.Seen.Compare(a.Seen)
	})
	return p
}
