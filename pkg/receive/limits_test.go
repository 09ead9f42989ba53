package receive_test

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/pkg/receive"
)

// expectTurnedAway connects and is told to come back later.
func expectTurnedAway(t *testing.T, addr, reply string) {
	t.Helper()
	p := connect(t, "tcp", addr)
	p.expect(reply)
	if rest := p.expectEnd(); rest != "" {
		t.Errorf("after the 421 came %q", rest)
	}
}

func TestConnectionsBeyondTheLimitAreTurnedAway(t *testing.T) {
	serverTLS, clientTLS := tlsPair(t)
	limits := []struct {
		name, reply string
		options     receive.Options
	}{
		{"of all clients", "421 4.3.2 ", receive.Options{MaxConnections: 2, TLS: serverTLS}},
		{"of one address", "421 4.7.0 ", receive.Options{MaxPerClient: 2, TLS: serverTLS}},
	}
	ways := []struct {
		name     string
		use, end func(p *peer) *peer
	}{
		{"one ends with QUIT", same, func(p *peer) *peer { p.ask("QUIT", "221 "); return p }},
		{"one vanishes", same, func(p *peer) *peer { p.conn.(*net.TCPConn).CloseWrite(); return p }},
		{"one vanishes inside a mail", func(p *peer) *peer { p.untilData(); return p }, func(p *peer) *peer { p.conn.(*net.TCPConn).CloseWrite(); return p }},
		{"one ends inside TLS", func(p *peer) *peer { return p.startTLS(clientTLS) }, func(p *peer) *peer { p.ask("QUIT", "221 "); return p }},
		{"one vanishes inside TLS", func(p *peer) *peer { return p.startTLS(clientTLS) }, func(p *peer) *peer { p.conn.(*tls.Conn).CloseWrite(); return p }},
	}
	for _, limit := range limits {
		for _, way := range ways {
			t.Run(limit.name+" until "+way.name, func(t *testing.T) {
				server := start(t, &inbox{}, limit.options)
				dial(t, server.addr)
				for range 2 { // what is given back once is given back always
					p := way.use(dial(t, server.addr))
					expectTurnedAway(t, server.addr, limit.reply)
					way.end(p).expectEnd()
				}
				dial(t, server.addr)
				expectTurnedAway(t, server.addr, limit.reply)
			})
		}
	}
}

func same(p *peer) *peer { return p }

func TestMaxPerClientCountsEachAddressByItself(t *testing.T) {
	l := abroad{listen(t, "127.0.0.1:0")[0], "192.0.2.1"}
	server := startOn(t, l, &inbox{}, receive.Options{MaxPerClient: 1})
	other := abroad{listen(t, "127.0.0.1:0")[0], "192.0.2.2"}
	go server.Serve(other)
	dial(t, server.addr)
	dial(t, other.Listener.Addr().String())
	expectTurnedAway(t, server.addr, "421 4.7.0 ")
	expectTurnedAway(t, other.Listener.Addr().String(), "421 4.7.0 ")
}

func TestTooMuchMailInTransferIsPutOff(t *testing.T) {
	const limit = 640 << 10
	in := &inbox{}
	server := start(t, in, receive.Options{MaxInFlight: limit})
	var holders []*peer
	for range 3 {
		p := dial(t, server.addr)
		p.ask("EHLO x", "250-")
		p.ask("MAIL FROM:<f@x>", "250 ")
		p.ask("RCPT TO:<t@x>", "250 ")
		p.chunk(strings.Repeat("x", 192_000), "", "250 ")
		p.chunk("x", "", "250 ") // by now the first chunk has been counted
		holders = append(holders, p)
	}
	mail := strings.Repeat(strings.Repeat("x", 98)+"\r\n", 1280)
	p := dial(t, server.addr)
	for range 2 {
		p.untilData()
		p.ask(mail+".", "452 4.3.1 ")
		p.ask("MAIL FROM:<f@x>", "250 ")
		p.ask("RCPT TO:<t@x>", "250 ")
		p.chunk(mail, "", "452 4.3.1 ")
	}
	if n := len(in.all()); n != 0 {
		t.Fatalf("%d mails arrived", n)
	}
	holders[0].ask("BDAT 0 LAST", "250 ")
	for range 5 { // each gives back what it took
		p.untilData()
		p.ask(mail+".", "250 ")
	}
	holders[1].conn.(*net.TCPConn).CloseWrite()
	holders[1].expectEnd()
	holders[2].ask("BDAT 0 LAST", "250 ")
	if n := len(in.all()); n != 7 {
		t.Errorf("%d mails arrived", n)
	}
	p.untilData()
	p.ask(strings.Repeat("x", limit+1)+"\r\n.", "452 4.3.1 ")
	p.untilData()
	p.ask(strings.Repeat("x", limit/10*9-10_000)+"\r\n.", "250 ")
}

