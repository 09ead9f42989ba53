package content

import "strings"

// Charsets that need other rules than "a byte is a character and the lower half
// is ASCII".
var (
	// In sevenBit charsets ASCII bytes stand for other characters too.
	sevenBit = set("utf-7", "utf-16", "utf-16be", "utf-16le", "utf-32", "utf-32be", "utf-32le",
		"iso-2022-jp", "iso-2022-kr", "iso-2022-cn", "hz-gb-2312")
	// A wide text of any length has bytes that are zero.
	wide      = set("utf-16", "utf-16be", "utf-16le", "utf-32", "utf-32be", "utf-32le")
	multiByte = set("gb18030", "big5", "euc-jp", "euc-kr", "shift_jis")
	ebcdic    = set("ibm037", "ibm1047", "ibm01140")
)

// supersets are what text labelled as ISO 8859 really is when it has bytes
// between 0x80 and 0x9f.
var supersets = map[string]string{
	"iso-8859-2": "windows-1250", "iso-8859-7": "windows-1253", "iso-8859-8": "windows-1255",
	"iso-8859-8-i": "windows-1255", "iso-8859-13": "windows-1257", "iso-8859-15": "windows-1252",
}

// siblings are what a text may be that makes no sense as what it says it is.
var siblings = map[string][]string{
	"iso-2022-jp": {"euc-jp", "shift_jis"},
	"shift_jis":   {"euc-jp", "iso-2022-jp"},
	"euc-jp":      {"shift_jis", "iso-2022-jp"},
}

// charsetNames maps the names in use, in lower case and without punctuation, to
// those that the decoders know. The empty name is that of senders who say that
// they do not know.
var charsetNames = map[string]string{
	"unknown": "", "unknown8bit": "", "xunknown": "", "default": "", "none": "", "null": "",
	"undefined": "", "binary": "", "8bit": "", "7bit": "", "xuserdefined": "", "auto": "",

	"ascii": "us-ascii", "usascii": "us-ascii", "ansix341968": "us-ascii", "ansix341986": "us-ascii",
	"iso646us": "us-ascii", "646": "us-ascii", "us": "us-ascii", "cp20127": "us-ascii",
	"utf8": "utf-8", "utf8mb4": "utf-8", "utf8mb3": "utf-8", "utf": "utf-8", "cp65001": "utf-8",
	"xutf8": "utf-8", "unicode11utf8": "utf-8", "utf8n": "utf-8", "utf8bom": "utf-8", "utf8sig": "utf-8",
	"utf7": "utf-7", "unicode11utf7": "utf-7", "cp65000": "utf-7",
	"utf16": "utf-16", "unicode": "utf-16", "ucs2": "utf-16", "iso10646ucs2": "utf-16",
	"utf16le": "utf-16le", "ucs2le": "utf-16le", "cp1200": "utf-16le",
	"utf16be": "utf-16be", "ucs2be": "utf-16be", "cp1201": "utf-16be",
	"utf32": "utf-32", "ucs4": "utf-32", "utf32be": "utf-32be", "utf32le": "utf-32le",

	"latin1": "windows-1252", "l1": "windows-1252", "ansi": "windows-1252", "western": "windows-1252",
	"iso88591": "windows-1252", "latin2": "iso-8859-2", "latin3": "iso-8859-3", "latin4": "iso-8859-4",
	"latin5": "windows-1254", "iso88599": "windows-1254", "latin6": "iso-8859-10", "latin7": "iso-8859-13",
	"latin8": "iso-8859-14", "latin9": "iso-8859-15", "latin0": "iso-8859-15", "latin10": "iso-8859-16",
	"cyrillic": "iso-8859-5", "arabic": "iso-8859-6", "greek": "iso-8859-7", "hebrew": "iso-8859-8",
	"iso88596e": "iso-8859-6", "iso88596i": "iso-8859-6", "iso88598e": "iso-8859-8", "iso88598i": "iso-8859-8-i",
	"iso885911": "windows-874", "tis620": "windows-874", "tis6202533": "windows-874", "thai": "windows-874",

	"koi8": "koi8-r", "koi8r": "koi8-r", "cp20866": "koi8-r", "koi8u": "koi8-u", "koi8ru": "koi8-u", "cp21866": "koi8-u",
	"macroman": "macintosh", "mac": "macintosh", "xmacroman": "macintosh", "cp10000": "macintosh",
	"maccyrillic": "x-mac-cyrillic", "xmacukrainian": "x-mac-cyrillic", "cp10007": "x-mac-cyrillic",

	"sjis": "shift_jis", "xsjis": "shift_jis", "shiftjis": "shift_jis", "mskanji": "shift_jis", "cp932": "shift_jis",
	"windows31j": "shift_jis", "cp943": "shift_jis", "eucjp": "euc-jp", "xeucjp": "euc-jp", "ujis": "euc-jp",
	"cp51932": "euc-jp", "eucjpms": "euc-jp", "iso2022jp": "iso-2022-jp", "iso2022jp1": "iso-2022-jp",
	"iso2022jp2": "iso-2022-jp", "iso2022jp3": "iso-2022-jp", "iso2022jpms": "iso-2022-jp", "jis": "iso-2022-jp",
	"cp50220": "iso-2022-jp", "cp50221": "iso-2022-jp", "cp50222": "iso-2022-jp", "csiso2022jp": "iso-2022-jp",
	"gb2312": "gb18030", "gb231280": "gb18030", "gbk": "gb18030", "xgbk": "gb18030", "gb18030": "gb18030",
	"gb180302000": "gb18030", "gb": "gb18030", "euccn": "gb18030", "xeuccn": "gb18030", "cp936": "gb18030",
	"cp54936": "gb18030", "cp20936": "gb18030", "chinese": "gb18030", "csgb2312": "gb18030",
	"hz": "hz-gb-2312", "hzgb2312": "hz-gb-2312", "cp52936": "hz-gb-2312",
	"big5": "big5", "big5hkscs": "big5", "big5eten": "big5", "cnbig5": "big5", "xxbig5": "big5", "cp950": "big5",
	"euckr": "euc-kr", "xeuckr": "euc-kr", "ksc5601": "euc-kr", "ksc56011987": "euc-kr", "ksc56011989": "euc-kr",
	"uhc": "euc-kr", "cp949": "euc-kr", "cp51949": "euc-kr", "korean": "euc-kr", "iso2022kr": "iso-2022-kr",
	"iso2022cn": "iso-2022-cn",

	"cp874": "windows-874", "cp437": "ibm437", "cp850": "ibm850", "cp852": "ibm852", "cp855": "ibm855", "cp858": "ibm00858",
	"cp860": "ibm860", "cp862": "ibm862", "cp863": "ibm863", "cp865": "ibm865", "cp866": "ibm866",
	"cp037": "ibm037", "cp37": "ibm037", "cp1047": "ibm1047", "cp1140": "ibm01140",
	"cp00858": "ibm00858", "cp01140": "ibm01140",
}

