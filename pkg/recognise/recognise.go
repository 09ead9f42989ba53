// Package recognise finds out what a mail says: whether something is wrong, what, and
// how bad it is, or that it is over.
//
//	r, err := recognise.New([]recognise.Source{{
//		Name:    "backup",
//		Match:   []string{`subject=~"Backup of .*"`},
//		Problem: []string{`is red$`},
//		OK:      []string{`is green$`},
//		Object:  []string{`Backup of (\S+)`},
//	}})
//	rec := r.Of(m) // rec.Status, rec.Severity, rec.Source, rec.Object
//
// Most senders are known by what is written in sources, one small file each, in the form
// in which users write theirs; all others by rules for words, tags and fields. What is
// not understood is a problem. To embed a Proxy, Config.Sources takes a [Source].
//
// What comes out depends on the mail and the Sources alone. A [Recogniser] is safe for
// concurrent use and keeps nothing.
package recognise

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/internal/match"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/message"
)

// Header fields by which a mail says itself what it means, whatever else it says.
const (
	StatusField = "X-Failmail-Status" // problem, warning, recovery, ok or info
	ObjectField = "X-Failmail-Object" // what it is about
)

// A Recogniser knows senders. It is safe for concurrent use.
type Recogniser struct {
	sources []*source // the user's in front
	index   *match.Index
	recent  recalled
}

// New returns a Recogniser that asks sources first, in their order, and then those that
// are built in. The error names what is wrong with a source, and how to mend it.
func New(sources []Source) (*Recogniser, error) {
	r := &Recogniser{}
	for i := range sources {
		s, err := newSource(&sources[i])
		if err != nil {
			return nil, err
		}
		if _, err := s.compile(); err != nil {
			return nil, err
		}
		r.sources = append(r.sources, s)
	}
	r.sources = append(r.sources, builtin()...)
	matchers := make([]match.Matchers, len(r.sources))
	for i, s := range r.sources {
		matchers[i] = s.match
	}
	r.index = match.NewIndex(matchers)
	return r, nil
}

// A Recognised is what a mail means, and Why in words.
type Recognised struct {
	meaning.Meaning
	// Known says that Source is one whose mails are known, and which also says when an Object
	// is well, so that all that have the same are about one thing.
	Known bool
	// Recovers says that Source also says when a problem is over.
	Recovers bool
	// Headline is the line that says what happened, if that is known of Source.
	Headline string
	// Parts are what a digest says, of which the first one is what the mail is said to
	// mean. There are none if the mail is not a digest.
	Parts []Part
	told  string // what says what the mail means: the subject, or a line of the text that is good news
	// Unread says that a digest says more than Parts.
	Unread bool
	Why    string
}

// Of returns what m means. It never fails: what is not understood is a problem.
func (r *Recogniser) Of(m *message.Message) (rec Recognised) {
	defer func() {
		if p := recover(); p != nil { // a charset or a MIME structure that defeats its reader
			rec = Recognised{Meaning: meaning.Meaning{Status: meaning.Problem, Severity: "error", Source: m.From}, Why: fmt.Sprintf("cannot read the content: %v", p)}
		}
	}()
	subject := withoutGateway(m.Subject())
	s := r.source(m, subject)
	sender, text := addressOf(m), m.Body()
	rec = r.recent.of(s, subject, text, origin{machineOf(sender, subject), text != m.Written()})
	if rec.Source == "" {
		rec.Source = sender
	} else {
		rec.Sender = sender
	}
	rec.Parts = slices.Clone(rec.Parts) // they are remembered
	for i := range rec.Parts {
		rec.Parts[i].Sender = sender
	}
	if text := strings.TrimSpace(m.Header.Get(StatusField)); text != "" {
		rec.Status, rec.Why = statusOf(text)
		rec.Severity, rec.Parts = severityOf(rec.Status, nil), nil
	}
	if object := m.Header.Get(ObjectField); object != "" {
		rec.Object, rec.Known, rec.Parts = strings.ToValidUTF8(content.Line(object[:min(len(object), maxObject)]), ""), true, nil
	}
	return rec
}

// addressOf returns the address of the author of m, which stays the same where that of the
// envelope may be another one each time; that of the envelope if there is none.
func addressOf(m *message.Message) string {
	from := strings.ToLower(m.Header.Get("From"))
	if open := strings.LastIndexByte(from, '<'); open >= 0 {
		from, _, _ = strings.Cut(from[open+1:], ">")
	}
	if !strings.Contains(from, "@") || len(from) > maxObject {
		from = strings.ToLower(m.From)
	}
	return strings.ToValidUTF8(content.Line(strings.TrimSpace(from)), "")
}

