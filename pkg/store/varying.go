package store

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"
)

// A Value is what one mail has at a place where the mails of its variant differ.
type Value struct {
	Label string // what the place looks like, such as "order <num>"
	Text  string
}

// Bounds of Varying.
const (
	maxPlaces     = 8  // kept of a variant
	maxCandidates = 24 // values kept of a place, to find the most frequent ones
	maxTop        = 10 // most frequent values that are told of a place
	maxMinima     = 32 // hashes kept of a place, to estimate how many values there are
)

// Varying counts what varies from mail to mail of a variant, in bounded space:
// the most frequent values of each place nearly exactly, the number of different
// ones exactly up to 32 and within a fifth beyond. The zero value is empty.
type Varying struct {
	places []place
	said   Span // see Entry.Said; zero if that is when the mails came
}

// A Variation is what is known of one place.
type Variation struct {
	Label    string
	Distinct int            // different values
	Exact    bool           // Distinct is no estimate
	Top      []CountedValue // the most frequent first, ten at most
}

// A CountedValue is a value with the number of its mails, which may be up to Over
// too many where there are many values.
type CountedValue struct {
	Text  string `json:"v"`
	Count int    `json:"n"`
	Over  int    `json:"o,omitempty"`
}

type place struct {
	Label      string         `json:"label"`
	Candidates []CountedValue `json:"top"`
	// Minima are the smallest hashes of values (Bar-Yossef et al. 2002): how
	// close they lie together tells how many values there are.
	Minima []uint64 `json:"min,omitempty"`
}

// Add counts the values of one mail. Their labels say which belong together:
// mails of a variant may have different messages.
func (v *Varying) Add(values []Value) {
	var taken uint32 // places that have a value of this mail
	for _, value := range values {
		if p, i := v.place(value.Label, taken); p != nil {
			p.add(CountedValue{Text: value.Text, Count: 1})
			taken |= 1 << i
		}
	}
}

// note takes note of when e says what it says.
func (v *Varying) note(e *Entry) {
	if !e.Said.IsZero() {
		v.said = v.said.and(Span{e.Said, e.Said})
	}
}

// Complete counts value for the mails of a variant, of which there are so many, that
// have none at the place: they came before it was known to vary.
func (v *Varying) Complete(value Value, mails int) {
	p, _ := v.place(value.Label, 0)
	if p == nil {
		return
	}
	for _, c := range p.Candidates {
		mails -= c.Count - c.Over
	}
	if mails > 0 {
		p.add(CountedValue{Text: value.Text, Count: mails})
	}
}

// place returns the first place of that label which is not taken, a new one if
// need be; nil if there are too many.
func (v *Varying) place(label string, taken uint32) (p *place, i int) {
	for i := range v.places {
		if v.places[i].Label == label && taken&(1<<i) == 0 {
			return &v.places[i], i
		}
	}
	if len(v.places) == maxPlaces {
		return nil, 0
	}
	v.places = append(v.places, place{Label: label})
	return &v.places[len(v.places)-1], len(v.places) - 1
}

// Merge adds what other has counted.
func (v *Varying) Merge(other *Varying) {
	v.said = v.said.and(other.said)
	var taken uint32
	for _, from := range other.places {
		into, i := v.place(from.Label, taken)
		if into == nil {
			continue
		}
		taken |= 1 << i
		for _, c := range from.Candidates {
			into.add(c)
		}
		for _, h := range from.Minima {
			into.addHash(h)
		}
	}
}

func (p *place) add(c CountedValue) {
	p.addHash(hashOf(c.Text))
	for i := range p.Candidates {
		if p.Candidates[i].Text == c.Text {
			p.Candidates[i].Count += c.Count
			p.Candidates[i].Over += c.Over
			return
		}
	}
	if len(p.Candidates) < maxCandidates {
		p.Candidates = append(p.Candidates, c)
		return
	}
	// Space-Saving (Metwally et al. 2005): the rarest one makes room, and hands
	// its count on, so that a frequent value is never missed.
	rarest := 0
	for i := range p.Candidates {
		if p.Candidates[i].Count < p.Candidates[rarest].Count {
			rarest = i
		}
	}
	inherited := p.Candidates[rarest].Count
	p.Candidates[rarest] = CountedValue{c.Text, inherited + c.Count, inherited + c.Over}
}

func (p *place) addHash(h uint64) {
	if len(p.Minima) == maxMinima && h >= p.Minima[maxMinima-1] {
		return
	}
	i, found := slices.BinarySearch(p.Minima, h)
	if found {
		return
	}
	p.Minima = slices.Insert(p.Minima, i, h)
	p.Minima = p.Minima[:min(len(p.Minima), maxMinima)]
}

// hashOf is the same in every process: FNV-1a, mixed so that near values lie far
// apart.
func hashOf(text string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	return h ^ h>>33
}

