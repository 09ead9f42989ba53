package recognise

import (
	"slices"
	"sync"
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
)

// Open knows which things senders have said to be in a bad state. Of a sender whose mails are
// not known, what ends a problem may call it otherwise than what began it: "Freezer 2 is too
// warm", "Freezer 2 is cold again". It is bounded, and safe for concurrent use. The zero value
// knows nothing; nil learns nothing.
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
	endsAs string // what the mail that ended it was about; empty while it is open
}

// Bounds of what is known.
const (
	maxOpenSenders = 1000
	maxOpenThings  = 50 // of a sender
)

// Note notes what m says at a time, and returns it about the thing that it ends, if it ends
// one that it calls otherwise.
func (o *Open) Note(m meaning.Meaning, at time.Time) meaning.Meaning {
	if o == nil || m.Object == "" || m.Sender != "" || !m.Status.IsBad() && !m.Status.IsGood() {
		return m
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	of := o.senders[m.Source]
	if m.Status.IsBad() {
		o.of(m.Source, at).open(m.Object)
	} else if of != nil {
		m.Object = of.end(m)
	}
	return m
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
	if i := of.index(object); i >= 0 {
		thing := of.things[i]
		thing.endsAs = ""
		of.things = append(slices.Delete(of.things, i, i+1), thing)
		return
	}
	if len(of.things) >= maxOpenThings {
		of.things = slices.Delete(of.things, 0, 1)
	}
	of.things = append(of.things, openThing{object: object, names: namesOf(object)})
}

func (of *opened) index(object string) int {
	return slices.IndexFunc(of.things, func(t openThing) bool { return t.object == object })
}

// end returns the object of the thing that m ends; that of m if there is none, or if there are
// several that it could be.
func (of *opened) end(m meaning.Meaning) string {
	if i := of.index(m.Object); i >= 0 {
		of.things[i].endsAs = m.Object
		return m.Object
	}
	ends := namesOf(m.Object)
	shared := of.shared()
	best, most, several := -1, 0, false
	for i := range of.things {
		t := &of.things[i]
		switch score := ends.ends(t.names, shared, m.Status); {
		case score > most:
			best, most, several = i, score, false
		case score == most:
			several = true
		}
	}
	if best < 0 || several || of.things[best].endsAs != "" && of.things[best].endsAs != m.Object {
		return m.Object
	}
	of.things[best].endsAs = m.Object
	return of.things[best].object
}

// shared returns the words that all things have, which tell none of them from others: the name
// of a machine, of what watches it. Of one thing alone that is not known.
func (of *opened) shared() (n names) {
	if len(of.things) < 2 {
		return names{}
	}
	n.ids, n.words = slices.Clone(of.things[0].names.ids), slices.Clone(of.things[0].names.words)
	for i := range of.things {
		n.ids = slices.DeleteFunc(n.ids, func(word string) bool { return !slices.Contains(of.things[i].names.ids, word) })
		n.words = slices.DeleteFunc(n.words, func(word string) bool { return !slices.Contains(of.things[i].names.words, word) })
	}
	return n
}

// periods tell a job from others.
var periods = setOf(`daily weekly monthly`)

// ends returns how well n, of a mail that says that something is well, fits a thing that was
// not, by what not all things share; 0 if it may be about another one.
func (n names) ends(of, shared names, status meaning.Status) int {
	ids, idsMissed, idsMore := common(n.ids, of.ids)
	words, wordsMissed, wordsMore := common(n.words, of.words)
	switch {
	case idsMissed > 0 && idsMore > 0:
		return 0 // srv7 and srv8
	case idsMissed > 0 && wordsMore > 1, idsMore > 0 && wordsMissed > 1:
		return 0 // disk 3, and another part of the same machine
	case len(ids) == 0 && len(words) < 2:
		return 0
	case len(ids) == 0 && wordsMissed > 0 && wordsMore > 1:
		return 0
	case status == meaning.OK && (idsMissed > 0 || idsMore > 0 || wordsMissed > 0 && wordsMore > 0):
		return 0 // a job that went well, though perhaps another one
	}
	_, ownIDs, _ := common(ids, shared.ids)
	_, ownWords, _ := common(words, shared.words)
	return 3*ownIDs + ownWords
}

// common returns the words of a that are in b, and how many of each are not in the other one.
func common(a, b []string) (both []string, onlyA, onlyB int) {
	for _, word := range a {
		if slices.Contains(b, word) {
			both = append(both, word)
		} else {
			onlyA++
		}
	}
	for _, word := range b {
		if !slices.Contains(a, word) {
			onlyB++
		}
	}
	return both, onlyA, onlyB
}
