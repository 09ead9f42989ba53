package content

import (
	"bytes"
	"cmp"
	"strings"

	"github.com/emersion/go-message"
)

// A part is an entity that is no multipart, or one whose parts are not read yet.
type part struct {
	header   message.Header
	body     []byte
	kind     string // media type in lower case
	params   map[string]string
	name     string // file name
	attached bool   // the sender calls it an attachment
}

func newPart(header message.Header, body []byte, hint string) part {
	p := part{header: header, body: body}
	if value := header.Get("Content-Type"); value != "" {
		p.kind, p.params = parseParams(value, hint)
		if main, sub, _ := strings.Cut(p.kind, "/"); main == "" || sub == "" {
			p.kind = "text/plain" // RFC 2045 section 5.2
			if strings.Contains(strings.ToLower(value), "html") {
				p.kind = "text/html"
			}
		}
	}
	name := p.params["name"]
	if value := header.Get("Content-Disposition"); value != "" {
		disposition, params := parseParams(value, hint)
		p.attached = disposition == "attachment"
		name = cmp.Or(params["filename"], params["name"], name)
	}
	p.name = strings.TrimSpace(name)
	return p
}

func (p part) isHTML() bool {
	return p.kind == "text/html" || p.kind == "application/xhtml+xml" || p.kind == "text/x-amp-html" || p.kind == "text/watch-html"
}

// isReport reports whether p says in a form for programs what became of a mail.
func (p part) isReport() bool {
	switch p.kind {
	case "message/delivery-status", "message/global-delivery-status", "message/disposition-notification",
		"message/global-disposition-notification", "message/feedback-report":
		return true
	}
	return false
}

// isText reports whether p can be read as text. At the top of a mail that also
// holds for the formats in which programs send data without a text around it.
func (p part) isText(depth int) bool {
	main, sub, _ := strings.Cut(p.kind, "/")
	switch {
	case p.isHTML():
		return true
	case main == "text":
		return (sub != "calendar" || depth == 0) && sub != "rtf" && sub != "vcard" && sub != "x-vcard" && sub != "directory"
	case main == "application" && depth == 0:
		return sub == "json" || sub == "xml" || sub == "yaml" || sub == "x-yaml" || sub == "x-log" || sub == "x-sh" ||
			strings.HasSuffix(sub, "+json") || strings.HasSuffix(sub, "+xml")
	}
	return false
}

// sniff returns the Content-Type of a body that has none, where it is plain to
// see; else it is text/plain.
func sniff(body []byte) string {
	body = bytes.TrimLeft(body[:min(len(body), 1024)], " \t\r\n")
	switch {
	case len(body) == 0:
	case body[0] == '<' && (hasPrefixFold(body, "<!doctype html") || hasPrefixFold(body, "<html")):
		return "text/html"
	case bytes.HasPrefix(body, []byte("--")) && guessBoundary(body) != "":
		first, _, _ := bytes.Cut(body, []byte("\n"))
		if boundary := guessBoundary(body); string(bytes.TrimRight(first[2:], " \t\r")) == boundary {
			return "multipart/mixed"
		}
	}
	return "text/plain"
}

func hasPrefixFold(body []byte, prefix string) bool {
	return len(body) >= len(prefix) && strings.EqualFold(string(body[:len(prefix)]), prefix)
}

// metaCharset returns the charset that an HTML page claims for itself.
func metaCharset(page []byte) string {
	page = bytes.ToLower(page[:min(len(page), 4096)])
	for {
		start := bytes.Index(page, []byte("<meta"))
		if start < 0 {
			return ""
		}
		page = page[start+len("<meta"):]
		tag, _, _ := bytes.Cut(page, []byte(">"))
		if _, value, ok := bytes.Cut(tag, []byte("charset=")); ok {
			value = bytes.TrimLeft(value, `"' `)
			if end := bytes.IndexAny(value, `"' ;/>`); end >= 0 {
				value = value[:end]
			}
			return string(value)
		}
	}
}
