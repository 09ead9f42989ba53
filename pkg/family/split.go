package family

import (
	"hash/maphash"
	"slices"
	"strings"

	"github.com/hut8labs/failmail/internal/telling"
)

// separators end words.
const separators = " \t=:,;()[]{}\"'`|"

// split returns the words of a line.
func split(text string) *line {
	l := &line{text: text, words: make([]word, 0, 16)}
	for i := 0; i < len(text) && len(l.words) < maxWords; {
		end := wordEnd(text, i)
		from, to := withoutQuotes(text, i, end)
		for from < to && isLeader(text[from]) {
			from++
		}
		for to > from && (isLeader(text[to-1]) || text[to-1] == '\\') {
			to--
		}
		if value := l.field(from); value.need > 0 {
			l.words, l.isField = append(l.words, value), true
			end = value.to
		} else if phraseEnd := l.phrase(i); phraseEnd > 0 {
			l.words = append(l.words, word{from: i, to: phraseEnd, hash: maphash.String(seed, text[i:phraseEnd]), need: needMasked, named: true})
			end = phraseEnd
		} else if from < to {
			l.words = append(l.words, l.next(from, to))
		}
		i = end + 1
	}
	l.places()
	l.nameless()
	return l
}

// wordEnd returns the end of the word of text that begins at i. A URL is one word (RFC 3986), and so
// is the first line of a request (RFC 9112 section 3): "GET /cart HTTP/1.1".
func wordEnd(text string, i int) int {
	end := i
	for end < len(text) && !isSeparator[text[end]] {
		end++
	}
	if end > i && strings.HasPrefix(text[end:], "://") {
		return end + untilAny(text[end:], urlEnds)
	}
	if target, isWord := strings.CutPrefix(text[end:], " "); isWord && end-i < len("PROPFIND ") && isCapitals(text[i:end]) {
		at := untilAny(target, " ")
		if protocol := target[at:]; strings.HasPrefix(protocol, " HTTP/") && kindOf(target[:at]) != 0 {
			return end + len(" ") + at + len(" ") + untilAny(protocol[1:], urlEnds)
		}
	}
	return end
}

// urlEnds are what ends a URL in a text.
const urlEnds = " \t\"'`,;|()[]{}"

// untilAny returns where the first of chars is in text, its length if there is none.
func untilAny(text, chars string) int {
	if at := strings.IndexAny(text, chars); at >= 0 {
		return at
	}
	return len(text)
}

var isSeparator = func() (table [256]bool) {
	for _, c := range []byte(separators) {
		table[c] = true
	}
	return table
}()

// maxPhrase bounds a name of several words, in bytes.
const maxPhrase = 60

// phrase returns the end of a name of several words that begins at i, in quotes behind what it is
// the name of, as in job 'Nightly ETL'; 0 if there is none.
func (l *line) phrase(i int) int {
	if i == 0 || strings.IndexByte("\"'`", l.text[i-1]) < 0 || !l.isNoun() {
		return 0
	}
	name, _, closed := strings.Cut(l.text[i:min(len(l.text), i+maxPhrase)], l.text[i-1:i])
	if !closed || strings.IndexByte(name, ' ') < 0 || strings.IndexByte(name, '=') >= 0 {
		return 0
	}
	for field := range strings.FieldsSeq(name) {
		field = strings.Trim(field, "-&+()[].,:")
		if field != "" && (field[0] >= 'a' && field[0] <= 'z' || kindOf(field) == 0) {
			return 0 // a sentence
		}
	}
	return i + len(name)
}

// maxKey and maxField bound the words of a field's name and value.
const (
	maxKey   = 3
	maxField = 6
)

// field returns the value of the field that the words of l name, if it begins at from and does not
// say what happened, as in "Job: Nightly ETL".
func (l *line) field(from int) (value word) {
	n := len(l.words)
	if n == 0 || n > maxKey || from >= len(l.text) || len(l.text)-from > maxPhrase && strings.IndexByte(l.text[from:], ' ') >= 0 {
		return value
	}
	between := strings.TrimLeft(l.text[l.words[n-1].to:from], " \t")
	if between == "" || between[0] != ':' || strings.Trim(between[1:], " \t") != "" || l.saysWhat() {
		return value
	}
	text := strings.Trim(l.text[from:], " \t")
	from += strings.Index(l.text[from:], text)
	words := strings.FieldsFunc(text, func(r rune) bool { return r < 0x80 && isSeparator[r] })
	if len(words) > maxField || strings.Contains(text, ": ") || strings.ContainsAny(strings.Trim(text, "\"'"), "=\"'") {
		return value
	}
	value = word{from: from, to: from + len(text), hash: maphash.String(seed, text)}
	for _, text := range words {
		if text = strings.Trim(text, ".-*!?#"); text == "" {
			continue
		}
		need := kindOf(text)
		switch {
		case need > 0 || strings.Trim(text, "0123456789") == "":
		case len(words) > 1 && l.isNoun() && namesJob(text):
			need = needName
		default:
			return word{}
		}
		value.need = max(value.need, need)
	}
	if value.named = value.need >= needName; value.named {
		value.need = needPlace
		if l.isNoun() {
			value.need = needName
		}
	}
	return value
}

// namesJob reports whether word may be a part of the name of a job, such as Import or Cleaning, though
// it says what happened elsewhere.
func namesJob(word string) bool {
	lower := strings.ToLower(word)
	return opposites[lower] && !isState(lower) || mayBeName(word)
}

// saysWhat reports whether the words of l, as the key of a field, may be in front of what happened.
func (l *line) saysWhat() bool {
	key := strings.ToLower(l.text[l.words[0].from:l.words[len(l.words)-1].to])
	if telling.IsSaying(key) || slices.ContainsFunc(faults, func(stem string) bool { return strings.Contains(key, stem) }) {
		return true
	}
	return slices.ContainsFunc(l.words, func(w word) bool {
		text := strings.ToLower(l.text[w.from:w.to])
		return stateNouns[text] || telling.NamesCode(text) || telling.Speaks(text)
	})
}

// faults are in words for what goes wrong, which some languages join with others: Fehlerart.
var faults = strings.Fields("error fault alarm alert fail fehler stör warn défaut anomal guast avari falh awari ошиб fout storing")

// withoutQuotes is text[from:to] without the quotes that are more than a byte.
func withoutQuotes(text string, from, to int) (int, int) {
	if from == to || text[from] < 0x80 && text[to-1] < 0x80 {
		return from, to
	}
	for _, quote := range [...]string{"«", "»", "“", "”", "„", "‘", "’", "‚"} {
		if strings.HasPrefix(text[from:to], quote) {
			from += len(quote)
		}
		if strings.HasSuffix(text[from:to], quote) {
			to -= len(quote)
		}
	}
	return from, to
}

// isLeader says what belongs to no word at its ends: dots that lead to a value.
func isLeader(c byte) bool {
	return c == '.' || c == '-' || c == '*' || c == '!' || c == '?' || c == '#'
}

func closes(open, shut byte) bool {
	switch open {
	case '"', '\'', '`':
		return shut == open || open == '`' && shut == '\''
	case '(':
		return shut == ')'
	case '[':
		return shut == ']'
	}
	return false
}

// maxWords bounds the words of a line that are compared.
const maxWords = 100
