package batch

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
