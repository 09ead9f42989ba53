package batch

import "strings"

// Mask replaces what changes from one occurrence of an error to the next by
// typed placeholders; docs/grouping.md lists them with examples. What is left is
// what two occurrences have in common: plain words are never touched, except
// where they name a value: in quotes, in an address, as the name of a user, and
// in a date. Masking a masked text changes nothing.
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
}

// replace writes placeholder for text[from:to].
func (m *masker) replace(from, to int, placeholder string) {
	m.out = append(m.out, m.text[m.rest:from]...)
	if len(m.values) < m.keep {
		m.values = append(m.values, value{len(m.out), placeholder, m.text[from:to]})
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
			if endsPlaceholder(text, i) {
				t.hasDot = false // the rest of a word, not a name
			} else if next := m.atName(i, t); next > i {
				i = next
				continue
			}
		}
		if !t.hasDigit && !t.hasAt && !t.hasDot {
			i = t.end
			continue
		}
		placeholder, from, to := m.classify(i, t)
		if placeholder == "" {
			i = m.word(i)
			continue
		}
		if placeholder == "<ip>" || placeholder == "<host>" {
			to = withResolvedName(text, to)
		}
		m.replace(max(from, m.rest), to, placeholder)
		i = to
	}
	m.out = append(m.out, text[m.rest:]...)
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
	case '[':
		if n := matchBracketed(text[i:]); n > 0 && (i == 0 || !isWordByte(text[i-1])) {
			m.replace(i, i+n, "<ip>")
			return i + n
		}
	case '<':
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

// Classes of bytes. Bytes of multi-byte characters count as letters.
const (
	letter = 1 << iota
	digit
	hexLetter
	joiner // joins the parts of a time, an address or a mail address
)

var class = func() (table [256]uint8) {
	for c := range 256 {
		switch {
		case c >= '0' && c <= '9':
			table[c] = digit
		case c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
			table[c] = letter | hexLetter
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= 0x80:
			table[c] = letter
		}
	}
	for _, c := range ".:-+@" {
		table[c] = joiner
	}
	return table
}()

func isDigit(c byte) bool  { return class[c]&digit != 0 }
func isLetter(c byte) bool { return class[c]&letter != 0 }
func isHex(c byte) bool    { return class[c]&(digit|hexLetter) != 0 }

// isWordByte says what a token may start with.
func isWordByte(c byte) bool { return class[c]&(digit|letter) != 0 || c == '_' }

// A token is a run of letters, digits and the characters that join the parts of
// a time, an address or a mail address. It is found once, however many words
// it has: a mail may be one token.
type token struct {
	end, colons             int
	hasDigit, hasAt, hasDot bool
}

func tokenAt(text string, start int) token {
	t := token{end: start}
	for ; t.end < len(text); t.end++ {
		c := text[t.end]
		switch class[c] {
		case digit:
			t.hasDigit = true
		case joiner:
			switch c {
			case ':':
				t.colons++
			case '@':
				t.hasAt = true
			case '.':
				// Only a dot between two characters makes a name of two parts.
				t.hasDot = t.hasDot || t.end+1 < len(text) && isWordByte(text[t.end+1])
			}
		case 0:
			if c != '_' {
				return t
			}
		}
	}
	return t
}

// classify returns the placeholder for what begins at i and the part of text
// that it stands for; none if the word at i is no value as a whole.
func (m *masker) classify(i int, t token) (placeholder string, from, to int) {
	text, rest := m.text, m.text[i:]
	if t.hasAt {
		if n := matchEmail(rest[:t.end-i]); n > 0 {
			return "<email>", i, i + n
		}
	}
	if t.hasDot && startsName(text, i) {
		if n := matchJWT(rest); n > 0 {
			return "<id>", i, i + n
		}
		if n := matchHost(rest); n > 0 {
			return "<host>", i, i + n
		}
	}
	if !t.hasDigit {
		return "", 0, 0
	}
	// Most words are told apart from these by one byte.
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
	}
	if isHex(rest[0]) && t.colons >= 2 {
		if n := matchIPv6(rest); n > 0 {
			return "<ip>", i, i + n
		}
	}
	if isDigit(rest[0]) {
		if placeholder, n := matchTime(rest); n > 0 {
			return placeholder, i, i + n
		}
		if n := matchIPv4(rest); n > 0 {
			return "<ip>", i, i + n
		}
	}
	return m.classifyWord(i)
}

// endsPlaceholder reports whether a placeholder ends right before i.
func endsPlaceholder(text string, i int) bool {
	if i == 0 || text[i-1] != '>' {
		return false
	}
	start := i - 1
	for start > 0 && text[start-1] >= 'a' && text[start-1] <= 'z' {
		start--
	}
	return start > 0 && start < i-1 && text[start-1] == '<'
}

// startsPlaceholder reports whether a placeholder begins at i.
func startsPlaceholder(text string, i int) bool {
	if i >= len(text) || text[i] != '<' {
		return false
	}
	end := i + 1
	for end < len(text) && text[end] >= 'a' && text[end] <= 'z' {
		end++
	}
	return end > i+1 && end < len(text) && text[end] == '>'
}

// startsName reports whether a name may begin at i: not in the middle of one.
func startsName(text string, i int) bool {
	if i == 0 {
		return true
	}
	switch text[i-1] {
	case '.', '-', '@', '_', '\\':
		return false
	}
	return true
}
