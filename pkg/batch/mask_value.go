package batch

import "strings"

// classifyWord handles a run of letters, digits and underscores as one value: a
// number with its sign and unit, or a hexadecimal one.
func (m *masker) classifyWord(i int) (placeholder string, from, to int) {
	text, word := m.text, m.text[i:]
	// Not further than to what decides: a text in a script without blanks is one
	// word, in which a number may begin anywhere.
	digits, hex, n := 0, true, 0
	for n < len(word) && isWordByte(word[n]) && (hex || digits == 0) {
		if isDigit(word[n]) {
			digits++
		}
		hex = hex && isHex(word[n])
		n++
	}
	switch {
	case digits == 0:
		return "", 0, 0
	case len(word) > 2 && word[0] == '0' && word[1]|0x20 == 'x' && isHex(word[2]):
		for n = 2; n < len(word) && isHex(word[n]); n++ {
		}
		if n == len(word) || !isWordByte(word[n]) {
			return "<hex>", i, i + n
		}
	case hex && n >= minHex && digits < n, hex && n == 4 && digits < n && isShortHex(word[:n]):
		return "<hex>", i, i + n
	case !isDigit(word[0]):
		return "", 0, 0
	}
	if i < m.numberless {
		if placeholder, n := matchUnit(word, decimals(word)); n > 0 {
			return placeholder, signed(text, i), i + n
		}
		return "", 0, 0
	}
	number := matchNumber(word)
	rest := word[number:]
	if placeholder, n := matchUnit(word, number); n > 0 {
		return placeholder, signed(text, i), i + n
	}
	if rest == "" || !isWordByte(rest[0]) || rest[0] >= 0x80 { // or a no-break space, or a script without blanks
		return "<num>", signed(text, i), i + number
	}
	switch unit := rest[:wordLength(rest[:min(len(rest), 3)])]; { // three are too many
	case unit == "st", unit == "nd", unit == "rd", unit == "th": // it follows from the number
		return "<num>", i, i + number + len(unit)
	case len(unit) <= 2 && !strings.ContainsAny(unit, "0123456789_"):
		return "<num>", signed(text, i), i + number // with its unit: 4k, 8x
	}
	m.numberless = i + number
	return "", 0, 0
}

// isShortHex reports whether four hexadecimal digits are some, rather than a number
// with its unit, a number with an exponent or a name with its number.
func isShortHex(text string) bool {
	s := shapeOf(text)
	switch {
	case s.digits == 0, s.digits == 4, s.mixed, matchNumber(text) == 4:
		return false
	case s.digitFirst:
		return s.changes > 1 || s.digits < 3
	}
	return s.changes > 1 && isDigit(text[1])
}

// signed returns where the number at i begins with its sign. Behind a word,
// a dash joins, it does not negate.
func signed(text string, i int) int {
	if i == 0 || text[i-1] != '-' && text[i-1] != '+' {
		return i
	}
	if i == 1 {
		return 0
	}
	switch c := text[i-2]; {
	case c == '_', c == ' ', c == '\t', c == '\n', c == '=', c == '(', c == '[', c == '{', c == ',', c == ':', c == '"', c == '\'':
		return i - 1
	}
	return i
}

func wordLength(text string) (n int) {
	for n < len(text) && isWordByte(text[n]) {
		n++
	}
	return n
}

func allHex(s string) bool {
	for i := range len(s) {
		if !isHex(s[i]) {
			return false
		}
	}
	return len(s) > 0
}

// matchNumber takes digits with decimal points and thousands separators that
// are followed by more digits, and an exponent.
func matchNumber(text string) int {
	n := 0
	for n < len(text) && (isDigit(text[n]) ||
		(text[n] == '.' || text[n] == ',') && n+1 < len(text) && isDigit(text[n+1])) {
		n++
	}
	if n > 0 && n < len(text) && text[n]|0x20 == 'e' {
		end := n + 1
		if end < len(text) && (text[end] == '-' || text[end] == '+') {
			end++
		}
		digits := end
		for end < len(text) && isDigit(text[end]) {
			end++
		}
		if end > digits && (end == len(text) || !isWordByte(text[end])) {
			return end
		}
	}
	return n
}

func matchUUID(text string) int {
	const layout = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh"
	if !matches(text, layout) || len(text) > len(layout) && isWordByte(text[len(layout)]) {
		return 0
	}
	return len(layout)
}

