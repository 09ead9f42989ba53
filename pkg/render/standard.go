package render

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"io"
	"strconv"
	"strings"
	texttemplate "text/template"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/pkg/deliver"
)

//go:embed templates/summary.txt templates/summary.html
var templateFiles embed.FS

// Standard is the renderer used when none is given: text and HTML of the same
// content in one mail. The zero value is ready to use; it is safe for
// concurrent use.
type Standard struct{}

var _ Renderer = Standard{}

// Render implements Renderer.
func (Standard) Render(_ context.Context, s *Summary) (*deliver.Mail, error) {
	v := newView(s)
	text, err := v.text()
	if err != nil {
		return nil, fmt.Errorf("render text: %w", err)
	}
	html, err := v.html()
	if err != nil {
		return nil, fmt.Errorf("render HTML: %w", err)
	}
	raw, err := compose(s, text, html)
	if err != nil {
		return nil, fmt.Errorf("compose mail: %w", err)
	}
	return &deliver.Mail{From: s.From, To: s.To, MessageID: s.MessageID, Raw: raw}, nil
}

func (v *view) text() ([]byte, error) {
	t, err := texttemplate.New("summary.txt").Funcs(texttemplate.FuncMap(functions)).ParseFS(templateFiles, "templates/summary.txt")
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, v)
	return out.Bytes(), err
}

func (v *view) html() ([]byte, error) {
	t, err := htmltemplate.New("summary.html").Funcs(htmltemplate.FuncMap(functions)).ParseFS(templateFiles, "templates/summary.html")
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, v)
	return out.Bytes(), err
}

// compose writes multipart/alternative with both versions in UTF-8, encoded as
// quoted-printable so that no line is long and no byte needs 8BITMIME.
func compose(s *Summary, text, html []byte) ([]byte, error) {
	var raw bytes.Buffer
	w, err := message.CreateWriter(&raw, header(s).Header)
	if err != nil {
		return nil, err
	}
	if err := part(w, "text/plain", text); err != nil {
		return nil, err
	}
	if err := part(w, "text/html", html); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return raw.Bytes(), nil
}

func part(w *message.Writer, mediaType string, body []byte) error {
	var h message.Header
	h.SetContentType(mediaType, map[string]string{"charset": "utf-8"})
	h.Set("Content-Transfer-Encoding", "quoted-printable")
	p, err := w.CreatePart(h)
	if err != nil {
		return err
	}
	// Text lines must end in CRLF before they are encoded (RFC 2045 section 6.7).
	body = bytes.ReplaceAll(body, []byte("\n"), []byte("\r\n"))
	if _, err := io.Copy(p, bytes.NewReader(body)); err != nil {
		return err
	}
	return p.Close()
}

// header lists the fields from the last to the first: Set puts a new field on
// top.
func header(s *Summary) *mail.Header {
	var h mail.Header
	h.SetContentType("multipart/alternative", nil)
	h.Set("MIME-Version", "1.0")
	if s.Mark != "" {
		h.Set("X-Failmail-Origin", s.Mark)
	}
	h.Set("X-Failmail-Groups", strconv.Itoa(len(s.Groups)))
	h.Set("X-Failmail-Count", strconv.Itoa(s.Count))
	// Vacation programs must not answer a summary (RFC 3834 section 5).
	h.Set("X-Auto-Response-Suppress", "All")
	h.Set("Precedence", "bulk")
	h.Set("Auto-Submitted", "auto-generated")
	h.Set("List-Id", fmt.Sprintf("Failmail summaries <failmail.%s>", s.Hostname))
	h.SetMsgIDList("References", []string{s.Thread})
	h.SetMsgIDList("In-Reply-To", []string{s.Thread})
	h.SetMessageID(s.MessageID)
	h.SetSubject(subject(s))
	h.SetAddressList("To", headerAddresses(s))
	h.SetAddressList("From", []*mail.Address{{Name: "Failmail", Address: qualify(s.From, s.Hostname)}})
	h.SetDate(s.Created)
	return &h
}

// headerAddresses lists the recipients as header addresses, which unlike those
// of an envelope always have a domain.
func headerAddresses(s *Summary) []*mail.Address {
	var list []*mail.Address
	for _, to := range s.To {
		address := qualify(to, s.Hostname)
		if parsed, err := mail.ParseAddress(address); err == nil {
			address = parsed.Address // a quoted local part is quoted again when written
		}
		list = append(list, &mail.Address{Address: address})
	}
	return list
}

func qualify(address, hostname string) string {
	if strings.Contains(address, "@") {
		return address
	}
	return address + "@" + hostname
}

// maxSubjectTitle keeps a subject readable in a list of mails.
const maxSubjectTitle = 100

func subject(s *Summary) string {
	text := "[failmail] " + plural(s.Count, "mail")
	if len(s.Groups) > 0 {
		text += ": " + shorten(s.Groups[0].Title, maxSubjectTitle)
	}
	if len(s.Groups) > 1 {
		text += fmt.Sprintf(" (+%s more)", number(len(s.Groups)-1))
	}
	// What was decoded once must not be decoded again by the reader: an encoded
	// word within an encoded word could bring a line break with it.
	return strings.ReplaceAll(content.Line(text), "=?", "= ?")
}
