package content

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-message"
)

// A block is a piece of readable text in the order of the mail.
type block struct {
	text    string
	html    string // converted when needed, because the plain text mostly wins
	isHTML  bool
	heading bool
	tidy    bool // text is fit to be shown
}

func (b *block) read() string {
	if b.isHTML && b.html != "" {
		b.text, b.html = htmlToText(b.html), ""
	}
	return b.text
}

func (b *block) isPlain() bool { return !b.isHTML && !b.heading }

func (b *block) blank() bool { return strings.TrimSpace(b.read()) == "" }

// A reader collects what there is to show of a mail and of those inside it.
type reader struct {
	content  *Content
	html     []string
	parts    int // parts seen
	text     int // bytes of text taken
	hint     string
	fallback []func() []*block // what is shown if nothing else can be
	forwards int               // how deep this mail is inside others
}

// entity returns the text of an entity and notes its attachments.
func (r *reader) entity(header message.Header, body []byte, defaultKind string, depth int) []*block {
	if r.parts++; r.parts > maxParts {
		r.problem(errors.New("more than 100 parts"))
		return nil
	}
	p := newPart(header, body, r.hint)
	p.kind = cmp.Or(p.kind, defaultKind)
	if strings.HasPrefix(p.kind, "multipart/") {
		return r.multipart(p, depth)
	}
	encoding, err := transferEncoding(header.Get("Content-Transfer-Encoding"))
	r.problem(err)
	switch {
	case p.kind == "message/rfc822" || p.kind == "message/global" || p.kind == "message/news":
		return r.forwarded(p, encoding)
	case p.isReport():
		r.attach(p, decodedSize(body, encoding), "")
		r.fallback = append(r.fallback, func() []*block { return r.readable(p, encoding) })
		return nil
	case p.kind == "text/rfc822-headers":
		inner, _, _ := SplitHeader(decodeTransfer(body, encoding))
		r.attach(p, decodedSize(body, encoding), Field(&inner, "Subject"))
		return nil
	case !p.isText(depth):
		r.attach(p, decodedSize(body, encoding), "")
		return nil
	case depth == 0:
		// All there is to read, even if it is called an attachment.
		blocks := r.readable(p, encoding)
		if p.attached || p.name != "" {
			r.attach(p, decodedSize(body, encoding), "")
			blocks = slices.DeleteFunc(blocks, func(b *block) bool { return !looksReadable([]byte(b.text)) })
		}
		return blocks
	case p.attached || p.name != "":
		r.attach(p, decodedSize(body, encoding), "")
		r.fallback = append(r.fallback, func() []*block { return onlyReadable(r.readable(p, encoding)) })
		return nil
	}
	return r.readable(p, encoding)
}

// onlyReadable drops what is called a text and is none.
func onlyReadable(blocks []*block) []*block {
	return slices.DeleteFunc(blocks, func(b *block) bool { return !looksReadable([]byte(b.read())) })
}

// multipart reads the parts of p.
func (r *reader) multipart(p part, depth int) []*block {
	if depth >= maxDepth {
		r.problem(fmt.Errorf("parts nested more than %d deep, shown as they were sent", maxDepth))
		return r.readable(p, "")
	}
	m := r.findParts(&p)
	if m == nil {
		return r.readable(p, "")
	}
	var children [][]*block
	kind := "text/plain"
	if p.kind == "multipart/digest" {
		kind = "message/rfc822"
	}
	for raw := range m.parts() {
		header, body := splitPart(raw)
		children = append(children, r.entity(header, body, kind, depth+1))
		if r.parts > maxParts {
			break
		}
	}
	if !m.closed && r.parts <= maxParts {
		r.problem(fmt.Errorf("%s without an end, perhaps cut off", p.kind))
	}
	if p.kind == "multipart/alternative" {
		return r.choose(children)
	}
	return withoutTwins(children)
}

