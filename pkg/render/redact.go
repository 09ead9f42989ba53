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
	for i := range s.Well {
		s.Well[i].Title = r.Text(s.Well[i].Title)
	}
	for i := range s.Groups {
		g := &s.Groups[i]
		g.Title = r.Text(g.Title)
		for j := range g.Variants {
			g.Variants[j].redact(r)
		}
	}
}

// value returns a value, or the mark if it is a secret on its own or behind its label,
// which says what it is.
func (r *Redactor) value(label, text string) string {
	if labelled := label + "=" + text; r.Text(text) != text || r.Text(labelled) != labelled {
		return redact.Mark
	}
	return text
}

func (v *Variant) redact(r *Redactor) {
	v.Reason, v.Object = r.Text(v.Reason), r.Text(v.Object)
	v.NewValues = slices.Clone(v.NewValues)
	for _, things := range [...]*[]string{&v.OpenThings, &v.OverThings} {
		*things = slices.Clone(*things)
		for i := range *things {
			(*things)[i] = r.Text((*things)[i])
		}
	}
	for i, variation := range v.Varying {
		variation.Top = slices.Clone(variation.Top)
		for j := range variation.Top {
			variation.Top[j].Text = r.value(variation.Label, variation.Top[j].Text)
		}
		v.Varying[i] = variation
		for j := range v.NewValues { // which may be those of any place
			v.NewValues[j] = r.value(variation.Label, v.NewValues[j])
		}
	}
	for i := range v.NewValues {
		v.NewValues[i] = r.value("", v.NewValues[i])
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
