package family

import "slices"

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

// A group is those texts of a pattern that differ only in what varies.
type group struct {
	texts  []openText // until they are joined, then the first one
	words  uint64     // hash of the open words of these
	joints []joint    // of the open words; nil until texts came in which they differ
}

// isOf reports whether a text with these open words is one error with those of g.
func (g *group) isOf(words uint64) bool { return g != nil && (g.joints != nil || g.words != words) }

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
		again := slices.ContainsFunc(varies, func(v value) bool { return v.text == w.value })
		if pt.vary(i, w) && !w.masked && !again {
			varies = append(varies, value{&joints[i], w.value})
		}
	}
	return varies
}

// findParsed returns the first text of the family of one that is not known, which is p, and what it
// has where that varies; nil if it is alone.
func (f *Families) findParsed(p parsed) (*text, []value) {
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

// fill notes what t, which is p, has in the open words of its pattern, and joins what is one error
// by that.
func (f *Families) fill(t *text, p parsed) {
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
		s.see(w.filling)
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
	t.varies = pt.values(g.joints, t.words)
	for _, v := range t.varies {
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
		joints[i].label = l.label(w.from)
	}
	return joints
}
