package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/hut8labs/failmail/internal/testutil"
)

// receivingFlagTests are those of who may send, what, and how much of it.
var receivingFlagTests = []flagTest{
	{"--bind receives on each address", func(t *testing.T) {
		other := freeAddress(t)
		p := proxyHere(t, "--bind="+other)
		p.send(t, "Subject: s", "x")
		dialog(t, other).say(t, "NOOP", 250)
	}},
	{"--socket-fd receives on an inherited socket", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		socket, err := l.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		defer socket.Close()
		cmd := command(t, t.TempDir(), "--socket-fd=3", "--relay=debug", "--store=memory:", "--bind-http=")
		cmd.ExtraFiles = []*os.File{socket}
		p := startCommand(t, cmd, l.Addr().String())
		dialog(t, p.addr).say(t, "NOOP", 250)
		p.end(t, syscall.SIGTERM)
	}},
	{"--proxy-protocol-from believes a load balancer about the client", func(t *testing.T) {
		p := proxyHere(t, "--proxy-protocol-from=127.0.0.0/8", "--allow-net=192.0.2.0/24")
		for client, code := range map[string]int{"192.0.2.7": 250, "198.51.100.7": 550} {
			conn, err := net.Dial("tcp", p.addr)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(conn, "PROXY TCP4 %s 127.0.0.1 40000 25\r\n", client)
			c, err := smtp.NewClient(conn, "localhost")
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Mail("a@example.com"); (err == nil) != (code == 250) {
				t.Errorf("%s: %v", client, err)
			}
			c.Close()
		}
	}},
	{"--tls-cert offers STARTTLS", func(t *testing.T) { offersTLS(t) }},
	{"--tls-key has the key of the certificate", func(t *testing.T) { offersTLS(t) }},
	{"--credentials asks clients for a password", func(t *testing.T) { asksForPassword(t, "--credentials=ops:secret") }},
	{"--credentials-file asks clients for a password", func(t *testing.T) {
		hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "users")
		writeFile(t, file, "ops:"+string(hash)+"\n")
		asksForPassword(t, "--credentials-file="+file)
	}},
	{"--allow-net names clients that need no password", func(t *testing.T) {
		if err := proxyHere(t, "--credentials=ops:secret", "--allow-net=127.0.0.0/8").submit("Subject: s", "x"); err != nil {
			t.Error(err)
		}
		if err := proxyHere(t, "--credentials=ops:secret", "--allow-net=192.0.2.0/24").submit("Subject: s", "x"); !refusedWith(err, "530 5.7.0") {
			t.Errorf("another client: %v", err)
		}
	}},
	{"--allow-recipient names who may be written to", func(t *testing.T) {
		p := proxyHere(t, "--allow-recipient=*@example.com")
		if err := p.submit("Subject: s", "x", "ops@example.com"); err != nil {
			t.Error(err)
		}
		if err := p.submit("Subject: s", "x", "ops@example.org"); !refusedWith(err, "550 5.7.1") {
			t.Errorf("another recipient: %v", err)
		}
	}},
	{"--rewrite-recipient replaces recipients", func(t *testing.T) { rewrites(t, "--rewrite-recipient=.*=staging@example.com") }},
	{"--rewrite-src is the old form of its pattern", func(t *testing.T) {
		rewrites(t, "--rewrite-src=.+", "--rewrite-dest=staging@example.com")
	}},
	{"--rewrite-dest is the old form of its replacement", func(t *testing.T) {
		rewrites(t, "--rewrite-src=^[^@]+", "--rewrite-dest=staging")
	}},
	{"--max-message-size refuses larger mails", func(t *testing.T) {
		p := proxyHere(t, "--max-message-size=2000")
		c := dialog(t, p.addr)
		if text := c.say(t, "EHLO x", 250); !strings.Contains(text, "SIZE 2000") {
			t.Errorf("EHLO: %s", text)
		}
		c.say(t, "MAIL FROM:<a@example.com> SIZE=2001", 552)
		if err := p.submit("Subject: s", strings.Repeat("0123456789\n", 300)); !refusedWith(err, "552 5.3.4") {
			t.Errorf("a large mail: %v", err)
		}
	}},
	{"--max-in-flight puts clients off", func(t *testing.T) {
		p := proxyHere(t, "--max-in-flight=100000")
		if err := p.submit("Subject: s", strings.Repeat("0123456789\n", 30_000)); !refusedWith(err, "452 4.3.1") {
			t.Errorf("a large mail: %v", err)
		}
		p.send(t, "Subject: s", "x")
	}},
	{"--max-recipients bounds the recipients of a mail", func(t *testing.T) {
		c := dialog(t, proxyHere(t, "--max-recipients=1").addr)
		c.say(t, "EHLO x", 250)
		c.say(t, "MAIL FROM:<a@example.com>", 250)
		c.say(t, "RCPT TO:<b@example.com>", 250)
		if text := c.say(t, "RCPT TO:<c@example.com>", 452); !strings.HasPrefix(text, "452 4.5.3") {
			t.Error(text)
		}
	}},
	{"--max-connections bounds the connections", func(t *testing.T) { turnsAway(t, "--max-connections=1", "421 4.3.2") }},
	{"--max-per-client bounds those of one address", func(t *testing.T) { turnsAway(t, "--max-per-client=1", "421 4.7.0") }},
	{"--idle-timeout ends a silent connection", func(t *testing.T) { isEnded(t, "--idle-timeout=50ms") }},
	{"--session-timeout ends a connection that is open for long", func(t *testing.T) { isEnded(t, "--session-timeout=50ms") }},
}

