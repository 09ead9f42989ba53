package recognise

import (
	"slices"
	"sync"
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
)

// Open knows what senders have said to be in a bad state. Of a sender whose mails are not
// known, what ends a problem may call it otherwise than what began it: "Service 'shop' is
// offline", "Note: service 'shop' is online again". What is known is bounded; it is safe for
// concurrent use. The zero value knows nothing; nil learns nothing.
type Open struct {
	mu      sync.Mutex
	senders map[string]*opened
}

// opened are the things of one sender, the one that was bad last at the end.
type opened struct {
	things []openThing
	last   time.Time
}

type openThing struct {
	object string
	names  names
	well   bool // it was heard to be since
}

// Bounds of what is known.
const (
	maxOpenSenders = 1000
	maxOpenThings  = 50 // of a sender
)

// Note notes what m says at a time, and returns it about the thing that it ends, which an unknown
// sender may call otherwise. ends says that the thing was in a bad state when it was heard of last.
func (o *Open) Note(m meaning.Meaning, at time.Time) (_ meaning.Meaning, ends bool) {
	if o == nil || m.Object == "" || !m.Status.IsBad() && !m.Status.IsGood() {
		return m, false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	key := m.Source + "\x00" + m.Sender
	if m.Status.IsBad() {
		o.of(key, at).open(m.Object)
		return m, false
	}
	of := o.senders[key]
	if of == nil {
		return m, false
	}
	if m.Sender == "" {
		m.Object = of.called(m)
	}
	if i := slices.IndexFunc(of.things, func(t openThing) bool { return t.object == m.Object }); i >= 0 {
		ends, of.things[i].well = !of.things[i].well, true
	}
	return m, ends
}

// of returns what is known of a sender, which is made known.
func (o *Open) of(sender string, at time.Time) *opened {
	of := o.senders[sender]
	if of == nil {
		if o.senders == nil {
			o.senders = make(map[string]*opened)
		}
		if len(o.senders) >= maxOpenSenders {
			o.forgetOldest()
		}
		of = &opened{}
		o.senders[sender] = of
	}
	of.last = at
	return of
}

func (o *Open) forgetOldest() {
	oldest := ""
	for sender, of := range o.senders {
		if oldest == "" || of.last.Before(o.senders[oldest].last) {
			oldest = sender
		}
	}
	delete(o.senders, oldest)
}

// open notes that object is in a bad state.
func (of *opened) open(object string) {
	if i := slices.IndexFunc(of.things, func(t openThing) bool { return t.object == object }); i >= 0 {
		thing := of.things[i]
		thing.well = false
		of.things = append(slices.Delete(of.things, i, i+1), thing)
		return
	}
	if len(of.things) >= maxOpenThings {
		of.things = slices.Delete(of.things, 0, 1)
	}
	of.things = append(of.things, openThing{object: object, names: namesOf(object)})
}

// called returns what the thing that m says is well was called when it was not: it has the same
// names, or further ones behind them, as in "Pump 4 of the greenhouse does not answer" and "Pump
// 4 of the greenhouse: recovered". It is the object of m if that is how, if it was never bad, or
// if it may be one of several.
func (of *opened) called(m meaning.Meaning) string {
	if slices.ContainsFunc(of.things, func(t openThing) bool { return t.object == m.Object }) {
		return m.Object
	}
	names := namesOf(m.Object)
	if m.Status == meaning.Recovery {
		names.words = slices.DeleteFunc(names.words, func(word string) bool { return restarts[word] })
	}
	if !names.areSure() {
		return m.Object
	}
	var same, more []string
	for _, t := range of.things {
		switch {
		case t.names.equal(names):
			same = append(same, t.object)
		case m.Status == meaning.Recovery && t.names.beginAs(names):
			more = append(more, t.object)
		}
	}
	switch {
	case len(same) == 1:
		return same[0]
	case len(same) == 0 && len(more) == 1:
		return more[0]
	}
	return m.Object
}
