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

// An OpenProblem is a thing whose last problem is not over.
type OpenProblem struct {
	meaning.Thing
	Standing
}

// Said is what the mails of one batch say of things, for an engine that keeps how they
// stand. The zero value is not ready for use; make it.
type Said map[meaning.Thing]*said

type said struct {
	bad   Span
	count int // of bad mails
	good  time.Time
}

// Things returns what the mails of v are about, and whether that are all: an entry of mails
// that differ only in what they are about has several.
func (v *Variant) Things() (things []meaning.Thing, all bool) {
	objects, all := v.Varying.values(ObjectLabel)
	if len(objects) == 0 {
		objects = []string{v.Meaning.Object}
	}
	for _, object := range objects {
		m := v.Meaning
		if m.Object = object; object != "" {
			things = append(things, m.Thing())
		}
	}
	return things, all
}

// GoodAt returns when the mails of v, which are good, said so of any of their things for
// sure: of one of several it may have been any of their times.
func (v *Variant) GoodAt() time.Time {
	if things, _ := v.Things(); len(things) > 1 {
		return v.First
	}
	return v.Last
}

// Add notes what the mails of a variant say.
func (all Said) Add(v *Variant) {
	if v.Meaning.Status == meaning.Info {
		return
	}
	things, _ := v.Things()
	for _, thing := range things {
		s := all[thing]
		if s == nil {
			s = &said{}
			all[thing] = s
		}
		if v.Meaning.Status.IsBad() {
			s.bad, s.count = s.bad.and(Span{v.First, v.Last}), s.count+max(v.Count/len(things), 1)
		} else {
			s.good = later(s.good, v.GoodAt())
		}
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
