package family

import (
	"hash/maphash"
	"slices"
	"strings"

	"github.com/hut8labs/failmail/internal/telling"
	"github.com/hut8labs/failmail/internal/wordlist"
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

// next returns the word behind those of l that is text[from:to].
func (l *line) next(from, to int) word {
	text := l.text[from:to]
	w := word{from: from, to: to, hash: maphash.String(seed, text), need: kindOf(text)}
	isNoun, isStateNoun := l.isNoun(), l.isStateNoun() || l.isMissingCode(from, to)
	isValue := from > 0 && l.text[from-1] == '='
	quoted := l.isQuoted(from, to)
	isNoun = isNoun || quoted && l.isNumbered()
	switch {
	case isStateNoun && (w.need > needMasked || strings.IndexByte(text, '_') > 0), len(l.words) == 0 && isMethod(text):
		w.need = 0 // what happened
	case text == "null" && quoted:
		w.need = needMasked // (null): C has no value
	case w.need == 0 && !isStateNoun && (isNoun && isValue || quoted && (isNoun || l.endsPlain())) && mayBeName(text):
		w.need, w.named = needName, true // database "billing"
		return w
	case isNoun && (isValue && isQuietLevel(text) || quoted && l.text[from-1] == '(' && links[text] && !isState(text)):
		w.need = needName // queue=debug, device (lo)
	}
	isJoined := l.isLocated() && isKebab(text)
	w.named = w.need >= needName && (isNoun || quoted || isValue || isJoined)
	w.unsure = w.named && !quoted && !isValue && !isJoined
	if w.named && isNoun && (quoted || isValue && instances[strings.ToLower(l.word(len(l.words)-1))]) {
		w.need = needMasked // database 'shop', queue=orders: surely a name
	}
	if isIdentifier(text) && !isNoun && !isValue && (!l.endsWithLink() || isCapitals(text)) && (!quoted || l.text[from-1] == '(' || l.text[from-1] == '[') {
		w.need = 0 // card_declined, RECORD_TOO_LARGE: it may say what happened
	}
	return w
}

// isQuoted reports whether text[from:to] is in quotes or brackets of its own, or in quotes that are escaped.
func (l *line) isQuoted(from, to int) bool {
	if to+1 < len(l.text) && l.text[to] == '\\' {
		to++
	}
	return from > 0 && to < len(l.text) && closes(l.text[from-1], l.text[to])
}

// places takes words for names that stand for a place on their own, behind "on" or the like and at
// the end of a part of the sentence: "backup failed on alpha".
func (l *line) places() {
	for i, w := range l.words {
		if i == 0 || w.need != needName || w.named || !locators[strings.ToLower(l.word(i-1))] && !l.isWhom(i) || nouns[strings.ToLower(l.word(i))] {
			continue
		}
		isLast := i+1 == len(l.words) || strings.IndexByte(",;.)", l.text[w.to]) >= 0 || links[strings.ToLower(l.word(i+1))]
		if isLast {
			l.words[i].need, l.words[i].named, l.words[i].unsure = needPlace, true, true
		}
	}
}

// isWhom reports whether the i-th word says for whom something was that came from a place: "password for
// anna from <ip>".
func (l *line) isWhom(i int) bool {
	return i > 1 && i+2 < len(l.words) && logins[strings.ToLower(l.word(i-2))] && l.word(i-1) == "for" && l.word(i+1) == "from" && isPlaceholder(l.word(i+2))
}

// logins are what somebody comes in with.
var logins = wordlist.Set(`password passwd publickey key login logon authentication credentials session`)

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

// mayBeName reports whether nothing but its end makes word one that says what happened: names in -ing
// are frequent.
func mayBeName(word string) bool {
	lower := strings.ToLower(word)
	return strings.HasSuffix(lower, "ing") && !opposites[lower] && !hasState(lower)
}

// isQuietLevel reports whether word is that of a logger for what is no failure: a name may be, too.
func isQuietLevel(word string) bool {
	_, isQuiet := telling.Level(strings.ToLower(word))
	return isQuiet
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

// isKebab reports whether word is made of small letters and hyphens, as names of machines and
// interfaces are.
func isKebab(word string) bool {
	return strings.IndexByte(word, '-') > 0 && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz-") == ""
}

// isLocated reports whether a name may follow the last word, and no reason.
func (l *line) isLocated() bool {
	n := len(l.words)
	if n == 0 {
		return false
	}
	switch last := strings.ToLower(l.word(n - 1)); last {
	case "to", "of": // due to, because of, out of, loss of
		return n > 1 && !whys[strings.ToLower(l.word(n-2))]
	default:
		return locators[last]
	}
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

// endsPlain reports whether the last word says nothing of what happened.
func (l *line) endsPlain() bool {
	n := len(l.words)
	return n > 0 && l.words[n-1].need == needName
}

// isNumbered reports whether the last words name something by its number: process 17.
func (l *line) isNumbered() bool {
	n := len(l.words)
	return n > 1 && l.word(n-1) == "<num>" && nouns[strings.ToLower(l.word(n-2))]
}

// isStateNoun reports whether the last word is one that is followed by a state.
func (l *line) isStateNoun() bool {
	if len(l.words) == 0 {
		return false
	}
	last := strings.ToLower(l.word(len(l.words) - 1))
	return stateNouns[last] || telling.NamesCode(last)
}

// isMissingCode reports whether text[from:to] is the name of what a program is made of, and the line says
// that this is not there: another name is another mistake.
func (l *line) isMissingCode(from, to int) bool {
	n := len(l.words) - 1
	if n < 0 {
		return false
	}
	noun := strings.ToLower(l.word(n))
	if (noun == "named" || noun == "or") && n > 0 { // No module named 'yaml', undefined local variable or method
		n--
		noun = strings.ToLower(l.word(n))
	}
	isPart := n > 0 && partsOfCode[strings.ToLower(l.word(n-1))+" "+noun] && strings.Trim(l.text[from:to], identifier) == ""
	if isPart {
		n--
	} else if !codeNouns[noun] || noun == "symbol" && isCapitals(l.text[from:to]) { // of a share
		return false
	}
	before, after := strings.ToLower(l.text[:l.words[n].from]), strings.ToLower(strings.TrimLeft(l.text[to:], "\"'`()\\"))
	return slices.ContainsFunc(missingBefore, func(words string) bool { return strings.HasSuffix(before, words) }) ||
		slices.ContainsFunc(missingAfter, func(words string) bool { return strings.HasPrefix(after, words) })
}

// identifier has the signs of names in programs.
const identifier = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"

// seed is one of this process: hashes are compared, not kept.
var seed = maphash.MakeSeed()

// Hashes of words are polynomials, so that those of parts make that of the whole.
const prime = 0x9E3779B97F4A7C15

// Those of lines are polynomials of another number: words that change their lines change them.
const linePrime = 0xC2B2AE3D27D4EB4F
