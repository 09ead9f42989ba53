package family

import (
	"slices"
	"strings"
)

// Gap stands for what varies in a family.
const Gap = "<…>"

// minContext is how many words of a line are at least its own.
const minContext = 2

// maxOpen bounds the open words of a text: what is beyond does not vary.
const maxOpen = 64

// openHash stands for an open word in the hash of a text.
const openHash = 2

// A parsed text is one as its lines.
type parsed []*line

func parse(lines []string) parsed {
	p := make(parsed, len(lines))
	for i, text := range lines {
		p[i] = split(text)
	}
	return p
}

// An open word is one that may be another one in each text. A list of placeholders is one, however
// long, but not with what stands in brackets on its own: "pump7.example [<ip>]".
type open struct {
	filling
	hash     uint64
	number   int // of the line
	from, to int // words of it
}

// opened returns the words of p that may vary, and the hash of the rest. A value that stands in
// several places of the text varies in all of them.
func (p parsed) opened() (all []open, rest uint64) {
	values := make([]word, 0, 8)
	opens, own := make([]func(i int) bool, len(p)), p.own()
	for number, l := range p {
		opens[number] = l.opens(own)
		for i, w := range l.words {
			if w.need <= needMasked && !w.named || !opens[number](i) {
				continue
			}
			if at := slices.IndexFunc(values, func(value word) bool { return value.hash == w.hash }); at >= 0 {
				values[at].need, values[at].named = min(values[at].need, w.need), values[at].named || w.named
			} else if len(values) < maxOpen {
				values = append(values, w)
			}
		}
	}
	rest = 1
	for number, l := range p {
		h, inList := uint64(1), false
		for i, w := range l.words {
			isOpen := opens[number](i)
			isNoun := i+1 < len(l.words) && l.words[i+1].hash == w.hash && nouns[l.word(i)] // invalid user user
			if at := slices.IndexFunc(values, func(value word) bool { return value.hash == w.hash }); at >= 0 && !isNoun {
				w.need, w.named, isOpen = values[at].need, values[at].named, true
			}
			isListed := isOpen && w.need == needMasked && !w.named
			switch last := len(all) - 1; {
			case isListed && inList && !l.standsAside(i):
				all[last].extend(l, w)
				continue
			case isOpen && len(all) < maxOpen:
				o := open{hash: w.hash, number: number, from: i, to: i + 1}
				o.value, o.need, o.masked = l.word(i), w.need, isPlaceholder(l.word(i))
				all, inList, w.hash = append(all, o), isListed, openHash
			default:
				inList = false
			}
			h = h*prime + w.hash
		}
		rest = rest*linePrime + h
	}
	return all, rest
}

// standsAside reports whether the i-th word is in brackets, and not one of a list with the one in front of it:
// "web<num> (<hex>)", but "localhost (<ip>)".
func (l *line) standsAside(i int) bool {
	before, between := l.word(i-1), l.text[l.words[i-1].to:l.words[i].from]
	return strings.Contains(between, " [") ||
		strings.Contains(between, " (") && strings.IndexByte(before, '<') >= 0 && !isPlaceholder(before) && !standsForName(l.word(i))
}

// extend adds the next word of l, which is w.
func (o *open) extend(l *line, w word) {
	o.masked = o.masked && isPlaceholder(l.text[w.from:w.to])
	o.value, o.hash = l.text[l.words[o.from].from:w.to], o.hash*prime+w.hash
	o.to++
}

// opens returns which words of l may vary, of a text that has so many words of its own. In a line of
// which less is its own than varies, those are placeholders only.
func (l *line) opens(ofAll int) func(i int) bool {
	own, made, others, masked, values := l.own(), 0, 0, 0, make([]uint64, 0, 8)
	if l.isField && ofAll >= own+minContext || own == 1 && l.saysOne() {
		return l.varies
	}
	for i, w := range l.words {
		if i == 0 && w.need > needMasked && l.varies(i) && l.hasSpeaker() {
			own++ // mostly it does not vary
		} else if l.varies(i) && w.need > needMasked && !slices.Contains(values, w.hash) {
			values = append(values, w.hash)
		}
		switch {
		case w.need != needMasked || w.named:
			others++
		case !isPlaceholder(l.word(i)):
			made++
		default:
			masked++
		}
	}
	switch {
	case own > 0 && own >= len(values) && own+masked >= minContext:
		return l.varies
	case others >= minContext:
		return func(i int) bool {
			w := l.words[i]
			return w.need == needMasked && !w.named && (others >= made || isPlaceholder(l.word(i)))
		}
	}
	return func(int) bool { return false }
}

// hasSpeaker reports whether l begins with the name of the function that logs it: "read_config: ".
func (l *line) hasSpeaker() bool {
	return isIdentifier(l.word(0)) && strings.HasPrefix(l.text[l.words[0].to:], ": ")
}

// saysOne reports whether l is a word that says what happened, and one value: "Opening /srv/a".
func (l *line) saysOne() bool {
	if len(l.words) != 2 {
		return false
	}
	for i, w := range l.words {
		if !l.varies(i) {
			return w.need == 0 && speaks(l.word(i)) && l.words[1-i].need <= needData
		}
	}
	return false
}

// own returns how many words of l are its own.
func (l *line) own() (n int) {
	for i := range l.words {
		if !l.varies(i) {
			n++
		}
	}
	return n
}

// own returns how many words of p are its own.
func (p parsed) own() (n int) {
	for _, l := range p {
		n += l.own()
	}
	return n
}

// varies reports whether the i-th word may be another one in another text.
func (l *line) varies(i int) bool {
	w := l.words[i]
	return w.need != 0 && (w.need < needName || w.named) && !(i == 0 && isKey(l.word(i)))
}

// isKey reports whether word, in front of a line, is a name with dots of what speaks there, or
// is spoken of, and no file or unit.
func isKey(word string) bool {
	return strings.IndexByte(word, '.') > 0 && !isFile(word) && !strings.ContainsAny(word, "0123456789/@<$")
}

// isPlaceholder reports whether word is a placeholder and nothing else.
func isPlaceholder(word string) bool {
	return word != "" && word[0] == '<' && strings.IndexByte(word, '>') == len(word)-1
}

// label is what the place of the i-th word is called: the words in front of it.
func (l *line) label(i int) string {
	if i == 0 {
		return Gap
	}
	return l.text[l.words[max(0, i-2)].from:l.words[i-1].to] + " " + Gap
}
