// Package content finds what a person would read in a mail: its text, decoded
// from whatever MIME structure, transfer encoding and charset the sender used,
// and the names of what is attached.
//
// Mails that reach Failmail are written by programs, often badly; nothing here
// fails. What cannot be decoded is shown as it stands, and Problem says so.
package content

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message"
)

// Bounds on the work one mail may cause.
const (
	maxTextBytes = 1 << 20
	maxParts     = 100
	maxDepth     = 10
)

// Content is the readable side of one mail. It is not changed after Read
// returns and may then be shared.
type Content struct {
	// Text is what a person would read of the body, as plain text: text/html is
	// converted where it has no plain alternative, and a forwarded mail is read if
	// there is nothing else. A JSON object is read as lines, "key: value". Lines end in LF, the
	// encoding is UTF-8. Written is the text before an object in it was read.
	Text, Written string
	// HTML is the text/html part as it was sent; empty if there is none.
	HTML string
	// FromHTML reports that Text or a part of it was converted from HTML.
	FromHTML bool
	// Attachments lists the parts that are not shown as text.
	Attachments []Attachment
	// Problem says what could not be decoded; empty when all was well.
	Problem string
}

// Attachment describes a part without its bytes.
type Attachment struct {
	Name string // file name, subject of a mail, or the media type where there is none
	Type string // media type such as "application/pdf"
	Size int    // decoded bytes
}

// Read decodes body, whose header section is header.
func Read(header message.Header, body []byte) *Content {
	unlabelled := !header.Has("Content-Type") && !header.Has("Content-Transfer-Encoding")
	if unlabelled && isPlain(body) && sniff(body) == "text/plain" {
		written := unwrap(body[:min(len(body), maxTextBytes)])
		return &Content{Text: fields(written), Written: written}
	}
	r := reader{content: &Content{}, hint: charsetHint(&header)}
	blocks := r.mail(header, body)
	c := r.content
	c.HTML = limit(strings.ToValidUTF8(strings.Join(r.html, "\n"), "\uFFFD"))
	c.Text, c.FromHTML = join(blocks)
	if c.Text == "" && len(c.Attachments) == 0 && c.Problem != "" {
		// Undecoded, but better than nothing.
		c.Text = limit(tidy(guess(body[:min(len(body), maxTextBytes)], "")))
	}
	c.Written, c.Text = c.Text, fields(c.Text)
	return c
}

// mail returns the text of a mail or, if it has none, of what is in it.
func (r *reader) mail(header message.Header, body []byte) []*block {
	kind := "text/plain"
	if !header.Has("Content-Type") {
		kind = sniff(body)
	}
	blocks := r.entity(header, body, kind, 0)
	if allBlank(blocks) {
		for _, read := range r.fallback {
			blocks = append(blocks, read()...)
		}
	}
	return blocks
}

// join puts the blocks together.
func join(blocks []*block) (text string, fromHTML bool) {
	if len(blocks) == 1 && blocks[0].tidy {
		return blocks[0].text, false
	}
	var out strings.Builder
	var last *block
	for _, b := range blocks {
		if b.blank() {
			continue
		}
		switch {
		case last == nil:
		case last.isPlain() && b.isPlain():
			out.WriteByte('\n') // whether a line is empty between them, the sender said
		default:
			out.WriteString("\n\n")
		}
		out.WriteString(b.text)
		fromHTML = fromHTML || b.isHTML
		last = b
	}
	return strings.Trim(limit(tidy(out.String())), "\n"), fromHTML
}

// limit cuts text to maxTextBytes, between two characters.
func limit(text string) string {
	if len(text) <= maxTextBytes {
		return text
	}
	end := maxTextBytes
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// unwrap returns a body for which isPlain holds as tidy would.
func unwrap(body []byte) string {
	body = bytes.Trim(body, "\r\n")
	if bytes.IndexByte(body, '\r') < 0 {
		return string(body)
	}
	var out strings.Builder
	out.Grow(len(body))
	for {
		line, rest, found := bytes.Cut(body, []byte("\r\n"))
		out.Write(line)
		if !found {
			return out.String()
		}
		out.WriteByte('\n')
		body = rest
	}
}

// tidy returns valid UTF-8 with LF line ends, without NULs and escape
// sequences that would drive a terminal, and without blank edges.
func tidy(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	// What is left of CR CR LF looks like a line end.
	if strings.IndexByte(text, '\r') >= 0 || !isPlain([]byte(text)) {
		text = strings.Map(dropControl, dropEscapes(strings.ToValidUTF8(text, "\uFFFD")))
	}
	return strings.Trim(text, "\n")
}

// plainByte holds the bytes that a text in ASCII is made of. Carriage returns
// are looked at one by one.
var plainByte = func() (plain [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		plain[c] = true
	}
	plain['\t'], plain['\n'] = true, true
	return plain
}()

// isPlain reports whether text is ASCII without control characters other than
// tabs and CRLF line ends, as most mails are.
func isPlain(text []byte) bool {
	for i, c := range text {
		switch {
		case plainByte[c]:
		case c == '\r' && i+1 < len(text) && text[i+1] == '\n':
		default:
			return false
		}
	}
	return true
}

func dropControl(r rune) rune {
	switch {
	case r == '\n' || r == '\t':
		return r
	case r == '\r':
		return '\n'
	case isControl(r):
		return -1
	}
	return r
}
