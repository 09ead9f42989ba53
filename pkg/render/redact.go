package render

import (
	"regexp"
	"slices"

	"github.com/hut8labs/failmail/internal/redact"
)

// A Redactor removes passwords, tokens, cookies, keys and card numbers from text
// that people are about to see. A nil Redactor removes nothing. It is safe for
// concurrent use.
type Redactor struct{ secrets redact.Redactor }

// NewRedactor returns a Redactor for the usual forms of secrets, and for what own
// patterns match.
func NewRedactor(own ...*regexp.Regexp) *Redactor { return &Redactor{*redact.New(own...)} }

// Text returns text with "[redacted]" in the place of each secret.
func (r *Redactor) Text(text string) string {
	if r == nil {
		return text
	}
	return r.secrets.Text(text)
}

// Redact removes secrets from every text of s. Raw samples are left: what shows
// them has to ask Sample.Redacted.
func (s *Summary) Redact(r *Redactor) {
	if r == nil {
		return
	}
	s.Batch = r.Text(s.Batch)
	for i := range s.Groups {
		g := &s.Groups[i]
		g.Title = r.Text(g.Title)
		for j := range g.Variants {
			g.Variants[j].redact(r)
		}
	}
}

func (v *Variant) redact(r *Redactor) {
	v.Reason = r.Text(v.Reason)
	for i, variation := range v.Varying {
		variation.Top = slices.Clone(variation.Top)
		for j := range variation.Top {
			// With what stands in front of it, which says what it is.
			labelled := variation.Label + "=" + variation.Top[j].Text
			if r.Text(variation.Top[j].Text) != variation.Top[j].Text || r.Text(labelled) != labelled {
				variation.Top[j].Text = redact.Mark
			}
		}
		v.Varying[i] = variation
	}
	s := &v.Sample
	text, subject, raw := r.Text(s.Text), r.Text(s.Subject), string(s.Raw)
	s.Cleaned = text != s.Text || subject != s.Subject
	s.Redacted = s.Cleaned || r.Text(raw) != raw
	s.Text, s.Subject, s.From = text, subject, r.Text(s.From)
	for i := range s.Attachments {
		s.Attachments[i].Name = r.Text(s.Attachments[i].Name)
	}
}
