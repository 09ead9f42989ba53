package content

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decodeMarked decodes text that begins with a byte order mark, which is a
// surer sign than any label.
func decodeMarked(raw []byte) (string, bool) {
	switch {
	case bytes.HasPrefix(raw, []byte("\xef\xbb\xbf")):
		return guess(raw[3:], ""), true
	case bytes.HasPrefix(raw, []byte("\xff\xfe\x00\x00")):
		return decodeUTF32(raw[4:], true), true
	case bytes.HasPrefix(raw, []byte("\x00\x00\xfe\xff")):
		return decodeUTF32(raw[4:], false), true
	case bytes.HasPrefix(raw, []byte("\xff\xfe")):
		return decodeUTF16Units(raw[2:], true), true
	case bytes.HasPrefix(raw, []byte("\xfe\xff")):
		return decodeUTF16Units(raw[2:], false), true
	}
	return "", false
}

// decodeUTF16 decodes text without a byte order mark. It is big-endian by
// RFC 2781, but what Windows writes is not.
func decodeUTF16(raw []byte) string {
	if text, ok := guessUTF16(raw); ok {
		return text
	}
	return decodeUTF16Units(raw, false)
}

func decodeUTF16Units(raw []byte, little bool) string {
	order := binary.ByteOrder(binary.BigEndian)
	if little {
		order = binary.LittleEndian
	}
	units := make([]uint16, 0, len(raw)/2)
	for ; len(raw) >= 2; raw = raw[2:] {
		units = append(units, order.Uint16(raw))
	}
	text := string(utf16.Decode(units))
	if len(raw) > 0 && raw[0] != 0 {
		text += string(utf8.RuneError)
	}
	return text
}

func decodeUTF32(raw []byte, little bool) string {
	order := binary.ByteOrder(binary.BigEndian)
	if little {
		order = binary.LittleEndian
	}
	var out strings.Builder
	for ; len(raw) >= 4; raw = raw[4:] {
		out.WriteRune(rune(order.Uint32(raw))) // U+FFFD for what is none
	}
	return out.String()
}

// decodeUTF7 decodes UTF-7 (RFC 2152): runs of base64 between "+" and "-".
// What is no such run stands as it is.
func decodeUTF7(raw []byte) string {
	var out strings.Builder
	for len(raw) > 0 {
		plus := bytes.IndexByte(raw, '+')
		if plus < 0 {
			break
		}
		out.WriteString(guess(raw[:plus], ""))
		raw = raw[plus+1:]
		n := 0
		for n < len(raw) && base64Value[raw[n]] >= 0 {
			n++
		}
		run := raw[:n]
		raw = raw[n:]
		units, err := base64.RawStdEncoding.DecodeString(string(run[:len(run)-unpaired(len(run))]))
		switch {
		case len(run) == 0, err != nil:
			out.WriteByte('+')
			out.Write(run)
		default:
			out.WriteString(decodeUTF16Units(units[:len(units)&^1], false))
		}
		raw = bytes.TrimPrefix(raw, []byte("-"))
	}
	out.WriteString(guess(raw, ""))
	return out.String()
}

// unpaired returns how many digits at the end of a run of base64 belong to no
// byte.
func unpaired(digits int) int {
	if digits%4 == 1 {
		return 1
	}
	return 0
}

// shiftedToEUC turns the seven-bit forms of the East Asian charsets (RFC 1557,
// RFC 1922), where SO and SI switch between ASCII and the other set, into their
// eight-bit forms.
func shiftedToEUC(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	shifted := false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == 0x1b && i+3 < len(raw) && raw[i+1] == '$' && (raw[i+2] == ')' || raw[i+2] == '*'):
			i += 3 // says which set SO switches to
		case c == 0x0e:
			shifted = true
		case c == 0x0f:
			shifted = false
		case c == '\n':
			shifted = false // a line begins in ASCII
			out = append(out, c)
		case shifted && c > ' ':
			out = append(out, c|0x80)
		default:
			out = append(out, c)
		}
	}
	return out
}
