// Package testutil has the other side of a delivery: an SMTP or LMTP server that
// does, at any step, whatever a test wants it to.
package testutil

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// Patience is when a Peer closes a connection whatever happens, so that a test
// that went wrong ends. No test that passes waits for it.
const Patience = time.Minute

// What a Peer can do instead of replying.
const (
	Drop = "drop" // close the connection
	Hang = "hang" // never answer, and report it on Hung
)

// A Script says what to do at each step: Drop, Hang, or send the text as a reply
// (a line end is added). Without an entry the Peer does what a friendly server
// does.
//
// Steps are "greeting"; a verb such as "RCPT", or a whole command such as
// "RCPT TO:<a@x>", which goes first; "handshake", where only Drop and Hang have
// a meaning; "credentials" for the reply after AUTH has all it needs; "body" to
// act after the first line of the mail, without a reply; "end" after the mail,
// and "end a@x" for one recipient over LMTP. "MAIL#2" is the second MAIL that
// the Peer sees, over all connections.
//
// After a reply that begins with 421 it closes the connection, as RFC 5321
// section 3.8 has it.
type Script map[string]string

// Config says what server a Peer is. The zero value is SMTP without extensions.
type Config struct {
	Script     Script
	Extensions []string    // further lines of the reply to EHLO, such as "8BITMIME"
	TLS        *tls.Config // offers STARTTLS
	Implicit   bool        // begins with TLS
	LMTP       bool
	Unix       bool          // listen on a Unix socket
	Elsewhere  bool          // Dial makes it look like another machine
	Patience   time.Duration // instead of the constant
	// Recipients is how many it takes in a transaction. The step "too many" is its
	// reply to further ones, 452 4.5.3 without an entry. 0 sets no bound.
	Recipients int
}

// A Mail is what a Peer has taken, or refused only after it had all of it.
type Mail struct {
	From string
	To   []string // the recipients it accepted
	Raw  string   // without the dots that the protocol adds, with CRLF
	TLS  bool
}

// A Peer is a scripted server. Its methods are safe for concurrent use.
type Peer struct {
	Addr string      // "host:port" or "unix:/path"
	Hung chan string // gets the step at which a hang begins

	config  Config
	running sync.WaitGroup

	mu          sync.Mutex
	commands    []string
	mails       []Mail
	seen        map[string]int // how often each verb came
	connections int
	open        map[net.Conn]bool
	certificate *x509.Certificate // that a client showed last
}

// New returns a Peer that does not listen: Serve gives it connections.
func New(c Config) *Peer {
	return &Peer{config: c, Hung: make(chan string, 100), seen: make(map[string]int), open: make(map[net.Conn]bool)}
}

// Start returns a Peer that listens on loopback until the test ends. Then it
// waits for its connections to be closed, by the test or by Stop.
func Start(t testing.TB, c Config) *Peer {
	t.Helper()
	p := New(c)
	network, address := "tcp", "127.0.0.1:0"
	if c.Unix {
		network, address = "unix", filepath.Join(t.TempDir(), "s")
	}
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	p.Addr = l.Addr().String()
	if c.Unix {
		p.Addr = "unix:" + p.Addr
	}
	p.running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			p.running.Go(func() { p.Serve(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.running.Wait()
	})
	return p
}

// Play replaces the script from the next step on.
func (p *Peer) Play(script Script) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.config.Script = script
}

// HangUp closes all connections, as a server does that restarts.
func (p *Peer) HangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.open {
		conn.Close()
	}
}

// Dial connects through memory, whatever the address, so that a test can run in
// a bubble of testing/synctest. The client takes the Peer for one on this machine
// unless Elsewhere is set.
func (p *Peer) Dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	p.running.Go(func() { p.Serve(server) })
	ip := net.IPv4(127, 0, 0, 1)
	if p.config.Elsewhere {
		ip = net.IPv4(192, 0, 2, 1) // RFC 5737: nobody's
	}
	return &addressed{client, &net.TCPAddr{IP: ip, Port: 25}}, nil
}

// Wait returns when all connections that Dial made have ended.
func (p *Peer) Wait() { p.running.Wait() }

type addressed struct {
	net.Conn
	remote net.Addr
}

func (a *addressed) RemoteAddr() net.Addr { return a.remote }

// Commands returns the lines that clients sent, but for those of mails.
func (p *Peer) Commands() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.commands)
}

// Mails returns the mails that came whole, also those it did not accept then.
func (p *Peer) Mails() []Mail {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.mails)
}

// Connections returns how many there have been.
func (p *Peer) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.connections
}

// Open returns how many connections are open.
func (p *Peer) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.open)
}

// ClientCertificate returns the certificate that a client showed last, or nil.
func (p *Peer) ClientCertificate() *x509.Certificate {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.certificate
}

// Serve speaks with one client and closes conn in the end.
func (p *Peer) Serve(conn net.Conn) {
	p.mu.Lock()
	p.connections++
	p.open[conn] = true
	p.mu.Unlock()
	defer func() {
		conn.Close()
		p.mu.Lock()
		delete(p.open, conn)
		p.mu.Unlock()
	}()
	conn.SetDeadline(time.Now().Add(cmp.Or(p.config.Patience, Patience)))
	s := &session{peer: p, conn: conn}
	if p.config.Implicit && !s.encrypt() {
		return
	}
	s.use(s.conn)
	s.run()
}
