package batch

import "strings"

// Mask replaces what changes from one occurrence of an error to the next by
// typed placeholders; docs/grouping.md lists them with examples. What is left is
// what two occurrences have in common. Plain words stay, except where they name a
// value (in quotes, in an address, as the name of a user, in a date) and where the
// number before them makes them a plural. Masking a masked text changes nothing.
func Mask(text string) string {
	m := masker{text: text, out: make([]byte, 0, len(text)+64)}
	m.run()
	return string(m.out)
}

// A value is what a placeholder stands for.
type value struct {
	at          int // where the placeholder begins in the masked text
	placeholder string
	text        string
	// The noun behind a number in the plural, with the blank before it, and how much
	// stands for it in the masked text.
	plural   string
	singular int
}

// maxValues bounds the values that maskValues returns.
const maxValues = 24

// maskValues is Mask which also returns the first values that it replaced.
func maskValues(text string) (masked string, values []value) {
	m := masker{text: text, keep: maxValues}
	m.run()
	return string(m.out), m.values
}

type masker struct {
	text   string
	out    []byte
	rest   int // text[rest:] is not yet written
	keep   int // how many values to keep
	values []value
	// text up to numberless is digits and separators with something behind them
	// that no number ends with. Each of the digits would be read to there again.
	numberless int
	opaque     int // no opaque value begins before it
}

// replace writes placeholder for text[from:to].
func (m *masker) replace(from, to int, placeholder string) {
	m.out = append(m.out, m.text[m.rest:from]...)
	if len(m.values) < m.keep {
		m.values = append(m.values, value{at: len(m.out), placeholder: placeholder, text: m.text[from:to]})
	}
	m.out = append(m.out, placeholder...)
	m.rest = to
}

func (m *masker) run() {
	text := m.text
	var t token
	for i := 0; i < len(text); {
		c := text[i]
		if !isWordByte(c) {
			i = m.atSign(i)
			continue
		}
		if i >= t.end {
			t = tokenAt(text, i)
			t.isLong = t.end-i >= minLetters
			if endsPlaceholder(text, i) {
				t.hasDot, t.hasAt = false, false // the rest of a word, not a name
			} else if next := m.atName(i, t); next > i {
				i = m.logHost(i, next)
				continue
			} else if n := matchNamedHex(text, i); n > 0 {
				m.replace(i, i+n, "<hex>")
				i += n
				continue
			}
		}
		if i >= m.opaque && (t.hasHump || t.end < len(text) && text[t.end] == '/') {
			from, to, found := matchOpaque(text, i)
			if m.opaque = to; found {
				m.replace(max(from, m.rest), to, "<id>")
				i = to
				continue
			}
		}
		if !t.hasDigit && !t.hasAt && !t.hasDot && !t.hasHump && !t.isLong && !t.mayEndPod() {
			i = t.end
			continue
		}
		if isDigit(c) || c >= 'A' && c <= 'Z' && t.hasDigit {
			if n := matchCode(text, i); n > 0 {
				i += n
				continue
			}
		}
		placeholder, from, to := m.classify(i, t)
		if placeholder == "" {
			i = m.word(i)
			continue
		}
		if placeholder == "<ip>" || placeholder == "<host>" {
			to = withResolvedName(text, to)
		}
		from = max(from, m.rest)
		m.replace(from, to, placeholder)
		if i = to; placeholder == "<time>" && to-from > len("2006-01-02T") && text[from+len("2006-01-02")] == 'T' {
			i = m.logHost(from, to) // RFC 3339; a logger of its own may write another time
		}
		if placeholder == "<num>" && i < len(text) && text[i] == ' ' && isCount(text[:from]) {
			i = m.plural(i)
		}
	}
	m.out = append(m.out, text[m.rest:]...)
}

// isCount reports whether a number behind before counts what follows: it is not a part of a
// name, as in "sda-10 errors".
func isCount(before string) bool {
	return before == "" || strings.IndexByte(" \t\n([{\"'=:,;<>+~", before[len(before)-1]) >= 0
}

// plural writes the noun behind the number that ends at i in the singular, and returns
// where to go on: one error and two errors differ in the number only.
func (m *masker) plural(i int) int {
	stem, ending, end := matchPlural(m.text, i)
	if end == 0 {
		return i
	}
	noun := len(m.out)
	m.out = append(m.out, m.text[i:stem]...)
	m.out = append(m.out, ending...)
	if last := len(m.values) - 1; last >= 0 && m.values[last].at+len("<num>") == noun {
		m.values[last].plural, m.values[last].singular = m.text[i:end], len(m.out)-noun
	}
	m.rest = end
	return end
}

