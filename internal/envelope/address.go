// Package envelope says which addresses a mail may be sent from and to, and keeps
// them in front of a mail in a file. One rule for whoever takes an address in and
// whoever hands it on: what is accepted can be delivered, to just that mailbox.
package envelope

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds in octets (RFC 5321 section 4.5.3.1). A path has 256 with its brackets.
const (
	maxLocalPart = 64
	maxDomain    = 255
	maxAddress   = 254
)

// Problem returns what keeps address, as it stands between the angle brackets of
// MAIL and RCPT, from being taken: half a sentence that the address begins, such
// as "has angle brackets". It is empty for a good address: a local part as dot-string
// or quoted string (RFC 5321 section 4.1.2, RFC 6531), with a domain or alone, as
// in <root>; and for "", the null reverse-path.
//
// Angle brackets and control characters are refused inside of quotes too: they
// are lost or misread on the way, and no real mailbox has them.
func Problem(address string) string {
	switch {
	case address == "":
		return ""
	case !utf8.ValidString(address):
		return "is not UTF-8"
	case strings.ContainsFunc(address, unicode.IsControl):
		return "has a line break or another control character"
	case strings.ContainsAny(address, "<>"):
		return "has angle brackets"
	case len(address) > maxAddress:
		return "has more than 254 octets"
	}
	local, domain, whole := split(address)
	switch {
	case local == "":
		return "has nothing in front of the @"
	case !whole:
		return "needs quotes around what is in front of the @"
	case len(local) > maxLocalPart:
		return "has more than 64 octets in front of the @"
	case len(local) < len(address) && !isDomain(domain):
		return "has no domain behind the @"
	}
	return ""
}

// split cuts address at its @. whole is false if what comes before is neither a
// dot-string nor a quoted string.
func split(address string) (local, domain string, whole bool) {
	if address[0] != '"' {
		local, domain, _ = strings.Cut(address, "@")
		return local, domain, isDotString(local)
	}
	for i := 1; i < len(address); i++ {
		switch address[i] {
		case '\\':
			i++
		case '"':
			local, rest := address[:i+1], address[i+1:]
			domain, found := strings.CutPrefix(rest, "@")
			return local, domain, found || rest == ""
		}
	}
	return address, "", false
}

// isDomain is as lenient as the names are that networks have: it keeps out only
// what could be taken for something else.
func isDomain(domain string) bool {
	inner, literal := strings.CutPrefix(domain, "[")
	if literal {
		inner, literal = strings.CutSuffix(inner, "]")
		return literal && inner != "" && !strings.ContainsAny(inner, ` ()[]@\,;"`)
	}
	return domain != "" && len(domain) <= maxDomain && !strings.ContainsAny(domain, ` ()[]:;@\,"`)
}

// Quote gives a local part back the quotes that libraries take off where RFC 5321
// section 4.1.2 needs them. Without them the address would be another one, or
// bring commands along, when it is passed on.
func Quote(address string) string {
	at := strings.LastIndexByte(address, '@')
	local, domain := address, ""
	if at >= 0 {
		local, domain = address[:at], address[at:]
	}
	if local == "" || isDotString(local) {
		return address
	}
	return `"` + strings.NewReplacer("\\", "\\\\", `"`, `\"`).Replace(local) + `"` + domain
}

// isDotString reports whether local needs no quotes. It is lenient with dots,
// which some providers allow anywhere, and takes any byte beyond ASCII (RFC
// 6531).
func isDotString(local string) bool {
	for i := range len(local) {
		if c := local[i]; c <= ' ' || c == 0x7f || strings.IndexByte(`()<>[]:;@\,"`, c) >= 0 {
			return false
		}
	}
	return true
}
