package receive_test

import (
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/receive"
)

func TestMessageSize(t *testing.T) {
	const limit = 5000
	lines := func(size int) string { // a mail of exactly size bytes in short lines
		return strings.Repeat(strings.Repeat("x", 48)+"\r\n", size/50) + strings.Repeat("x", size%50)
	}
	tests := []struct{ name, mail, want string }{
		{"a mail below the limit is accepted", lines(limit - 50), "250 "},
		{"a mail of exactly the limit is accepted", lines(limit), "250 "},
		{"a mail above the limit is refused for good", lines(limit + 50), "552 5.3.4 "},
		{"a mail far above the limit is refused for good", lines(100 * limit), "552 5.3.4 "},
		{"a mail of one line above the limit is refused for good", strings.Repeat("x", 2*limit) + "\r\n", "552 5.3.4 "},
		{"a mail of one line far above the limit is refused for good", strings.Repeat("x", 100*limit) + "\r\n", "552 5.3.4 "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := &inbox{}
			p := dial(t, start(t, in, receive.Options{MaxMessageSize: limit}).addr)
			p.untilData()
			p.send(tt.mail + ".\r\n")
			reply := p.expect(tt.want)
			if accepted := len(in.all()) == 1; accepted != strings.HasPrefix(tt.want, "250") {
				t.Fatalf("reply %q, handler called: %v", reply, accepted)
			}
			if tt.want != "250 " && !strings.Contains(reply, "5000 bytes") {
				t.Errorf("reply %q does not name the limit", reply)
			}
			p.ask("MAIL FROM:<f@x>", "250 ")
			p.ask("RCPT TO:<t@x>", "250 ")
			p.ask("DATA", "354 ")
			p.ask("small\r\n.", "250 ")
		})
	}
}

func TestDeclaredSizeAboveTheLimitIsRefusedAtOnce(t *testing.T) {
	p := dial(t, start(t, &inbox{}, receive.Options{MaxMessageSize: 5000}).addr)
	if caps := p.ask("EHLO x", "250-"); !strings.Contains(caps, "SIZE 5000\n") {
		t.Errorf("the limit is not announced: %q", caps)
	}
	p.ask("MAIL FROM:<f@x> SIZE=5001", "552 5.3.4 ")
	p.ask("MAIL FROM:<f@x> SIZE=5000", "250 ")
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

func TestOddBytesArriveUnchanged(t *testing.T) {
	in := &inbox{}
	p := dial(t, start(t, in, receive.Options{}).addr)
	p.untilData()
	raw := "Subject: caf\xe9\r\n\r\nNUL \x00, ESC \x1b, \xff\xfe, Grüße \t \r\n\r\n"
	p.ask(raw+".", "250 ")
	if got := string(in.all()[0].Raw); got != raw {
		t.Errorf("Raw = %q, want %q", got, raw)
	}
}

func TestEndlessCommandEndsTheConnection(t *testing.T) {
	server := start(t, &inbox{}, receive.Options{})
	p := dial(t, server.addr)
	p.ask("EHLO x", "250-")
	p.send(strings.Repeat("x", 70_000))
	p.expectEnd()
	server.drain(t)
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
