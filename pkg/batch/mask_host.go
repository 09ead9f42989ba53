package batch

import (
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/hut8labs/failmail/internal/telling"
)

// Evidence is how much what stands before a name speaks for its being a host's.
type evidence int

const (
	nothing evidence = iota
	likely           // from NAME, which may be a file or a key too
	stated           // host NAME, @NAME, ://NAME
)

// precede has the words that stand before the name of a host.
var precede = map[string]evidence{
	"host": stated, "hosts": stated, "hostname": stated, "server": stated, "node": stated, "peer": stated, "relay": stated,
	"tcp": stated, "udp": stated, "domain": stated, "client": stated, "upstream": stated, "endpoint": stated, "mx": stated, "rhost": stated, "lookup": stated,
	"resolve": stated, "resolving": stated, "dial": stated, "ping": stated, "ssh": stated, "website": stated, "site": stated, "vhost": stated, "helo": stated, "ehlo": stated,
	"from": likely, "to": likely, "at": likely, "on": likely, "with": likely, "by": likely, "of": likely, "for": likely, "reach": likely, "via": likely,
}

// surely stands before what can only be a host.
const surely = "@"

// maxPrecede is the longest of them.
const maxPrecede = len("hostname") + 1

// evidenceOf judges what stands before a name: a sign, or a word with a blank, an
// equals sign or a colon behind it, and perhaps a quote or a bracket.
func evidenceOf(before string) evidence {
	n := len(before)
	if strings.HasSuffix(before, "@") || strings.HasSuffix(before, "://") {
		return stated
	}
	end := n
	for end > 0 && n-end < 3 && strings.IndexByte(" =:\"'([<", before[end-1]) >= 0 {
		end--
	}
	start := end
	for start > 0 && end-start <= maxPrecede && isLetter(before[start-1]) {
		start--
	}
	if start == end || end == n || end-start > maxPrecede {
		return nothing
	}
	return precede[strings.ToLower(before[start:end])]
}

// matchHost takes a domain name of two labels or more that ends in a top-level
// domain, and the port that follows it. Names of files, packages, methods and keys
// have dots too, hence the conditions on short names, and on what stands before.
func matchHost(text, before string) int {
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
			if labels >= 2 && n == start && !startsPlaceholder(text, n) { // a dot that ends a sentence
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
	port := matchPort(text[n:])
	if port > 0 {
		before = surely
	}
	if !isHost(text[:last-1], text[last:n], labels, before) && !isAddressed(text[n:]) {
		return 0
	}
	return n + port
}

// logHost writes the machine of a line of the syslog, which stands behind the time from which the
// line begins, and returns where to go on; that is to if it is no such line.
func (m *masker) logHost(from, to int) int {
	if from > 0 && m.text[from-1] != '\n' || to >= len(m.text) || m.text[to] != ' ' {
		return to
	}
	n := matchLogHost(m.text[to+1:])
	if n == 0 {
		return to
	}
	m.replace(to+1, to+1+n, "<host>")
	return to + 1 + n
}

// matchLogHost takes the name of a machine that a process with its number follows (RFC 3164 section
// 4.1.2): "web1 sshd[4711]: ".
func matchLogHost(rest string) int {
	const maxTag = 120
	host, tag, _ := strings.Cut(rest[:min(len(rest), maxTag)], " ")
	tag, _, _ = strings.Cut(tag, " ")
	name, number, _ := strings.Cut(tag, "[")
	isProcess := name != "" && strings.HasSuffix(number, "]:") && allDigits(number[:len(number)-2])
	if !isProcess && tag != "kernel:" {
		return 0
	}
	isLevel, _ := telling.Level(strings.ToLower(host))
	isName := strings.Trim(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == ""
	if isLevel || !isName || strings.Trim(host, "0123456789.") == "" {
		return 0
	}
	return len(host)
}

// isAddressed reports whether rest, behind a name, begins with its address in brackets, as mail
// servers write a client.
func isAddressed(rest string) bool {
	return len(rest) > 1 && rest[0] == '[' && (matchIPv4(rest[1:]) > 0 || matchIPv6(rest[1:]) > 0)
}

// domains says what ends in a top-level domain.
type domains int

const (
	file      domains = iota + 1 // never a host
	word                         // an English word: only if it cannot be a package or a sentence
	key                          // the end of a key: only of a machine or where a host is stated
	ambiguous                    // of files and methods too: with three parts or where a host is stated
	certain
)

// topLevel is what is known of ends of names, before the list of all of them.
var topLevel = func() map[string]domains {
	table := make(map[string]domains)
	for kind, names := range map[domains]string{
		file: "py rs sh so cc md ps pm ml tf mm gz js ts db rb go cs vb h java zip mov map",
		word: "in it at is be am as by do id my no to us pl st la se es al et un",
		key: "name host email run date group link page show post properties select stream support team tools watch work zone report " +
			"review save search security cat call case box bar foo day fail global help how new now one open plus read ing kim",
		ambiguous: "info biz io dev app cloud int xyz online site tech me co tv ai svc consul",
		certain:   "com net org edu gov mil local internal lan corp example test invalid localdomain arpa intranet home de onion",
	} {
		for name := range strings.FieldsSeq(names) {
			table[name] = kind
		}
	}
	return table
}()

// isHost reports whether name.tld of so many labels is a host's name rather than a
// file's, a package's, a key's or the end of a sentence.
func isHost(name, tld string, labels int, before string) bool {
	lower := strings.ToLower(tld)
	if lower != tld && strings.ToUpper(tld) != tld {
		return false
	}
	first, _, _ := strings.Cut(name, ".")
	switch first {
	case "com", "org", "net", "java", "javax", "io", "edu", "gov", "jakarta", "kotlin", "scala", "android", "sun", "system", "self", "this":
		return false // a package, whose names begin with the domain
	}
	switch topLevel[lower] {
	case file:
		return false
	case certain:
		return true
	case ambiguous:
		return labels >= 3 || evidenceOf(before) == stated
	case word:
		return labels >= 3 && (isMachine(name) || isSecondLevel(name) || evidenceOf(before) == stated)
	}
	if _, listed := publicsuffix.PublicSuffix(lower); !listed {
		return false
	}
	if len(lower) == 2 {
		return true
	}
	e, isKey := evidenceOf(before), topLevel[lower] == key
	return e == stated || isMachine(name) && (labels >= 3 || e == likely) || labels >= 3 && e == likely && !isKey
}

// isMachine reports whether a name has what those of machines have, and those of
// packages and keys have not.
func isMachine(name string) bool { return strings.ContainsAny(name, "-0123456789") }

// isSecondLevel reports whether the last label of name is one under which
// registries of countries register.
func isSecondLevel(name string) bool {
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "co", "com", "net", "org", "ac", "edu", "gov", "go", "or", "ne":
		return true
	}
	return false
}
