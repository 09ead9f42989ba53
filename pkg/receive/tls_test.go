package receive_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/receive"
)

// tlsPair returns what a server and its clients need for TLS.
func tlsPair(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	certificate, key := receive.NewPair(t, "mx.example.com")
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certificate)
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
		&tls.Config{RootCAs: roots, ServerName: "mx.example.com"}
}

// startOn is start on a listener of the caller's.
func startOn(t *testing.T, l net.Listener, h receive.Handler, o receive.Options) *running {
	t.Helper()
	r := &running{receive.NewServer(h, o), l.Addr().String(), make(chan error, 1)}
	go func() { r.served <- r.Serve(l) }()
	t.Cleanup(func() { cut(r.Server); l.Close() })
	return r
}

// secure makes the handshake and returns the client's end above it.
func (p *peer) secure(config *tls.Config) *peer {
	p.t.Helper()
	conn := tls.Client(p.conn, config)
	if err := conn.Handshake(); err != nil {
		p.t.Fatalf("handshake: %v", err)
	}
	return &peer{p.t, conn, bufio.NewReader(conn)}
}

// startTLS goes as far as the end of the handshake.
func (p *peer) startTLS(config *tls.Config) *peer {
	p.t.Helper()
	p.ask("STARTTLS", "220 ")
	return p.secure(config)
}

// connect is dial without a greeting.
func connect(t *testing.T, network, addr string) *peer {
	t.Helper()
	conn, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return &peer{t, conn, bufio.NewReader(conn)}
}

// mail sends one mail in a session that has said EHLO.
func (p *peer) mail() {
	p.t.Helper()
	p.ask("MAIL FROM:<f@x>", "250 ")
	p.ask("RCPT TO:<t@x>", "250 ")
	p.ask("DATA", "354 ")
	p.ask("m\r\n.", "250 ")
}

func offers(reply, capability string) bool {
	for line := range strings.SplitSeq(reply, "\n") {
		if len(line) > 4 && (line[4:] == capability || strings.HasPrefix(line[4:], capability+" ")) {
			return true
		}
	}
	return false
}

func TestSTARTTLSIsOfferedOnlyInTheClearAndOnlyWithACertificate(t *testing.T) {
	serverTLS, clientTLS := tlsPair(t)
	bare := dial(t, start(t, &inbox{}, receive.Options{}).addr)
	if reply := bare.ask("EHLO x", "250-"); offers(reply, "STARTTLS") {
		t.Errorf("without a certificate: %q", reply)
	}
	p := dial(t, start(t, &inbox{}, receive.Options{TLS: serverTLS}).addr)
	for range 2 { // a second EHLO offers it again
		if reply := p.ask("EHLO x", "250-"); strings.Count(reply, "STARTTLS") != 1 || !offers(reply, "STARTTLS") {
			t.Errorf("in the clear: %q", reply)
		}
	}
	if reply := p.ask("HELO x", "250 "); strings.Contains(reply, "STARTTLS") {
		t.Errorf("to HELO: %q", reply)
	}
	if reply := p.startTLS(clientTLS).ask("EHLO x", "250-"); offers(reply, "STARTTLS") || !offers(reply, "PIPELINING") {
		t.Errorf("inside TLS: %q", reply)
	}
}

func TestHandlerGetsTheNameThatWasGivenInsideTLS(t *testing.T) {
	serverTLS, clientTLS := tlsPair(t)
	in := &inbox{}
	p := dial(t, start(t, in, receive.Options{TLS: serverTLS}).addr)
	p.ask("EHLO x", "250-")
	p = p.startTLS(clientTLS)
	p.ask("EHLO y", "250-")
	p.mail()
	if m := in.all()[0]; m.RemoteAddr != "127.0.0.1" || m.Helo != "y" {
		t.Errorf("RemoteAddr %q, Helo %q", m.RemoteAddr, m.Helo)
	}
}
