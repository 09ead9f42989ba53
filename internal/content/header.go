package content

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/textproto"
)

// maxHeaderBytes bounds the header section that is parsed; what lies beyond
// counts as body. Real headers stay under 64 KiB.
const maxHeaderBytes = 1 << 20

var errNoHeader = errors.New("no header section")

// SplitHeader parses the header section (RFC 5322 section 2.2) at the start of
// raw and returns it with the body that follows.
//
// It never gives up on a mail: a mail without a header section is all body, and
// a line that is no field is left out or, if no field comes after it, begins the
// body. The error then says what was wrong.
func SplitHeader(raw []byte) (message.Header, []byte, error) {
	raw = skipPreamble(skipMboxLine(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))))
	section, body := cutHeaderSection(raw)
	trimmed := bytes.TrimLeft(section, " \t")
	if !startsWithField(trimmed) || (len(body) == 0 || len(trimmed) < len(section)) && !hasMailField(section) {
		if len(raw) == 0 {
			return message.Header{}, nil, errors.New("empty message")
		}
		if bytes.HasPrefix(raw, []byte("\r\n")) {
			return message.Header{}, raw[2:], errNoHeader
		}
		return message.Header{}, raw, errNoHeader
	}
	fields, err := readFields(section)
	if err != nil {
		problem := Line(strings.TrimPrefix(err.Error(), "message: "))
		err = fmt.Errorf("malformed header: %.200s", problem)
		good, end := repairHeader(trimmed, len(body) > 0)
		fields, _ = readFields(good)
		body = raw[len(raw)-len(body)-(len(trimmed)-end):]
	}
	return message.Header{Header: fields}, body, err
}

// readFields reads with a buffer of the section's size: most are far below the
// usual 4 KiB.
func readFields(section []byte) (textproto.Header, error) {
	return textproto.ReadHeader(bufio.NewReaderSize(bytes.NewReader(section), min(len(section), 4<<10)))
}

// repairHeader returns the fields in a header section, with what is none left
// out, and where the section ends: at its end or at the lines behind which there
// are no more fields, because that is where the body begins and somebody forgot
// the empty line. A single line there is rather a broken field, unless it is all
// the text there is.
func repairHeader(section []byte, hasBody bool) (good []byte, end int) {
	drop := false
	last := lastMailField(section)
	for rest := section; len(rest) > 0; {
		line, after := cutLine(rest)
		switch {
		case len(bytes.Trim(line, "\r\n")) == 0:
			return append(good, line...), len(section)
		case line[0] == ' ' || line[0] == '\t':
			if !drop {
				good = append(good, line...)
			}
		case startsWithField(line):
			drop = false
			good = append(good, line...)
		case bytes.HasSuffix(bytes.TrimRight(good, "\r\n"), []byte(";")):
			good = append(append(good, ' '), line...) // folded without a blank
		case bytes.HasPrefix(line, []byte("--")):
			return good, len(section) - len(rest) // a boundary
		case len(section)-len(after) <= last, line[len(line)-1] != '\n', hasBody && len(bytes.Trim(after, "\r\n")) == 0:
			drop = true
		default:
			return good, len(section) - len(rest)
		}
		rest = after
	}
	return good, len(section)
}

// cutLine splits text after its first line end.
func cutLine(text []byte) (line, after []byte) {
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		return text[:i+1], text[i+1:]
	}
	return text, nil
}

// skipMboxLine drops the "From " line that mbox tools leave in front of the
// header.
func skipMboxLine(raw []byte) []byte {
	if !isFromLine(raw) {
		return raw
	}
	_, rest, _ := bytes.Cut(raw, []byte("\n"))
	return rest
}

// isFromLine tells such a line from the field "From : x".
func isFromLine(line []byte) bool {
	rest, found := bytes.CutPrefix(line, []byte("From "))
	return found && !bytes.HasPrefix(bytes.TrimLeft(rest, " "), []byte(":"))
}

// skipPreamble drops what scripts leave in front of a header: empty lines, as of
// "echo; echo Subject: x", and "From " lines, also quoted ones. Without a field of
// a mail below them, they are text.
func skipPreamble(raw []byte) []byte {
	rest := raw
	for {
		line, after := cutLine(rest)
		if len(bytes.TrimSpace(line)) > 0 && !isFromLine(bytes.TrimPrefix(line, []byte(">"))) {
			break
		}
		if rest = after; len(rest) == 0 {
			return raw
		}
	}
	if section, _ := cutHeaderSection(rest); len(rest) < len(raw) && startsWithField(section) && hasMailField(section) {
		return rest
	}
	return raw
}

