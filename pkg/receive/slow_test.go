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