// withoutGateway returns subject without what mail gateways write in front of those from outside.
func withoutGateway(subject string) string {
	if subject == "" || subject[0] != '[' {
		return subject
	}
	if tag, rest, found := strings.Cut(subject[1:], "] "); found && gateways[strings.ToLower(tag)] {
		return rest
	}
	return subject
}

var gateways = map[string]bool{"external": true, "extern": true, "ext": true, "external email": true, "external mail": true, "external sender": true, "externe": true, "externo": true, "esterno": true}

// statusOf returns the status that a mail says it has. What is none is a problem, unless it is a
// word for a warning.
func statusOf(text string) (meaning.Status, string) {
	said := meaning.Status(strings.ToLower(text))
	if slices.Contains(meaning.Statuses(), said) {
		return said, "by its field " + StatusField
	}
	status := meaning.Problem
	if says, _ := verdict(scan(text)); says == meaning.Warning {
		status = says
	}
	return status, fmt.Sprintf("its field %s says %q, which is not a status", StatusField, content.Line(text[:min(len(text), 40)]))
}

// source returns the one that knows m; nil if none does.
func (r *Recogniser) source(m *message.Message, subject string) *source {
	v := values{m: m, subject: subject}
	if i := r.index.First(v.value); i >= 0 {
		return r.sources[i]
	}
	return nil
}

// values are those of a mail by the names that matchers know. A header field is looked
// for once.
type values struct {
	m       *message.Message
	subject string
	fields  [maxFields]field
	known   int
}

type field struct{ name, value string }

// maxFields bounds the header fields that are remembered; there are fewer names.
const maxFields = 32

func (v *values) value(name string) string {
	switch name {
	case "subject":
		return v.subject
	case "from":
		return v.m.From
	case "to":
		return strings.Join(v.m.To, ",")
	case "host":
		return v.m.Host()
	}
	for i := range v.known {
		if v.fields[i].name == name {
			return v.fields[i].value
		}
	}
	value := v.m.Header.Get(strings.TrimPrefix(name, "header:"))
	if v.known < maxFields {
		v.fields[v.known] = field{name, value}
		v.known++
	}
	return value
}

// recognise returns what a mail with a subject and a text from an origin means, of a source that
// may be nil.
func recognise(s *source, subject, text string, from origin) (rec Recognised) {
	v := newView(subject, text, from)
	if s == nil {
		return s.read(nil, v, "")
	}
	p, err := s.compile()
	if err != nil { // not of a user: those were compiled at the start
		return s.read(nil, v, "")
	}
	rec = s.read(p, v, joined(p.find(v.whole()), nil))
	if p.part != nil {
		s.digest(p, &rec, subject, text)
	}
	return rec
}

// read returns what v says, by the patterns of s as far as there are any. object is what
// they say it is about.
func (s *source) read(p *patterns, v view, object string) (rec Recognised) {
	var list []said
	if s != nil {
		rec.Source = s.name
	}
	if p != nil {
		whole := v.whole()
		var found string
		if rec.Status, found = p.status(whole); rec.Status != "" {
			rec.Why = fmt.Sprintf("%s by %q", s.name, content.Line(found))
		}
		rec.Object, rec.Severity, rec.Headline = object, p.severityOf(whole), p.headlineOf(whole)
		rec.Known, rec.Recovers = rec.Object != "" && p.watches(), p.recovers()
		if rec.Status.IsBad() {
			rec.told = v.subject
		}
	}
	if rec.Status == "" || rec.Object == "" {
		subject := v.subject
		v = v.plain()
		list = scan(v.subject)
		d := v.decide(list)
		if rec.Status == "" {
			rec.Status, rec.Why = d.status, d.why
			if s != nil {
				rec.Why = s.name + ", " + rec.Why
			} else if d.bySubject {
				rec.told = subject
			} else if d.status.IsGood() {
				rec.told = d.line
			}
		}
		if rec.Object == "" {
			if s != nil {
				d.line = "" // its mails are about what their subject says
			}
			rec.Object = v.object(list, d)
		}
	}
	if rec.Severity == "" {
		if list == nil {
			list = scan(v.subject)
		}
		rec.Severity = severityOf(rec.Status, list)
	}
	// Subject and lines are what the sender made of them.
	rec.Object = content.Line(strings.ToValidUTF8(rec.Object, ""))
	return rec
}

// severityOf returns how bad a status is, of which list are the words.
func severityOf(status meaning.Status, list []said) string {
	switch status {
	case meaning.Problem:
		for _, w := range list {
			if w.critical {
				return "critical"
			}
		}
		return "error"
	case meaning.Warning:
		return "warning"
	}
	return "info"
}
