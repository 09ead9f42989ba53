package main

import (
	"encoding/json"
	"io"
	"time"

	"github.com/hut8labs/failmail/pkg/message"

	"github.com/emersion/go-message/mail"

	"github.com/hut8labs/failmail/internal/mailbox"
	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/receive"
	"github.com/hut8labs/failmail/pkg/store"
)

// placed is a mail and where the proxy would count it.
type placed struct {
	source  string
	message *receive.Message
	entry   store.Entry
}

// place does with a mail what the proxy does with one that it received.
func place(c *batch.Classifier, found mailbox.Mail) placed {
	m := message.Complete(&receive.Message{ID: found.Source, From: found.From, To: found.To, Raw: found.Raw, Received: time.Now()})
	if len(found.To) == 0 {
		guessEnvelope(m)
	}
	return placed{found.Source, m, c.Classify(m)[0]}
}

// guessEnvelope fills in the sender and the recipients of m, as far as servers
// have written them into its header, else those its author has.
func guessEnvelope(m *receive.Message) {
	for _, name := range []string{"Return-Path", "From"} {
		if from := addressesIn(m, name); m.From == "" && len(from) > 0 {
			m.From = from[0]
		}
	}
	for _, names := range [][]string{{"X-Envelope-To"}, {"Delivered-To"}, {"To", "Cc", "Bcc"}} {
		for _, name := range names {
			m.To = append(m.To, addressesIn(m, name)...)
		}
		if len(m.To) > 0 {
			return
		}
	}
}

func addressesIn(m *receive.Message, name string) []string {
	values := m.Header.Values(name)
	if len(values) == 0 {
		return nil
	}
	var header mail.Header
	for i := len(values) - 1; i >= 0; i-- { // Add puts a field on top
		header.Add(name, values[i])
	}
	return addresses(&header, name)
}

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
func readsTrace(m *receive.Message, id string) bool {
	subject := "a"
	if m.Subject() == subject {
		subject = "b"
	}
	other := "Subject: " + subject + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + m.Body()
	return batch.FingerprintOf(message.New("", nil, []byte(other))).ID == id
}
