package receive_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/receive"
)

func TestHandlerGetsWhatIsKnownOfTheClient(t *testing.T) {
	in := &inbox{}
	server := start(t, in, receive.Options{Hostname: "mx.example.com"})
	p := dial(t, server.addr)
	p.ask("EHLO web1.example.com", "250-")
	p.ask("MAIL FROM:<f@x>", "250 ")
	p.ask("RCPT TO:<t@x>", "250 ")
	p.ask("DATA", "354 ")
	p.ask("Subject: s\r\n\r\nbody\r\n.", "250 ")
	m := in.all()[0]
	if m.Helo != "web1.example.com" || m.RemoteAddr != "127.0.0.1" || m.Host() != "web1.example.com" {
		t.Errorf("Helo %q, RemoteAddr %q, Host %q", m.Helo, m.RemoteAddr, m.Host())
	}
	if m.ID == "" || m.Received.IsZero() || m.Subject() != "s" || m.Body() != "body" {
		t.Errorf("ID %q, Received %v, subject %q, body %q", m.ID, m.Received, m.Subject(), m.Body())
	}
}

func TestGreetingNamesTheHost(t *testing.T) {
	for option, want := range map[string]string{"": "220 localhost ", "mx.example.com": "220 mx.example.com "} {
		server := start(t, &inbox{}, receive.Options{Hostname: option})
		conn, err := net.Dial("tcp", server.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		got := make([]byte, len(want))
		if _, err := io.ReadFull(conn, got); err != nil || string(got) != want {
			t.Errorf("with Hostname %q: greeting %q, %v; want %q", option, got, err, want)
		}
	}
}

func TestReplyFollowsTheHandler(t *testing.T) {
	refusal := &receive.Refusal{Code: 550, Enhanced: [3]int{5, 7, 1}, Text: "Loop found, check --relay"}
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"nil is 250", nil, "250 2.0.0 "},
		{"any error asks the client to keep the mail", errors.New("disk secret full"), "452 4.3.1 "},
		{"a refusal is passed on as it is", refusal, "550 5.7.1 Loop found, check --relay"},
		{"a wrapped refusal is passed on as well", fmt.Errorf("outer: %w", refusal), "550 5.7.1 Loop found, check --relay"},
		{"a temporary refusal", &receive.Refusal{Code: 451, Enhanced: [3]int{4, 7, 0}, Text: "Later"}, "451 4.7.0 Later"},
		{"a refusal without an enhanced code", &receive.Refusal{Code: 550, Text: "No"}, "550 5.0.0 No"},
		{"an ended context asks the client to keep the mail", context.Canceled, "452 4.3.1 "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := &inbox{err: tt.err}
			p := dial(t, start(t, in, receive.Options{}).addr)
			p.untilData()
			reply := p.ask("m\r\n.", tt.want)
			if strings.Contains(reply, "secret") {
				t.Errorf("the client is told the inside reason: %q", reply)
			}
			// The session goes on.
			in.mu.Lock()
			in.err = nil
			in.mu.Unlock()
			p.ask("MAIL FROM:<f@x>", "250 ")
			p.ask("RCPT TO:<t@x>", "250 ")
			p.ask("DATA", "354 ")
			p.ask("again\r\n.", "250 ")
		})
	}
}

func TestReplyWaitsForTheHandler(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	server := start(t, receive.HandlerFunc(func(context.Context, *receive.Message) error {
		close(entered)
		<-release
		return errors.New("too late to be stored")
	}), receive.Options{})
	p := dial(t, server.addr)
	p.untilData()
	p.send("m\r\n.\r\n")
	<-entered
	close(release)
	p.expect("452 ") // a 250 sent early would come first
}

func TestHandlerPanicIsNoAcceptance(t *testing.T) {
	server := start(t, receive.HandlerFunc(func(context.Context, *receive.Message) error { panic("boom") }), receive.Options{})
	p := dial(t, server.addr)
	p.untilData()
	p.send("m\r\n.\r\n")
	p.expect("421 ")
	p.expectEnd()
	dial(t, server.addr).ask("EHLO x", "250-") // the server lives on
	server.drain(t)
}

func TestFailureIsLoggedOnceWithTheReason(t *testing.T) {
	var log bytes.Buffer
	server := start(t, &inbox{err: errors.New("disk full")}, receive.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	p := dial(t, server.addr)
	p.untilData()
	p.ask("m\r\n.", "452 ")
	p.ask("QUIT", "221 ")
	server.drain(t)
	if got := log.String(); strings.Count(got, "disk full") != 1 || !strings.Contains(got, "component=receive") {
		t.Errorf("log:\n%s", got)
	}
}