// findParts returns the parts of p, whose boundary may be wrong and whose body
// may be encoded, against the rules; nil if there are none.
func (r *reader) findParts(p *part) *multipart {
	boundary := p.params["boundary"]
	m := newMultipart(p.body, boundary)
	if m.found() {
		return m
	}
	if encoding, _ := transferEncoding(p.header.Get("Content-Transfer-Encoding")); encoding != "" {
		decoded := newMultipart(decodeTransfer(p.body, encoding), boundary)
		if decoded.found() {
			return decoded
		}
	}
	if len(bytes.TrimSpace(p.body)) == 0 {
		return nil
	}
	if other := guessBoundary(p.body); other != "" {
		r.problem(fmt.Errorf("%s without the boundary %.40q, %.40q taken instead", p.kind, boundary, other))
		return newMultipart(p.body, other)
	}
	r.problem(fmt.Errorf("%s without the boundary %.40q, shown as it was sent", p.kind, boundary))
	return nil
}

// choose picks the alternative that is best to read as text: the first plain
// one, else the last.
func (r *reader) choose(children [][]*block) []*block {
	for _, blocks := range children {
		if !slices.ContainsFunc(blocks, func(b *block) bool { return b.isHTML }) && !allBlank(blocks) {
			return blocks
		}
	}
	for _, blocks := range slices.Backward(children) {
		if !allBlank(blocks) {
			return blocks
		}
	}
	if len(children) > 0 && len(r.content.Attachments) == 0 {
		r.problem(errors.New("no readable alternative"))
	}
	return nil
}

func allBlank(blocks []*block) bool {
	return !slices.ContainsFunc(blocks, func(b *block) bool { return !b.blank() })
}

// readable decodes a part that is text.
func (r *reader) readable(p part, encoding string) []*block {
	raw, err := decodeTransferText(p.body, encoding)
	r.problem(err)
	raw = raw[:max(0, min(len(raw), maxTextBytes-r.text))]
	r.text += len(raw)
	charset := p.params["charset"]
	if p.kind == "text/plain" && p.params["format"] == "" && isPlain(raw) && !sevenBit[charsetName(charset)] {
		return []*block{{text: unwrap(raw), tidy: true}}
	}
	if charset == "" && p.isHTML() {
		charset = metaCharset(raw)
	}
	text, err := toUTF8(raw, charset, r.hint)
	r.problem(err)
	if p.isHTML() {
		if p.kind == "text/html" {
			r.html = append(r.html, text)
		}
		return []*block{{html: text, isHTML: true}}
	}
	if strings.EqualFold(p.params["format"], "flowed") {
		text = unflow(text, strings.EqualFold(p.params["delsp"], "yes"))
	}
	return []*block{{text: text}}
}

// maxForwards bounds how deep mails inside mails are read.
const maxForwards = 3

// forwarded notes a mail inside the mail. Its text is read only if there is no
// other.
func (r *reader) forwarded(p part, encoding string) []*block {
	raw := decodeTransfer(p.body, encoding)
	header, body, _ := SplitHeader(raw)
	subject := Field(&header, "Subject")
	r.attach(p, decodedSize(p.body, encoding), subject)
	if r.forwards >= maxForwards {
		return nil
	}
	r.fallback = append(r.fallback, func() []*block {
		inner := reader{content: &Content{}, parts: r.parts, text: r.text, hint: charsetHint(&header), forwards: r.forwards + 1}
		blocks := inner.mail(header, body)
		r.parts, r.text = inner.parts, inner.text
		r.html = append(r.html, inner.html...)
		if inner.content.Problem != "" {
			r.problem(errors.New(inner.content.Problem))
		}
		return append([]*block{{text: "Forwarded message: " + cmp.Or(subject, "(no subject)"), heading: true}}, blocks...)
	})
	return nil
}

func (r *reader) attach(p part, size int, name string) {
	r.content.Attachments = append(r.content.Attachments, Attachment{
		Name: cmp.Or(name, Line(p.name), Line(p.kind)), Type: Line(p.kind), Size: size,
	})
}

func (r *reader) problem(err error) {
	if err != nil && r.content.Problem == "" {
		r.content.Problem = Line(err.Error())
	}
}
