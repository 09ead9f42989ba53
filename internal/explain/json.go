package explain

import (
	"encoding/json"
	"io"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/message"
)

// A jsonTeller prints an object for each mail.
type jsonTeller struct {
	encoder *json.Encoder
	isTrace map[string]bool // by fingerprint
}

// maxKnown bounds the fingerprints that a jsonTeller remembers.
const maxKnown = 100_000

func newJSONTeller(w io.Writer) *jsonTeller {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // placeholders are to be read
	return &jsonTeller{encoder, make(map[string]bool)}
}

func (s *jsonTeller) add(p placed) error {
	return s.encoder.Encode(struct {
		Source      string `json:"source"`
		Batch       string `json:"batch"`
		Group       string `json:"group"`
		Fingerprint string `json:"fingerprint"`
		Masked      string `json:"masked"`
	}{p.source, p.entry.Batch, p.entry.Group, p.entry.Fingerprint, s.masked(p)})
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
