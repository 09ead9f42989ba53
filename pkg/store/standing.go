package store

import (
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
)

// A Standing is how a thing stood when it was last heard of. The zero value says that
// it never was in a bad state.
type Standing struct {
	Since time.Time // when its last problem began
	Bad   time.Time // when it was last said that it is in a bad state
	Good  time.Time // when it was last said that it is not; zero if never
	Count int       // mails that said it is in a bad state, ever
}

// IsOpen reports whether the last problem is not over, as far as is known.
func (s Standing) IsOpen() bool { return s.Count > 0 && s.Bad.After(s.Good) }

// Said is what the mails of one batch say of things, for an engine that keeps how they
// stand. The zero value is not ready for use; make it.
type Said map[meaning.Thing]*said

type said struct {
	bad   Span
	count int // of bad mails
	good  time.Time
}

// A Part is what the mails of a variant say of one thing.
type Part struct {
	meaning.Thing
	Span
	Count    int
	Standing Standing // before the batch
	// Problem is the ID of the problem on which they count; empty if that is not known. OfThing
	// says that it is that of the thing, whatever they say of it.
	Problem string
	OfThing bool
	New     bool // its mails were never seen before
}

// Parts returns what the mails of v say of each thing, and whether that are all. Where a
// variant was counted for several things at once, the times are those that are sure: of
// what is bad when it was last so, of what is good when it was first.
func (v *Variant) Parts() (parts []Part, all bool) {
	if v.parts != nil {
		return v.parts, !v.incomplete
	}
	objects, all := v.Varying.values(ObjectLabel)
	if len(objects) == 0 {
		objects = []string{v.Meaning.Object}
	}
	for _, object := range objects {
		m := v.Meaning
		if m.Object = object; object == "" {
			continue
		}
		p := Part{Thing: m.Thing(), Span: v.saidWithin(), Count: max(v.Count/len(objects), 1), New: v.Seen.Count == 0}
		if object == v.Meaning.Object {
			p.Standing = v.Standing
		}
		if len(objects) > 1 && m.Status.IsGood() {
			p.Last = p.First
		}
		parts = append(parts, p)
	}
	return parts, all
}

// saidWithin returns when its mails say first and last what they say.
func (v *Variant) saidWithin() Span {
	if v.Varying.said != (Span{}) {
		return v.Varying.said
	}
	return Span{v.First, v.Last}
}

// keepParts makes v remember what it says of each thing before it is merged with another
// variant.
func (v *Variant) keepParts() {
	parts, all := v.Parts()
	v.parts, v.incomplete = append(make([]Part, 0, len(parts)), parts...), !all
}

// Add notes what the mails of a variant say.
func (all Said) Add(v *Variant) {
	parts, _ := v.Parts()
	for _, p := range parts {
		all.add(v.Meaning.Status, p)
	}
}

func (all Said) add(status meaning.Status, p Part) {
	if status == meaning.Info {
		return
	}
	s := all[p.Thing]
	if s == nil {
		s = &said{}
		all[p.Thing] = s
	}
	if status.IsBad() {
		s.bad, s.count = s.bad.and(p.Span), s.count+p.Count
	} else {
		s.good = later(s.good, p.Last)
	}
}

// After returns how thing stands after the batch; before is how it stood. It is the
// definition of what the engines keep. Nothing is to be kept if its Count is 0.
func (all Said) After(thing meaning.Thing, before Standing) Standing {
	now, s := before, all[thing]
	if now.Good = later(before.Good, s.good); s.count == 0 {
		return now
	}
	since := s.bad.First
	ended := !s.good.IsZero() && s.good.Before(s.bad.Last)
	if ended {
		since = later(since, s.good) // it was over in between
	}
	if ended || !before.IsOpen() {
		now.Since = since
	}
	now.Bad, now.Count = later(before.Bad, s.bad.Last), before.Count+s.count
	return now
}

// SetProblem says on which problem the mails of v count, and whether it is that of the thing
// that they are about. A variant that others are merged into has those of all.
func (v *Variant) SetProblem(id string, ofThing bool) {
	v.keepParts()
	v.Problems = []string{id}
	for i := range v.parts {
		v.parts[i].Problem, v.parts[i].OfThing = id, ofThing
	}
}
