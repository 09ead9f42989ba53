// Package family finds out which masked texts are one error whose text varies in
// words that no mask can know: "Job import_customers failed" and "Job sync_invoices
// failed".
//
//	d := family.Compare([]string{"Job import_customers failed"}, []string{"Job sync_invoices failed"})
//	fmt.Println(d.Need, d.Shape) // 3 Job <…> failed: one error once 3 such names were seen
//
// [Families] learns texts and says to which family each belongs, and what varies in it.
// People overrule it with [Families.Merge] and [Families.Split]. To embed a Proxy, nothing
// is needed from here: see [failmail.Proxy.Merge].
//
// What it knows only grows and does not depend on the order in which texts came, so all
// who learn the same texts agree. It is bounded by [MaxTexts]. Families is safe for
// concurrent use, and in memory only: a Proxy keeps what was learned in its store, and
// notes again with the next mail what a crash has cost.
package family

import (
	"slices"
	"sync"
	"time"
)

// A Text is what a fingerprint stands for.
type Text struct {
	Fingerprint string
	Lines       []string  // masked; none of a text that has no family
	Seen        time.Time // when it came first
}

// MaxTexts bounds the texts that are learned. Those beyond it stand alone.
const MaxTexts = 5000

// maxMembers bounds the texts of a family that are evidence; of further ones only the values are kept.
const maxMembers = 64

// Families knows texts and which of them are one error. It is safe for concurrent
// use. The zero value and nil know none; nil learns none.
type Families struct {
	mu       sync.RWMutex
	texts    map[string]*text
	patterns map[uint64]*pattern
	read     int             // texts whose lines are known
	merged   [][2]string     // by a person
	alone    map[string]bool // split off by a person
	full     bool
	noted    map[string]noted // to be learned
	changes  int              // counts what may move a text
}

// A Place says where a text stands.
type Place struct {
	// Fingerprint is that of the family, or of the text where it is alone. That of
	// a family is that of its text which was learned first.
	Fingerprint string
	// Values are what the text has where its family varies, the newest one there in
	// front; none if it is alone.
	Values []PlaceValue
}

// A PlaceValue is what a text has at one of the places where its family varies.
type PlaceValue struct {
	Label, Text string
	Seen        time.Time // when it was first seen there; zero if it never was
}

// IsNew reports whether the text has a value that was not seen until then.
func (p Place) IsNew(then time.Time) bool {
	return len(p.Values) > 0 && (p.Values[0].Seen.IsZero() || p.Values[0].Seen.After(then))
}

