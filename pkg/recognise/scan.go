package recognise

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hut8labs/failmail/internal/wordlist"
)

// A said word is one of a line that says how something stands.
type said struct {
	says     sense
	from, to int  // in the line
	caps     bool // in capital letters
	critical bool // it says how bad it is
}

// A token is a word of a line, with what joins it to others: check-errors.sh is one.
type token struct {
	word     string // in lower case
	from, to int
}

// maxTokens bounds the words of a line that are read.
const maxTokens = 200

// reach is how many words behind a "no" the word stands that it denies: "no known data
// errors".
const reach = 4

// tokens splits line, of which lower is the same in lower case.
func tokens(lower string) []token {
	list := make([]token, 0, 16)
	for i := 0; i < len(lower) && len(list) < maxTokens; {
		if !isWordByte(lower[i]) {
			i++
			continue
		}
		from := i
		for i < len(lower) && (isWordByte(lower[i]) || isJoint(lower[i]) && i+1 < len(lower) && isWordByte(lower[i+1])) {
			i++
		}
		list = append(list, token{lower[from:i], from, i})
	}
	return list
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}

func isJoint(c byte) bool {
	return c == '-' || c == '.' || c == '/' || c == '@' || c == '\'' || c == '\\'
}

// lowerOf returns line in lower case, as long as line is: positions in one are those in
// the other.
func lowerOf(line string) string {
	if lower := strings.ToLower(line); len(lower) == len(line) {
		return lower
	}
	lower := []byte(line)
	for i, c := range lower {
		if c >= 'A' && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return string(lower)
}

// scan returns what the words of line say, after a "no", a "may" and a "0" had their
// say.
func scan(line string) []said {
	lower := lowerOf(line)
	s := scanner{line: line, lower: lower, tokens: tokens(lower)}
	for i := 0; i < len(s.tokens); {
		if n := s.quoted(i); n > 0 {
			i += n // a name, whatever it is made of
			continue
		}
		i += s.read(i)
	}
	s.symbols()
	s.fraction()
	s.except()
	if s.wide {
		for _, e := range endings {
			if at := strings.Index(lower, e.text); at >= 0 {
				s.said = append(s.said, said{says: e.says, from: at, to: at + len(e.text)})
			}
		}
	}
	return s.said
}

// except makes what was said to be well or over count for nothing where not all is.
func (s *scanner) except() {
	if s.excepted || s.partial {
		s.said = slices.DeleteFunc(s.said, func(w said) bool { return w.says == well || w.says == done || s.partial && w.says == over })
	}
}

// symbols reads the signs that stand for words.
func (s *scanner) symbols() {
	for at := range len(s.line) {
		if s.line[at] < 0xe2 { // with which none begins
			continue
		}
		r, size := utf8.DecodeRuneInString(s.line[at:])
		if says, known := symbols[r]; known {
			s.said = append(s.said, said{says: says, from: at, to: at + size})
		}
	}
}

type scanner struct {
	line, lower string
	tokens      []token
	said        []said
	denied      int  // words until which a "no" reaches
	hedged      int  // words until which an "if" reaches
	byZero      bool // the "no" is a 0
	deniedAt    span // where it stands
	ended       int  // words until which a "no longer" reaches
	endedAt     span // where it stands
	wide        bool // there are letters that stand for words
	excepted    bool // not all is well
	partial     bool // not all is over
}

// quoted returns how many words from the one at i stand in quotation marks; 0 if they
// do not, or if it is one word, which may be a state.
func (s *scanner) quoted(i int) (n int) {
	from := s.tokens[i].from
	if from == 0 || from > 1 && isWordByte(s.lower[from-2]) {
		return 0
	}
	mark := s.lower[from-1]
	if mark != '"' && mark != '\'' && mark != '`' {
		return 0
	}
	end := strings.IndexByte(s.lower[from:], mark)
	if end < 0 {
		return 0
	}
	for i+n < len(s.tokens) && s.tokens[i+n].to <= from+end {
		n++
	}
	if n == 1 {
		return 0
	}
	return n
}

// read reads the words from the one at i, and returns how many it read.
func (s *scanner) read(i int) int {
	t := s.tokens[i]
	if i > 0 {
		switch between := s.lower[s.tokens[i-1].to:t.from]; {
		case strings.ContainsAny(between, ".;!|[]"):
			s.denied, s.hedged = 0, 0
		case strings.ContainsAny(between, ",:") || strings.Contains(between, "- ") || t.word == "because":
			s.denied = 0 // 0 files copied, connection failed
		}
	}
	if i > 0 && auxiliaries[t.word] && presents[s.tokens[i-1].word] && !auxiliaries[s.tokens[i-1].word] {
		s.denied = 0 // had no price and were skipped
	}
	if s.byZero && isAmount(t.word) {
		s.denied = 0 // the next count
	}
	for _, p := range phrases[t.word] {
		n := s.matches(i, p.text)
		if n == 0 || p.says == lifts && (!s.beginsPart(i) || s.isOpen()) {
			continue
		}
		switch p.says {
		case ended:
			s.ended, s.endedAt = reach, span{t.from, s.tokens[i+n-1].to}
			return n
		case lifts:
			p.says = over
		}
		s.add(p.says, t.from, s.tokens[i+n-1].to)
		s.denied = 0
		return n
	}
	if n := s.exit(i); n > 0 {
		return n
	}
	s.little(i)
	s.excepted, s.partial = s.excepted || excepts[t.word], s.partial || partials[t.word]
	says := s.sense(i)
	switch says {
	case denier:
		if t.word == "0" && i+1 < len(s.tokens) && parts[s.tokens[i+1].word] {
			s.denied = 0
			s.add(bad, t.from, t.to) // 0 of 12
			break
		}
		if t.word == "0" && (!strings.HasPrefix(s.lower[t.to:], " ") || i+1 < len(s.tokens) && isAmount(s.tokens[i+1].word) || s.isIdentity(i) || s.isValue(i)) {
			break // a number, of which nothing follows, or one of several
		}
		s.denied = reach + 1
		if i == 0 {
			s.denied += 2 // none of the replicas is ok
		}
		s.byZero, s.deniedAt = t.word == "0", span{t.from, t.to}
		s.answer(t)
	case hedge:
		s.hedged = reach + 1
	case silent, namesWhat, neutral:
	case over:
		to, n := t.to, 1
		if words[t.word] == well && i+1 < len(s.tokens) && s.tokens[i+1].word == "again" {
			to, n = s.tokens[i+1].to, 2 // ok again
		}
		s.add(says, t.from, to)
		s.denied, s.hedged, s.ended = max(s.denied-n, 0), max(s.hedged-n, 0), max(s.ended-n, 0)
		return n
	default:
		s.add(says, t.from, t.to)
	}
	s.denied, s.hedged, s.ended = max(s.denied-1, 0), max(s.hedged-1, 0), max(s.ended-1, 0)
	return 1
}

// beginsPart reports whether the word at i begins the line, or stands behind a tag.
func (s *scanner) beginsPart(i int) bool {
	front := strings.TrimRight(s.lower[:s.tokens[i].from], " ")
	return i == 0 || front[len(front)-1] == ']' && len(s.said) == 0
}

// isOpen reports whether a word of the line denies something, or makes it what could happen.
func (s *scanner) isOpen() bool {
	return slices.ContainsFunc(s.tokens, func(t token) bool { return words[t.word] == denier || words[t.word] == hedge || unknowns[t.word] })
}

// unknowns say of the end of a fault that nobody knows it, or when it will be.
var unknowns = wordlist.Set(`offen unklar unbekannt ungewiss voraussichtlich gegen inconnu inconnue vers échec desconocido desconocida hacia sconosciuta sconosciuto verso onbekend rond nieznany nieznana o`)

// add notes what the line says at a place.
func (s *scanner) add(says sense, from, to int) {
	isFailure := says == bad || says == fault || says == alert || says == worry
	isGood := says == over || says == well || says == done
	switch {
	case isGood && s.isLatest(from):
		return
	case says == neutral, s.hedged > 0 && (isFailure || isGood && says != over):
		return
	case s.ended > 0 && isFailure:
		says = over
		s.said = append(s.said, said{says: over, from: s.endedAt.from, to: s.endedAt.to})
	case s.ended > 0 && isGood:
		says = bad
	case says == fault && s.isCounted(from, to):
		says = bad // 3 errors, errors: 3
	case says == bad && s.denied > 0 && !s.byZero:
		return // "do not fail" says nothing
	case isFailure && s.denied > 0, isGood && s.denied > 0:
		if says = bad; isFailure {
			says = done // it says that all is well
		}
		s.said = append(s.said, said{says: says, from: s.deniedAt.from, to: s.deniedAt.to})
	case isFailure && s.isZero(to):
		says = done
	case isGood && (s.isZero(to) || strings.HasPrefix(s.lower[to:], " (0)")):
		says = bad // success: 0
	}
	text := s.line[from:to]
	s.said = append(s.said, said{says, from, to, text == strings.ToUpper(text) && text != strings.ToLower(text), criticals[s.lower[from:to]]})
}

// isLatest reports whether one of the words in front of a place says that it was so before.
func (s *scanner) isLatest(from int) bool {
	i := slices.IndexFunc(s.tokens, func(t token) bool { return t.from >= from })
	return i > 0 && s.isBehind(i, latest)
}

// matches returns how many words from the one at i are those of text; 0 if they are not.
func (s *scanner) matches(i int, text string) int {
	n := 0
	for word := range strings.SplitSeq(text, " ") {
		if i+n >= len(s.tokens) || s.tokens[i+n].word != word {
			return 0
		}
		if n > 0 && strings.TrimSpace(s.lower[s.tokens[i+n-1].to:s.tokens[i+n].from]) != "" {
			return 0
		}
		n++
	}
	return n
}
