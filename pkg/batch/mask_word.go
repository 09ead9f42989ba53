package batch

import "strings"

// word masks the digits inside of the word at i, and returns its end.
func (m *masker) word(i int) int {
	text := m.text
	end, kinds := i, uint8(0)
	for end < len(text) && isWordByte(text[end]) {
		kinds |= class[text[end]]
		if isDigit(text[end]) && end > i && text[end-1] >= 0x80 {
			break // behind a no-break space, or in a script without blanks
		}
		end++
	}
	if kinds&(digit|upper) == 0 && end-i < minLetters {
		return end
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
	digits, capitals, kinds := 0, 0, uint8(0)
	for i := range len(part) {
		kind := class[part[i]]
		kinds |= kind
		digits += int(kind & digit / digit)
		capitals += int(kind & upper / upper)
	}
	switch {
	case digits == 0 && len(part) < minLetters && (capitals == 0 || capitals == 1 && class[part[0]]&upper != 0):
	case kinds&beyondASCII != 0, endsPlaceholder(m.text, from), startsPlaceholder(m.text, to):
		m.digits(from, to) // the rest is of a word that was masked, or of a script without blanks
	case digits == len(part):
		m.replace(from, to, "<num>")
	case isTerm(part):
	case digits == 0 && len(part) >= minLetters && allHex(part), digits > 0 && len(part) >= minHex && allHex(part):
		m.replace(from, to, "<hex>")
	case digits > 0 && (isCode(part) || isVersion(part)):
		m.digits(from, to)
	case part[0] == 'g' && len(part) > minHex && m.follows(from, '-') && allHex(part[1:]): // git describe
		m.replace(from+1, to, "<hex>")
	case digits > 0 && m.isSerial(from, to), shapeOf(part).isRandom() && shapeOf(withoutAcronyms(part)).isRandom():
		m.replace(from, to, "<id>")
	case digits > 0:
		m.digits(from, to)
	}
}

// digits masks the numbers in a part of a word.
func (m *masker) digits(from, to int) {
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

// follows reports whether c is right before i.
func (m *masker) follows(i int, c byte) bool { return i > 0 && m.text[i-1] == c }

// split returns how many capitals part begins with, and how many digits follow.
func split(part string) (capitals, digits int) {
	for capitals < len(part) && class[part[capitals]]&upper != 0 {
		capitals++
	}
	return capitals, number(part[capitals:], len(part))
}

// isCode reports whether part is the number of a message, as vendors write it:
// SQL0204N, IEF450I. Its letters say whose it is and how bad.
func isCode(part string) bool {
	capitals, digits := split(part)
	rest := len(part) - capitals - digits
	return capitals >= 2 && capitals <= 5 && digits >= 3 && digits <= 5 && (rest == 0 || rest == 1 && class[part[len(part)-1]]&upper != 0)
}

// isVersion reports whether part is a name with its version: SNMPv3, dhcpv6.
func isVersion(part string) bool {
	n := len(part) - 1
	return n >= 2 && n <= 8 && part[n-1] == 'v' && isDigit(part[n]) && !strings.ContainsAny(part[:n], "0123456789")
}

// isSerial reports whether a part is a serial number such as WRGUX6497891, whose
// letters are no word, or are behind those of a brand, as in WD-WMAZA1234567.
func (m *masker) isSerial(from, to int) bool {
	part := m.text[from:to]
	capitals, digits := split(part)
	if capitals < 4 || digits < 6 || capitals+digits != len(part) {
		return false
	}
	brand := from - 1
	for brand > 0 && brand > from-4 && class[m.text[brand-1]]&upper != 0 {
		brand--
	}
	return capitals <= 5 && m.follows(from, '-') && brand < from-1 || shapeOf(part[:capitals]).isName < -2
}

// minHex is how many hexadecimal digits, some of them letters, are a hash.
const minHex = 7

// terms are words whose digits belong to their name, and names that look random.
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
	"html5": true, "pkcs7": true, "pkcs8": true, "neo4j": true, "w3c": true, "c3p0": true, "slf4j": true, "rfc2822": true, "rfc5321": true, "iso8601": true, "iso8859": true,
	"md5sum": true, "sha1sum": true, "sha256sum": true, "raid0": true, "raid1": true, "raid5": true, "raid6": true, "raid10": true,
	// These have no digits, and too few vowels or too many capitals.
	"https": true, "httpd": true, "httpx": true, "xhtml": true, "mssql": true, "pgsql": true, "btrfs": true, "sshfs": true,
	"tmpfs": true, "rdbms": true, "smtpd": true, "smtps": true, "dhcpd": true, "tftpd": true, "snmpd": true, "vcpkg": true,
	"jquery": true, "pyyaml": true, "mkdocs": true, "webgpu": true, "webdav": true, "toascii": true,
	"webrtc": true, "netbsd": true, "jqgrid": true, "fluxcd": true, "pgpool": true, "nuxtjs": true, "wkwebview": true,
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