// A client that was put off may stay connected as long as it likes.
func TestWhatWasPutOffNoLongerCountsAsInTransfer(t *testing.T) {
	const limit = 320 << 10
	for name, put := range map[string]func(p *peer){
		"DATA": func(p *peer) { p.ask("DATA", "354 "); p.ask(strings.Repeat("x", limit+1)+"\r\n.", "452 ") },
		"BDAT": func(p *peer) { p.chunk(strings.Repeat("x", limit+1), "", "452 ") },
		"more chunks": func(p *peer) {
			p.chunk(strings.Repeat("x", limit/2), "", "250 ")
			p.chunk(strings.Repeat("x", limit/2), "", "452 ")
			p.chunk(strings.Repeat("x", limit), "", "452 ")
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t, &inbox{}, receive.Options{MaxInFlight: limit})
			p := dial(t, server.addr)
			p.ask("EHLO x", "250-")
			p.ask("MAIL FROM:<f@x>", "250 ")
			p.ask("RCPT TO:<t@x>", "250 ")
			put(p)
			other := dial(t, server.addr)
			other.ask("EHLO x", "250-")
			other.mail()
		})
	}
}

func TestCommandsWithoutAMailEndTheConnection(t *testing.T) {
	const limit = 10
	for name, commands := range map[string]string{
		"NOOP":               "NOOP\r\n",
		"EHLO":               "EHLO x\r\n",
		"MAIL and RSET":      "MAIL FROM:<f@x>\r\nRSET\r\n",
		"RCPT that fail":     "RCPT TO:<t@x>\r\n",
		"a DATA that fails":  "DATA\r\n",
		"a BDAT that fails":  "BDAT x\r\n",
		"a BDAT of nothing":  "BDAT 0\r\n",
		"envelopes for ever": "MAIL FROM:<f@x>\r\nRCPT TO:<t@x>\r\nRSET\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t, &inbox{}, receive.Options{MaxIdleCommands: limit, MaxRecipients: 5})
			p := dial(t, server.addr)
			p.ask("EHLO x", "250-")
			go io.WriteString(p.conn, strings.Repeat(commands, 10*limit))
			replies, last := 0, ""
			for {
				reply, err := p.reply()
				if err != nil {
					break
				}
				replies, last = replies+1, reply
			}
			if replies < limit || replies > 3*limit {
				t.Errorf("%d replies for a limit of %d commands", replies, limit)
			}
			if last != "" && !strings.HasPrefix(last, "421 ") {
				t.Errorf("the last reply was %q", last)
			}
			server.drain(t)
		})
	}
}

func TestMailsStartTheCountOfCommandsAnew(t *testing.T) {
	in := &inbox{}
	p := dial(t, start(t, in, receive.Options{MaxIdleCommands: 5}).addr)
	p.ask("EHLO x", "250-")
	for range 10 {
		p.mail()
		p.ask("MAIL FROM:<f@x>", "250 ")
		p.ask("RCPT TO:<t@x>", "250 ")
		p.chunk("x", " LAST", "250 ")
	}
	if n := len(in.all()); n != 20 {
		t.Errorf("%d mails arrived", n)
	}
}

func TestSessionTimeoutEndsABusyConnection(t *testing.T) {
	o := receive.Options{SessionTimeout: time.Minute}
	bubble := func(name string, f func(t *testing.T)) {
		t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
	}
	bubble("between mails", func(t *testing.T) {
		o := o
		o.MaxIdleCommands = 1 << 30
		_, p := startOnPipe(t, &inbox{}, o)
		p.expect("220 ")
		reply, err := "", error(nil)
		for !strings.HasPrefix(reply, "421 ") && err == nil {
			time.Sleep(time.Second)
			io.WriteString(p.conn, "NOOP\r\n") // fails when it has ended
			reply, err = p.reply()
		}
		if rest := p.expectEnd(); rest != "" {
			t.Errorf("after %q came %q", reply, rest)
		}
	})
	bubble("inside a mail that makes progress", func(t *testing.T) {
		in := &inbox{}
		server, p := startOnPipe(t, in, o)
		p.expect("220 ")
		p.untilData()
		var writer sync.WaitGroup
		writer.Go(func() {
			for err := error(nil); err == nil; {
				time.Sleep(time.Second)
				_, err = io.WriteString(p.conn, "x\r\n")
			}
		})
		if rest := p.expectEnd(); rest != "" && rest[0] != '4' {
			t.Errorf("the client is told not to try again: %q", rest)
		}
		writer.Wait()
		server.drain(t)
		if n := len(in.all()); n != 0 {
			t.Errorf("%d mails arrived", n)
		}
	})
}
