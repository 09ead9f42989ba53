package failmail

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

// passField with the value "pass" asks to relay a mail at once and unchanged.
const passField = "X-Failmail"

func (p *Proxy) passes(m *Message) bool {
	wish := strings.TrimSpace(m.Header.Get(passField))
	if wish == "" || strings.EqualFold(wish, "pass") {
		return wish != ""
	}
	if p.wishes.isNew(wish) {
		p.log.Warn("a mail asks for something unknown in its header, it is counted like any other; the only value is pass",
			"id", m.ID, "field", passField, "value", wish)
	}
	return false
}

// maxWishes bounds what is remembered of what programs misspell.
const maxWishes = 100

// wishes are the values of the field that are unknown, each of which is logged
// once: an application that misspells it does so in every mail.
type wishes struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (w *wishes) isNew(wish string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen[wish] || len(w.seen) >= maxWishes {
		return false
	}
	if w.seen == nil {
		w.seen = make(map[string]bool)
	}
	w.seen[wish] = true
	return true
}

// pass puts a mail into the outbox as it is. It is durable when pass returns
// nil.
func (p *Proxy) pass(ctx context.Context, m *Message) error {
	now := time.Now()
	err := p.store.Enqueue(ctx, []store.Outgoing{{
		MessageID: strings.Trim(m.Header.Get("Message-ID"), "<> "), From: m.From, To: m.To, Mail: withTrace(m, p.conf().Hostname),
		Count: 1, Due: now, NextAt: now,
	}})
	if err != nil {
		p.metrics.storeErrors.Inc()
		return err
	}
	p.metrics.passed.Inc()
	p.sending.DueAt(now)
	p.log.Info("passes a mail on unchanged", "id", m.ID, "recipients", len(m.To))
	return nil
}

// withTrace puts the Received field on top that RFC 5321 section 4.4 asks of
// whoever relays a mail; it also ends loops.
func withTrace(m *Message, hostname string) []byte {
	from := m.Helo
	if from == "" {
		from = "localhost"
	}
	source := ""
	if m.RemoteAddr != "" {
		source = " ([" + m.RemoteAddr + "])"
	}
	trace := fmt.Sprintf("Received: from %s%s\r\n\tby %s (Failmail) id %s;\r\n\t%s\r\n",
		oneWord(from), source, hostname, m.ID, m.Received.Format(time.RFC1123Z))
	return append(append(make([]byte, 0, len(trace)+len(m.Raw)), trace...), m.Raw...)
}

// oneWord makes a name that a client gave safe to stand in a header field.
func oneWord(name string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r >= 0x7f || r == '(' || r == ')' || r == ';' {
			return '_'
		}
		return r
	}, name[:min(len(name), 255)])
}

// due returns when a batch with e may be due at the earliest.
func due(e *store.Entry) time.Time {
	switch {
	case e.Quiet > 0:
		return e.Received // it may be the first of its group
	case !e.MutedUntil.IsZero():
		return e.MutedUntil
	}
	return e.Window.Due(e.Received, e.Received)
}
