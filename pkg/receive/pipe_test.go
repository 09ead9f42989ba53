package receive_test

import (
	"bufio"
	"net"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/receive"
)

// A pipes is a listener without a network, for a server in a bubble of synctest,
// where time passes as soon as all wait.
type pipes struct {
	accept chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accept:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{} }

func (p *pipes) Close() error {
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

// startOnPipe starts a server and returns it with a client of it. What is written waits
// until it is read.
func startOnPipe(t *testing.T, h receive.Handler, o receive.Options) (*running, *peer) {
	t.Helper()
	l := &pipes{make(chan net.Conn), make(chan struct{})}
	server := startOn(t, l, h, o)
	client, conn := net.Pipe()
	t.Cleanup(func() { client.Close() })
	l.accept <- conn
	client.SetDeadline(time.Now().Add(time.Hour))
	return server, &peer{t, client, bufio.NewReader(client)}
}
