package render

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/mail"
	"strconv"
	"strings"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/pkg/message"
)

// Defaults of Options.
const (
	DefaultSubject  = `[failmail] {{or .Standing (plural .Mails "mail")}}{{with .Top}}: {{.}}{{end}}`
	DefaultMaxBytes = 256 << 10
	// MinMaxBytes is what the header and the plainest summary need.
	MinMaxBytes = 16 << 10
)

// Options change how the Standard renderer writes. The zero value means the
// defaults.
type Options struct {
	// Subject is a template (text/template) for the subject, over a SubjectView.
	// Defaults to DefaultSubject.
	Subject string
	// ReplyTo is the address that answers go to; empty for none.
	ReplyTo string
	// AttachSamples adds the original mails that are shown, as far as there is
	// room.
	AttachSamples bool
	// MaxBytes bounds the whole mail, as does that of the Summary; what does not
	// fit is cut where it hurts least, and said. Defaults to DefaultMaxBytes, 256
	// KiB. The HTML part takes at most 90 kB of it.
	MaxBytes int
	// Templates may hold summary.txt (text/template) and summary.html
	// (html/template), which replace the built-in ones. Both get a View.
	Templates fs.FS
}

// Standard is the renderer used when none is given: text and HTML of the same
// content in one mail, but no more HTML than Gmail shows. The zero value has the
// default Options; it is safe for concurrent use.
type Standard struct {
	options Options
	parsed  *templates // nil for the built-in ones
}

var _ Renderer = Standard{}

// An OptionError says which field of Options is wrong, and what would be right.
type OptionError struct {
	Field string // as in Options
	Value string // empty for Templates
	Err   error
}

// Error names field, value and problem.
func (e *OptionError) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("%s: %v", e.Field, e.Err)
	}
	return fmt.Sprintf("%s %q: %v", e.Field, e.Value, e.Err)
}

// Unwrap returns the problem.
func (e *OptionError) Unwrap() error { return e.Err }

// NewStandard returns a Standard with options. Templates are tried with sample
// summaries, so that a misspelt field is reported now. Its errors are
// *OptionError.
func NewStandard(o Options) (Standard, error) {
	if o.MaxBytes != 0 && o.MaxBytes < MinMaxBytes {
		return Standard{}, &OptionError{"MaxBytes", strconv.Itoa(o.MaxBytes), fmt.Errorf("a summary needs at least %d bytes", MinMaxBytes)}
	}
	if address, err := mail.ParseAddress(o.ReplyTo); o.ReplyTo != "" && (err != nil || address.Address != o.ReplyTo) {
		return Standard{}, &OptionError{"ReplyTo", o.ReplyTo, errors.New("is not a plain mail address; use one such as oncall@example.com")}
	}
	p, err := parseTemplates(o)
	if err != nil {
		return Standard{}, err
	}
	s := Standard{o, p}
	if err := s.tryBranches(); err != nil {
		return Standard{}, err
	}
	for _, sample := range sampleSummaries() {
		if _, err := s.Render(context.Background(), sample); err != nil {
			return Standard{}, err
		}
	}
	return s, nil
}

// tryBranches looks at what the samples do not reach.
func (r Standard) tryBranches() error {
	v := newView(sampleSummary(), fullPlan(1))
	v.Text = newView(v.Summary, fullPlan(1))
	if err := tryBranches("subject", r.options.Subject, newSubjectView(v)); err != nil {
		return &OptionError{"Subject", r.options.Subject, explainTemplate(err)}
	}
	text, html, err := sources(r.options.Templates)
	if err != nil {
		return &OptionError{"Templates", "", err}
	}
	err = cmp.Or(tryBranches(textName, text, v), tryBranches(htmlName, html, v))
	if err != nil {
		return &OptionError{"Templates", "", explainTemplate(err)}
	}
	return nil
}

// Render implements Renderer.
func (r Standard) Render(_ context.Context, s *Summary) (*message.Mail, error) {
	p, err := r.templates()
	if err != nil {
		return nil, err
	}
	limit := cmp.Or(r.options.MaxBytes, DefaultMaxBytes)
	if s.MaxBytes > 0 {
		limit = min(limit, s.MaxBytes)
	}
	room := limit
	if r.options.AttachSamples {
		room /= 2 // the attachments get the rest
	}
	d := draft{options: r.options, templates: p, summary: s, weights: weigh(s)}
	v, m, err := d.fit(room)
	if err != nil {
		return nil, err
	}
	raw, err := m.compose()
	if r.options.AttachSamples && err == nil && len(raw) <= limit {
		m.attachments = samplesOf(v, limit-len(raw))
		raw, err = m.compose()
	}
	if err != nil {
		return nil, err
	}
	return &message.Mail{From: s.From, To: s.To, MessageID: s.MessageID, Raw: raw}, nil
}

// HTML returns the summary as a page for a browser, which has all that the mail says.
func (r Standard) HTML(s *Summary) ([]byte, error) {
	p, err := r.templates()
	if err != nil {
		return nil, err
	}
	var html bytes.Buffer
	err = p.html.Execute(&html, newView(s, fullPlan(len(s.Groups))))
	return html.Bytes(), err
}

func (r Standard) templates() (*templates, error) {
	if r.parsed == nil {
		return builtin()
	}
	return r.parsed, nil
}

// oneLine makes text fit for a header field. What was decoded once must not be
// decoded again by the reader: an encoded word within an encoded word could bring
// a line break with it.
func oneLine(text string) string { return strings.ReplaceAll(content.Line(text), "=?", "= ?") }
