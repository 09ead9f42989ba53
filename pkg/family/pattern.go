package family

import (
	"slices"
	"strings"
)

// A pattern is a text in which each word that may vary is open, and what was seen there. It
// joins texts that differ in several places at once: "user anna on host alpha", "user ben on
// host beta".
type pattern struct {
	slots  []evidence // of the open words, in their order
	texts  []openText
	groups map[uint64]*group // by what does not vary
}

type openText struct {
	*text
	words []open
}

// An open word is one that may be another one in each text.
type open struct {
	need       uint8
	hash       uint64
	number, at int // the line, and the word of it
	text       string
}

// A group is those texts of a pattern that differ only in what varies.
type group struct {
	texts  []openText // until they are joined, then the first one
	words  uint64     // hash of the open words of these
	joints []joint    // of the open words; nil until texts came in which they differ
}

// isOf reports whether a text with these open words is one error with those of g.
func (g *group) isOf(words uint64) bool { return g != nil && (g.joints != nil || g.words != words) }

// maxOpen bounds the open words of a text: what is beyond does not vary.
const maxOpen = 64

// What stands for an open word in a hash; for a placeholder of a line that has no open words see
// level.
const openHash = 2

// opened returns the words of p that may vary, and the hash of the rest. A line has open words if
// at least as many of its words are its own. A value that stands in several places of the text
// varies in all of them.
func (p parsed) opened() (all []open, rest uint64) {
	values := make([]word, 0, 8)
	hasOwn := make([]bool, len(p))
	for number, l := range p {
		hasOwn[number] = l.hasOwn()
		for i, w := range l.words {
			if hasOwn[number] && len(values) < maxOpen && l.varies(i) && (w.need > needMasked || w.named) {
				values = append(values, w)
			}
		}
	}
	rest = 1
	for number, l := range p {
		h := uint64(1)
		for i, w := range l.words {
			need, at := w.need, slices.IndexFunc(values, func(value word) bool { return value.hash == w.hash })
			isValue := at >= 0
			if isValue {
				need = values[at].need
			}
			if len(all) < maxOpen && (isValue || hasOwn[number] && l.varies(i)) {
				all = append(all, open{need: need, hash: w.hash, number: number, at: i, text: l.word(i)})
				w.hash = openHash
			}
			h = h*prime + w.hash
		}
		rest = rest*linePrime + h
	}
	return all, rest
}

// hasOwn reports whether enough words of l are its own.
func (l *line) hasOwn() bool {
	own, values := 0, make([]uint64, 0, 8)
	for i, w := range l.words {
		switch {
		case !l.varies(i):
			own++
		case w.need > needMasked && !slices.Contains(values, w.hash):
			if values = append(values, w.hash); len(values) > len(l.words)/2 {
				return false
			}
		}
	}
	return own >= max(minContext, len(values))
}

// varies reports whether the i-th word may be another one in another text.
func (l *line) varies(i int) bool {
	w := l.words[i]
	return w.need != 0 && (w.need < needName || w.named) && !(i == 0 && isKey(l.word(i)))
}

// isKey reports whether word, in front of a line, is a name with dots of what speaks there, or
// is spoken of.
func isKey(word string) bool {
	return strings.IndexByte(word, '.') > 0 && !strings.ContainsAny(word, "0123456789/@<$")
}

// key is the hash of the words that do not vary in pt, and all that of all.
func (pt *pattern) key(words []open) (key, all uint64) {
	for i, w := range words {
		key *= prime
		if !pt.vary(i, w) {
			key += w.hash
		}
		all = all*prime + w.hash
	}
	return key, all
}

// vary reports whether others than w are one error at the i-th open word.
func (pt *pattern) vary(i int, w open) bool { return w.need <= pt.slots[i].level }

// values are what stands at the words that vary, each once; placeholders tell nothing.
func (pt *pattern) values(joints []joint, words []open) (varies []value) {
	for i, w := range words {
		again := slices.ContainsFunc(varies, func(v value) bool { return v.text == w.text })
		if pt.vary(i, w) && !isPlaceholder(w.text) && !again {
			varies = append(varies, value{&joints[i], w.text})
		}
	}
	return varies
}

// inPattern returns the first text of the family of one that is not known, by its pattern, and what
// it has where that varies; nil if it is alone.
func (f *Families) inPattern(p parsed) (*text, []value) {
	words, rest := p.opened()
	pt := f.patterns[rest]
	if pt == nil || len(words) != len(pt.slots) {
		return nil, nil
	}
	key, all := pt.key(words)
	g := pt.groups[key]
	if !g.isOf(all) {
		return nil, nil
	}
	joints, first := g.joints, g.texts[0]
	if joints == nil { // it is the first one that differs
		joints = pt.joints(first)
		for _, v := range pt.values(joints, first.words) {
			v.add(v.text, first.Seen)
		}
	}
	return first.family(), pt.values(joints, words)
}

// fillPattern notes what t, which is p, has in the open words of its pattern, and joins what is
// one error by that.
func (f *Families) fillPattern(t *text, p parsed) {
	words, rest := p.opened()
	if len(words) == 0 {
		return
	}
	pt := f.patterns[rest]
	if pt == nil {
		pt = &pattern{slots: make([]evidence, len(words)), groups: make(map[uint64]*group)}
		f.patterns[rest] = pt
	} else if len(words) != len(pt.slots) {
		return // another text has this hash by chance
	}
	added, raised := openText{t, words}, false
	pt.texts = append(pt.texts, added)
	for i, w := range words {
		s := &pt.slots[i]
		s.see(t, w.text, w.need)
		raised = s.raise() || raised
	}
	if !raised {
		f.joinGroup(pt, added)
		return
	}
	clear(pt.groups)
	for _, t := range pt.texts {
		f.joinGroup(pt, t)
	}
}

// joinGroup makes the families of t and of what differs from it only where pt varies one. Texts
// of which only signs differ are not, unless others of them vary.
func (f *Families) joinGroup(pt *pattern, t openText) {
	key, words := pt.key(t.words)
	g := pt.groups[key]
	if g == nil {
		g = &group{words: words}
		pt.groups[key] = g
	}
	if !g.isOf(words) {
		g.texts = append(g.texts, t)
		return
	}
	if g.joints == nil {
		g.joints = pt.joints(g.texts[0])
		for _, before := range g.texts {
			f.joinIn(g, pt, before)
		}
		g.texts = g.texts[:1]
	}
	f.joinIn(g, pt, t)
}

// joinIn makes t one of the family of g, and notes what it has where that varies.
func (f *Families) joinIn(g *group, pt *pattern, t openText) {
	t.open = pt.values(g.joints, t.words)
	for _, v := range t.open {
		v.add(v.text, t.Seen)
	}
	f.join(t.text, g.texts[0].text)
}

// joints returns those of a group which begins with t.
func (pt *pattern) joints(t openText) []joint {
	joints := make([]joint, len(t.words))
	number, l := -1, (*line)(nil)
	for i, w := range t.words {
		if w.number != number {
			number, l = w.number, split(t.Lines[w.number])
		}
		joints[i].label = gap{line: l, from: w.at, to: w.at + 1}.label()
	}
	return joints
}
