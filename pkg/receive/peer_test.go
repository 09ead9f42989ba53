package receive_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/receive"
)

// patience ends a test that hangs; no test that passes waits for it.
const patience = time.Minute

// inbox is a Handler that keeps what it gets.
type inbox struct {
	mu    sync.Mutex
	mails []*receive.Message
	err   error
}

func (i *inbox) Handle(_ context.Context, m *receive.Message) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.err != nil {
		return i.err
	}
	i.mails = append(i.mails, m)
	return nil
}

func (i *inbox) all() []*receive.Message {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.mails
}

// running is a server under test.
type running struct {
	*receive.Server
	addr   string
	served chan error // what Serve returned
}

func start(t *testing.T, h receive.Handler, o receive.Options) *running {
	t.Helper()
	l := listen(t, "127.0.0.1:0")[0]
	r := &running{receive.NewServer(h, o), l.Addr().String(), make(chan error, 1)}
	go func() { r.served <- r.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // whoever is still connected is cut
		r.Shutdown(ctx)
	})
	return r
}

// drain shuts the server down and fails if it does not end by itself.
func (r *running) drain(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := r.Shutdown(ctx); err != nil {
		t.Fatalf("Shutdown = %v", err)
	}
}

// peer is the client's end of a connection.
type peer struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

// dial connects and reads the greeting.
func dial(t *testing.T, addr string) *peer {
	t.Helper()
	p := connect(t, "tcp", addr)
	p.expect("220 ")
	return p
}

// send writes text as it is.
func (p *peer) send(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p.conn, text); err != nil {
		p.t.Fatalf("send %.80q: %v", text, err)
	}
}

// reply reads one reply, of one or more lines.
func (p *peer) reply() (string, error) {
	var lines []string
	for {
		line, err := p.r.ReadString('\n')
		if err != nil {
			return strings.Join(lines, "\n"), err
		}
		if len(line) > 512 {
			p.t.Errorf("a line of a reply has %d octets, RFC 5321 allows 512: %.80q", len(line), line)
		}
		line = strings.TrimSuffix(line, "\r\n")
		lines = append(lines, line)
		if len(line) < 4 || line[3] != '-' {
			return strings.Join(lines, "\n"), nil
		}
	}
}

// expect reads one reply and returns it.
func (p *peer) expect(prefix string) string {
	p.t.Helper()
	reply, err := p.reply()
	if err != nil || !strings.HasPrefix(reply, prefix) {
		p.t.Fatalf("reply = %q, %v; want %q", reply, err, prefix)
	}
	return reply
}

// ask sends one command and expects a reply.
func (p *peer) ask(command, prefix string) string {
	p.t.Helper()
	p.send(command + "\r\n")
	return p.expect(prefix)
}

// untilData goes as far as the reply to DATA.
func (p *peer) untilData() {
	p.t.Helper()
	p.ask("EHLO test", "250-")
	p.ask("MAIL FROM:<f@x>", "250 ")
	p.ask("RCPT TO:<t@x>", "250 ")
	p.ask("DATA", "354 ")
}

// expectEnd reads to the end of the connection and returns the replies that
// came before it.
func (p *peer) expectEnd() string {
	p.t.Helper()
	rest, err := io.ReadAll(p.r)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		p.t.Fatalf("the connection stays open after %q", rest)
	}
	return string(rest)
}
