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
	varies  []value // what it has in the slot by which it came into its family
	open    []value // what it has in the open words of its pattern that vary
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

// A context is what stands around a gap: a text on its own, and the places in it
// where others have more, or other placeholders.
type context struct {
	bare   []*text // of which only signs differ
	slots  []*slot
	masked *slot // where a text was seen first that differs from bare in placeholders
}

// A slot is a place in a context, and what was seen there.
type slot struct {
	evidence
	place uint64
	// Where the gap is in the first text that was seen.
	number, from, to int
	joint            *joint
}

// Evidence is what was seen in a place, and what follows from it.
type evidence struct {
	seen  []filling
	level uint8 // values that need no more are one error
}

// A filling is a value in a place, and the texts that have it there, of which only signs differ.
type filling struct {
	value string
	need  uint8
	text  *text
	alike []*text
}

// at is what varies in a text that has text in s.
func (s *slot) at(text string) []value { return []value{{s.joint, text}} }

// joined is a text of the family that s made.
func (s *slot) joined() *text {
	return s.seen[slices.IndexFunc(s.seen, func(x filling) bool { return x.need <= s.level })].text
}

// slot returns the slot of c at a place, nil if there is none.
func (c *context) slot(place uint64) *slot {
	if c == nil {
		return nil
	}
	for _, s := range c.slots {
		if s.place == place {
			return s
		}
	}
	return nil
}

// fill notes what t, which is p, has in its gaps, and joins what is one error by that.
func (f *Families) fill(t *text, p parsed) {
	if len(p) == 0 {
		return
	}
	c := f.context(p.hash())
	if len(c.bare) < maxMembers {
		c.bare = append(c.bare, t)
	}
	if c.masked == nil {
		c.masked = p.otherThan(c.bare[0])
	}
	if s := c.masked; s != nil {
		for _, t := range c.bare[1:] { // it may differ in another place only
			value := parse(t.Lines)[s.number].word(s.from)
			s.see(t, value, needMasked)
			f.joinAt(s, t, c.bare[0], value)
		}
		f.settle(nil, s)
		c.bare = c.bare[:1]
	}
	for _, s := range c.slots {
		f.settle(c.bare, s)
	}
	for g := range p.gaps() {
		c := f.context(g.around)
		s := c.slot(g.place)
		if s == nil {
			s = &slot{place: g.place, number: g.number, from: g.from, to: g.to}
			c.slots = append(c.slots, s)
		}
		s.see(t, g.value(), g.need)
		f.settle(c.bare, s)
	}
	f.fillPattern(t, p)
}

// otherThan returns where placeholders of p are others than those of t, which is alike; nil
// if none are.
func (p parsed) otherThan(t *text) *slot {
	q := parse(t.Lines)
	number, at, differs := q.firstOther(p)
	if !differs {
		return nil
	}
	g := gap{line: q[number], from: at, to: at + 1}
	s := &slot{number: number, from: at, to: at + 1, joint: &joint{label: g.label()}}
	s.see(t, g.value(), needMasked)
	return s
}

// see notes that t has value in the place, and returns what is known of others that have it.
func (e *evidence) see(t *text, value string, need uint8) (others *filling) {
	if i := slices.IndexFunc(e.seen, func(x filling) bool { return x.value == value }); i >= 0 {
		return &e.seen[i]
	}
	if len(e.seen) < maxMembers {
		e.seen = append(e.seen, filling{value: value, need: need, text: t})
	}
	return nil
}

// see also notes texts of which only signs differ.
func (s *slot) see(t *text, value string, need uint8) {
	if others := s.evidence.see(t, value, need); others != nil && len(others.alike) < maxMembers {
		others.alike = append(others.alike, t)
	}
}

func (f *Families) context(hash uint64) *context {
	c := f.contexts[hash]
	if c == nil {
		c = &context{}
		f.contexts[hash] = c
	}
	return c
}

// settle makes one family of the texts in s of which there are enough. bare are those that have
// nothing there.
func (f *Families) settle(bare []*text, s *slot) {
	all := s.evidence
	if len(bare) > 0 {
		all.seen = append(slices.Clone(all.seen), filling{need: needMasked, text: bare[0], alike: bare[1:]})
	}
	all.raise()
	s.level = all.level
	if s.level == 0 {
		return
	}
	if s.joint == nil {
		g := gap{line: split(s.seen[0].text.Lines[s.number]), from: s.from, to: s.to}
		s.joint = &joint{label: g.label()}
	}
	var first *text
	for _, x := range all.seen {
		if x.need > s.level {
			continue
		}
		if first == nil {
			first = x.text
		}
		f.joinAt(s, x.text, first, x.value)
		for _, t := range x.alike {
			f.joinAt(s, t, first, x.value)
		}
		s.joint.add(x.value, x.text.Seen)
	}
}

// raise sets the level to that for which enough was seen, and reports whether it was less.
func (e *evidence) raise() bool {
	hasName := slices.ContainsFunc(e.seen, func(x filling) bool { return standsForName(x.value) })
	hasMasked := slices.ContainsFunc(e.seen, func(x filling) bool { return isPlaceholder(x.value) })
	for _, level := range [...]uint8{needCode, needName, needData, needMasked} {
		if level <= e.level {
			break
		}
		enough := level
		// Where a placeholder was seen, there are values: a second one suffices.
		if hasMasked && level <= needData || hasName && level == needName {
			enough = needMasked
		}
		n := uint8(0)
		for _, x := range e.seen {
			if x.need <= level {
				n++
			}
			if n == enough {
				e.level = level
				return true
			}
		}
	}
	return false
}

// maxJoint bounds the values of a joint that are known.
const maxJoint = 500

// add notes a value that was seen first then, unless it is known.
func (j *joint) add(text string, seen time.Time) {
	if len(j.values) < maxJoint && !slices.ContainsFunc(j.values, func(v Value) bool { return v.Text == text }) {
		j.values = append(j.values, Value{text, seen})
	}
}

// joinAt makes the families of t, which has at in s, and first one.
func (f *Families) joinAt(s *slot, t, first *text, at string) {
	f.join(t, first)
	if len(t.varies) == 0 {
		t.varies = append(t.varies, value{s.joint, at})
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
	if len(t.varies)+len(t.open) == 0 {
		return Place{Fingerprint: t.family().Fingerprint}
	}
	return placed(t.family().Fingerprint, slices.Concat(t.varies, t.open), t.Seen)
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
