package batch

import (
	"net/netip"
	"strings"
)

// Mask replaces what changes from one occurrence of an error to the next by
// typed placeholders: <uuid>, <time>, <date>, <ip>, <mac>, <email>, <hex>, <id>
// and <num>. What is left is what two occurrences have in common. Masking a
// masked text changes nothing, and words without digits are never touched,
// except in mail addresses.
func Mask(text string) string {
	var out strings.Builder
	out.Grow(len(text))
	rest := 0 // text[rest:] is not yet written
	var t token
	for i := 0; i < len(text); {
		if !isWordByte(text[i]) {
			i++
			continue
		}
		if i >= t.end {
			t = tokenAt(text, i)
		}
		if !t.hasDigit && !t.hasAt {
			i = t.end
			continue
		}
		if placeholder, length := classify(text[i:], t.end-i, t.hasAt); placeholder != "" {
			out.WriteString(text[rest:i])
			out.WriteString(placeholder)
			i += length
			rest = i
			continue
		}
		for i < t.end && isWordByte(text[i]) {
			i++
		}
	}
	out.WriteString(text[rest:])
	return out.String()
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80 }
func isHex(c byte) bool    { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// isWordByte says what a token may start with; bytes of multi-byte characters
// count as letters.
func isWordByte(c byte) bool { return isDigit(c) || isLetter(c) || c == '_' }

// A token is a run of letters, digits and the characters that join the parts of
// a time, an address or a mail address. It is found once, however many words
// it has: a mail may be one token.
type token struct {
	end             int
	hasDigit, hasAt bool
}

func tokenAt(text string, start int) token {
	t := token{end: start}
	for ; t.end < len(text); t.end++ {
		switch c := text[t.end]; {
		case isDigit(c):
			t.hasDigit = true
		case c == '@':
			t.hasAt = true
		case isLetter(c), c == '_', c == '.', c == ':', c == '-', c == '+':
		default:
			return t
		}
	}
	return t
}

// classify returns the placeholder for the token of n bytes at the start of
// text and the number of bytes it stands for; none if the token is kept.
func classify(text string, n int, hasAt bool) (placeholder string, length int) {
	if hasAt {
		if length := matchEmail(text[:n]); length > 0 {
			return "<email>", length
		}
	}
	if length := matchUUID(text); length > 0 {
		return "<uuid>", length
	}
	if length := matchMAC(text); length > 0 {
		return "<mac>", length
	}
	if length := matchIPv6(text); length > 0 {
		return "<ip>", length
	}
	if placeholder, length := matchTime(text); length > 0 {
		return placeholder, length
	}
	if length := matchIPv4(text); length > 0 {
		return "<ip>", length
	}
	return classifyWord(text)
}

// classifyWord handles a run of letters, digits and underscores.
func classifyWord(text string) (placeholder string, length int) {
	digits, hex, n := 0, true, 0
	for n < len(text) && isWordByte(text[n]) {
		if isDigit(text[n]) {
			digits++
		}
		hex = hex && isHex(text[n])
		n++
	}
	switch {
	case digits == 0:
		return "", 0
	case digits == n:
		return "<num>", matchNumber(text)
	case len(text) > 2 && text[0] == '0' && text[1]|0x20 == 'x' && allHex(text[2:n]):
		return "<hex>", n
	case hex && n >= 7:
		return "<hex>", n
	case isDigit(text[0]) && digits >= n-2:
		// A number with its unit: 250ms, 12s, 4k.
		for n = 0; isDigit(text[n]); n++ {
		}
		return "<num>", n
	case digits >= 4:
		return "<id>", n
	}
	return "", 0
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
// are followed by more digits.
func matchNumber(text string) int {
	n := 0
	for n < len(text) && (isDigit(text[n]) ||
		(text[n] == '.' || text[n] == ',') && n+1 < len(text) && isDigit(text[n+1])) {
		n++
	}
	if n < len(text) && isLetter(text[n]) {
		// 1.5s keeps its unit, 3.x does not lose its name.
		for n > 0 && !isDigit(text[n-1]) {
			n--
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

// matchTime takes ISO 8601 and its common relatives: a date, a time of day, or
// both, with fraction and zone.
func matchTime(text string) (placeholder string, length int) {
	n := 0
	for _, layout := range []string{"dddd-dd-dd", "dddd/dd/dd"} {
		if matches(text, layout) {
			placeholder, n = "<date>", len(layout)
			break
		}
	}
	if n > 0 && n+1 < len(text) && (text[n] == 'T' || text[n] == ' ') {
		if clock := matchClock(text[n+1:]); clock > 0 {
			return "<time>", n + 1 + clock
		}
	}
	if n > 0 {
		if n < len(text) && isWordByte(text[n]) {
			return "", 0
		}
		return placeholder, n
	}
	if clock := matchClock(text); clock > 0 {
		return "<time>", clock
	}
	return "", 0
}

func matchClock(text string) int {
	if !matches(text, "dd:dd:dd") {
		return 0
	}
	n := len("dd:dd:dd")
	if n+1 < len(text) && (text[n] == '.' || text[n] == ',') && isDigit(text[n+1]) {
		for n++; n < len(text) && isDigit(text[n]); n++ {
		}
	}
	switch rest := text[n:]; {
	case strings.HasPrefix(rest, "Z"):
		n++
	case matches(rest, "+dd:dd"), matches(rest, "-dd:dd"):
		n += 6
	case matches(rest, "+dddd"), matches(rest, "-dddd"):
		n += 5
	}
	if n < len(text) && (isWordByte(text[n]) || text[n] == ':') {
		return 0
	}
	return n
}

func matchMAC(text string) int {
	const layout = "hh:hh:hh:hh:hh:hh"
	if !matches(text, layout) || len(text) > len(layout) && (isWordByte(text[len(layout)]) || text[len(layout)] == ':') {
		return 0
	}
	return len(layout)
}

// matchIPv6 takes an address that begins with a hexadecimal digit.
func matchIPv6(text string) int {
	const longest = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")
	n, colons := 0, 0
	for n < len(text) && n <= longest && (isHex(text[n]) || text[n] == ':' || text[n] == '.') {
		if text[n] == ':' {
			colons++
		}
		n++
	}
	if colons < 2 || n < len(text) && isWordByte(text[n]) {
		return 0
	}
	n = len(strings.TrimRight(text[:n], ".:"))
	if _, err := netip.ParseAddr(text[:n]); err != nil {
		return 0
	}
	return n
}

// matchIPv4 takes an address and the port that follows it.
func matchIPv4(text string) int {
	n := 0
	for part := range 4 {
		start := n
		for n < len(text) && n < start+3 && isDigit(text[n]) {
			n++
		}
		if n == start || part < 3 && (n >= len(text) || text[n] != '.') {
			return 0
		}
		if part < 3 {
			n++
		}
	}
	if n < len(text) && (isWordByte(text[n]) || text[n] == '.' && n+1 < len(text) && isDigit(text[n+1])) {
		return 0
	}
	if n+1 < len(text) && text[n] == ':' && isDigit(text[n+1]) {
		for n++; n < len(text) && isDigit(text[n]); n++ {
		}
	}
	return n
}

// maxEmail is what RFC 5321 allows: 64 bytes, the @ and 255 bytes. It also
// bounds the work on a token made of nothing but @.
const maxEmail = 320

// matchEmail takes a token with one @ between two parts, the second of which has
// a dot; a port may follow.
func matchEmail(token string) int {
	local, domain, found := strings.Cut(token[:min(len(token), maxEmail)], "@")
	if !found || local == "" {
		return 0
	}
	if i := strings.IndexAny(domain, ":+"); i >= 0 {
		domain = domain[:i]
	}
	domain = strings.TrimRight(domain, ".-")
	if strings.ContainsAny(domain, "@_") || !strings.Contains(domain, ".") {
		return 0
	}
	return len(local) + 1 + len(domain)
}
