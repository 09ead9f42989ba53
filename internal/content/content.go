// Package content finds what a person would read in a mail: its text, decoded
// from whatever MIME structure, transfer encoding and charset the sender used,
// and the names of what is attached.
//
// Mails that reach Failmail are written by programs, often badly; nothing here
// fails. What cannot be decoded is shown as it stands, and Problem says so.
package content

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"strings"

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
	// Text is the body as plain text: the text/plain part if there is one,
	// else the text/html part converted. Lines end in LF, the encoding is
	// UTF-8.
	Text string
	// HTML is the text/html part as it was sent; empty if there is none.
	HTML string
	// FromHTML reports that Text was converted from HTML.
	FromHTML bool
	// Attachments lists the parts that are not shown as text.
	Attachments []Attachment
	// Problem says what could not be decoded; empty when all was well.
	Problem string
}

// Attachment describes a part without its bytes.
type Attachment struct {
	Name string // file name, or the media type's name where there is none
	Type string // media type such as "application/pdf"
	Size int    // decoded bytes
}

// Read decodes body, whose header section is header.
func Read(header message.Header, body []byte) *Content {
	if !header.Has("Content-Type") && !header.Has("Content-Transfer-Encoding") {
		return &Content{Text: tidy(string(body[:min(len(body), maxTextBytes)]))}
	}
	r := reader{content: &Content{}}
	r.entity(header, bytes.NewReader(body), 0)
	c := r.finish()
	if c.Text == "" && len(c.Attachments) == 0 && c.Problem != "" {
		// Undecoded, but better than nothing.
		c.Text = tidy(string(body[:min(len(body), maxTextBytes)]))
	}
	return c
}

type reader struct {
	content *Content
	plain   []string
	html    []string
	parts   int
}

func (r *reader) finish() *Content {
	r.content.HTML = strings.ToValidUTF8(strings.Join(r.html, "\n"), "\uFFFD")
	r.content.Text = tidy(strings.Join(r.plain, "\n"))
	if strings.TrimSpace(r.content.Text) == "" && len(r.html) > 0 {
		r.content.FromHTML = true
		r.content.Text = tidy(htmlToText(r.content.HTML))
	}
	return r.content
}

func (r *reader) entity(header message.Header, body io.Reader, depth int) {
	e, err := message.New(header, body)
	if err != nil {
		// An unknown charset or encoding still yields a readable entity.
		r.problem(err)
	}
	r.walk(e, depth)
}

func (r *reader) walk(e *message.Entity, depth int) {
	if r.parts++; r.parts > maxParts {
		r.problem(errors.New("more than 100 parts"))
		return
	}
	kind, params, _ := e.Header.ContentType()
	kind = cmp.Or(strings.ToLower(kind), "text/plain")
	if strings.HasPrefix(kind, "multipart/") && params["boundary"] != "" && depth < maxDepth {
		r.walkParts(e, kind, depth)
		return
	}
	disposition, dispParams, _ := e.Header.ContentDisposition()
	name := cmp.Or(dispParams["filename"], params["name"])
	isText := kind == "text/plain" || kind == "text/html" || !strings.Contains(kind, "/") ||
		strings.HasPrefix(kind, "multipart/")
	if !isText || strings.EqualFold(disposition, "attachment") || name != "" {
		size, err := io.Copy(io.Discard, e.Body)
		r.problem(err)
		r.content.Attachments = append(r.content.Attachments, Attachment{
			Name: Line(cmp.Or(name, kind)), Type: Line(kind), Size: int(size),
		})
		return
	}
	text, err := io.ReadAll(io.LimitReader(e.Body, maxTextBytes))
	r.problem(err)
	if kind == "text/html" {
		r.html = append(r.html, string(text))
	} else {
		r.plain = append(r.plain, string(text))
	}
}

func (r *reader) walkParts(e *message.Entity, kind string, depth int) {
	parts := e.MultipartReader()
	before := len(r.plain)
	for {
		part, err := parts.NextPart()
		if part == nil {
			if err != nil && !errors.Is(err, io.EOF) {
				r.problem(err)
			}
			break
		}
		r.problem(err)
		r.walk(part, depth+1)
		if err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
			break
		}
	}
	if kind == "multipart/alternative" && len(r.plain) == before && len(r.html) == 0 {
		r.problem(errors.New("no readable alternative"))
	}
}

func (r *reader) problem(err error) {
	if err != nil && r.content.Problem == "" {
		r.content.Problem = Line(err.Error())
	}
}

// tidy returns valid UTF-8 with LF line ends, without NULs and escape
// sequences that would drive a terminal, and without blank edges.
func tidy(text string) string {
	if !isPlain(text) {
		text = strings.Map(dropControl, strings.ToValidUTF8(strings.ReplaceAll(text, "\r\n", "\n"), "\uFFFD"))
	} else {
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	return strings.Trim(text, "\n")
}

// isPlain reports whether text is ASCII without control characters other than
// tabs and CRLF line ends, as most mails are.
func isPlain(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c >= ' ' && c < 0x7f, c == '\n', c == '\t':
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
