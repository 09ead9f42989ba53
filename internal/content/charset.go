package content

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-message/charset" // knows every charset mail uses, not only UTF-8
	"golang.org/x/text/encoding/charmap"
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

// guess decodes text that has no label or carries one that cannot be true.
func guess(raw []byte, hint string) string {
	switch {
	case isEscaped(raw):
		if text, err := decodeAs(raw, "iso-2022-jp"); err == nil && !strings.ContainsRune(text, utf8.RuneError) {
			return text
		}
	case bytes.IndexByte(raw, 0) >= 0:
		if text, ok := guessUTF16(raw); ok {
			return text
		}
	}
	if utf8.Valid(raw) {
		return string(raw)
	}
	valid, invalid := countUTF8(raw)
	switch {
	case valid > invalid:
		if end := cutEnd(raw); end < len(raw) { // as when only the beginning of a mail was kept
			return guess(raw[:end], "") + string(utf8.RuneError)
		}
	case valid < invalid && hint == "":
		hint = detect(raw)
	}
	if hint != "" && hint != "utf-8" && hint != "us-ascii" {
		// A character cut at the end is no proof against the hint.
		text, err := decodeAs(raw, hint)
		if err == nil && !strings.ContainsRune(strings.TrimSuffix(text, string(utf8.RuneError)), utf8.RuneError) {
			return text
		}
	}
	// Line by line: a log collects lines of programs that do not agree.
	var out strings.Builder
	out.Grow(len(raw) + len(raw)/8)
	for line := range bytes.Lines(raw) {
		if utf8.Valid(line) {
			out.Write(line)
		} else {
			writeMixed(&out, line)
		}
	}
	return out.String()
}

// writeMixed writes a line that is not UTF-8: as Windows-1252 or, if it is
// rather UTF-8 with something wrong, what is valid as it is. Only a character
// that was cut, in such a line, cannot be told.
func writeMixed(out *strings.Builder, line []byte) {
	valid, invalid := countUTF8(line)
	unicode := valid >= invalid
	for len(line) > 0 {
		r, size := utf8.DecodeRune(line)
		if line[0] < utf8.RuneSelf || unicode && size > 1 {
			out.WriteRune(r)
			line = line[size:]
			continue
		}
		n := 0
		if unicode {
			n = cutRune(line)
		}
		if line[0] == 0xff {
			n = 1 // the end of a file that a program did not see, hardly ever a letter
		}
		if n > 0 {
			out.WriteRune(utf8.RuneError)
			line = line[n:]
			continue
		}
		out.WriteRune(charmap.Windows1252.DecodeByte(line[0]))
		line = line[1:]
	}
}

// countUTF8 counts the characters of several bytes in text and the bytes that
// are part of no character.
func countUTF8(text []byte) (valid, invalid int) {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case size > 1:
			valid++
		case r == utf8.RuneError:
			invalid++
		}
		text = text[size:]
	}
	return valid, invalid
}

// cutRune returns how many bytes at the start of line are the beginning of a
// character whose end is missing: more than its first byte, or the first byte
// at the end of the line.
func cutRune(line []byte) int {
	if line[0] < 0xc2 || line[0] > 0xf4 {
		return 0
	}
	n := 1
	for n < len(line) && line[n]&0xc0 == 0x80 {
		n++
	}
	if n == 1 && len(bytes.TrimRight(line[1:], "\r\n")) > 0 {
		return 0
	}
	return n
}

// cutEnd returns where the character begins whose end raw lacks; len(raw) if it
// lacks none.
func cutEnd(raw []byte) int {
	for i := len(raw) - 1; i >= 0 && i > len(raw)-utf8.UTFMax; i-- {
		if utf8.RuneStart(raw[i]) {
			if raw[i] >= utf8.RuneSelf && !utf8.FullRune(raw[i:]) {
				return i
			}
			break
		}
	}
	return len(raw)
}

// guessUTF16 recognizes the text of Windows tools by the zeros in every second
// byte: nearly all of them in a Western text, in others those of blanks and line
// ends, and then by what is text only if decoded.
func guessUTF16(raw []byte) (string, bool) {
	sample := raw[:min(len(raw), 1024)&^1]
	var zeros [2]int
	binary := 0 // bytes that ASCII text with zeros in it has hardly any of
	for i, c := range sample {
		if c == 0 {
			zeros[i&1]++
		} else if c >= 0x7f || c < ' ' && c != '\r' && c != '\n' && c != '\t' {
			binary++
		}
	}
	little := zeros[0] == 0
	if len(sample) < 4 || !little && zeros[1] > 0 {
		return "", false
	}
	switch many := zeros[0] + zeros[1]; {
	case many > len(sample)/2*7/10:
		return decodeUTF16Units(raw, little), true
	case binary*6 < len(sample), many*32 < len(sample):
		return "", false
	}
	if text := decodeUTF16Units(sample, little); strings.ContainsFunc(strings.TrimSuffix(text, string(utf8.RuneError)), isNoText) {
		return "", false
	}
	return decodeUTF16Units(raw, little), true
}

func isNoText(r rune) bool {
	return r == utf8.RuneError || !unicode.IsGraphic(r) && !unicode.IsSpace(r)
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
