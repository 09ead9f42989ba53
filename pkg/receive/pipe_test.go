package receive_test

import (
	"bufio"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/receive"
)

// pipes is a listener without a network, for a server in a bubble of synctest, where
// time passes as soon as all wait.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

// connect returns a client. What is written waits until it is read.
func (p *pipes) connect(t *testing.T) *peer {
	client, server := net.Pipe()
	p.conns <- server
	t.Cleanup(func() { client.Close() })
	client.SetDeadline(time.Now().Add(time.Hour))
	return &peer{t: t, conn: client, r: bufio.NewReader(client)}
}

// startOnPipe starts a server and returns it with a client of it.
func startOnPipe(t *testing.T, h receive.Handler, o receive.Options) (*running, *peer) {
	t.Helper()
	l := newPipes()
	return startOn(t, l, h, o), l.connect(t)
}
