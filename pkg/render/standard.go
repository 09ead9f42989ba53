package render

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"net/mail"
	"strings"
	"sync"
	texttemplate "text/template"
	"time"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/store"
)

// Defaults of Options.
const (
	DefaultSubject  = `[failmail] {{plural .Count "mail"}}{{if .Top}}: {{.Top}}{{end}}{{if .More}} (+{{number .More}} more){{end}}`
	DefaultMaxBytes = 256 << 10
)

// Options change how the Standard renderer writes. The zero value means the
// defaults.
type Options struct {
	// Subject is a template (text/template) for the subject, over a View with
	// two more fields: Top, the title of the largest group, and More, how many
	// groups there are besides. Defaults to DefaultSubject.
	Subject string
	// ReplyTo is the address that answers go to; empty for none.
	ReplyTo string
	// AttachSamples adds the original mails that are shown, as far as there is
	// room.
	AttachSamples bool
	// MaxBytes bounds the whole mail; what does not fit is cut where it hurts
	// least, and said. Defaults to DefaultMaxBytes, 256 KiB.
	MaxBytes int
	// Templates may hold summary.txt (text/template) and summary.html
	// (html/template), which replace the built-in ones. Both get a View.
	Templates fs.FS
}

// minMaxBytes is what the header and the plainest summary need.
const minMaxBytes = 16 << 10

//go:embed templates/summary.txt templates/summary.html
var templateFiles embed.FS

// The names of the templates.
const (
	textName = "summary.txt"
	htmlName = "summary.html"
)

// Standard is the renderer used when none is given: text and HTML of the same
// content in one mail. The zero value has the default Options; it is safe for
// concurrent use.
type Standard struct {
	options Options
	parsed  *templates // nil for the built-in ones
}

var _ Renderer = Standard{}

type templates struct {
	subject, text *texttemplate.Template
	html          *htmltemplate.Template
}

// builtin are the templates of the zero Standard, parsed once.
var builtin = sync.OnceValues(func() (*templates, error) { return parse(Options{}) })

// NewStandard returns a Standard with options. Templates are tried with a sample
// summary, so that a misspelt field is reported now.
func NewStandard(o Options) (Standard, error) {
	if o.MaxBytes != 0 && o.MaxBytes < minMaxBytes {
		return Standard{}, fmt.Errorf("the largest size of a summary is %d bytes, but needs at least %d", o.MaxBytes, minMaxBytes)
	}
	if address, err := mail.ParseAddress(o.ReplyTo); o.ReplyTo != "" && (err != nil || address.Address != o.ReplyTo) {
		return Standard{}, fmt.Errorf("the address for replies %q is not a plain mail address; use one such as oncall@example.com", o.ReplyTo)
	}
	p, err := parse(o)
	if err != nil {
		return Standard{}, err
	}
	s := Standard{o, p}
	if _, err := s.Render(context.Background(), sampleSummary()); err != nil {
		return Standard{}, err
	}
	return s, nil
}

func parse(o Options) (*templates, error) {
	var p templates
	var err error
	p.subject, err = texttemplate.New("subject").Funcs(functions).Parse(cmp.Or(o.Subject, DefaultSubject))
	if err != nil {
		return nil, fmt.Errorf("the subject is no template: %w", err)
	}
	text, err := source(o.Templates, textName)
	if err != nil {
		return nil, err
	}
	if p.text, err = texttemplate.New(textName).Funcs(functions).Parse(text); err != nil {
		return nil, fmt.Errorf("%s is no template: %w", textName, err)
	}
	html, err := source(o.Templates, htmlName)
	if err != nil {
		return nil, err
	}
	if p.html, err = htmltemplate.New(htmlName).Funcs(functions).Parse(html); err != nil {
		return nil, fmt.Errorf("%s is no template: %w", htmlName, err)
	}
	return &p, nil
}

// source returns the template called name: the operator's, or else the built-in
// one.
func source(own fs.FS, name string) (string, error) {
	if own != nil {
		text, err := fs.ReadFile(own, name)
		if err == nil {
			return string(text), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("read template: %w", err)
		}
	}
	text, err := templateFiles.ReadFile("templates/" + name)
	return string(text), err
}

