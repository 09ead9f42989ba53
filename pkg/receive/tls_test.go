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

func TestAfterSTARTTLSTheSessionBeginsAnew(t *testing.T) {
	tests := []struct{ name, before, first, want string }{
		{"no second greeting comes", "EHLO x", "NOOP", "250 2.0.0 I have"},
		{"EHLO is the first command", "", "EHLO y", "250-Hello y"},
		{"MAIL needs a new EHLO", "EHLO x", "MAIL FROM:<f@x>", "502 "},
		{"RCPT needs a new MAIL", "EHLO x|MAIL FROM:<f@x>", "RCPT TO:<t@x>", "502 "},
		{"DATA needs a new RCPT", "EHLO x|MAIL FROM:<f@x>|RCPT TO:<t@x>", "DATA", "502 "},
		{"AUTH needs a new EHLO", "EHLO x", "AUTH PLAIN AHUAcA==", "502 "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			serverTLS, clientTLS := tlsPair(t)
			in := &inbox{}
			p := dial(t, start(t, in, receive.Options{TLS: serverTLS}).addr)
			if tt.before != "" {
				for command := range strings.SplitSeq(tt.before, "|") {
					p.ask(command, "250")
				}
			}
			p = p.startTLS(clientTLS)
			p.ask(tt.first, tt.want)
			p.ask("EHLO y", "250-")
			p.ask("DATA", "502 ")
			p.mail()
			m := in.all()
			if len(m) != 1 || m[0].RemoteAddr != "127.0.0.1" || m[0].Helo != "y" || len(m[0].To) != 1 {
				t.Errorf("got %d mails, the first %+v", len(m), m[0])
			}
		})
	}
}

func TestAuthenticationBeforeSTARTTLSIsForgotten(t *testing.T) {
	serverTLS, clientTLS := tlsPair(t)
	p := dial(t, start(t, &inbox{}, receive.Options{TLS: serverTLS, Access: onlyUser}).addr)
	p.ask("EHLO x", "250-")
	p.ask("AUTH PLAIN "+plain("", "user", "secret"), "235 ")
	p.ask("MAIL FROM:<f@x>", "250 ")
	p = p.startTLS(clientTLS)
	p.ask("EHLO x", "250-")
	p.ask("MAIL FROM:<f@x>", "530 ")
	p.ask("AUTH PLAIN "+plain("", "user", "secret"), "235 ")
	p.mail()
}

// CVE-2011-0411: commands that somebody on the way adds behind STARTTLS must
// not be taken for the client's own inside TLS.
func TestCommandsPipelinedBehindSTARTTLSHaveNoEffect(t *testing.T) {
	for name, injected := range map[string]string{
		"a whole mail":    "EHLO evil\r\nMAIL FROM:<evil@x>\r\nRCPT TO:<victim@x>\r\nDATA\r\nevil\r\n.\r\n",
		"one EHLO":        "EHLO evil\r\n",
		"half a command":  "MAIL FROM:<evil@x>",
		"a chunk":         "BDAT 100\r\nx",
		"NOOP":            "NOOP\r\n",
		"QUIT":            "QUIT\r\n",
		"STARTTLS again":  "STARTTLS\r\n",
		"many bytes more": strings.Repeat("NOOP\r\n", 500),
	} {
		t.Run(name, func(t *testing.T) {
			serverTLS, clientTLS := tlsPair(t)
			in := &inbox{}
			server := start(t, in, receive.Options{TLS: serverTLS})
			p := dial(t, server.addr)
			p.ask("EHLO x", "250-")
			p.send("STARTTLS\r\n" + injected)
			p.expect("220 ")
			p = p.secure(clientTLS)
			p.ask("MAIL FROM:<f@x>", "502 ")
			p.ask("EHLO x", "250-Hello x")
			p.mail()
			p.ask("QUIT", "221 ")
			p.expectEnd()
			server.drain(t)
			if mails := in.all(); len(mails) != 1 || mails[0].From != "f@x" {
				t.Errorf("%d mails arrived", len(mails))
			}
		})
	}
}

// The exchange of AUTH reads lines, too. A STARTTLS among them must end the
// session in the clear just as well.
func TestSTARTTLSInsideAUTHEndsTheSessionInTheClear(t *testing.T) {
	serverTLS, _ := tlsPair(t)
	in := &inbox{}
	server := start(t, in, receive.Options{TLS: serverTLS, Access: onlyUser})
	p := dial(t, server.addr)
	p.ask("EHLO x", "250-")
	p.ask("AUTH LOGIN", "334 ")
	p.send("STARTTLS\r\nAUTH PLAIN " + plain("", "user", "secret") + "\r\nMAIL FROM:<evil@x>\r\nRCPT TO:<t@x>\r\nDATA\r\nevil\r\n.\r\n")
	p.reply()
	p.conn.(*net.TCPConn).CloseWrite() // where TLS should begin
	if rest := p.expectEnd(); strings.Contains(rest, "250 ") || strings.Contains(rest, "235 ") {
		t.Errorf("commands behind STARTTLS were answered: %q", rest)
	}
	server.drain(t)
	if mails := in.all(); len(mails) != 0 {
		t.Errorf("a mail behind STARTTLS was taken, from %q", mails[0].From)
	}
}

func TestRefusedSTARTTLSKeepsTheSession(t *testing.T) {
	serverTLS, clientTLS := tlsPair(t)
	tests := []struct {
		name    string
		options receive.Options
		before  func(p *peer) *peer
	}{
		{"without a certificate", receive.Options{}, func(p *peer) *peer { return p }},
		{"inside TLS", receive.Options{TLS: serverTLS}, func(p *peer) *peer { return p.startTLS(clientTLS) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := &inbox{}
			p := tt.before(dial(t, start(t, in, tt.options).addr))
			p.ask("EHLO x", "250-")
			p.ask("MAIL FROM:<f@x>", "250 ")
			p.ask("starttls", "502 ")
			p.ask("RCPT TO:<t@x>", "250 ")
			p.ask("STARTTLS", "502 ")
			p.ask("DATA", "354 ")
			p.ask("STARTTLS\r\n.", "250 ")
			if m := in.all(); len(m) != 1 || string(m[0].Raw) != "STARTTLS\r\n" {
				t.Errorf("%d mails arrived", len(m))
			}
		})
	}
}