// cutHeaderSection splits at the first empty line. Both line ends are taken:
// samples from .eml files on disk have bare LF.
func cutHeaderSection(raw []byte) (section, body []byte) {
	limited := raw[:min(len(raw), maxHeaderBytes)]
	end, size := bytes.Index(limited, []byte("\r\n\r\n")), 4
	if lf := bytes.Index(limited, []byte("\n\n")); lf >= 0 && (end < 0 || lf < end) {
		end, size = lf, 2
	}
	if end < 0 {
		return limited, raw[len(limited):]
	}
	return raw[:end+size], raw[end+size:]
}

// mailFields are the fields one of which every mail from a mail program has.
var mailFields = []string{"from", "to", "subject", "date", "message-id", "received", "mime-version", "content-type"}

// hasMailField tells a header without a body from a text that happens to begin
// with a word and a colon, such as "kernel: Out of memory".
func hasMailField(section []byte) bool {
	for line := range bytes.Lines(section) {
		if slices.Contains(mailFields, fieldName(line)) {
			return true
		}
	}
	return false
}

// lastMailField returns where the last line begins that must be a field, for
// such names are in no text; -1 if there is none.
func lastMailField(section []byte) int {
	last, at := -1, 0
	for line := range bytes.Lines(section) {
		name := fieldName(line)
		if slices.Contains(mailFields, name) || strings.HasPrefix(name, "content-") || strings.HasPrefix(name, "x-") {
			last = at
		}
		at += len(line)
	}
	return last
}

// fieldName returns the name of the field that line begins, in lower case;
// empty if it begins none.
func fieldName(line []byte) string {
	const longest = 40 // of those looked for
	name, _, found := bytes.Cut(line[:min(len(line), longest)], []byte(":"))
	if !found || !startsWithField(line) {
		return ""
	}
	return strings.ToLower(string(bytes.TrimSpace(name)))
}

// startsWithField reports whether the first line looks like "Name: value".
func startsWithField(section []byte) bool {
	line, _, _ := bytes.Cut(section, []byte("\n"))
	name, _, found := bytes.Cut(line, []byte(":"))
	name = bytes.TrimRight(name, " \t")
	if !found || len(name) == 0 {
		return false
	}
	for _, c := range name {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}

// Field returns the decoded value (RFC 2047) of the first field called name, on
// one line and as valid UTF-8. What cannot be decoded stays as it stands.
func Field(header *message.Header, name string) string {
	value := header.Get(name)
	switch {
	case !strings.Contains(value, "=?") && isLine(value):
		return value
	case isASCII([]byte(value)):
		return Decode(value)
	}
	return Line(decodeWords(value, charsetHint(header)))
}

// Decode returns what a field value means, as Field does, for those who look at
// several fields of one name.
func Decode(value string) string { return Line(decodeWords(value, "")) }

// charsetHint returns the charset that the mail uses, for those parts of it that
// do not say: that of its body or, in a word of the header, of its author.
func charsetHint(header *message.Header) string {
	if value := header.Get("Content-Type"); value != "" {
		_, params := parseParams(value, "")
		if charset := params["charset"]; isLegacy(charset) {
			return charset
		}
	}
	for _, name := range []string{"Subject", "From", "To"} {
		value := header.Get(name)
		if start := strings.Index(value, "=?"); start >= 0 {
			if w, n := wordAt(value[start:]); n > 0 && isLegacy(w.charset) {
				return w.charset
			}
		}
	}
	return ""
}

// isLegacy reports whether text in that charset may look like no UTF-8.
func isLegacy(charset string) bool {
	name := charsetName(charset)
	return name != "" && name != "us-ascii" && name != "utf-8" && !sevenBit[name]
}

// Line makes text safe to stand on one line of a summary, a log or a database
// column: valid UTF-8 without control characters, white space folded.
func Line(text string) string {
	if isLine(text) {
		return text
	}
	text = strings.ToValidUTF8(text, "\uFFFD")
	if strings.IndexFunc(text, isControl) >= 0 {
		text = dropLongEscapes(text)
		text = strings.Map(func(r rune) rune {
			if isControl(r) {
				return ' '
			}
			return r
		}, text)
	}
	return strings.Join(strings.Fields(text), " ")
}

// isLine reports whether text is ASCII that Line would not change, as it nearly
// always is.
func isLine(text string) bool {
	space := true // at the start, and after a space
	for i := range len(text) {
		c := text[i]
		if c < ' ' || c >= 0x7f || c == ' ' && space {
			return false
		}
		space = c == ' '
	}
	return text == "" || !space
}

func isControl(r rune) bool {
	// U+2028 and U+2029 end a line in some readers; the bidirectional
	// overrides can make a subject display as another one.
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' ||
		r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}
