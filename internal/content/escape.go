package content

import "strings"

const (
	esc = '\x1b'
	csi = "\u009b" // ESC [ in one character
)

// dropEscapes removes the escape sequences that drive a terminal (ECMA-48 section
// 5.4). Without its ESC the rest of one would stand in the text: "[31mred[0m".
func dropEscapes(text string) string {
	return without(text, func(s string) int { return max(longEscape(s), shortEscape(s)) })
}

// dropLongEscapes leaves those of two characters, for a line: there an ESC in
// front of a letter is rather a stray character.
func dropLongEscapes(text string) string { return without(text, longEscape) }

// without removes what sequence finds; it returns the bytes of the sequence at the
// beginning of a text, 0 if there is none.
func without(text string, sequence func(string) int) string {
	if !strings.ContainsAny(text, string(esc)+csi) {
		return text
	}
	var out strings.Builder
	out.Grow(len(text))
	for from := 0; ; {
		at := strings.IndexAny(text[from:], string(esc)+csi)
		if at < 0 {
			out.WriteString(text[from:])
			return out.String()
		}
		out.WriteString(text[from : from+at])
		from += at
		n := sequence(text[from:])
		if n == 0 {
			n = 1
			out.WriteByte(text[from])
			if text[from] != esc {
				n = len(csi)
				out.WriteString(csi[1:])
			}
		}
		from += n
	}
}

// longEscape returns the bytes of a sequence with more than two characters.
func longEscape(s string) int {
	rest, isCSI := strings.CutPrefix(s, csi)
	if isCSI {
		return ended(s, between(rest, ' ', '?'), '@')
	}
	if len(s) < 3 {
		return 0
	}
	switch c := s[1]; {
	case c == '[': // colours, the cursor
		return ended(s, between(s[2:], ' ', '?'), '@')
	case strings.IndexByte("]P^_X", c) >= 0: // OSC: titles and links; DCS, PM, APC, SOS
		return commanded(s)
	case c >= ' ' && c <= '/': // a charset, such as ESC ( B
		return ended(s, between(s[1:], ' ', '/'), '0')
	}
	return 0
}

// shortEscape returns the bytes of a sequence with two characters.
func shortEscape(s string) int {
	if len(s) < 2 || s[0] != esc {
		return 0
	}
	if c := s[1]; c >= '0' && c <= '~' && strings.IndexByte("P[]^_X", c) < 0 {
		return 2
	}
	return 0
}

// between returns what follows the bytes from first to last in s.
func between(s string, first, last byte) string {
	i := 0
	for i < len(s) && s[i] >= first && s[i] <= last {
		i++
	}
	return s[i:]
}

// ended returns the bytes of a sequence in s that ends with the first byte of rest,
// if that can be the end of one.
func ended(s, rest string, least byte) int {
	if rest == "" || rest[0] < least || rest[0] > '~' {
		return 0
	}
	return len(s) - len(rest) + 1
}

// commanded returns the bytes of a sequence with a text inside, up to BEL or ESC \.
func commanded(s string) int {
	end := strings.IndexAny(s[2:], "\x07\x1b\n") + 2
	switch {
	case end < 2:
		return 0
	case s[end] == '\x07':
		return end + 1
	case strings.HasPrefix(s[end:], "\x1b\\"):
		return end + 2
	}
	return 0
}