// matches compares text with a layout in which d stands for a digit, h for a
// hexadecimal digit, and any other byte for itself.
func matches(text, layout string) bool {
	if len(text) < len(layout) {
		return false
	}
	for i := range len(layout) {
		switch c := text[i]; layout[i] {
		case 'd':
			if !isDigit(c) {
				return false
			}
		case 'h':
			if !isHex(c) {
				return false
			}
		default:
			if c != layout[i] {
				return false
			}
		}
	}
	return true
}

// maxQuoted bounds the search for the closing quote.
const maxQuoted = 200

// matchQuoted takes a quoted value at i, without white space: a key with a digit,
// a path. A quoted name stays: it says which column, which module, which service.
// So does what has several words, a message, and the keys and values of JSON and
// its relatives, which are all quoted.
func matchQuoted(text string, i int) int {
	quote := text[i]
	if i > 0 && (isWordByte(text[i-1]) || text[i-1] == quote || text[i-1] == '\\' || endsPlaceholder(text, i)) {
		return 0
	}
	limit := min(len(text), i+maxQuoted)
	end := i + 1
	for ; ; end++ {
		if end >= limit {
			return 0
		}
		c := text[end]
		if c == quote {
			break
		}
		if c <= ' ' || c == '\'' || c == '"' || c == '`' {
			return 0
		}
	}
	if end == i+1 || !strings.ContainsAny(text[i+1:end], `0123456789/\`) || isAddress(text[i+1:end]) || isClass(text[:i], text[i+1:end]) {
		return 0
	}
	if next := end + 1; next < len(text) {
		// A key, or no closing quote.
		if c := text[next]; isWordByte(c) || c == ':' || c == '=' || startsPlaceholder(text, next) {
			return 0
		}
	}
	if matchCode(text, i+1) == end-i-1 {
		return 0
	}
	before := strings.TrimRight(text[max(0, i-8):i], " ")
	if quote == '"' && (strings.HasSuffix(before, ":") || strings.HasSuffix(before, "=")) ||
		strings.HasSuffix(before, "':") || strings.HasSuffix(before, "=>") {
		return 0
	}
	return end + 1 - i
}

// isClass reports whether text is the name of a class in its namespace, as before says: class "App\Mailer".
func isClass(before, text string) bool {
	if strings.ContainsAny(text, "0123456789/") {
		return false
	}
	before = strings.ToLower(before[max(0, len(before)-len("interface ")):])
	return strings.HasSuffix(before, "class ") || strings.HasSuffix(before, "trait ") || strings.HasSuffix(before, "interface ")
}

// isAddress reports whether text has a placeholder of its own that says more.
func isAddress(text string) bool {
	n := len(text)
	if text[0] == '<' && endsPlaceholder(text, n) {
		return true // already
	}
	return matchIPv4(text) == n || matchHost(text, "") == n || matchIPv6(text) == n || matchUUID(text) == n ||
		strings.IndexByte(text, '@') > 0 && matchEmail(text) == n
}

// matchQuery takes the query of a URL (RFC 3986 section 3.4), whose first part
// is a name with a value.
func matchQuery(text string, i int) int {
	if i == 0 || !isWordByte(text[i-1]) && text[i-1] != '/' && text[i-1] != '>' {
		return 0
	}
	n, named := 1, false
	for i+n < len(text) {
		switch c := text[i+n]; {
		case c == '=':
			named = named || n > 1
		case c == '&', c == '%', c == '+', c == '.', c == '-', c == '~', c == '/', c == ':', c == ',', c == ';', c == '[', c == ']', c == '@', c == '!', c == '*', c == '?', isWordByte(c) && c < 0x80:
		default:
			if !named {
				return 0
			}
			return len(strings.TrimRight(text[i:i+n], ".,:;!?"))
		}
		if !named && n > 64 {
			return 0
		}
		n++
	}
	if !named {
		return 0
	}
	return len(strings.TrimRight(text[i:i+n], ".,:;!?"))
}

// matchHostList takes the numbers of several machines behind what their names have in common, as
// cluster managers write them: node[01-03,07].
func matchHostList(text string, i int) int {
	if i == 0 || !isLetter(text[i-1]) && text[i-1] != '-' {
		return 0
	}
	several := false
	for n := i + 1; n < len(text); n++ {
		switch c := text[n]; {
		case c == ']' && several && isDigit(text[n-1]):
			return n + 1 - i
		case (c == '-' || c == ',') && isDigit(text[n-1]):
			several = true
		case !isDigit(c):
			return 0
		}
	}
	return 0
}
