package batch

import "strings"

// follows says how much likelier a character comes after another one in a word or
// a name than in a random string, in half bits: 'P' is equally likely, 'R' twice as
// likely, 'N' half as likely. Rows are the first character, columns the second: the
// letters, whatever their case, and a digit. Counted in English, German and French
// dictionaries, the identifiers of Go's library and the names of Debian's packages.
var follows = [...]string{
	"IQRRJNQLQGNTRTHQHTSTQOLMNJD", // a
	"TPOMUMOKSNMTOLSNLSRNSLLKOKH", // b
	"TJOKSJKVQESQNKUMHQORPNGGLEG", // c
	"SONQWNNKUJIPOMRMKRQMQLMKMGL", // d
	"QNQSOOOLOGJRQULOLVTRMNNPKNG", // e
	"SKNLTSLIUCHTNLTMESQRRIKINIJ", // f
	"SLNMVMPQSFIRNRSNGSRORJKGLII", // g
	"ULLMVLJITFIPNNTMFQPRQIMFOHG", // h
	"PSRPSPQGHEKRQVROJPTSIOFLBOE", // i
	"VLNNUNKJREJLNMUNHLSMVKJJGGE", // j
	"SNMNWPNNTGKQNPRNGPSQPIMFOGH", // k
	"TLMPUMLJVBLTLLTLHKQQQLJGQJE", // l
	"VQLQULKITCJNRLTSGKQNQIIFKGG", // m
	"RLRTTOUKRIOMLPQLILTUONJHKLF", // n
	"POQQKOPLNHNRRVQSHURRRPOLKJD", // o
	"UKONUOLQSCKSOJSRFTRQQHJGNDH", // p
	"LMNMIJJIKFEPRIILOOMRXKKJHIL", // q
	"UNPPVMOKTGNOPOTNIPSRPMKGOJF", // r
	"RMSMULLRSEPPOMQQLMTVQKMIOHH", // s
	"TLOLVMKQUEKOMKSNHSRQPILIPLJ", // t
	"QQQPRPPJRGKSRULQJTTSGKIMFKE", // u
	"TLONXMLJUDGMOKSRKNOOMKLIIHI", // v
	"VNNNUMKQUFKPPQSMIRQMNKJJJHH", // w
	"RNRNTOKOTGLNPJPTIMOUONLNOJM", // x
	"SORPRMNLRHMRSSQUHQURMMMKGLH", // y
	"SMNLXLILUFIPMKSJGLMNRKONORH", // z
	"OMPQNNNLMLMPPMLPMMONMRMQGHR", // a digit
	"SQSQQQQPQMNSRPQRKRSQPQONJMB", // the beginning
}

const (
	digitSymbol = 26
	firstSymbol = 27
)

// The kinds of characters whose order tells a name from a random string.
const (
	lowerKind = iota
	upperKind
	digitKind
)

// symbols has the column of follows and the kind for each letter and digit of ASCII.
var symbols = func() (table [256]struct {
	column, kind uint8
	known        bool
}) {
	for c := byte(0); c < 26; c++ {
		table['a'+c].column, table['A'+c].column = c, c
		table['A'+c].kind = upperKind
		table['a'+c].known, table['A'+c].known = true, true
	}
	for c := byte('0'); c <= '9'; c++ {
		table[c].column, table[c].kind, table[c].known = digitSymbol, digitKind, true
	}
	return table
}()

// turns is what follows is, for the kinds of two characters of a string that has
// letters of both cases.
var turns = [3][3]int{
	lowerKind: {lowerKind: 2, upperKind: -7, digitKind: -2},
	upperKind: {upperKind: -2},
	digitKind: {lowerKind: -3, upperKind: -3},
}

// loneLetter is added for a letter in lower case between others that are not.
const loneLetter = -4

// A shape is what tells a random string from a name, with or without a number.
type shape struct {
	length, digits int
	changes        int // between digits and letters
	digitFirst     bool
	digit          byte // the last
	mixed          bool // capitals not only at the beginning, and other letters
	regular        bool // like CamelCase2: no single letters, digits only behind words
	isName         int  // how much likelier a name is than chance, in half bits
}

