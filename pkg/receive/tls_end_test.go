package receive_test

import (
	"context"
	"crypto/tls"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/receive"
)

// cut ends a server at once, with whoever is still connected.
func cut(s *receive.Server) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s.Shutdown(ctx)
}

func TestFailedHandshakeEndsTheConnectionAndGivesItsPlaceBack(t *testing.T) {
	tests := []struct {
		name string
		fail func(t *testing.T, p *peer)
	}{
		{"plain text instead of TLS", func(_ *testing.T, p *peer) { p.send("EHLO x\r\nMAIL FROM:<evil@x>\r\n") }},
		{"bytes that are no TLS", func(_ *testing.T, p *peer) { p.send("\x16\x03\x01\x00\x04\xff\xff\xff\xff") }},
		{"a version of TLS that is too old", func(t *testing.T, p *peer) {
			config := &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11, InsecureSkipVerify: true}
			if err := tls.Client(p.conn, config).Handshake(); err == nil {
				t.Error("TLS 1.1 was accepted")
			}
		}},
		{"a client that does not trust the certificate", func(t *testing.T, p *peer) {
			if err := tls.Client(p.conn, &tls.Config{ServerName: "mx.example.com"}).Handshake(); err == nil {
				t.Error("an unknown certificate was trusted")
			}
			p.conn.Close()
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			serverTLS, clientTLS := tlsPair(t)
			server := start(t, &inbox{}, receive.Options{TLS: serverTLS, MaxConnections: 2})
			p := dial(t, server.addr)
			p.ask("EHLO x", "250-")
			p.ask("STARTTLS", "220 ")
			tt.fail(t, p)
			if rest := p.expectEnd(); strings.Contains(rest, "250") {
				t.Errorf("the client was told %q", rest)
			}
			again := dial(t, server.addr).startTLS(clientTLS)
			again.ask("EHLO x", "250-")
			server.drain(t)
			again.expect("421 ")
		})
	}
}

func TestShutdownDuringTLS(t *testing.T) {
	serverTLS, clientTLS := tlsPair(t)
	tests := []struct {
		name   string
		before func(p *peer) *peer
		want   string
	}{
		{"before EHLO", func(p *peer) *peer { p = p.startTLS(clientTLS); p.ask("NOOP", "250 "); return p }, "421 4"},
		{"after EHLO", func(p *peer) *peer { p = p.startTLS(clientTLS); p.ask("EHLO x", "250-"); return p }, "421 4"},
		{"after a mail", func(p *peer) *peer { p = p.startTLS(clientTLS); p.ask("EHLO x", "250-"); p.mail(); return p }, "421 4"},
		{"before the handshake", func(p *peer) *peer { p.ask("STARTTLS", "220 "); return p }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := start(t, &inbox{}, receive.Options{TLS: serverTLS})
			p := tt.before(dial(t, server.addr))
			server.drain(t)
			if rest := p.expectEnd(); !strings.HasPrefix(rest, tt.want) || tt.want != "" && strings.Count(rest, "\n") != 1 {
				t.Errorf("at the end came %q, want %q", rest, tt.want)
			}
			if err := <-server.served; err != nil {
				t.Errorf("Serve = %v", err)
			}
		})
	}
}

func TestShutdownLetsATransferInsideTLSFinish(t *testing.T) {
	serverTLS, clientTLS := tlsPair(t)
	in := &inbox{}
	server := start(t, in, receive.Options{TLS: serverTLS})
	p := dial(t, server.addr).startTLS(clientTLS)
	p.untilData()
	p.send("half a ")
	done := draining(t, server, t.Context())
	p.ask("mail\r\n.", "250 ")
	p.expect("421 ")
	if err := <-done; err != nil || len(in.all()) != 1 {
		t.Errorf("Shutdown = %v, %d mails", err, len(in.all()))
	}
}

func TestShutdownCutsTLSWhenItsContextEnds(t *testing.T) {
	serverTLS, clientTLS := tlsPair(t)
	server := start(t, &inbox{}, receive.Options{TLS: serverTLS})
	p := dial(t, server.addr).startTLS(clientTLS)
	p.untilData()
	cut(server.Server)
	if rest := p.expectEnd(); strings.Contains(rest, "250") {
		t.Errorf("a cut connection was told %q", rest)
	}
}

// startTLSPort serves TLS from the first byte.
func startTLSPort(t *testing.T, o receive.Options) (server *running, in *inbox, client *tls.Config) {
	t.Helper()
	in = &inbox{}
	o.TLS, client = tlsPair(t)
	return startOn(t, listen(t, "smtps://127.0.0.1:0")[0], in, o), in, client
}

func TestTLSPort(t *testing.T) {
	server, in, clientTLS := startTLSPort(t, receive.Options{})
	p := connect(t, "tcp", server.addr).secure(clientTLS)
	p.expect("220 ")
	if reply := p.ask("EHLO x", "250-"); offers(reply, "STARTTLS") {
		t.Errorf("STARTTLS is offered inside TLS: %q", reply)
	}
	p.ask("STARTTLS", "503 ")
	p.mail()
	if m := in.all()[0]; m.RemoteAddr != "127.0.0.1" {
		t.Errorf("RemoteAddr = %q", m.RemoteAddr)
	}
	server.drain(t)
	p.expect("421 ")
}

func TestPlainTextOnATLSPortIsNotObeyed(t *testing.T) {
	for name, text := range map[string]string{
		"a mail": "EHLO x\r\nMAIL FROM:<f@x>\r\nRCPT TO:<t@x>\r\nDATA\r\nm\r\n.\r\n",
		"HTTP":   "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			server, in, _ := startTLSPort(t, receive.Options{})
			p := connect(t, "tcp", server.addr)
			p.send(text)
			if rest := p.expectEnd(); strings.Contains(rest, "220") || strings.Contains(rest, "250") {
				t.Errorf("the answer was %q", rest)
			}
			server.drain(t)
			if n := len(in.all()); n != 0 {
				t.Errorf("%d mails arrived", n)
			}
		})
	}
}

func TestServeOfATLSPortWithoutACertificateIsAnError(t *testing.T) {
	l := listen(t, "smtps://127.0.0.1:0")[0]
	err := receive.NewServer(&inbox{}, receive.Options{}).Serve(l)
	if err == nil || !strings.Contains(err.Error(), "smtps://127.0.0.1:0") || !strings.Contains(err.Error(), "Options.TLS") {
		t.Errorf("Serve = %v", err)
	}
}
