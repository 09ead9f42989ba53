package former

import "strings"

// mask replaces what changes from one occurrence of an error to the next by
// typed placeholders; docs/grouping.md lists them with examples. What is left is
// what two occurrences have in common: plain words are never touched, except
// where they name a value: in quotes, in an address, as the name of a user, and
// in a date. Masking a masked text changes nothing.
func mask(text string) string {
	m := masker{text: text, out: make([]byte, 0, len(text)+64)}
	m.run()
	return string(m.out)
}

type masker struct {
	text string
	out  []byte
	rest int // text[rest:] is not yet written
}

// replace writes placeholder for text[from:to].
func (m *masker) replace(from, to int, placeholder string) {
	m.out = append(m.out, m.text[m.rest:from]...)
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
		placeholder, from, to := classify(text, i, t)
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

// word masks the digits inside of the word at i, and returns its end.
func (m *masker) word(i int) int {
	text := m.text
	end := i
	for end < len(text) && isWordByte(text[end]) {
		if isDigit(text[end]) && end > i && text[end-1] >= 0x80 {
			break // behind a no-break space, or in a script without blanks
		}
		end++
	}
	for from := i; from < end; {
		to := from
		for to < end && text[to] != '_' {
			to++
		}
		m.part(from, to)
		from = to + 1
	}
	return end
}

// part masks one part of a word, between underscores.
func (m *masker) part(from, to int) {
	part := m.text[from:to]
	shape := shapeOf(part)
	switch {
	case shape.digits == 0:
	case shape.digits == len(part):
		m.replace(from, to, "<num>")
	case isTerm(part):
	case shape.changes >= 3, shape.changes == 2 && (isDigit(part[0]) || shape.digits >= 4), len(part) >= 16 && shape.digits >= 2 && shape.changes > 1:
		m.replace(from, to, "<id>")
	default:
		for i := from; i < to; i++ {
			if isDigit(m.text[i]) {
				start := i
				for i < to && isDigit(m.text[i]) {
					i++
				}
				m.replace(start, i, "<num>")
			}
		}
	}
}

// A shape tells a random id from a name with a number.
type shape struct{ digits, changes int }

func shapeOf(part string) (s shape) {
	for i := range len(part) {
		digit := isDigit(part[i])
		if digit {
			s.digits++
		}
		if i > 0 && digit != isDigit(part[i-1]) {
			s.changes++
		}
	}
	return s
}

// terms are words whose digits belong to their name.
var terms = map[string]bool{
	"utf8": true, "utf16": true, "utf32": true, "ucs2": true, "latin1": true, "base64": true, "base32": true, "b64": true,
	"md5": true, "sha1": true, "sha2": true, "sha3": true, "sha224": true, "sha256": true, "sha384": true, "sha512": true,
	"crc32": true, "aes128": true, "aes256": true, "rc4": true, "hs256": true, "rs256": true, "es256": true, "ed25519": true,
	"int8": true, "int16": true, "int32": true, "int64": true, "uint8": true, "uint16": true, "uint32": true, "uint64": true,
	"float32": true, "float64": true, "i32": true, "i64": true, "u32": true, "u64": true, "f32": true, "f64": true,
	"x86": true, "x64": true, "amd64": true, "arm64": true, "i386": true, "i686": true, "win32": true, "win64": true,
	"ipv4": true, "ipv6": true, "ip4": true, "ip6": true, "inet6": true, "tcp4": true, "tcp6": true, "udp4": true, "udp6": true,
	"http1": true, "http2": true, "http3": true, "oauth1": true, "oauth2": true, "ssh1": true, "ssh2": true,
	"ec2": true, "k8s": true, "i18n": true, "l10n": true, "a11y": true, "log4j": true, "log4j2": true,
	"vue3": true, "mp3": true, "mp4": true, "h264": true, "h265": true, "ext3": true, "ext4": true,
	"psycopg2": true, "psycopg3": true, "urllib3": true, "boto3": true, "python2": true, "python3": true, "mod_jk2": true,
	"numpy2": true, "sqlite3": true, "mysql2": true, "j2ee": true, "b2b": true, "b2c": true, "p2p": true,
	"jinja2": true, "mysql5": true, "openssl3": true, "bz2": true, "xz2": true, "h5py": true, "pbkdf2": true, "argon2": true, "x509": true,
	"neo4j": true, "w3c": true, "c3p0": true, "slf4j": true, "rfc2822": true, "rfc5321": true, "iso8601": true, "iso8859": true,
	"md5sum": true, "sha1sum": true, "sha256sum": true, "raid0": true, "raid1": true, "raid5": true, "raid6": true, "raid10": true,
}

// capitals are such words where they begin with a capital; in lower case they are
// machines.
var capitals = map[string]bool{"Web2": true, "Web3": true, "DB2": true, "S3": true, "G1": true, "D3": true, "H2": true, "H3": true, "R53": true}

// maxTerm is the longest of the terms.
const maxTerm = 9

func isTerm(part string) bool {
	if len(part) > maxTerm {
		return false
	}
	var lower [maxTerm]byte
	for i := range len(part) {
		lower[i] = part[i]
		if c := part[i]; c >= 'A' && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return terms[string(lower[:len(part)])] || part[0] <= 'Z' && capitals[part]
}
