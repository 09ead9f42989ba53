package receive_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/pkg/receive"
)

func (p *pipes) dial(t *testing.T) *peer {
	t.Helper()
	c := p.connect(t)
	c.expect("220 ")
	c.ask("EHLO x", "250-")
	return c
}

func servePipes(options receive.Options) (*receive.Server, *pipes) {
	server, l := receive.NewServer(&inbox{}, options), newPipes()
	go server.Serve(l)
	return server, l
}

func TestWhoGuessesPasswordsIsSlowedOverAllConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, l := servePipes(receive.Options{Access: onlyUser})
		defer server.Shutdown(t.Context())
		start := time.Now()
		known := l.dial(t)
		known.ask("AUTH PLAIN "+plain("", "user", "secret"), "235 ")
		known.conn.Close()
		for range 3 {
			p := l.dial(t)
			p.ask("AUTH PLAIN "+plain("", "user", "wrong"), "535 ")
			p.ask("AUTH PLAIN "+plain("", "nobody", "wrong"), "535 ")
			p.ask("AUTH PLAIN "+plain("", "user", "secre"), "535 ")
			if rest := p.expectEnd(); rest != "421 4.7.0 Too many failed logins on this connection, closing it\r\n" {
				t.Errorf("the end was %q", rest)
			}
		}
		if took := time.Since(start); took != (1+2+4+8+16+30)*time.Second {
			t.Errorf("nine failures took %v", took)
		}
		start = time.Now()
		p := l.dial(t)
		p.ask("AUTH PLAIN "+plain("", "user", "secret"), "235 ")
		if took := time.Since(start); took != 0 {
			t.Errorf("a program that had logged in before waited %v", took)
		}
	})
}

func TestAttemptsThatWouldWaitForTooLongAreTurnedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, l := servePipes(receive.Options{Access: onlyUser})
		defer server.Shutdown(t.Context())
		for range 3 {
			p := l.dial(t)
			for range 3 {
				p.ask("AUTH PLAIN "+plain("", "user", "wrong"), "535 ")
			}
			p.expectEnd()
		}
		first, second := l.dial(t), l.dial(t)
		first.send("AUTH PLAIN " + plain("", "user", "wrong") + "\r\n")
		synctest.Wait()
		second.send("AUTH PLAIN " + plain("", "user", "secret") + "\r\n")
		one, _ := first.reply()
		other, _ := second.reply()
		if strings.HasPrefix(one, "421") {
			one, other = other, one
		}
		if !strings.HasPrefix(one, "535 ") && !strings.HasPrefix(one, "235 ") || !strings.HasPrefix(other, "421 4.7.0 Too many failed logins from your address") {
			t.Errorf("the replies are %q and %q", one, other)
		}
	})
}

func TestAShutdownDoesNotWaitForGuessers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, l := servePipes(receive.Options{Access: onlyUser})
		for range 3 {
			p := l.dial(t)
			for range 3 {
				p.ask("AUTH PLAIN "+plain("", "user", "wrong"), "535 ")
			}
			p.expectEnd()
		}
		p := l.dial(t)
		p.send("AUTH PLAIN " + plain("", "user", "wrong") + "\r\n")
		synctest.Wait()
		start := time.Now()
		go func() {
			p.expect("421 4.3.2 The server is shutting down")
			p.expectEnd()
		}()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil || time.Since(start) > time.Second {
			t.Errorf("Shutdown = %v after %v", err, time.Since(start))
		}
	})
}
