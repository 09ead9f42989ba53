package content

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
)

// encodings maps the names of transfer encodings in use, without punctuation,
// to those of RFC 2045 section 6; what is sent as it is has the empty name.
var encodings = map[string]string{
	"": "", "7bit": "", "8bit": "", "binary": "", "none": "", "7bits": "", "8bits": "", "ascii": "", "usascii": "",
	"utf8": "", "plain": "", "text": "", "identity": "",
	"quotedprintable": "quoted-printable", "qp": "quoted-printable", "quotedprintible": "quoted-printable",
	"base64": "base64", "b64": "base64", "mimebase64": "base64",
}

// transferEncoding returns the standard name of the encoding that the sender
// calls label. An unknown one counts as none.
func transferEncoding(label string) (string, error) {
	name, _, _ := strings.Cut(strings.Trim(label, " \t\"';"), ";")
	name, _, _ = strings.Cut(name, "(")
	bare := strings.Map(func(r rune) rune {
		if strings.ContainsRune("-_ \t\"'", r) {
			return -1
		}
		return r
	}, strings.ToLower(name))
	if known, ok := encodings[bare]; ok {
		return known, nil
	}
	return "", fmt.Errorf("unknown transfer encoding %.40q, shown as it was sent", label)
}

// maxEncoded bounds what is decoded of a part. It is enough for maxTextBytes in
// any encoding; decoding all of a large mail would double what it takes in memory.
const maxEncoded = 4 << 20

// decodeTransfer undoes the transfer encoding of a part as far as it was kept.
func decodeTransfer(raw []byte, encoding string) []byte {
	if encoding != "" {
		raw = raw[:min(len(raw), maxEncoded)]
	}
	switch encoding {
	case "quoted-printable":
		return decodeQuotedPrintable(raw)
	case "base64":
		return decodeBase64(raw).data
	}
	return raw
}

// decodeTransferText is decodeTransfer for a part to be read: what stands
// between or behind the encoded lines is kept, and what is not encoded at all
// is left alone.
func decodeTransferText(raw []byte, encoding string) ([]byte, error) {
	if encoding != "base64" {
		return decodeTransfer(raw, encoding), nil
	}
	raw = raw[:min(len(raw), maxEncoded)]
	decoded := decodeBase64(raw)
	switch {
	case looksWritten(raw) && !looksReadable(decoded.data):
		return raw, errors.New("not base64, as it says, and shown as it was sent")
	case len(decoded.rest) > 0:
		return append(append(decoded.data, '\n'), decoded.rest...), errors.New("text behind the base64 it says it is")
	case decoded.stray > 0:
		return decoded.data, fmt.Errorf("damaged base64: %d stray characters", decoded.stray)
	}
	return decoded.data, nil
}

// decodedSize returns how many bytes a part has that is not read; about so many if
// it is large and encoded otherwise than in flawless base64.
func decodedSize(raw []byte, encoding string) int {
	if encoding == "base64" {
		size, err := io.Copy(io.Discard, base64.NewDecoder(base64.StdEncoding, bytes.NewReader(raw)))
		if err == nil {
			return int(size)
		}
	}
	begin := raw[:min(len(raw), maxEncoded)]
	size := len(decodeTransfer(begin, encoding))
	if len(begin) < len(raw) {
		return int(float64(size) * float64(len(raw)) / float64(len(begin)))
	}
	return size
}

// base64Value holds the value of each digit of base64, and -1 for other bytes.
var base64Value = func() (values [256]int8) {
	for i := range values {
		values[i] = -1
	}
	for i, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		values[c] = int8(i)
	}
	return values
}()

type base64Text struct {
	data  []byte
	rest  []byte // what follows the encoded lines
	stray int    // characters that do not belong there
}