// Render implements Renderer.
func (r Standard) Render(_ context.Context, s *Summary) (*deliver.Mail, error) {
	p := r.parsed
	if p == nil {
		var err error
		if p, err = builtin(); err != nil {
			return nil, err
		}
	}
	limit := cmp.Or(r.options.MaxBytes, DefaultMaxBytes)
	var raw []byte
	for _, d := range details {
		var err error
		if raw, err = r.render(p, s, d, limit); err != nil {
			return nil, err
		}
		if len(raw) <= limit {
			break
		}
	}
	return &deliver.Mail{From: s.From, To: s.To, MessageID: s.MessageID, Raw: raw}, nil
}

func (r Standard) render(p *templates, s *Summary, d detail, limit int) ([]byte, error) {
	v := newView(s, d)
	var subject, text, html bytes.Buffer
	if err := p.subject.Execute(&subject, newSubjectView(v)); err != nil {
		return nil, fmt.Errorf("render the subject: %w", err)
	}
	if err := p.text.Execute(&text, v); err != nil {
		return nil, fmt.Errorf("render %s: %w", textName, err)
	}
	if err := p.html.Execute(&html, v); err != nil {
		return nil, fmt.Errorf("render %s: %w", htmlName, err)
	}
	m := composition{
		summary: s, subject: oneLine(subject.String()), replyTo: r.options.ReplyTo,
		text: text.Bytes(), html: html.Bytes(),
	}
	raw, err := m.compose()
	if err != nil || !r.options.AttachSamples || len(raw) > limit {
		return raw, err
	}
	m.attachments = samplesOf(v, limit-len(raw))
	return m.compose()
}

// HTML returns the summary as a page for a browser.
func (r Standard) HTML(s *Summary) ([]byte, error) {
	p := r.parsed
	if p == nil {
		var err error
		if p, err = builtin(); err != nil {
			return nil, err
		}
	}
	var html bytes.Buffer
	err := p.html.Execute(&html, newView(s, details[0]))
	return html.Bytes(), err
}

// subjectView is what the template of the subject sees.
type subjectView struct {
	*View
	Top  string
	More int
}

// maxSubjectTitle keeps a subject readable in a list of mails.
const maxSubjectTitle = 100

func newSubjectView(v *View) subjectView {
	s := subjectView{View: v, More: max(len(v.Groups)-1, 0)}
	switch {
	case len(v.Groups) > 0:
		s.Top = shorten(v.Groups[0].Title, maxSubjectTitle)
	case len(v.Muted) > 0:
		s.Top = "muted"
	}
	return s
}

// oneLine makes text fit for a header field. What was decoded once must not be
// decoded again by the reader: an encoded word within an encoded word could bring
// a line break with it.
func oneLine(text string) string { return strings.ReplaceAll(content.Line(text), "=?", "= ?") }

// sampleSummary has something in every field, for trying templates.
func sampleSummary() *Summary {
	now := time.Date(2026, 3, 9, 3, 17, 42, 0, time.UTC)
	var varying store.Varying
	varying.Add([]store.Value{{Label: "order <num>", Text: "1"}})
	varying.Add([]store.Value{{Label: "order <num>", Text: "2"}})
	variant := Variant{
		Reason: "order <num> failed", Fingerprint: "v1:0123456789abcdef", Count: 2, First: now, Last: now,
		News: News{State: Back, Since: now, Before: now, Silence: time.Hour}, Varying: varying.Variations(),
		Sample: Sample{Subject: "s", From: "app@example.com", Text: "order 1 failed\n", Raw: []byte("x"), Size: 2, Problem: "p",
			Attachments: []content.Attachment{{Name: "a", Type: "text/plain", Size: 1}}},
	}
	return &Summary{
		MessageID: "1@example.com", Thread: "2@example.com", From: "failmail@example.com", To: []string{"ops@example.com"},
		Hostname: "example.com", Batch: "b", Created: now, Count: 5, First: now, Last: now, New: 1, Omitted: 1, Early: true, HeldSince: now,
		Groups: []Group{{Number: 1, Title: "t", Count: 3, First: now, Last: now, News: variant.News, Hosts: []Host{{"h", 3}},
			Minutes: []int{1, 2}, Variants: []Variant{variant}, Omitted: 1}},
		Muted: []Muted{{What: "m", Count: 1, First: now, Last: now}},
	}
}
