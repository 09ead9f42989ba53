package family

import (
	"hash/maphash"
	"strings"

	"github.com/hut8labs/failmail/internal/telling"
)

// A line is a line of a text as words.
type line struct {
	text    string
	words   []word
	isField bool // as in "Job: Nightly ETL"
}

// A word is a part of a line between separators.
type word struct {
	from, to int
	hash     uint64
	need     uint8 // see kindOf
	named    bool  // stands where names do
	unsure   bool  // behind a noun only, where a state may stand, too: "printer jam"
}

// word returns the i-th word as it stands in the line.
func (l *line) word(i int) string { return l.text[l.words[i].from:l.words[i].to] }

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
		for to > from && isLeader(text[to-1]) {
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
// is the first line of a request (RFC 9112 section 3), "GET /cart HTTP/1.1".
func wordEnd(text string, i int) int {
	end := i
	for end < len(text) && !isSeparator[text[end]] {
		end++
	}
	switch rest := text[end:]; {
	case end > i && strings.HasPrefix(rest, "://"):
		return end + untilAny(rest, urlEnds)
	case end-i < len("PROPFIND ") && strings.HasPrefix(rest, " ") && isCapitals(text[i:end]):
		target := 1 + untilAny(rest[1:], " ")
		if strings.HasPrefix(rest[target:], " HTTP/") && kindOf(rest[1:target]) != 0 {
			return end + target + 1 + untilAny(rest[target+1:], urlEnds)
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

// next returns the word behind those of l that is text[from:to].
func (l *line) next(from, to int) word {
	text := l.text[from:to]
	w := word{from: from, to: to, hash: maphash.String(seed, text), need: kindOf(text)}
	isNoun, isStateNoun := l.isNoun(), l.isStateNoun()
	isValue := from > 0 && l.text[from-1] == '='
	quoted := from > 0 && to < len(l.text) && closes(l.text[from-1], l.text[to])
	switch {
	case isStateNoun && w.need > needMasked, len(l.words) == 0 && isMethod(text):
		w.need = 0 // what happened
	case w.need == 0 && isNoun && !isStateNoun && (quoted || isValue) && mayBeName(text):
		w.need = needName // database "billing"
	}
	w.named = w.need >= needName && (isNoun || quoted || isValue)
	w.unsure = w.named && !quoted && !isValue
	if quoted && w.named && isNoun {
		w.need = needMasked // database 'shop': surely a name
	}
	if isIdentifier(text) && !isNoun && !isValue && (!l.endsWithLink() || isCapitals(text)) && (!quoted || l.text[from-1] == '(' || l.text[from-1] == '[') {
		w.need = 0 // card_declined, RECORD_TOO_LARGE: it may say what happened
	}
	return w
}

// places takes words for names that stand for a place on their own, behind "on" or the like and at
// the end of a part of the sentence: "backup failed on alpha".
func (l *line) places() {
	for i, w := range l.words {
		if i == 0 || w.need != needName || w.named || !locators[strings.ToLower(l.word(i-1))] || nouns[strings.ToLower(l.word(i))] {
			continue
		}
		isLast := i+1 == len(l.words) || strings.IndexByte(",;.)", l.text[w.to]) >= 0 || links[strings.ToLower(l.word(i+1))]
		if isLast {
			l.words[i].need, l.words[i].named, l.words[i].unsure = needPlace, true, true
		}
	}
}

// nameless takes words for no names that stand behind a noun of a line that says nothing else: they
// may be what happened, as in "printer jam in room 17".
func (l *line) nameless() {
	for i, w := range l.words {
		if word := l.word(i); w.need == 0 && saysMore(word) {
			return
		}
	}
	for i := range l.words {
		if l.words[i].unsure {
			l.words[i].named = false
		}
	}
}

// mayBeName reports whether nothing but its ending makes word one that says what happened.
func mayBeName(word string) bool {
	lower := strings.ToLower(word)
	return endsAsVerb(lower) && !opposites[lower] && !hasState(lower)
}

// saysMore reports whether word says what happened, and not only how bad it is.
func saysMore(word string) bool {
	lower := strings.ToLower(word)
	return speaks(word) && !severities[lower] && (!opposites[lower] || isState(lower))
}

// isIdentifier reports whether word is made of letters and underscores, as names in programs are.
func isIdentifier(word string) bool {
	return strings.IndexByte(word, '_') > 0 && !strings.ContainsAny(word, "0123456789./@\\$~<")
}

// endsWithLink reports whether the last word links the next one to it, or is none.
func (l *line) endsWithLink() bool {
	return len(l.words) == 0 || links[strings.ToLower(l.word(len(l.words)-1))]
}

// isNoun reports whether the last word names what the next one is a name of.
func (l *line) isNoun() bool {
	if len(l.words) == 0 {
		return false
	}
	if w := l.words[len(l.words)-1]; w.named && !w.unsure {
		return false // it is a name itself: user 'app'
	}
	last := strings.ToLower(l.word(len(l.words) - 1))
	if n := len(l.words); (last == "of" || last == "von" || last == "de" || last == "di" || last == "van") && n > 1 {
		last = strings.ToLower(l.word(n - 2)) // the backup of
	}
	return nouns[last] || last[strings.LastIndexAny(last, "_-")+1:] == "name" // application_name
}

// isStateNoun reports whether the last word is one that is followed by a state.
func (l *line) isStateNoun() bool {
	if len(l.words) == 0 {
		return false
	}
	last := strings.ToLower(l.word(len(l.words) - 1))
	return stateNouns[last] || telling.NamesCode(last)
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

// field returns the value of the field that the words of l name, if it begins at from and names
// something, as in "Job: Nightly ETL".
func (l *line) field(from int) (value word) {
	n := len(l.words)
	if n == 0 || n > maxKey || from >= len(l.text) || !l.isNoun() {
		return value
	}
	between := strings.TrimLeft(l.text[l.words[n-1].to:from], " \t")
	if between == "" || between[0] != ':' || strings.Trim(between[1:], " \t") != "" || len(l.text)-from > maxPhrase {
		return value
	}
	text := strings.TrimRight(l.text[from:], " \t")
	words := strings.FieldsFunc(text, func(r rune) bool { return r < 0x80 && isSeparator[r] })
	if len(words) > maxField || strings.Contains(text, ": ") || strings.IndexByte(text, '=') >= 0 {
		return value
	}
	value = word{from: from, to: from + len(text), hash: maphash.String(seed, text)}
	for _, text := range words {
		if text = strings.Trim(text, ".-*!?#"); text == "" {
			continue
		}
		need := kindOf(text)
		if need == 0 && strings.Trim(text, "0123456789") != "" {
			return word{}
		}
		value.need = max(value.need, need)
	}
	value.named = value.need >= needName
	return value
}

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

// seed is one of this process: hashes are compared, not kept.
var seed = maphash.MakeSeed()

// Hashes of words are polynomials, so that those of parts make that of the whole.
const prime = 0x9E3779B97F4A7C15

// Those of lines are polynomials of another number: words that change their lines change them.
const linePrime = 0xC2B2AE3D27D4EB4F

// maxWords bounds the words of a line that are compared.
const maxWords = 100