// atSign handles what begins at a byte that is part of no word, and returns
// where to go on.
func (m *masker) atSign(i int) int {
	text := m.text
	switch text[i] {
	case '\'', '"', '`':
		if n := matchQuoted(text, i); n > 0 {
			m.replace(i+1, i+n-1, "<value>")
			return i + n
		}
	case '?':
		if n := matchQuery(text, i); n > 0 {
			m.replace(i+1, i+n, "<query>")
			return i + n
		}
	case ':':
		if n := matchIPv6(text[i:]); n > 0 && (i == 0 || !isWordByte(text[i-1]) && text[i-1] != ':') {
			m.replace(i, i+n, "<ip>")
			return i + n
		}
	case '(':
		if n := matchRepresentation(text, i); n > 0 {
			m.replace(i+1, i+n, "<time>")
			return i + n
		}
	case '[':
		if n := matchHostList(text, i); n > 0 {
			m.replace(i, i+n, "<num>")
			return i + n
		}
		if n := matchUptime(text[i:]); n > 0 {
			m.replace(i+1, i+n, "<num>")
			return i + n
		}
		if from, to := matchNamed(text, i, m.rest); to > 0 {
			m.replace(from, to, "<host>")
			return to
		}
		if n := matchBracketed(text[i:]); n > 0 && (i == 0 || !isWordByte(text[i-1])) {
			m.replace(i, i+n, "<ip>")
			return i + n
		}
	case '<':
		if n := matchPath(text[i+1:]); n > 0 {
			m.replace(i+1, i+1+n, "<email>")
			return i + 1 + n
		}
		// A placeholder that is there already may have a resolved name too.
		for _, address := range []string{"<ip>", "<host>"} {
			if strings.HasPrefix(text[i:], address) {
				end := i + len(address)
				if to := withResolvedName(text, end); to > end {
					m.replace(i, to, address)
					return to
				}
			}
		}
	}
	return i + 1
}

// atName handles a token that says what the next one is: a date, a user.
func (m *masker) atName(i int, t token) int {
	text := m.text
	// The name of a day or a month has a capital.
	if n := t.end - i; n >= len("Mon") && n <= len("Wednesday") && !t.hasDigit && text[i] >= 'A' && text[i] <= 'W' {
		if placeholder, n := matchNamedDate(text[i:]); n > 0 {
			m.replace(i, i+n, placeholder)
			return i + n
		}
	}
	if from, to := matchUser(text, i, t.end); to > from {
		m.replace(from, to, "<user>")
		return to
	}
	return i
}

// classify returns the placeholder for what begins at i and the part of text
// that it stands for; none if the word at i is no value as a whole.
func (m *masker) classify(i int, t token) (placeholder string, from, to int) {
	text, rest := m.text, m.text[i:]
	if t.hasAt && !startsPlaceholder(text, t.end) {
		if n := matchEmail(rest[:t.end-i]); n > 0 {
			return "<email>", i, i + n
		}
		if isSession(text[:i], text[t.end:]) {
			return "<user>", i, t.end
		}
	}
	if t.hasDot && startsName(text, i) {
		if n := matchJWT(rest); n > 0 {
			return "<id>", i, i + n
		}
		if n := matchHost(rest, text[:i]); n > 0 {
			return "<host>", i, i + n
		}
	}
	if i > 1 && text[i-1] == '-' && isWordByte(text[i-2]) {
		if n := matchPod(rest); n > 0 {
			return "<id>", i, i + n
		}
	}
	if !t.hasDigit {
		return "", 0, 0
	}
	// Most words are told apart from these by one byte.
	if isDigit(rest[0]) && len(rest) > 6 && rest[6] == '-' {
		if n := matchLayout(rest); n > 0 {
			return "<id>", i, i + n
		}
	}
	if isHex(rest[0]) && len(rest) > 8 {
		if rest[8] == '-' {
			if n := matchUUID(rest); n > 0 {
				return "<uuid>", i, i + n
			}
		}
		if rest[2] == ':' || rest[2] == '-' || rest[4] == '.' {
			if n := matchMAC(rest); n > 0 {
				return "<mac>", i, i + n
			}
		}
		if i == 0 || !isWordByte(text[i-1]) && text[i-1] != ':' && text[i-1] != '/' {
			if n := matchOctets(rest); n > 0 {
				return "<hex>", i, i + n
			}
		}
	}
	if isHex(rest[0]) && t.colons >= 2 {
		if n := matchIPv6(rest); n > 0 {
			return "<ip>", i, i + n
		}
	}
	if isDigit(rest[0]) {
		if t.colons > 0 && isLapse(text[:i]) {
			if n := matchLapse(rest); n > 0 {
				return "<duration>", i, i + n
			}
		}
		if placeholder, n := matchTime(rest); n > len("03:17") || n > 0 && (i == 0 || text[i-1] != ':') { // file:24:20 is none
			return placeholder, weekdayBefore(text, i, m.rest), i + n
		}
		if n := matchIPv4(rest); n > 0 {
			return "<ip>", i, i + n
		}
	}
	return m.classifyWord(i)
}
