package content

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

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
