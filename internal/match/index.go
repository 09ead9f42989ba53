package match

import (
	"math/bits"
	"slices"
)

// An Index finds which of many Matchers hold, at the cost of those few that may. It is safe for
// concurrent use.
type Index struct {
	list []Matchers
	// What must be there for Matchers to hold: a field, or a text in the value of a name.
	// Those of which nothing is known stand in others.
	fields []*named[set]
	texts  []*named[texts]
	others set
}

type named[T any] struct {
	name string
	of   T
}

// texts are the parts of values by which Matchers are found.
type texts struct {
	may   [1024]uint64 // bits of parts, as most are none
	found map[part]set
}

// A part is the beginning of a literal.
type part [3]byte

func (p part) hash() (word, bit uint32) {
	h := (uint32(p[0])<<16 | uint32(p[1])<<8 | uint32(p[2])) * 0x9E3779B1 >> 16
	return h / 64, h % 64
}

// NewIndex returns the index of list, in which the first ones go before others.
func NewIndex(list []Matchers) *Index {
	x := &Index{list: list, others: newSet(len(list))}
	for i, matchers := range list {
		x.add(i, matchers)
	}
	return x
}

// add notes what must be there for the i-th Matchers.
func (x *Index) add(i int, matchers Matchers) {
	var best *matcher
	for k := range matchers {
		m := &matchers[k]
		if !m.empty && (best == nil || shortest(m.literals) > shortest(best.literals)) {
			best = m
		}
	}
	switch {
	case best == nil:
		x.others = x.others.with(i, len(x.list))
	case shortest(best.literals) >= len(part{}):
		byName(&x.texts, best.Name).add(best.literals, i, len(x.list))
	case isField(best.Name):
		fields := byName(&x.fields, best.Name)
		*fields = fields.with(i, len(x.list))
	default:
		x.others = x.others.with(i, len(x.list))
	}
}

// byName returns what list has of a name, which is added if need be.
func byName[T any](list *[]*named[T], name string) *T {
	i := slices.IndexFunc(*list, func(n *named[T]) bool { return n.name == name })
	if i < 0 {
		i = len(*list)
		*list = append(*list, &named[T]{name: name})
	}
	return &(*list)[i].of
}

// First returns which Matchers are the first that hold for the values of their names; -1 if
// none do.
func (x *Index) First(value func(name string) string) int {
	var room [8]uint64 // of nearly all sets
	may := append(set(room[:0]), x.others...)
	for _, field := range x.fields {
		if value(field.name) != "" {
			may.add(field.of)
		}
	}
	for _, t := range x.texts {
		t.of.find(value(t.name), may)
	}
	for word, left := range may {
		for ; left != 0; left &= left - 1 {
			if i := word*64 + bits.TrailingZeros64(left); x.list[i].Match(value) {
				return i
			}
		}
	}
	return -1
}

// add notes that the i-th Matchers hold only where one of literals is.
func (t *texts) add(literals []string, i, size int) {
	if t.found == nil {
		t.found = make(map[part]set)
	}
	for _, literal := range literals {
		p := part([]byte(literal[:len(part{})]))
		word, bit := p.hash()
		t.may[word] |= 1 << bit
		t.found[p] = t.found[p].with(i, size)
	}
}

// find adds those to found of which v has a part.
func (t *texts) find(v string, found set) {
	for i := 0; i+len(part{}) <= len(v); i++ {
		p := part{v[i], v[i+1], v[i+2]}
		if word, bit := p.hash(); t.may[word]&(1<<bit) != 0 {
			found.add(t.found[p])
		}
	}
}

// A set is one of small numbers, as bits.
type set []uint64

func newSet(size int) set { return make(set, (size+63)/64) }

// with is s, of numbers below size, with i.
func (s set) with(i, size int) set {
	if s == nil {
		s = newSet(size)
	}
	s[i/64] |= 1 << (i % 64)
	return s
}

// add adds all of other to s.
func (s set) add(other set) {
	for i, word := range other {
		s[i] |= word
	}
}