// decodeBase64 decodes base64 with what mail does to it: white space, missing
// padding, padding in the middle because pieces were encoded one by one, line
// noise, and text that a list server added below. The digits "-" and "_" of
// base64url are taken, too.
func decodeBase64(raw []byte) base64Text {
	data := make([]byte, base64.StdEncoding.DecodedLen(len(raw)))
	if n, err := base64.StdEncoding.Decode(data, raw); err == nil {
		return base64Text{data: data[:n]}
	}
	out := base64Text{data: data[:0]}
	group, digits := 0, 0
	padded, blank := false, false // whether padding or an empty line came last
	for len(raw) > 0 {
		line := raw
		if end := bytes.IndexByte(raw, '\n'); end >= 0 {
			line = raw[:end+1]
		}
		if isBelowBase64(line, padded || blank && len(out.data) > 0) {
			out.rest = raw
			break
		}
		blank = len(bytes.TrimSpace(line)) == 0
		raw = raw[len(line):]
		odd, even := lastBytes(line)
		for i, c := range line {
			value := int(base64Value[c])
			switch {
			case c == '-':
				value = 62
			case c == '_':
				value = 63
			case c == '=':
				out.data = appendGroup(out.data, group, digits)
				group, digits, padded = 0, 0, true
				continue
			case c == ' ' || c == '\t' || c == '\r' || c == '\n':
				continue
			case value < 0:
				out.stray++
				continue
			}
			if padded && (i <= odd || i > even) {
				out.rest = append(bytes.Clone(line[i:]), raw...)
				return out
			}
			padded = false
			group, digits = group<<6|value, digits+1
			if digits == 4 {
				out.data = appendGroup(out.data, group, 4)
				group, digits = 0, 0
			}
		}
	}
	out.data = appendGroup(out.data, group, digits)
	return out
}

// appendGroup appends the bytes that digits of base64 stand for.
func appendGroup(data []byte, group, digits int) []byte {
	switch digits {
	case 2:
		return append(data, byte(group>>4))
	case 3:
		return append(data, byte(group>>10), byte(group>>2))
	case 4:
		return append(data, byte(group>>16), byte(group>>8), byte(group))
	}
	return data
}

// isBelowBase64 reports whether line is where something else begins that
// follows the encoded lines: a rule or, where they may end, what has blanks or
// punctuation in it.
func isBelowBase64(line []byte, mayEnd bool) bool {
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return false
	}
	if len(bytes.Trim(line, "-_")) == 0 {
		return true
	}
	if !mayEnd {
		return false
	}
	for _, c := range line {
		if base64Value[c] < 0 && c != '=' && c != '-' && c != '_' {
			return true
		}
	}
	return false
}

// lastBytes returns where in line the last byte stands that no digit of base64
// is, but for white space at the end, and the last that is no dash: what follows
// padding in the line is other text up to the one and a rule behind the other.
func lastBytes(line []byte) (odd, even int) {
	odd, even = -1, -1
	for i, c := range bytes.TrimRight(line, " \t\r\n") {
		if c == '-' || c == '_' {
			continue
		}
		if even = i; base64Value[c] < 0 && c != '=' {
			odd = i
		}
	}
	return odd, even
}

// looksWritten reports whether raw has the blanks and punctuation of a text.
func looksWritten(raw []byte) bool {
	blanks, others := 0, 0
	for _, c := range raw {
		switch {
		case c == ' ':
			blanks++
		case base64Value[c] < 0 && c != '=' && c != '\r' && c != '\n' && c != '\t':
			others++
		}
	}
	return blanks*12 > len(raw) || others*20 > len(raw)
}

// looksReadable reports whether text has hardly any control characters.
func looksReadable(text []byte) bool {
	controls := 0
	for _, c := range text {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1b || c == 0x7f {
			controls++
		}
	}
	return controls*50 <= len(text)
}

// decodeQuotedPrintable decodes quoted-printable (RFC 2045 section 6.7). An
// equals sign that is no escape stands for itself: many a sender forgets to
// encode it.
func decodeQuotedPrintable(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for len(raw) > 0 {
		line, ending := raw, []byte(nil)
		if end := bytes.IndexByte(raw, '\n'); end >= 0 {
			line, ending = raw[:end], raw[end:end+1]
			if end > 0 && raw[end-1] == '\r' {
				line, ending = raw[:end-1], raw[end-1:end+1]
			}
		}
		raw = raw[len(line)+len(ending):]
		line = bytes.TrimRight(line, " \t") // added on the way
		if soft, ok := bytes.CutSuffix(line, []byte("=")); ok {
			line, ending = soft, nil
		}
		for len(line) > 0 {
			equals := bytes.IndexByte(line, '=')
			if equals < 0 {
				break
			}
			out = append(out, line[:equals]...)
			line = line[equals:]
			if len(line) > 2 && isHex(line[1]) && isHex(line[2]) {
				out = append(out, unhex(line[1])<<4|unhex(line[2]))
				line = line[3:]
			} else {
				out = append(out, '=')
				line = line[1:]
			}
		}
		out = append(append(out, line...), ending...)
	}
	return out
}