// Find returns where t stands.
func (f *Families) Find(t Text) Place {
	if f == nil {
		return Place{Fingerprint: t.Fingerprint}
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	p, _ := f.find(t)
	return p
}

// find returns where t stands, and the first text of its family; nil if it is alone.
func (f *Families) find(t Text) (Place, *text) {
	if known := f.texts[t.Fingerprint]; known != nil {
		return known.place(), known.family()
	}
	if f.alone[t.Fingerprint] || len(t.Lines) == 0 {
		return Place{Fingerprint: t.Fingerprint}, nil
	}
	first, varies := f.findParsed(parse(t.Lines))
	if first == nil {
		return Place{Fingerprint: t.Fingerprint}, nil
	}
	return placed(first.Fingerprint, varies, time.Time{}), first
}

// Of returns the fingerprint of the family of one that is known, or else itself.
func (f *Families) Of(fingerprint string) string {
	if f == nil {
		return fingerprint
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	if known := f.texts[fingerprint]; known != nil {
		return known.family().Fingerprint
	}
	return fingerprint
}

// Members returns the fingerprints that are known, each with that of its family.
func (f *Families) Members() map[string]string {
	f.mu.RLock()
	defer f.mu.RUnlock()
	members := make(map[string]string, len(f.texts))
	for fingerprint, t := range f.texts {
		members[fingerprint] = t.family().Fingerprint
	}
	return members
}

// maxVarying bounds the places of a family that [Families.Varying] returns.
const maxVarying = 16

// A Varying is a place that varies in a family, and what was seen there.
type Varying struct {
	Label  string
	Values []Value // the first ones first
	Full   bool    // further values are not remembered
}

// Varying returns the places that vary in the family of a fingerprint; none if it is alone.
func (f *Families) Varying(fingerprint string) (all []Varying) {
	if f == nil {
		return nil
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	known := f.texts[fingerprint]
	if known == nil {
		return nil
	}
	first, seen := known.family(), make(map[*joint]bool)
	for _, t := range append([]*text{first}, first.members...) {
		for _, v := range t.varies {
			if seen[v.joint] || len(v.values) < 2 {
				continue
			}
			seen[v.joint] = true
			at := slices.IndexFunc(all, func(other Varying) bool { return other.Label == v.label })
			if at < 0 && len(all) == maxVarying {
				continue
			} else if at < 0 {
				at, all = len(all), append(all, Varying{Label: v.label})
			}
			all[at].Full = all[at].Full || len(v.values) == maxJoint || f.read >= MaxTexts || !f.hasRoom(first)
			for _, value := range v.values {
				if !slices.ContainsFunc(all[at].Values, func(x Value) bool { return x.Text == value.Text }) {
					all[at].Values = append(all[at].Values, value)
				}
			}
		}
	}
	return all
}

// Size returns how many texts are known of the family of a fingerprint; 1 if it is alone.
func (f *Families) Size(fingerprint string) int {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if known := f.texts[fingerprint]; known != nil {
		return 1 + len(known.family().members)
	}
	return 1
}

// Len returns how many texts were learned.
func (f *Families) Len() int {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.read
}

// Full reports whether no more texts are learned.
func (f *Families) Full() bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.full
}

// Learn adds t. Whoever shares what is known learns the same texts; their order
// decides only what a family is called.
func (f *Families) Learn(t Text) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.texts[t.Fingerprint]
	if known.isRead() || len(t.Lines) == 0 {
		return
	}
	p := parse(t.Lines)
	if known == nil {
		var first *text
		var varies []value
		if !f.alone[t.Fingerprint] {
			first, varies = f.findParsed(p)
		}
		switch {
		case first.isLarge() && f.hasRoom(first): // it is one of those, and no more evidence
			member := f.text(Text{Fingerprint: t.Fingerprint, Seen: t.Seen})
			member.varies = varies
			for _, v := range varies {
				v.add(v.text, t.Seen)
			}
			f.join(member, first)
			return
		case first.isLarge():
			return
		case f.read >= MaxTexts:
			f.full = true
			return
		}
		known = f.text(t)
	}
	f.read++
	known.Text = t
	f.changes++
	if !f.alone[t.Fingerprint] {
		f.fill(known, p)
	}
}

// hasRoom reports whether more texts of a large family, of which first is, are remembered for their
// values.
func (f *Families) hasRoom(first *text) bool {
	return len(first.members) < maxJoint && len(f.texts) < 2*MaxTexts
}

// text returns what is known of a text, which is made known if need be.
func (f *Families) text(t Text) *text {
	if known := f.texts[t.Fingerprint]; known != nil {
		return known
	}
	if f.texts == nil {
		f.texts, f.patterns = make(map[string]*text), make(map[uint64]*pattern)
	}
	added := &text{Text: t, order: len(f.texts)}
	f.texts[t.Fingerprint] = added
	return added
}

// Merge makes two fingerprints one family, whatever their texts.
func (f *Families) Merge(a, b string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes++
	f.merged = append(f.merged, [2]string{a, b})
	one, other := f.text(Text{Fingerprint: a}), f.text(Text{Fingerprint: b})
	if f.alone[a] || f.alone[b] { // they are evidence again
		delete(f.alone, a)
		delete(f.alone, b)
		f.rebuild()
		return
	}
	f.join(one, other)
}

// Split takes a fingerprint out of its family; it stays alone until it is merged.
func (f *Families) Split(fingerprint string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.alone == nil {
		f.alone = make(map[string]bool)
	}
	f.alone[fingerprint] = true
	f.merged = slices.DeleteFunc(f.merged, func(pair [2]string) bool { return slices.Contains(pair[:], fingerprint) })
	f.rebuild()
}

// rebuild finds the families again, from all texts.
func (f *Families) rebuild() {
	f.changes++
	texts := make([]*text, 0, len(f.texts))
	for _, t := range f.texts {
		texts = append(texts, t)
	}
	slices.SortFunc(texts, func(a, b *text) int { return a.order - b.order })
	f.patterns = make(map[uint64]*pattern)
	for _, t := range texts {
		t.first, t.members, t.varies = nil, nil, nil
	}
	for _, pair := range f.merged {
		f.join(f.texts[pair[0]], f.texts[pair[1]])
	}
	for _, t := range texts {
		if !f.alone[t.Fingerprint] {
			f.fill(t, parse(t.Lines))
		}
	}
}