func offersTLS(t *testing.T) {
	t.Helper()
	certificate := testutil.NewCertificate(t, "proxy.example")
	p := proxyHere(t, "--tls-cert="+certificate.CertFile, "--tls-key="+certificate.KeyFile)
	c, err := smtp.Dial(p.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.StartTLS(&tls.Config{InsecureSkipVerify: true}); err != nil {
		t.Fatal(err)
	}
	if state, _ := c.TLSConnectionState(); state.PeerCertificates[0].Subject.CommonName != "proxy.example" {
		t.Errorf("the certificate of %s", state.PeerCertificates[0].Subject)
	}
}

func asksForPassword(t *testing.T, arg string) {
	t.Helper()
	p := proxyHere(t, arg)
	if err := p.submit("Subject: s", "x"); !refusedWith(err, "530 5.7.0") {
		t.Errorf("without a password: %v", err)
	}
	for password, want := range map[string]string{"secret": "", "guess": "535 5.7.8"} {
		c, err := smtp.Dial(p.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		err = c.Auth(smtp.PlainAuth("", "ops", password, "127.0.0.1"))
		if want == "" && err != nil || want != "" && !refusedWith(err, want) {
			t.Errorf("the password %s: %v", password, err)
		}
	}
}

func rewrites(t *testing.T, args ...string) {
	t.Helper()
	p := proxyHere(t, args...)
	p.send(t, "Subject: s", "x", "ops@example.com")
	if m := p.mails(t, 1)[0]; strings.Join(m.To, " ") != "staging@example.com" {
		t.Errorf("to %q", m.To)
	}
}

func turnsAway(t *testing.T, arg, reply string) {
	t.Helper()
	p := proxyHere(t, arg)
	dialog(t, p.addr)
	if _, err := smtp.Dial(p.addr); !refusedWith(err, reply) {
		t.Errorf("the second connection: %v", err)
	}
}

func isEnded(t *testing.T, arg string) {
	t.Helper()
	c := dialog(t, proxyHere(t, arg).addr)
	if code, text, _ := c.ReadResponse(0); code != 421 || !strings.HasPrefix(text, "4.4.2") {
		t.Errorf("%d %s", code, text)
	}
}
