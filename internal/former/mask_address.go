package former

import (
	"net/netip"
	"strings"
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

// matchJWT takes a JSON Web Token (RFC 7519), whose header begins with {".
func matchJWT(text string) (n int) {
	if !strings.HasPrefix(text, "eyJ") {
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
	if n < len(text) && (isWordByte(text[n]) || text[n] == ':') {
		return 0
	}
	return n
}

// matchHost takes a domain name of two labels or more that ends in a top-level
// domain, and the port that follows it. Names of files, packages and methods
// have dots too, hence the conditions on short names.
func matchHost(text string) int {
	if strings.HasPrefix(text, "unknown[") { // as mail servers write a client without a name
		return 0
	}
	n, labels, last := 0, 0, 0
	hasLetter := false
	for {
		start := n
		for n < len(text) && n-start <= 63 && (class[text[n]]&(digit|letter) != 0 && text[n] < 0x80 || text[n] == '-' && n > start) {
			hasLetter = hasLetter || !isDigit(text[n]) && text[n] != '-'
			n++
		}
		if n == start || n-start > 63 || text[n-1] == '-' {
			if labels >= 2 && n == start { // a dot that ends a sentence
				n--
				break
			}
			return 0
		}
		labels, last = labels+1, start
		if n >= len(text) || text[n] != '.' || n > 253 {
			break
		}
		n++
	}
	if labels < 2 || !hasLetter {
		return 0
	}
	if n < len(text) && (text[n] == '_' || text[n] >= 0x80 || text[n] == '(' || text[n] == '@' || text[n] == '$' || startsPlaceholder(text, n)) {
		return 0
	}
	if !isTopLevel(text[:last-1], text[last:n], labels) {
		return 0
	}
	return n + matchPort(text[n:])
}

// isTopLevel reports whether name.tld of so many labels is a host's name rather
// than a file's, a package's or the end of a sentence.
func isTopLevel(name, tld string, labels int) bool {
	lower := strings.ToLower(tld)
	if lower != tld && strings.ToUpper(tld) != tld {
		return false
	}
	first, _, _ := strings.Cut(name, ".")
	switch first {
	case "com", "org", "net", "java", "javax", "io", "edu", "gov", "jakarta", "kotlin", "scala", "android", "sun", "system", "self", "this":
		return false // a package, whose names begin with the domain
	}
	switch lower {
	case "com", "net", "org", "edu", "gov", "mil", "local", "internal", "lan", "corp", "example", "test", "invalid",
		"localdomain", "arpa", "intranet", "home":
		return true
	case "info", "biz", "io", "dev", "app", "cloud", "int", "xyz", "online", "site", "tech", "me", "co", "tv", "ai":
		return labels >= 3
	case "py", "rs", "sh", "so", "cc", "md", "ps", "pm", "ml", "tf", "mm", "gz", "js", "ts", "db", "rb", "go", "cs", "vb", "h":
		return false
	case "in", "it", "at", "is", "be", "am", "as", "by", "do", "id", "my", "no", "to", "us", "pl", "st", "la", "de", "se", "es", "al", "et", "un":
		// English words too: only what no package or sentence looks like.
		return lower == "de" || labels >= 3 && (strings.ContainsAny(name, "-0123456789") || isSecondLevel(name))
	}
	return len(lower) == 2 && strings.Contains(countries, lower+" ")
}

// isSecondLevel reports whether the last label of name is one under which
// registries of countries register.
func isSecondLevel(name string) bool {
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "co", "com", "net", "org", "ac", "edu", "gov", "go", "or", "ne":
		return true
	}
	return false
}

// countries are the other top-level domains of countries in common use.
const countries = "ac ad ae af ag ao aq ar au aw az ba bb bd bf bg bh bi bj bm bn bo br bs bt bw by bz ca cd cf cg ch ci ck cl cm cn cr cu cv cw cx cy cz dj dk dm dz ec ee eg er eu fi fj fk fm fo fr ga gd ge gf gg gh gi gl gm gn gp gq gr gt gu gw gy hk hn hr ht hu ie il im iq ir je jm jo jp ke kg kh ki km kn kp kr kw ky kz lb lc li lk lr ls lt lu lv ly ma mc mg mk mn mo mq mr ms mt mu mv mw mx mz na nc ne nf ng ni nl np nr nu nz om pa pe pf pg ph pk pn pr pt pw py qa re ro ru rw sa sb sc sd sg si sk sl sm sn sr ss sv sx sy sz tc td tg th tj tk tl tn tr tt tw tz ua ug uk uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw "

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
		if n = matchHost(rest); n == 0 {
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
