package content

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset" // knows every charset mail uses, not only UTF-8
)

// toUTF8 decodes raw, whose charset the sender calls label, which may be empty,
// unknown or wrong. hint names the charset used elsewhere in the same mail, for
// text that has no label or a wrong one. Nothing is dropped: bytes that mean
// nothing become U+FFFD.
func toUTF8(raw []byte, label, hint string) (string, error) {
	name := charsetName(label)
	if text, ok := decodeMarked(raw); ok {
		return text, nil
	}
	ascii := isASCII(raw)
	switch {
	case ascii && !sevenBit[name] && !isEscaped(raw):
		return string(raw), nil
	case ascii && !sevenBit[name], name == "", name == "utf-8", name == "us-ascii":
		return guess(raw, charsetName(hint)), nil
	}
	text, err := decodeAs(raw, name)
	if err != nil {
		return guess(raw, charsetName(hint)), fmt.Errorf("unknown charset %.40q, read as UTF-8 or Windows-1252", label)
	}
	broken := strings.ContainsRune(text, utf8.RuneError)
	if utf8.Valid(raw) && isRatherUTF8(raw, name, ascii, broken) {
		return string(raw), nil
	}
	if broken {
		for _, other := range siblings[name] {
			if text, err := decodeAs(raw, other); err == nil && !strings.ContainsRune(text, utf8.RuneError) {
				return text, nil
			}
		}
	}
	return text, nil
}

// isRatherUTF8 reports whether raw, which is valid UTF-8, is not what the
// charset called name would look like.
//
// The bytes above 0x7f of a text practically never form valid UTF-8 by chance.
// Where pairs of bytes are characters, though, some pairs do.
func isRatherUTF8(raw []byte, name string, ascii, broken bool) bool {
	switch {
	case ebcdic[name]:
		return false
	case wide[name]:
		return bytes.IndexByte(raw, 0) < 0
	case sevenBit[name]:
		return !ascii
	case multiByte[name] && !broken:
		const chance = 4 // pairs that are unlikely to be all valid
		pairs := 0
		for _, r := range string(raw) {
			if r > 0x7ff {
				return true
			}
			if r >= utf8.RuneSelf {
				pairs++
			}
		}
		return pairs >= chance
	}
	return true
}

// decodeAs decodes raw as the charset called name, a result of charsetName.
func decodeAs(raw []byte, name string) (string, error) {
	switch name {
	case "us-ascii", "utf-8":
		return guess(raw, ""), nil
	case "utf-7":
		return decodeUTF7(raw), nil
	case "utf-16":
		return decodeUTF16(raw), nil
	case "utf-32", "utf-32be":
		return decodeUTF32(raw, false), nil
	case "utf-32le":
		return decodeUTF32(raw, true), nil
	case "iso-2022-kr":
		raw, name = shiftedToEUC(raw), "euc-kr"
	case "iso-2022-cn":
		raw, name = shiftedToEUC(raw), "gb18030"
	}
	if superset := supersets[name]; superset != "" && hasC1(raw) {
		name = superset
	}
	r, err := charset.Reader(name, bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r)
	return string(text), err
}

// isKnown reports whether label names a charset that can be decoded.
func isKnown(label string) bool {
	name := charsetName(label)
	switch name {
	case "":
		return false
	case "utf-8", "us-ascii":
		return true
	}
	_, err := decodeAs(nil, name)
	return err == nil
}

func isASCII(raw []byte) bool {
	for _, c := range raw {
		if c >= utf8.RuneSelf || c == 0 {
			return false
		}
	}
	return true
}

// isEscaped reports whether raw switches to a Japanese character set by the
// escape sequences of ISO-2022-JP. Those of a terminal look different.
func isEscaped(raw []byte) bool {
	for {
		i := bytes.IndexByte(raw, 0x1b)
		if i < 0 || len(raw) < i+3 {
			return false
		}
		if raw[i+1] == '$' && (raw[i+2] == 'B' || raw[i+2] == '@' || raw[i+2] == '(') {
			return true
		}
		raw = raw[i+1:]
	}
}

// hasC1 reports whether raw has bytes that are control characters in the
// charsets of ISO 8859 and letters or quotes in those of Windows.
func hasC1(raw []byte) bool {
	for _, c := range raw {
		if c >= 0x80 && c < 0xa0 {
			return true
		}
	}
	return false
}
