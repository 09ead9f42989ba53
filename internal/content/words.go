package content

import (
	"strings"
	"unicode/utf8"
)

// decodeWords decodes the encoded words (RFC 2047) in a header value and
// whatever else of it is not UTF-8. hint names the charset of bytes that are
// not encoded at all.
func decodeWords(value, hint string) string {
	if isUnencoded(value) {
		return value
	}
	decoded, onlyWords := decodeWordsOnce(value, hint)
	if onlyWords && strings.HasPrefix(decoded, "=?") && strings.HasSuffix(decoded, "?=") {
		// Some programs encode what the library under them encodes again.
		decoded, _ = decodeWordsOnce(decoded, hint)
	}
	return decoded
}

// isUnencoded reports whether value is ASCII and stands for itself, as nearly
// all do.
func isUnencoded(value string) bool {
	for i := range len(value) {
		switch c := value[i]; {
		case c >= utf8.RuneSelf, c == 0x1b:
			return false
		case c == '=' && i+1 < len(value) && value[i+1] == '?':
			return false
		}
	}
	return true
}

func decodeWordsOnce(value, hint string) (decoded string, onlyWords bool) {
	var out strings.Builder
	onlyWords = true
	for value != "" {
		start := strings.Index(value, "=?")
		var run []word
		size := 0
		if start >= 0 {
			run, size = wordsAt(value[start:])
		}
		if len(run) == 0 {
			end := len(value)
			if start >= 0 {
				end = start + len("=?")
			}
			onlyWords = false
			out.WriteString(decodeUnlabelled(value[:end], hint))
			value = value[end:]
			continue
		}
		if start > 0 {
			onlyWords = false
			out.WriteString(decodeUnlabelled(value[:start], hint))
		}
		writeWords(&out, run)
		value = value[start+size:]
	}
	return out.String(), onlyWords
}

func decodeUnlabelled(text, hint string) string {
	decoded, _ := toUTF8([]byte(text), "", hint)
	return decoded
}

// A word is one encoded word.
type word struct {
	charset string
	base64  bool
	text    string
}

// wordsAt reads the encoded words at the start of value, between which there is
// only white space, and returns them with the length of all.
func wordsAt(value string) (run []word, size int) {
	for {
		next := size
		for next < len(value) && (value[next] == ' ' || value[next] == '\t') {
			next++
		}
		w, n := wordAt(value[next:])
		if n == 0 {
			return run, size
		}
		run = append(run, w)
		size = next + n
	}
}

// Bounds on what is taken for an encoded word. The standard allows 75 bytes for
// all of it; some senders put a whole subject into one.
const (
	maxCharsetName = 60
	maxWordText    = 10000
)

// wordAt reads the encoded word at the start of value and returns it with its
// length, which is 0 if there is none.
func wordAt(value string) (word, int) {
	rest, ok := strings.CutPrefix(value, "=?")
	if !ok {
		return word{}, 0
	}
	charset, rest, ok := strings.Cut(rest, "?")
	if !ok || len(charset) > maxCharsetName || strings.ContainsAny(charset, " \t\"<>") {
		return word{}, 0
	}
	encoding, rest, ok := strings.Cut(rest, "?")
	if !ok || len(encoding) > 4 {
		return word{}, 0
	}
	w := word{charset: charset}
	switch strings.TrimSpace(encoding) {
	case "b", "B":
		w.base64 = true
	case "q", "Q":
	default:
		return word{}, 0
	}
	end, closed := wordEnd(rest[:min(len(rest), maxWordText)], w.base64)
	w.text = rest[:end]
	size := len(value) - len(rest) + end
	if closed {
		size += len("?=")
	}
	known := isKnown(charset) || charsetName(charset) == ""
	if (!closed || !known) && !w.base64 && !strings.Contains(w.text, "=") || !closed && !known {
		return word{}, 0 // doubtful, and as it stands it can be read
	}
	if w.base64 && w.text != "" && strings.IndexFunc(w.text, isBase64Digit) < 0 {
		return word{}, 0
	}
	return w, size
}

func isBase64Digit(r rune) bool { return r < utf8.RuneSelf && base64Value[r] >= 0 }

// wordEnd returns where the text of an encoded word ends, and whether that is
// by "?=". A word that was cut ends at the next one or with the value.
func wordEnd(rest string, base64 bool) (end int, closed bool) {
	from := 0
	for {
		end := strings.Index(rest[from:], "?=")
		next := strings.Index(rest[from:], "=?")
		if next >= 0 && next == end-1 { // the padding of base64 before "?="
			next = -1
		}
		switch {
		case next >= 0 && (end < 0 || next < end):
			return len(strings.TrimRight(rest[:from+next], " \t")), false
		case end < 0:
			return len(rest), false
		}
		end += from
		// A question mark that was not encoded, before a byte that was.
		if !base64 && end+4 <= len(rest) && isHex(rest[end+2]) && isHex(rest[end+3]) {
			later := strings.Index(rest[end+2:], "?=")
			other := strings.Index(rest[end+2:], "=?")
			if later >= 0 && (other < 0 || other >= later-1) {
				from = end + 2
				continue
			}
		}
		return end, true
	}
}

// writeWords decodes a run of words. Neighbours with the same charset are
// decoded in one go, because many senders cut in the middle of a character and
// some in the middle of a group of base64.
func writeWords(out *strings.Builder, run []word) {
	for len(run) > 0 {
		n := 1
		for n < len(run) && strings.EqualFold(run[n].charset, run[0].charset) && !isStateful(run[0].charset) {
			n++
		}
		var raw []byte
		for i := 0; i < n; i++ {
			if !run[i].base64 {
				raw = append(raw, decodeQ(run[i].text)...)
				continue
			}
			text := run[i].text
			for i+1 < n && run[i+1].base64 && len(text)%4 != 0 && !strings.HasSuffix(text, "=") {
				i++
				text += run[i].text
			}
			raw = append(raw, decodeBase64([]byte(text)).data...)
		}
		text, _ := toUTF8(raw, run[0].charset, "")
		out.WriteString(text)
		run = run[n:]
	}
}

// isStateful reports whether each word starts anew in the charset.
func isStateful(charset string) bool {
	name := charsetName(charset)
	return sevenBit[name] && !wide[name]
}

// decodeQ decodes the "Q" encoding (RFC 2047 section 4.2). What is no escape
// stands for itself.
func decodeQ(text string) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '_':
			out = append(out, ' ')
		case c == '=' && i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2]):
			out = append(out, unhex(text[i+1])<<4|unhex(text[i+2]))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return out
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
