package content

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // decodes every charset mail uses, not only UTF-8
	"github.com/emersion/go-message/textproto"
)

// maxHeaderBytes bounds the header section that is parsed; what lies beyond
// counts as body. Real headers stay under 64 KiB.
const maxHeaderBytes = 1 << 20

var errNoHeader = errors.New("no header section")

// SplitHeader parses the header section (RFC 5322 section 2.2) at the start of
// raw and returns it with the body that follows.
//
// It never gives up on a mail: a mail without a header section is all body,
// and a broken field ends the header there, with what was read before it kept.
// The error then says what was wrong.
func SplitHeader(raw []byte) (message.Header, []byte, error) {
	raw = skipMboxLine(raw)
	section, body := cutHeaderSection(raw)
	if !startsWithField(section) || len(body) == 0 && !hasMailField(section) {
		if len(raw) == 0 {
			return message.Header{}, nil, errors.New("empty message")
		}
		if bytes.HasPrefix(raw, []byte("\r\n")) {
			return message.Header{}, raw[2:], errNoHeader
		}
		return message.Header{}, raw, errNoHeader
	}
	fields, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(section)))
	header := message.Header{Header: fields}
	if err != nil {
		problem := Line(strings.TrimPrefix(err.Error(), "message: "))
		return header, body, fmt.Errorf("malformed header: %.200s", problem)
	}
	return header, body, nil
}

// skipMboxLine drops the "From " line that mbox tools leave in front of the
// header.
func skipMboxLine(raw []byte) []byte {
	if !bytes.HasPrefix(raw, []byte("From ")) || bytes.HasPrefix(bytes.TrimLeft(raw[len("From "):], " "), []byte(":")) {
		return raw
	}
	_, rest, _ := bytes.Cut(raw, []byte("\n"))
	return rest
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
		name, _, found := bytes.Cut(line, []byte(":"))
		if found && slices.Contains(mailFields, strings.ToLower(string(bytes.TrimSpace(name)))) {
			return true
		}
	}
	return false
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

// Field returns the decoded value (RFC 2047) of the first field called name,
// on one line and as valid UTF-8. A value that cannot be decoded is returned
// as it stands.
func Field(header *message.Header, name string) string {
	if !header.Has(name) {
		return ""
	}
	value, err := header.Text(name)
	if err != nil {
		value = header.Get(name)
	}
	return Line(value)
}

// Line makes text safe to stand on one line of a summary, a log or a database
// column: valid UTF-8 without control characters, white space folded.
func Line(text string) string {
	if isLine(text) {
		return text
	}
	text = strings.ToValidUTF8(text, "\uFFFD")
	if strings.IndexFunc(text, isControl) >= 0 {
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
