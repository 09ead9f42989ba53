package receive

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// connections knows every open connection: it bounds their number, and at a
// shutdown ends the idle ones at once and, in the end, cuts the rest.
type connections struct {
	max, maxPerClient int

	mu        sync.Mutex
	listeners []net.Listener
	open      map[*connection]struct{}
	byClient  map[netip.Addr]int
	draining  bool
}

// listen takes charge of l's end.
func (c *connections) listen(l net.Listener) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listeners = append(c.listeners, l)
	if c.draining {
		// Shutdown came before Serve; the library would accept for ever.
		l.Close() // Accept reports it
	}
}

// admit counts conn, or returns the reply that turns it away.
func (c *connections) admit(conn *connection) *Refusal {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.draining:
		return &Refusal{421, [3]int{4, 3, 2}, "Shutting down, try again later"}
	case len(c.open) >= c.max:
		return &Refusal{421, [3]int{4, 3, 2}, "Too many connections, try again later"}
	case conn.client.IsValid() && c.byClient[conn.client] >= c.maxPerClient:
		return &Refusal{421, [3]int{4, 7, 0}, "Too many connections from your address, try again later"}
	}
	c.open[conn] = struct{}{}
	c.byClient[conn.client]++
	return nil
}

func (c *connections) remove(conn *connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, open := c.open[conn]; !open {
		return
	}
	delete(c.open, conn)
	if c.byClient[conn.client]--; c.byClient[conn.client] == 0 {
		delete(c.byClient, conn.client)
	}
}

// replace counts next in the place of conn.
func (c *connections) replace(conn, next *connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, conn)
	c.open[next] = struct{}{}
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

func (c *connections) setBusy(conn *connection, busy bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	conn.busy = busy
	conn.endIfIdle()
}

// deadline returns when conn's next read has to end, at the latest.
func (c *connections) deadline(conn *connection, wanted time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.draining && !conn.busy:
		return longAgo
	case wanted.IsZero() || wanted.After(conn.latest):
		return conn.latest
	}
	return wanted
}

// longAgo as a deadline makes a read time out at once, upon which the protocol
// engine says 421 and closes.
var longAgo = time.Unix(1, 0)
