package batch

import (
	"fmt"
	"mime"
	"slices"
	"strings"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
)

// entries returns that of m, or those of its parts.
func (c *Classifier) entries(m *message.Message) []store.Entry {
	// This also decodes the mail, after which a Grouper that is too slow only
	// reads it.
	all := c.Said(m)
	if all[0].Unread && c.Logger != nil {
		c.Logger.Warn("a mail says more than is read", "id", m.ID, "source", m.Meaning.Source, "why", all[0].Why)
	}
	var batch placement
	batch.key, batch.err = placed(c.Batch, m, SplitField)
	entries := make([]store.Entry, len(all))
	for i := range all {
		of := m
		if i > 0 { // m is left alone: a Grouper that is too slow may still read it
			part := *m
			part.Meaning, part.Further, of = all[i].Meaning, nil, &part
		}
		entries[i] = c.entry(of, &all[i], batch)
		if i > 0 {
			entries[i].Sample = excerpt(m, all[i].Text)
		}
	}
	c.countOnce(entries)
	return entries
}

// countOnce makes the first of entries, which are parts of one mail, the one that counts
// it: one that does not only go along with others, if there is any.
func (c *Classifier) countOnce(entries []store.Entry) {
	loud := slices.IndexFunc(entries, func(e store.Entry) bool { return e.MutedUntil.IsZero() && e.HeldUntil.IsZero() })
	if loud > 0 {
		e := entries[loud]
		copy(entries[1:], entries[:loud])
		entries[0] = e
	}
	// What is sent at once is sent as a whole.
	isFirst := slices.ContainsFunc(entries, func(e store.Entry) bool { return e.Quiet > 0 })
	mayBe := isFirst && c.firsts.grant(entries[0].Received)
	for i := range entries {
		entries[i].Part = i > 0
		if !mayBe {
			entries[i].Quiet = 0
		}
	}
}

// excerpt returns a mail with those lines of m that are about one part of it.
func excerpt(m *message.Message, text string) []byte {
	var b strings.Builder
	for _, name := range []string{"Date", "From", "To", "Message-ID"} {
		if value := m.Header.Get(name); value != "" {
			fmt.Fprintf(&b, "%s: %s\r\n", name, content.Line(value))
		}
	}
	fmt.Fprintf(&b, "Subject: %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
		mime.QEncoding.Encode("utf-8", content.Line(m.Subject())))
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight(line, "\r\n") + "\r\n")
	}
	return []byte(b.String())
}