// charsetName returns the name by which the decoders know the charset that the
// sender calls label; empty if the sender does not know it.
func charsetName(label string) string {
	switch {
	case label == "":
		return ""
	case strings.EqualFold(label, "utf-8"):
		return "utf-8"
	case strings.EqualFold(label, "us-ascii"):
		return "us-ascii"
	}
	label = strings.ToLower(strings.Trim(label, " \t\r\n\"'<>();,:"))
	label = strings.TrimPrefix(label, "charset=")
	label, _, _ = strings.Cut(label, "*") // a language, RFC 2231 section 5
	if end := strings.IndexAny(label, " \t;,\"'"); end >= 0 {
		label = label[:end]
	}
	bare := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, label)
	if bare == "" {
		return ""
	}
	if name, ok := charsetNames[bare]; ok {
		return name
	}
	if name, ok := numbered(bare); ok {
		return name
	}
	return label
}

// numbered names the charsets of Windows, IBM and ISO by the number in bare,
// which has lost its punctuation.
func numbered(bare string) (string, bool) {
	digits := strings.TrimLeft(bare, "abcdefghijklmnopqrstuvwxyz")
	switch prefix := bare[:len(bare)-len(digits)]; {
	case digits == "" || strings.Trim(digits, "0123456789") != "":
		return "", false
	case strings.HasPrefix(digits, "8859") && (prefix == "iso" || prefix == "" || prefix == "xiso"):
		number := digits[len("8859"):]
		if len(number) > 4 {
			number = number[:len(number)-4] // the year of the standard
		}
		if name, ok := charsetNames["iso8859"+number]; ok {
			return name, true
		}
		return "iso-8859-" + number, number != ""
	case prefix == "" || prefix == "cp" || prefix == "win" || prefix == "windows" || prefix == "xcp" || prefix == "xwindows" ||
		prefix == "ms" || prefix == "ibm" || prefix == "dos" || prefix == "oem" || prefix == "ansi" || prefix == "cpansi" || prefix == "codepage":
		if len(digits) == 5 && strings.HasPrefix(digits, "2859") || len(digits) == 5 && strings.HasPrefix(digits, "2860") {
			return numbered("iso8859" + isoOfCodePage(digits))
		}
		if len(digits) == 4 && strings.HasPrefix(digits, "125") && digits[3] <= '8' {
			return "windows-" + digits, true
		}
		name, ok := charsetNames["cp"+digits]
		return name, ok
	}
	return "", false
}

// isoOfCodePage returns the part of ISO 8859 that Windows counts from 28591.
func isoOfCodePage(digits string) string {
	if digits[3] == '9' {
		return digits[4:]
	}
	return string('1') + digits[4:]
}

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, name := range names {
		m[name] = true
	}
	return m
}