// ObjectLabel is the label of the Value that is what a mail is about, where others of its
// variant may be about something else.
const ObjectLabel = "object"

// values returns those of the first place with a label, as far as they are surely known,
// and whether they are all.
func (v *Varying) values(label string) (texts []string, all bool) {
	for i := range v.places {
		p := &v.places[i]
		if p.Label != label {
			continue
		}
		for _, c := range p.Candidates {
			if c.Over == 0 {
				texts = append(texts, c.Text)
			}
		}
		distinct, exact := p.distinct()
		return texts, exact && len(texts) == distinct
	}
	return nil, true
}

// Labels returns those of all places, in order.
func (v *Varying) Labels() (labels []string) {
	for i := range v.places {
		labels = append(labels, v.places[i].Label)
	}
	return labels
}

// Variations returns the places with more than one value, in order.
func (v *Varying) Variations() []Variation {
	var variations []Variation
	for _, p := range v.varying() {
		distinct, exact := p.distinct()
		top := slices.Clone(p.Candidates)
		slices.SortStableFunc(top, func(a, b CountedValue) int {
			return cmp.Or(cmp.Compare(b.Count-b.Over, a.Count-a.Over), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Text, b.Text))
		})
		variations = append(variations, Variation{p.Label, distinct, exact, top[:min(len(top), maxTop)]})
	}
	return variations
}

// Common returns all places, in order, each with the value that all of so many mails have there;
// empty where they have several, or not all have one.
func (v *Varying) Common(mails int) []Value {
	values := make([]Value, len(v.places))
	for i, p := range v.places {
		values[i].Label = p.Label
		if len(p.Candidates) == 1 && p.Candidates[0].Count == mails {
			values[i].Text = p.Candidates[0].Text
		}
	}
	return values
}

// varying are the places with more than one value.
func (v *Varying) varying() (places []place) {
	for _, p := range v.places {
		if distinct, _ := p.distinct(); distinct > 1 {
			places = append(places, p)
		}
	}
	return places
}

// Told returns those variations that tell people something: a value that stands in several places
// varies in all of them, and is told once.
func (v *Varying) Told() (told []Variation) {
	var places []place // of told
	all := v.varying()
	for i, variation := range v.Variations() {
		p := all[i]
		if !slices.ContainsFunc(places, func(before place) bool { return slices.Equal(before.Minima, p.Minima) }) {
			told, places = append(told, variation), append(places, p)
		}
	}
	return told
}

func (p *place) distinct() (n int, exact bool) {
	if len(p.Minima) < maxMinima {
		return len(p.Minima), true
	}
	return int((maxMinima - 1) / (float64(p.Minima[maxMinima-1]) / math.MaxUint64)), false
}

// Clone returns a copy of v that shares nothing with it.
func (v *Varying) Clone() Varying {
	c := Varying{places: slices.Clone(v.places), said: v.said}
	for i := range c.places {
		c.places[i].Candidates = slices.Clone(c.places[i].Candidates)
		c.places[i].Minima = slices.Clone(c.places[i].Minima)
	}
	return c
}

// An encodedVarying is a Varying as JSON. Where nothing is known of Said, that is only the
// list of places, as it has been from the start.
type encodedVarying struct {
	Places []place  `json:"places"`
	Said   [2]int64 `json:"said"` // microseconds since the Unix epoch
}

// Encode returns v as JSON, for an engine to keep; empty if v is.
func (v *Varying) Encode() string {
	var encoded any = v.places
	switch {
	case v.said != Span{}:
		encoded = encodedVarying{v.places, [2]int64{v.said.First.UnixMicro(), v.said.Last.UnixMicro()}}
	case len(v.places) == 0:
		return ""
	}
	text, err := json.Marshal(encoded)
	if err != nil {
		panic(err) // strings and numbers only
	}
	return string(text)
}

// DecodeVarying is the inverse of Encode.
func DecodeVarying(text string) (v Varying, err error) {
	if text == "" {
		return v, nil
	}
	if text[0] == '[' {
		err = json.Unmarshal([]byte(text), &v.places)
	} else {
		var encoded encodedVarying
		err = json.Unmarshal([]byte(text), &encoded)
		v = Varying{encoded.Places, Span{time.UnixMicro(encoded.Said[0]), time.UnixMicro(encoded.Said[1])}}
	}
	if err != nil {
		return Varying{}, fmt.Errorf("read what varies: %w", err)
	}
	return v, nil
}

// MarshalText implements encoding.TextMarshaler by Encode.
func (v Varying) MarshalText() ([]byte, error) { return []byte(v.Encode()), nil }

// UnmarshalText implements encoding.TextUnmarshaler by DecodeVarying.
func (v *Varying) UnmarshalText(text []byte) (err error) {
	*v, err = DecodeVarying(string(text))
	return err
}