// shapeOf judges letters and digits of ASCII; others count as small letters.
func shapeOf(part string) shape {
	s := shape{length: len(part), regular: true, digitFirst: part != "" && isDigit(part[0])}
	column, run := uint8(firstSymbol), 0
	var last uint8
	upper, lower, cases := 0, 0, 0
	for i := range len(part) {
		c := symbols[part[i]]
		if i > 0 && c.kind == upperKind && last == lowerKind {
			column = firstSymbol // another word
		}
		s.isName += int(follows[column][c.column]) - 'P'
		column = c.column
		switch c.kind {
		case digitKind:
			s.digits++
			s.digit = part[i]
		case upperKind:
			upper++
		default:
			lower++
		}
		if i > 0 {
			cases += turns[last][c.kind]
			if c.kind != last {
				if c.kind == digitKind || last == digitKind {
					s.changes++
				}
				if last == lowerKind && run == 1 && !endsShortWord(part[:i]) {
					s.regular = false
					if c.kind == upperKind {
						cases += loneLetter
					}
				}
				s.regular = s.regular && (last != digitKind || c.kind == upperKind)
				run = 0
			}
		}
		last = c.kind
		run++
	}
	if last == lowerKind && run == 1 && !endsShortWord(part) {
		s.regular = false
	}
	if s.mixed = lower > 0 && (upper > 1 || upper == 1 && symbols[part[0]].kind != upperKind); s.mixed {
		s.isName += cases
	}
	return s
}

// shortWords are those of two letters that names are made of, as in ErrNoRows.
const shortWords = "No To By My Is Of On In At As Do Go If Or Up We Be Me Us Ok Id Ip Db Ui Js Ex"

func endsShortWord(part string) bool {
	return len(part) >= 2 && strings.Contains(shortWords, part[len(part)-2:])
}

// acronyms are those that names end with, or begin with: NumCPU, SHA1withRSA.
var acronyms = func() map[string]bool {
	table := make(map[string]bool)
	for word := range strings.FieldsSeq("ACL API ASCII AVX BSD CDN CPU CRC CSS CSV DLL DNS DOM EOF FTP GPU GUI HTML HTTP HTTPS IEEE IPv4 IPv6 " +
		"JSON JSX JVM JWT KMS LDAP LRU MAC MQTT NFS NUMA OCI OID PDF PGP PHP PID RAM RGB RGBA RPC RSA SDK SHA SHA1 SMTP SNMP SQL SSD SSH SSL SSO " +
		"SVG TCP TLS TTL UDP UID URI URL USB UTC UUID VPN WAL XML YAML ZIP") {
		table[word] = true
	}
	return table
}()

// withoutAcronyms returns part without up to two acronyms at its ends.
func withoutAcronyms(part string) string {
	const shortest, longest = len("API"), len("ASCII")
	for range 2 {
		for n := shortest; n <= longest && n < len(part); n++ {
			if acronyms[part[len(part)-n:]] {
				part = part[:len(part)-n]
				break
			}
			if acronyms[part[:n]] {
				part = part[n:]
				break
			}
		}
	}
	return part
}

// isRandom reports whether nobody chose the string. The longer it is, the surer are
// the odds.
func (s shape) isRandom() bool {
	odds := s.isName - s.length
	switch {
	case s.digits == s.length:
		return false
	case (s.changes >= 3 || s.changes == 2 && (s.digitFirst || s.digits >= 4)) && !(s.mixed && s.regular):
		return true // digits and letters take turns
	case s.length < 6:
		return false
	case s.mixed && !s.regular && s.digits > 0:
		return odds < 0
	case s.mixed && !s.regular:
		return odds < -4
	case s.digits == 0 && !s.mixed && s.length < minLetters:
		return false
	case s.mixed:
		return odds < -8
	case s.digits == 1 && s.changes == 2 && (s.digit == '2' || s.digit == '4') && s.length < 14: // xml2csv
		return s.isName < -24
	case s.digits > 0 && s.changes == 1 && !s.digitFirst, s.length < 8:
		return s.isName < -16 // a name with its number, in most cases
	}
	return odds < -18
}

// minLetters is how long a word is that may be a random string though it has
// neither digits nor capitals inside; words of people and machines are not looked at.
const minLetters = 12
