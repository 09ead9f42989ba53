package receive

import (
	"context"
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
	changed   *sync.Cond // open or serving has become less
	listeners []net.Listener
	serving   int // listeners whose Accept may still return a connection
	open      map[*connection]struct{}
	byClient  map[netip.Addr]int
	draining  bool
	lastWords time.Time // when, draining, clients have said what they may say
	deaf      bool      // nothing is read any more
}

// listen takes charge of l's end.
func (c *connections) listen(l net.Listener) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listeners = append(c.listeners, l)
	c.serving++
	if c.draining {
		// Shutdown came before Serve; the library would accept for ever.
		l.Close() // Accept reports it
	}
}

// served says that a listener accepts no more.
func (c *connections) served() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.serving--
	c.changed.Broadcast()
}

// wait returns when no connection is open, nor can become so. The library's own
// waiting misses a connection that is being accepted as it begins.
func (c *connections) wait() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.serving > 0 || len(c.open) > 0 {
		c.changed.Wait()
	}
}

// admit counts conn, or returns the reply that turns it away.
func (c *connections) admit(conn *connection) *Refusal {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case len(c.open) >= c.max:
		return &Refusal{421, [3]int{4, 3, 2}, "Too many connections, try again later"}
	case conn.peer.IsValid() && c.byClient[conn.peer] >= c.maxPerClient:
		return &Refusal{421, [3]int{4, 7, 0}, "Too many connections from your address, try again later"}
	}
	conn.lastActive = time.Now()
	c.open[conn] = struct{}{}
	c.byClient[conn.peer]++
	return nil
}

func (c *connections) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open)
}

func (c *connections) remove(conn *connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, open := c.open[conn]; !open {
		return
	}
	delete(c.open, conn)
	if c.byClient[conn.peer]--; c.byClient[conn.peer] == 0 {
		delete(c.byClient, conn.peer)
	}
	c.changed.Broadcast()
}

// replace counts next in the place of conn.
func (c *connections) replace(conn, next *connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, conn)
	next.lastActive = time.Now()
	c.open[next] = struct{}{}
}

// drain closes the listeners, makes every idle connection end, and every busy one
// when its mail transaction is over, for which there is time until ctx ends.
func (c *connections) drain(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	words := drainGrace
	if deadline, ok := ctx.Deadline(); ok {
		words = min(words, time.Until(deadline)/2)
	}
	c.draining, c.lastWords = true, time.Now().Add(words)
	for _, l := range c.listeners {
		l.Close() // Accept reports it
	}
	for conn := range c.open {
		conn.endIfIdle()
	}
}

// stopReading makes every connection end that waits for its client, with a reply. It
// returns how many were in the middle of a mail.
func (c *connections) stopReading() (busy int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deaf = true
	for conn := range c.open {
		conn.Conn.SetReadDeadline(longAgo) // fails only on a closed connection
		if conn.busy {
			busy++
		}
	}
	return busy
}

// closeAll cuts every connection and returns how many there were, and how many of
// them were within a mail.
func (c *connections) closeAll() (cut, mails int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.open {
		conn.Conn.Close() // the peer sees the cut either way
		if conn.busy {
			mails++
		}
	}
	return len(c.open), mails
}

var longAgo = time.Unix(1, 0)

func (c *connections) setBusy(conn *connection, busy bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	conn.busy = busy
	conn.endIfIdle()
}

// setReadDeadline bounds conn's next read by wanted, or by what is earlier. It
// holds mu to the end, so that drain cannot be undone by a deadline on its way.
func (c *connections) setReadDeadline(conn *connection, wanted time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.deaf:
		wanted = longAgo
	case c.draining && !conn.busy:
		wanted = c.lastWord(conn)
	case wanted.IsZero() || wanted.After(conn.latest):
		wanted = conn.latest
	}
	return conn.Conn.SetReadDeadline(wanted)
}

// heard notes that the client has spoken. While draining it then has the grace
// to go on.
func (c *connections) heard(conn *connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	conn.lastActive = time.Now()
}

// endOf returns why conn's time is over.
func (c *connections) endOf(conn *connection) *Refusal {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.draining:
		return &Refusal{421, [3]int{4, 3, 2}, "The server is shutting down, try again soon"}
	case !time.Now().Before(conn.latest):
		return &Refusal{421, [3]int{4, 4, 2}, "The connection has been open for too long, closing it"}
	}
	return &Refusal{421, [3]int{4, 4, 2}, "Idle for too long, closing the connection"}
}

// A client that has just connected, or sent a mail, is about to speak, and a
// shutdown lets it: so one that connects, sends and quits sees none of it.
const (
	wordGrace  = 200 * time.Millisecond // after the last word
	drainGrace = 5 * time.Second        // for all words together, at most
)

// lastWord returns until when a client may speak that is in no transaction while
// the server is draining. When it has passed, reading times out, upon which the
// connection says 421 and closes. The caller holds mu.
func (c *connections) lastWord(conn *connection) time.Time {
	word := conn.lastActive.Add(wordGrace)
	switch {
	case c.deaf:
		return longAgo
	case word.Before(c.lastWords):
		return word
	}
	return c.lastWords
}
