package family

import "iter"

// maxGap is how many words a gap holds at most.
const maxGap = 6

// minContext is how many words there are at least around a gap.
const minContext = 2

// Gap stands for what varies in a family.
const Gap = "<…>"

// A gap is a place in a line of a text where another text may have other words, or
// none.
type gap struct {
	line     *line
	number   int // of the line
	from, to int // words of the line in the gap
	need     uint8
	around   uint64 // hash of all the text but what is in the gap
	place    uint64 // and of where in it the gap is
}

// value is what stands in the gap.
func (g gap) value() string {
	if g.from == g.to {
		return ""
	}
	return g.line.text[g.line.words[g.from].from:g.line.words[g.to-1].to]
}

// shape is the line with the gap as <…>, and whatever varies with it.
func (g gap) shape() string {
	words := g.line.words
	switch {
	case g.from < g.to:
		return g.line.text[:words[g.from].from] + Gap + g.line.text[words[g.to-1].to:]
	case g.from < len(words):
		return g.line.text[:words[g.from].from] + "<…> " + g.line.text[words[g.from].from:]
	}
	return g.line.text + " " + Gap
}

// label is what the place is called: the words in front of it.
func (g gap) label() string {
	from := max(0, g.from-2)
	if from == g.from {
		return Gap
	}
	return g.line.text[g.line.words[from].from:g.line.words[g.from-1].to] + " " + Gap
}

// A parsed text is one as its lines.
type parsed []*line

func parse(lines []string) parsed {
	p := make(parsed, len(lines))
	for i, text := range lines {
		p[i] = split(text)
	}
	return p
}

// hash is that of the whole text, which is the one around a gap with nothing in it.
func (p parsed) hash() uint64 {
	h := uint64(1) // lines without words count
	for _, l := range p {
		h = h*linePrime + l.hash()
	}
	return h
}

// firstOther returns the first word that is another one in q, which is alike: its line, and
// where it is in that.
func (p parsed) firstOther(q parsed) (number, at int, differs bool) {
	for number, l := range p {
		if number == len(q) || len(q[number].words) != len(l.words) {
			break
		}
		for i := range l.words {
			if l.word(i) != q[number].word(i) {
				return number, i, true
			}
		}
	}
	return 0, 0, false
}

// maxGaps bounds the gaps of a text: what is beyond does not vary.
const maxGaps = 256

// gaps yields the gaps in which something stands that may vary.
func (p parsed) gaps() iter.Seq[gap] {
	return func(yield func(gap) bool) {
		room := maxGaps
		for number, l := range p {
			n := len(l.words)
			for from := range n {
				need := uint8(0)
				for to := from + 1; to <= min(n, from+maxGap); to++ {
					left := n - (to - from)
					w := l.words[to-1]
					if left < minContext || left < to-from || w.need == 0 || w.need >= needName || w.named {
						break // a name is found by a pattern; several words are a sentence
					}
					need = max(need, w.need)
					if room--; room < 0 || !yield(p.gap(number, from, to, need)) {
						return
					}
				}
			}
		}
	}
}

func (p parsed) gap(number, from, to int, need uint8) gap {
	g := gap{line: p[number], number: number, from: from, to: to, need: need, around: 1}
	for i, l := range p {
		at, end := len(l.words), len(l.words) // the gap is in another line
		if i == number {
			at, end = from, to
		}
		g.around = g.around*linePrime + l.hashAround(at, end)
	}
	g.place = g.around*prime + uint64(number*maxWords+from)
	return g
}
