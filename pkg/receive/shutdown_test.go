package receive_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/receive"
)

func TestShutdownTellsIdleConnections421AtOnce(t *testing.T) {
	mail := func(p *peer) {
		p.untilData()
		p.ask("m\r\n.", "250 ")
	}
	tests := []struct {
		name   string
		before func(p *peer)
	}{
		{"just connected", func(*peer) {}},
		{"after EHLO", func(p *peer) { p.ask("EHLO x", "250-") }},
		{"after NOOP", func(p *peer) { p.ask("NOOP", "250 ") }},
		{"after a mail", mail},
		{"after two mails", func(p *peer) { mail(p); mail(p) }},
		{"after RSET", func(p *peer) { p.ask("EHLO x", "250-"); p.ask("MAIL FROM:<f@x>", "250 "); p.ask("RSET", "250 ") }},
		{"after a refused recipient and a new EHLO", func(p *peer) {
			p.ask("EHLO x", "250-")
			p.ask("MAIL FROM:<f@x>", "250 ")
			p.ask("RCPT TO:bad bad", "501 ")
			p.ask("EHLO x", "250-")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := start(t, &inbox{}, receive.Options{})
			p := dial(t, server.addr)
			tt.before(p)
			server.drain(t)
			p.expect("421 4.3.2 The server is shutting down")
			if rest := p.expectEnd(); rest != "" {
				t.Errorf("after the 421 came %q", rest)
			}
			if err := <-server.served; err != nil {
				t.Errorf("Serve = %v", err)
			}
		})
	}
}

// draining begins a shutdown and returns when it is under way, which the 421
// to an idle connection tells. The channel gives what Shutdown returned.
func draining(t *testing.T, server *running, ctx context.Context) <-chan error {
	t.Helper()
	idle := dial(t, server.addr)
	idle.ask("EHLO idle", "250-")
	done := make(chan error, 1)
	go func() { done <- server.Shutdown(ctx) }()
	idle.expect("421 ")
	return done
}

func TestShutdownLetsATransferFinish(t *testing.T) {
	tests := []struct{ name, before, after string }{
		{"before the first recipient", "EHLO x|MAIL FROM:<f@x>", "RCPT TO:<t@x>|DATA|one\r\ntwo\r\n."},
		{"before DATA", "EHLO x|MAIL FROM:<f@x>|RCPT TO:<t@x>", "DATA|one\r\ntwo\r\n."},
		{"in the middle of the data", "EHLO x|MAIL FROM:<f@x>|RCPT TO:<t@x>|DATA|>one\r\nt", "wo\r\n."},
		{"between two chunks", "EHLO x|MAIL FROM:<f@x>|RCPT TO:<t@x>|BDAT 5\r\none", "BDAT 5 LAST\r\ntwo"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := &inbox{}
			server := start(t, in, receive.Options{})
			p := dial(t, server.addr)
			steps := func(text string) (last string) {
				for step := range strings.SplitSeq(text, "|") {
					if data, unfinished := strings.CutPrefix(step, ">"); unfinished {
						p.send(data)
						continue
					}
					p.send(step + "\r\n")
					var err error
					if last, err = p.reply(); err != nil || last[0] > '3' {
						t.Fatalf("reply to %q = %q, %v", step, last, err)
					}
				}
				return last
			}
			steps(tt.before)
			done := draining(t, server, t.Context())
			if last := steps(tt.after); !strings.HasPrefix(last, "250 ") {
				t.Errorf("the transfer ended with %q", last)
			}
			if rest := p.expectEnd(); rest != "" && !strings.HasPrefix(rest, "421 ") {
				t.Errorf("after the 250 came %q", rest)
			}
			if err := <-done; err != nil {
				t.Errorf("Shutdown = %v", err)
			}
			if mails := in.all(); len(mails) != 1 || string(mails[0].Raw) != "one\r\ntwo\r\n" {
				t.Errorf("the handler got %d mails", len(mails))
			}
		})
	}
}

func TestShutdownWaitsForTheHandler(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	server := start(t, receive.HandlerFunc(func(ctx context.Context, _ *receive.Message) error {
		close(entered)
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}), receive.Options{})
	p := dial(t, server.addr)
	p.untilData()
	p.send("m\r\n.\r\n")
	<-entered
	done := draining(t, server, t.Context())
	select {
	case err := <-done:
		t.Fatalf("Shutdown = %v while the handler was at work", err)
	default:
	}
	close(release)
	p.expect("250 ")
	p.expectEnd()
	if err := <-done; err != nil {
		t.Errorf("Shutdown = %v", err)
	}
}

// hang returns a handler that works until its context ends.
func hang() (h receive.Handler, entered, left chan struct{}) {
	entered, left = make(chan struct{}), make(chan struct{})
	return receive.HandlerFunc(func(ctx context.Context, _ *receive.Message) error {
		close(entered)
		<-ctx.Done()
		close(left)
		return ctx.Err()
	}), entered, left
}

func TestShutdownCutsConnectionsWhenItsContextEnds(t *testing.T) {
	h, entered, left := hang()
	server := start(t, h, receive.Options{})
	inHandler, inData := dial(t, server.addr), dial(t, server.addr)
	inHandler.untilData()
	inHandler.send("m\r\n.\r\n")
	<-entered
	inData.untilData()
	inData.send("half a ma")
	ctx, cancel := context.WithCancel(t.Context())
	done := draining(t, server, ctx)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown = %v, want %v", err, context.Canceled)
	}
	<-left // the handler's context has ended too
	for _, p := range []*peer{inHandler, inData} {
		if rest := p.expectEnd(); strings.Contains(rest, "250") {
			t.Errorf("a cut connection was told %q", rest)
		}
	}
}

