package family

import (
	"fmt"
	"slices"
	"strings"
)

// A Difference is what keeps two texts from being one error.
type Difference struct {
	// A and B are the first line that differs, of each; empty of a text that has no
	// such line.
	A, B string
	// Shape is the line with a gap in which both have a value, and Need how many values
	// must have been seen there before they are one error; empty and 0 if that never
	// suffices.
	Shape string
	Need  int
	// Why says why it never suffices, as a sentence.
	Why string
}

// Compare returns how two texts differ that are not the same.
func Compare(a, b []string) (d Difference) {
	number := 0
	for number < min(len(a), len(b)) && a[number] == b[number] {
		number++
	}
	if number < len(a) {
		d.A = a[number]
	}
	if number < len(b) {
		d.B = b[number]
	}
	if shape, need := commonPattern(parse(a), parse(b), number); need > 0 {
		d.Shape, d.Need = shape, need
	} else {
		d.Why = whyApart(d.A, d.B, len(a) == len(b) && slices.Equal(a[min(number+1, len(a)):], b[min(number+1, len(b)):]))
	}
	return d
}

// commonPattern returns how many values of each open word are needed for p and q to be one error,
// and the line with that number with a gap for each in which they differ; 0 if other words differ.
func commonPattern(p, q parsed, number int) (shape string, need int) {
	a, restA := p.opened()
	b, restB := q.opened()
	if restA != restB || len(a) != len(b) {
		return "", 0
	}
	from := 0
	for i, w := range a {
		if w.hash == b[i].hash {
			continue
		}
		need = max(need, neededOf(w.filling, b[i].filling))
		if w.number == number {
			l := p[number]
			shape += l.text[from:l.words[w.from].from] + Gap
			from = l.words[w.to-1].to
		}
	}
	if need > 0 {
		shape += p[number].text[from:]
	}
	return shape, need
}

// whyApart says why the values in which two lines differ never become one error, and
// isOnly that no other line differs.
func whyApart(a, b string, isOnly bool) string {
	la, lb := split(a), split(b)
	if len(la.words) == 0 || len(lb.words) == 0 {
		return "one of them has nothing there"
	}
	from, toA, toB := 0, len(la.words), len(lb.words)
	for from < min(toA, toB) && la.words[from].hash == lb.words[from].hash {
		from++
	}
	for toA > from && toB > from && la.words[toA-1].hash == lb.words[toB-1].hash {
		toA, toB = toA-1, toB-1
	}
	names := 0
	for _, part := range [...]struct {
		*line
		to int
	}{{la, toA}, {lb, toB}} {
		for i := from; i < part.to; i++ {
			switch w := part.words[i]; {
			case links[strings.ToLower(part.word(i))] && part.to-from > 1:
				return "they differ in several words, as two sentences do"
			case w.need == 0:
				return fmt.Sprintf("%q says what happened", part.word(i))
			case w.need >= needName && part.to-from > 1:
				return "they differ in several words, as two sentences do"
			case w.need >= needName && !w.named:
				return fmt.Sprintf("%q is a word that stands neither in quotes nor behind what it could be the name of, such as job or queue", part.word(i))
			}
			names++
		}
	}
	switch {
	case names == 0:
		return "they differ only in signs; they merge with others of which the words vary"
	case !isOnly:
		return "they differ in more than one line"
	case toA-from != toB-from:
		return "one of them has more words there"
	}
	return "too few words of the line are the same"
}
