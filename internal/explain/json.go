package explain

import (
	"encoding/json"
	"io"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/pkg/batch"
)

// A jsonTeller prints an object for each mail once all are read: which of them are one
// entry is known then.
type jsonTeller struct {
	entries   *entries
	bySubject bool
	mails     []jsonMail
}

// A jsonMail is the object of a mail.
type jsonMail struct {
	Source      string `json:"source"`
	Batch       string `json:"batch"`
	Group       string `json:"group"`
	Fingerprint string `json:"fingerprint"`
	Masked      string `json:"masked"`
	Entry       string `json:"entry"`
	Headline    string `json:"headline"`
	Status      string `json:"status"`
	Severity    string `json:"severity"`
	Sender      string `json:"sender"`
	Object      string `json:"object"`
	Why         string `json:"why"`

	key     entryKey
	isTrace bool
	said    batch.Said
}

// add takes note of a mail.
func (s *jsonTeller) add(p placed) {
	m := jsonMail{
		Source: p.source, Batch: p.entry.Batch, Group: p.entry.Group, Fingerprint: p.said.ID,
		Status: string(p.said.Status), Severity: p.said.Severity, Sender: p.said.Meaning.Source, Object: p.said.Object,
		key: keyOf(p), isTrace: p.said.Lines == nil, said: p.said,
	}
	m.Masked = masked(p, m.isTrace)
	if m.key.group == "" && s.bySubject {
		m.Group = content.Line(p.message.Subject())
	}
	s.mails = append(s.mails, m)
}

// write prints what was noted.
func (s *jsonTeller) write(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // placeholders are to be read
	headlines := s.entries.headlines()
	for _, m := range s.mails {
		key := s.entries.current(m.key)
		m.Entry, m.Headline = key.String(), headlines[key]
		if m.said.Headline != "" {
			m.Headline = m.said.Reason // the line of its source, of this mail
		}
		m.Why = s.entries.why(key.fingerprint, m.said)
		if err := encoder.Encode(m); err != nil {
			return err
		}
	}
	return nil
}

// masked returns the text of a mail after masking or, where the fingerprint reads
// a stack trace, what it is called by.
func masked(p placed, isTrace bool) (text string) {
	defer func() {
		if recover() != nil { // the fingerprint had to do without the text too
			text = p.entry.Reason
		}
	}()
	if isTrace {
		return p.entry.Reason
	}
	return batch.Mask(p.message.Body())
}