// Whoever never pauses would keep a shutdown waiting, and with it the process that
// takes over.
func TestShutdownEndsAConnectionThatIsKeptBusyBetweenTwoMails(t *testing.T) {
	in := &inbox{}
	server := start(t, in, receive.Options{})
	p := dial(t, server.addr)
	p.ask("EHLO x", "250-")
	acknowledged, last := make(chan int, 1), make(chan string, 1)
	begun := make(chan struct{})
	go func() {
		for n := 0; ; n++ {
			for _, command := range []string{"MAIL FROM:<f@x>", "RCPT TO:<t@x>", "DATA", "m\r\n."} {
				p.send(command + "\r\n")
				if reply, err := p.reply(); err != nil || reply[0] > '3' {
					acknowledged <- n
					last <- command + " " + reply
					return
				}
			}
			if n == 10 {
				close(begun)
			}
		}
	}()
	<-begun
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown = %v", err)
	}
	n := <-acknowledged
	if got := <-last; !strings.HasPrefix(got, "MAIL FROM:<f@x> 421 4.3.2 ") {
		t.Errorf("the end was %q", got)
	}
	if got := len(in.all()); got != n {
		t.Errorf("%d mails were acknowledged, the handler got %d", n, got)
	}
}

func TestShutdownTellsAClientInTheMiddleOfAMailToSendItAgain(t *testing.T) {
	for name, test := range map[string]struct {
		before func(p *peer)
		want   string
	}{
		"before DATA": {func(p *peer) { p.ask("EHLO x", "250-"); p.ask("MAIL FROM:<f@x>", "250 ") }, "421 4.3.2 "},
		"in the data": {func(p *peer) { p.untilData(); p.send("half a ma") }, "451 4.4.2 "},
		"in a chunk": {func(p *peer) {
			p.ask("EHLO x", "250-")
			p.ask("MAIL FROM:<f@x>", "250 ")
			p.ask("RCPT TO:<t@x>", "250 ")
			p.send("BDAT 100 LAST\r\nhalf")
		}, "421 4."},
	} {
		t.Run(name, func(t *testing.T) {
			in := &inbox{}
			server := start(t, in, receive.Options{})
			p := dial(t, server.addr)
			test.before(p)
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			done := draining(t, server, ctx)
			p.expect(test.want)
			p.expectEnd()
			if err := <-done; err != nil {
				t.Errorf("Shutdown = %v", err)
			}
			if n := len(in.all()); n > 0 {
				t.Errorf("the handler got %d mails", n)
			}
		})
	}
}

func TestShutdownWithAnEndedDeadlineReturnsItsError(t *testing.T) {
	server := start(t, &inbox{}, receive.Options{})
	p := dial(t, server.addr)
	p.untilData()
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer cancel()
	if err := server.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown = %v, want %v", err, context.DeadlineExceeded)
	}
	p.expectEnd()
}

func TestShutdownWithoutConnections(t *testing.T) {
	server := start(t, &inbox{}, receive.Options{})
	dial(t, server.addr).ask("QUIT", "221 ") // and so Serve runs
	server.drain(t)
	if err := <-server.served; err != nil {
		t.Errorf("Serve = %v", err)
	}
	if conn, err := net.Dial("tcp", server.addr); err == nil {
		conn.Close()
		t.Error("the port still accepts connections")
	}
}

func TestShutdownBeforeServe(t *testing.T) {
	server := receive.NewServer(&inbox{}, receive.Options{})
	if err := server.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown = %v", err)
	}
	l := listen(t, "127.0.0.1:0")[0]
	if err := server.Serve(l); err != nil { // and it returns
		t.Errorf("Serve = %v", err)
	}
	if conn, err := net.Dial("tcp", l.Addr().String()); err == nil {
		conn.Close()
		t.Error("the listener is still open")
	}
}

func TestShutdownTwice(t *testing.T) {
	server := start(t, &inbox{}, receive.Options{})
	p := dial(t, server.addr)
	p.ask("EHLO x", "250-")
	server.drain(t)
	server.drain(t)
	p.expect("421 ")
}

// An operator who loses patience asks again, with less time.
func TestSecondShutdownCutsWhatTheFirstWaitsFor(t *testing.T) {
	server := start(t, &inbox{}, receive.Options{})
	p := dial(t, server.addr)
	p.untilData()
	first := draining(t, server, t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := server.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("second Shutdown = %v, want %v", err, context.Canceled)
		p.conn.Close()
	}
	p.expectEnd()
	if err := <-first; err != nil {
		t.Errorf("first Shutdown = %v", err)
	}
}

func TestServeOnSeveralListeners(t *testing.T) {
	in := &inbox{}
	server := start(t, in, receive.Options{})
	second := listen(t, "127.0.0.1:0")[0]
	served := make(chan error, 1)
	go func() { served <- server.Serve(second) }()
	for _, addr := range []string{server.addr, second.Addr().String()} {
		p := dial(t, addr)
		p.untilData()
		p.ask("m\r\n.", "250 ")
	}
	server.drain(t)
	if first, other := <-server.served, <-served; first != nil || other != nil {
		t.Errorf("Serve = %v and %v", first, other)
	}
	if n := len(in.all()); n != 2 {
		t.Errorf("%d mails arrived", n)
	}
}

func TestServeReturnsWhatStopsIt(t *testing.T) {
	server := receive.NewServer(&inbox{}, receive.Options{})
	broken := errors.New("no more sockets")
	err := server.Serve(failingListener{listen(t, "127.0.0.1:0")[0], broken})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "127.0.0.1:") {
		t.Errorf("Serve = %v, want %v with the address", err, broken)
	}
}

type failingListener struct {
	net.Listener
	err error
}

func (l failingListener) Accept() (net.Conn, error) { return nil, l.err }
