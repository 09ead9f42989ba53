package receive_test

import (
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/receive"
)

func TestLimitIsAnnounced(t *testing.T) {
	p := dial(t, start(t, &inbox{}, receive.Options{MaxMessageSize: 5000}).addr)
	if caps := p.ask("EHLO x", "250-"); !strings.Contains(caps, "SIZE 5000\n") {
		t.Errorf("the limit is not announced: %q", caps)
	}
}

func TestLineOf100000BytesIsAccepted(t *testing.T) {
	in := &inbox{}
	p := dial(t, start(t, in, receive.Options{}).addr)
	p.untilData()
	body := strings.Repeat("x", 100_000)
	p.ask("Subject: s\r\n\r\n"+body+"\r\n.", "250 ")
	if got := in.all()[0].Body(); got != body {
		t.Errorf("a body of %d bytes arrived", len(got))
	}
}

func TestVanishedClientCallsNoHandler(t *testing.T) {
	tests := []struct{ name, sent string }{
		{"right after DATA", ""},
		{"in the middle of a line", "Subject: s\r\n\r\nhal"},
		{"after a whole line", "Subject: s\r\n\r\nline\r\n"},
		{"after the dot", "Subject: s\r\n\r\nline\r\n."},
		{"after the dot's CR", "Subject: s\r\n\r\nline\r\n.\r"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := &inbox{}
			server := start(t, in, receive.Options{})
			p := dial(t, server.addr)
			p.untilData()
			p.send(tt.sent)
			p.conn.Close()
			server.drain(t) // returns when the connection has ended
			if got := in.all(); len(got) != 0 {
				t.Errorf("the handler got %q", got[0].Raw)
			}
		})
	}
}

func TestVanishedClientInAChunkCallsNoHandler(t *testing.T) {
	in := &inbox{}
	server := start(t, in, receive.Options{})
	p := dial(t, server.addr)
	p.ask("EHLO test", "250-")
	p.ask("MAIL FROM:<f@x>", "250 ")
	p.ask("RCPT TO:<t@x>", "250 ")
	p.ask("BDAT 5\r\none", "250 ")
	p.send("BDAT 100 LAST\r\nhalf")
	p.conn.Close()
	server.drain(t)
	if got := in.all(); len(got) != 0 {
		t.Errorf("the handler got %q", got[0].Raw)
	}
}
