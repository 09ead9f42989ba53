package batch

import (
	"net/netip"
	"strings"

	"github.com/hut8labs/failmail/internal/wordlist"
)

// matchMAC takes 00:1a:2b:3c:4d:5e, Windows' 00-1a-2b-3c-4d-5e and Cisco's
// 001a.2b3c.4d5e. The latter two need a letter: dates and versions have none.
func matchMAC(text string) int {
	for _, layout := range [...]string{"hh:hh:hh:hh:hh:hh", "hh-hh-hh-hh-hh-hh", "hhhh.hhhh.hhhh"} {
		n := len(layout)
		switch {
		case !matches(text, layout):
		case len(text) > n && (isWordByte(text[n]) || text[n] == text[n-3]):
			return 0
		case text[2] != ':' && !strings.ContainsFunc(text[:n], func(r rune) bool { return isLetter(byte(r)) }):
			return 0
		default:
			return n
		}
	}
	return 0
}

// matchBracketed takes an address in brackets with the port that follows it, as
// RFC 3986 section 3.2.2 wants it of IPv6.
func matchBracketed(text string) int {
	if rest, isAny := strings.CutPrefix(text, "[::]"); isAny { // RFC 4291 section 2.5.2
		return len("[::]") + matchPort(rest)
	}
	n := matchIPv6(text[1:])
	if n == 0 {
		n = matchIPv4(text[1:])
	}
	if n += 1; n == 1 || n >= len(text) || text[n] != ']' {
		return 0
	}
	if port := matchPort(text[n+1:]); port > 0 {
		return n + 1 + port
	}
	return 0
}

// jwtStart is {" in Base64.
const jwtStart = "eyJ"

// matchJWT takes a JSON Web Token (RFC 7519), whose header is JSON.
func matchJWT(text string) (n int) {
	if !strings.HasPrefix(text, jwtStart) {
		return 0
	}
	for range 2 {
		start := n
		for n < len(text) && isBase64URL(text[n]) {
			n++
		}
		if n-start < 8 || n >= len(text) || text[n] != '.' {
			return 0
		}
		n++
	}
	for n < len(text) && isBase64URL(text[n]) {
		n++
	}
	return n
}

// isBase64URL says what RFC 4648 section 5 uses.
func isBase64URL(c byte) bool { return isWordByte(c) && c < 0x80 || c == '-' }

// matchIPv6 takes an address that begins with a hexadecimal digit or a colon.
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
	if _, err := netip.ParseAddr(text[:n]); err != nil || !strings.ContainsAny(text[:n], "0123456789") { // ::A is a name
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
	return n + matchPort(text[n:])
}

func matchPort(text string) (n int) {
	if len(text) < 2 || text[0] != ':' || !isDigit(text[1]) {
		return 0
	}
	for n = 1; n < len(text) && isDigit(text[n]); n++ {
	}
	if n < len(text) && (isWordByte(text[n]) || text[n] == ':' && n+1 < len(text) && text[n+1] != ' ') {
		return 0
	}
	return n
}

// minOctets is how many octets are surely no time and no address.
const minOctets = 7

// matchOctets takes octets in hexadecimal, joined by colons and slashes as in the dump of a command:
// 61/08:00:d8:1f:a0/00:00:57.
func matchOctets(text string) (n int) {
	octets := 0
	for n+2 <= len(text) && isHex(text[n]) && isHex(text[n+1]) {
		octets++
		n += 2
		if n == len(text) || text[n] != ':' && text[n] != '/' {
			break
		}
		n++
	}
	if octets < minOctets || n < len(text) && isWordByte(text[n]) || text[n-1] == ':' || text[n-1] == '/' {
		return 0
	}
	return n
}

// matchNamed takes the name, not before rest, of a machine whose address stands in the brackets at
// i, as mail servers write it: nas3.lan[192.0.2.7], or unknown[192.0.2.7] if it has no name.
func matchNamed(text string, i, rest int) (from, to int) {
	from = i
	for from > rest && (isWordByte(text[from-1]) || text[from-1] == '-' || text[from-1] == '.') {
		from--
	}
	if name := text[from:i]; name != "unknown" && strings.IndexByte(strings.Trim(name, "."), '.') < 0 {
		return 0, 0 // blocked[192.0.2.7]
	}
	inside := text[i+1:]
	if !strings.HasPrefix(inside, "<ip>") && matchIPv4(inside) == 0 && matchIPv6(inside) == 0 {
		return 0, 0
	}
	if to = withResolvedName(text, i); to == i {
		return 0, 0
	}
	return from, to
}

// withResolvedName returns where an address ends together with its other form:
// servers write an address with the name it resolves to, or the other way
// round, and nothing between the brackets when it resolves to none.
func withResolvedName(text string, end int) int {
	i := end
	if i < len(text) && text[i] == '/' { // Java: name/address:port
		if n := matchIPv4(text[i+1:]); n > 0 && i+1+n > end && (i+1+n == len(text) || text[i+1+n] != '/') {
			return i + 1 + n
		}
		return end
	}
	if i < len(text) && text[i] == ' ' {
		i++
	}
	if i >= len(text) || text[i] != '(' && text[i] != '[' {
		return end
	}
	closing := byte(')')
	if text[i] == '[' {
		closing = ']'
	}
	i++
	n := 0
	switch rest := text[i:]; {
	case strings.HasPrefix(rest, "<ip>"):
		n = len("<ip>")
	case strings.HasPrefix(rest, "<host>"):
		n = len("<host>")
	case strings.HasPrefix(rest, ")") && closing == ')' && text[i-2] == ' ':
	default:
		if n = matchHost(rest, surely); n == 0 {
			if n = matchIPv4(rest); n == 0 {
				if n = matchIPv6(rest); n == 0 {
					return end
				}
			}
		}
	}
	if i+n >= len(text) || text[i+n] != closing {
		return end
	}
	i += n + 1
	if closing == ']' {
		i += matchPort(text[i:])
	}
	return i
}

// matchPath takes a mail address or a message ID up to the bracket that ends it, whatever its local
// part is made of (RFC 5321 section 4.1.2, RFC 5322 section 3.6.4).
func matchPath(text string) int {
	end := strings.IndexAny(text[:min(len(text), maxEmail)], " \t\n<>\"")
	if end <= 0 || text[end] != '>' {
		return 0
	}
	at := strings.LastIndexByte(text[:end], '@')
	if at <= 0 || strings.IndexByte(text[at:end], '.') < 0 || strings.Trim(text[at+1:end], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") != "" {
		return 0
	}
	return end
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

// isSession reports whether what stands between before and after are a user and a database, as the
// log_line_prefix "[%p] %u@%d " of PostgreSQL writes them: "[17] app@shop ERROR:  ...".
func isSession(before, after string) bool {
	level, _, found := strings.Cut(after[:min(len(after), len(" STATEMENT:"))], ":")
	return found && strings.HasSuffix(before, "] ") && sessionLevels[strings.TrimPrefix(level, " ")]
}

var sessionLevels = wordlist.Set(`ERROR FATAL PANIC WARNING LOG DETAIL HINT CONTEXT STATEMENT NOTICE`)
