package failmail

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// passField with the value "pass" asks to relay a mail at once and unchanged.
const passField = "X-Failmail"

// maxWishes bounds what is remembered of what programs misspell.
const maxWishes = 100

// wishes are the values of the field that are unknown, each of which is logged
// once: an application that misspells it does so in every mail.
type wishes struct {
	mu   sync.Mutex
	seen map[string]bool
}

// asksToPass reports whether m asks to be relayed as it is.
func (w *wishes) asksToPass(m *Message, log *slog.Logger) bool {
	wish := strings.TrimSpace(m.Header.Get(passField))
	if wish == "" || strings.EqualFold(wish, "pass") {
		return wish != ""
	}
	if w.isNew(wish) {
		log.Warn("a mail asks for something unknown in its header, it is counted like any other; the only value is pass",
			"id", m.ID, "field", passField, "value", wish)
	}
	return false
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
