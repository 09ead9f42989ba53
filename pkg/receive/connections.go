package receive

import (
	"net"
	"sync"
	"time"
)

// connections knows every open connection, so that a shutdown can end the idle
// ones at once and, in the end, cut the rest.
type connections struct {
	mu        sync.Mutex
	listeners []net.Listener
	open      map[*connection]struct{}
	draining  bool
}

func (c *connections) track(l net.Listener) net.Listener {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listeners = append(c.listeners, l)
	if c.draining {
		// Shutdown came before Serve; the library would accept for ever.
		l.Close() // Accept reports it
	}
	return &listener{l, c}
}

// drain closes the listeners, makes every idle connection end now, and every
// busy one when its mail transaction is over.
func (c *connections) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.draining = true
	for _, l := range c.listeners {
		l.Close() // Accept reports it
	}
	for conn := range c.open {
		conn.endIfIdle()
	}
}

// closeAll cuts every connection and returns how many there were.
func (c *connections) closeAll() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.open {
		conn.Conn.Close() // the peer sees the cut either way
	}
	return len(c.open)
}

type listener struct {
	net.Listener
	connections *connections
}

func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &connection{Conn: conn, all: l.connections, wire: newWire(conn)}
	l.connections.mu.Lock()
	defer l.connections.mu.Unlock()
	if l.connections.open == nil {
		l.connections.open = make(map[*connection]struct{})
	}
	l.connections.open[c] = struct{}{}
	return c, nil
}

type connection struct {
	net.Conn
	all  *connections
	busy bool // inside a mail transaction; guarded by all.mu
	wire *wire
}

// Read is called by the protocol engine, from one goroutine at a time.
func (c *connection) Read(b []byte) (int, error) { return c.wire.Read(b) }

// tracked finds our connection below conn, which may be a TLS layer over it.
func tracked(conn net.Conn) *connection {
	for {
		switch c := conn.(type) {
		case *connection:
			return c
		case interface{ NetConn() net.Conn }:
			conn = c.NetConn()
		default:
			return nil
		}
	}
}

func (c *connection) setBusy(busy bool) {
	c.all.mu.Lock()
	defer c.all.mu.Unlock()
	c.busy = busy
	c.endIfIdle()
}

// endIfIdle makes the next read time out, upon which the protocol engine says
// 421 and closes. The caller holds all.mu.
func (c *connection) endIfIdle() {
	if c.all.draining && !c.busy {
		c.Conn.SetReadDeadline(time.Unix(1, 0)) // fails only on a closed connection
	}
}

// SetReadDeadline is called before each command is read; a draining connection
// keeps its deadline in the past.
func (c *connection) SetReadDeadline(t time.Time) error {
	c.all.mu.Lock()
	defer c.all.mu.Unlock()
	if c.all.draining && !c.busy {
		t = time.Unix(1, 0)
	}
	return c.Conn.SetReadDeadline(t)
}

func (c *connection) Close() error {
	c.all.mu.Lock()
	delete(c.all.open, c)
	c.all.mu.Unlock()
	return c.Conn.Close()
}
