package explain

import (
	"encoding/json"
	"io"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/message"
)

// A jsonTeller prints an object for each mail.
type jsonTeller struct {
	encoder   *json.Encoder
	bySubject bool
	isTrace   map[string]bool // by fingerprint
}

// maxKnown bounds the fingerprints that a jsonTeller remembers.
const maxKnown = 100_000

func newJSONTeller(w io.Writer, bySubject bool) *jsonTeller {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // placeholders are to be read
	return &jsonTeller{encoder, bySubject, make(map[string]bool)}
}

func (s *jsonTeller) add(p placed) error {
	return s.encoder.Encode(struct {
		Source      string `json:"source"`
		Batch       string `json:"batch"`
		Group       string `json:"group"`
		Fingerprint string `json:"fingerprint"`
		Entry       string `json:"entry"`
		Headline    string `json:"headline"`
		Masked      string `json:"masked"`
	}{p.source, p.entry.Batch, p.entry.Group, p.entry.Fingerprint, s.entry(p), p.entry.Reason, s.masked(p)})
}

// entry returns what is equal for mails that a summary shows as one. A subject says no
// more than the fingerprint does, unless the mail chose its group itself.
func (s *jsonTeller) entry(p placed) string {
	group := p.entry.Group
	if group == p.entry.Fingerprint || s.bySubject && p.message.Header.Get(batch.GroupField) == "" {
		group = ""
	}
	if p.entry.Batch == "" && group == "" {
		return p.entry.Fingerprint
	}
	// Keys have no line ends, so that two of them cannot look like two others.
	return p.entry.Batch + "\n" + group + "\n" + p.entry.Fingerprint
}

// masked returns the text of a mail after masking or, where the fingerprint reads
// a stack trace, what it is called by.
func (s *jsonTeller) masked(p placed) (text string) {
	defer func() {
		if recover() != nil { // the fingerprint had to do without the text too
			text = p.entry.Reason
		}
	}()
	id := p.entry.Fingerprint
	isTrace, known := s.isTrace[id]
	if !known {
		if len(s.isTrace) >= maxKnown {
			clear(s.isTrace)
		}
		isTrace = readsTrace(p.message, id)
		s.isTrace[id] = isTrace
	}
	if isTrace {
		return p.entry.Reason
	}
	return batch.Mask(p.message.Body())
}

// readsTrace reports whether the fingerprint id of m comes from a stack trace: it
// is then the same under another subject.
func readsTrace(m *message.Message, id string) bool {
	subject := "a"
	if m.Subject() == subject {
		subject = "b"
	}
	other := "Subject: " + subject + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + m.Body()
	return batch.FingerprintOf(message.New("", nil, []byte(other))).ID == id
}
