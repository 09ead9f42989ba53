package explain

import (
	"time"

	"github.com/emersion/go-message/mail"

	"github.com/hut8labs/failmail/internal/envelope"
	"github.com/hut8labs/failmail/internal/mailbox"
	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
)

// placed is a mail, or a part of a digest, and where the proxy would count it.
type placed struct {
	source  string
	message *message.Message
	entry   store.Entry
	said    batch.Said
}

// place does with a mail what the proxy does with one that it received. It returns the parts
// of a digest, and one at least.
func place(c *batch.Classifier, found mailbox.Mail) (parts []placed) {
	m := message.Complete(&message.Message{ID: found.Source, From: found.From, To: found.To, Raw: found.Raw, Received: time.Now()})
	if len(found.To) == 0 {
		guessEnvelope(m)
	}
	said := c.Said(m)
	for i, entry := range c.Classify(m)[:len(said)] {
		parts = append(parts, placed{found.Source, m, entry, said[i]})
	}
	return parts
}

// guessEnvelope fills in the sender and the recipients of m, as far as servers
// have written them into its header, else those its author has.
func guessEnvelope(m *message.Message) {
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

func addressesIn(m *message.Message, name string) []string {
	values := m.Header.Values(name)
	if len(values) == 0 {
		return nil
	}
	var header mail.Header
	for i := len(values) - 1; i >= 0; i-- { // Add puts a field on top
		header.Add(name, values[i])
	}
	return envelope.Addresses(&header, name)
}
