package receive_test

import (
	"sync"
	"testing"

	"github.com/hut8labs/failmail/pkg/receive"
)

// A client that sends a byte now and then costs a connection and nothing else.
func TestTwoHundredSlowClientsDoNotKeepOthersFromBeingServed(t *testing.T) {
	in := &inbox{}
	server := start(t, in, receive.Options{})
	var slow []*peer
	for i := range 200 {
		p := dial(t, server.addr)
		switch i % 3 {
		case 0: // inside a command
			p.send("EH")
		case 1: // inside the data
			p.untilData()
			p.send("S")
		case 2: // inside a chunk
			p.ask("EHLO x", "250-")
			p.ask("MAIL FROM:<f@x>", "250 ")
			p.ask("RCPT TO:<t@x>", "250 ")
			p.send("BDAT 1000000 LAST\r\nS")
		}
		slow = append(slow, p)
	}
	var senders sync.WaitGroup
	quit := make(chan struct{})
	senders.Go(func() {
		for i := 0; ; i = (i + 1) % len(slow) {
			select {
			case <-quit:
				return
			default:
				slow[i].send("x")
			}
		}
	})
	for range 20 {
		p := dial(t, server.addr)
		p.untilData()
		p.ask("m\r\n.", "250 ")
		p.ask("QUIT", "221 ")
	}
	close(quit)
	senders.Wait()
	if got := len(in.all()); got != 20 {
		t.Errorf("%d mails arrived while others were slow, want 20", got)
	}
}

func TestOddCommandsAreAnsweredAndTheSessionGoesOn(t *testing.T) {
	long := make([]byte, 3000)
	for i := range long {
		long[i] = 'x'
	}
	for name, test := range map[string]struct{ command, reply string }{
		"3,000 bytes of nothing":        {string(long), "50"},
		"a recipient of 3,000 bytes":    {"NOOP " + string(long), "250 "},
		"small letters":                 {"noop", "250 "},
		"an unknown parameter of MAIL":  {"MAIL FROM:<f@x> FOO=BAR", "555 5.5.4 "},
		"a SIZE that is no number":      {"MAIL FROM:<f@x> SIZE=big", "501 "},
		"a SIZE above the limit":        {"MAIL FROM:<f@x> SIZE=999999999", "552 5.3.4 "},
		"an unknown command":            {"XYZZY", "50"},
		"a line of HTTP":                {"GET / HTTP/1.1", "50"},
		"an empty line":                 {"", "50"},
		"a NUL":                         {"NO\x00OP", "50"},
		"a command that is implemented": {"VRFY root", "252 "},
	} {
		t.Run(name, func(t *testing.T) {
			in := &inbox{}
			p := dial(t, start(t, in, receive.Options{}).addr)
			p.ask("EHLO x", "250-")
			p.ask(test.command, test.reply)
			p.ask("MAIL FROM:<f@x>", "250 ")
			p.ask("RCPT TO:<t@x>", "250 ")
			p.ask("DATA", "354 ")
			p.ask("m\r\n.", "250 ")
			if len(in.all()) != 1 {
				t.Error("the session did not go on")
			}
		})
	}
}
