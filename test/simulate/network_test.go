package simulate

import (
	"errors"
	"net"
	"net/smtp"
	"sync"
	"time"
)

// A network carries connections to one process, without sockets.
type network struct {
	mu     sync.Mutex
	conns  chan net.Conn
	open   []net.Conn
	closed chan struct{}
	once   sync.Once
}

func newNetwork() *network {
	return &network{conns: make(chan net.Conn), closed: make(chan struct{})}
}

// next returns the network of the next process, which inherits those who wait for it.
func (n *network) next() *network {
	return &network{conns: n.conns, closed: make(chan struct{})}
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		n.mu.Lock()
		n.open = append(n.open, c)
		n.mu.Unlock()
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Close cuts all connections.
func (n *network) Close() error {
	n.once.Do(func() { close(n.closed) })
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.open {
		c.Close()
	}
	n.open = nil
	return nil
}

func (n *network) Addr() net.Addr { return &net.UnixAddr{Name: "simulated", Net: "unix"} }

func (n *network) dial() (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case n.conns <- server:
		return client, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// A brittleConn breaks when so many bytes have been written.
type brittleConn struct {
	net.Conn
	left int
}

func (c *brittleConn) Write(b []byte) (int, error) {
	if c.left < 0 {
		return c.Conn.Write(b)
	}
	n, err := c.Conn.Write(b[:min(len(b), c.left)])
	if c.left -= n; err == nil && c.left == 0 {
		c.Close()
		err = errors.New("the connection broke")
		c.left = -1
	}
	return n, err
}

// What a client knows of its mail at the end.
type fate int

const (
	notSent      fate = iota // the end of the mail was not sent
	acknowledged             // 250
	refused                  // another reply
	unanswered               // sent to the end, perhaps, and no reply came
)

// send sends a mail; the connection breaks after so many bytes, if that is not 0.
func (n *network) send(mail string, to []string, breaks int) fate {
	conn, err := n.dial()
	if err != nil {
		return notSent
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Hour)); err != nil {
		return notSent
	}
	if breaks > 0 {
		conn = &brittleConn{conn, breaks}
	}
	c, err := smtp.NewClient(conn, "localhost")
	if err != nil {
		return notSent
	}
	if err := c.Mail("app@example.com"); err != nil {
		return notSent
	}
	for _, to := range to {
		if err := c.Rcpt(to); err != nil {
			return notSent
		}
	}
	w, err := c.Data()
	if err != nil {
		return notSent
	}
	if _, err := w.Write([]byte(mail)); err != nil {
		return notSent
	}
	switch err := w.Close(); {
	case err == nil:
		return acknowledged
	case isReply(err):
		return refused
	}
	return unanswered
}
