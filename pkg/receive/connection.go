package receive

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"
)

// A connection is what the protocol engine reads from and writes to. It mends
// both ways what the engine cannot be configured to do; see wire for the way
// in.
type connection struct {
	net.Conn
	server *Server
	engine *engine
	wire   *wire
	peer   netip.Addr // counts for the limits; not valid if it shall not
	latest time.Time  // when the connection has lived long enough
	secure bool       // TLS

	lastActive   time.Time // when the client was last heard; guarded by connections.mu
	busy         bool      // inside a mail transaction; guarded by connections.mu
	handedOn     bool      // STARTTLS has made another connection of it
	skipGreeting bool      // the client has seen one before STARTTLS
	farewell     *Refusal  // what the client is told instead of the next command being read
	ended        bool      // the client was told why, nothing more is read
	recipients   int       // of the mail to come
	chunks       *intake   // of a mail that comes with BDAT
	held         []byte    // replies that go out with the next one
}

func (s *Server) newConnection(conn net.Conn, e *engine) *connection {
	return &connection{
		Conn: conn, server: s, engine: e, wire: newWire(conn),
		latest: time.Now().Add(s.options.SessionTimeout),
	}
}

func clientOf(addr net.Addr) netip.Addr {
	if tcp, ok := addr.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}

// String names the client in the log.
func (c *connection) String() string {
	if client := clientOf(c.RemoteAddr()); client.IsValid() {
		return client.String()
	}
	return "unix socket"
}

// Read is called by the engine, from one goroutine at a time.
func (c *connection) Read(b []byte) (int, error) {
	if c.handedOn || c.ended || c.wire.failed() {
		// The engine may ask again, in the middle of AUTH or of a mail; what
		// comes then would be content taken for commands.
		return 0, io.EOF
	}
	for {
		if c.wire.idleCommands > c.server.options.MaxIdleCommands {
			c.farewell = &Refusal{421, [3]int{4, 7, 0}, "Too many commands without a mail, closing the connection"}
		}
		if c.farewell != nil {
			return 0, c.sayFarewell()
		}
		n, err := c.wire.Read(b)
		switch timeout, ok := err.(net.Error); {
		case ok && timeout.Timeout():
			c.farewell = c.server.conns.endOf(c)
			return 0, c.sayFarewell()
		case err == errHTTP:
			c.farewell = &Refusal{421, [3]int{4, 7, 0}, "This port speaks SMTP, not HTTP"}
			return 0, c.sayFarewell()
		case err == errStartTLS:
			refusal := c.refuseTLS()
			if refusal == nil {
				return 0, c.startTLS()
			}
			if err := c.reply(refusal); err != nil {
				return 0, err
			}
		case err == errBDAT:
			if err := c.bdat(c.wire.chunk); err != nil {
				return 0, err
			}
		case c.wire.sawDATA && c.chunks != nil && !c.chunks.last:
			c.wire.discardCommand()
			if err := c.reply(&Refusal{503, [3]int{5, 5, 1}, "DATA cannot follow BDAT; RSET starts anew"}); err != nil {
				return 0, err
			}
		default:
			if n > 0 {
				c.server.conns.heard(c)
			}
			return n, err
		}
	}
}

// sayFarewell tells the client why its connection ends. The engine, which would
// have other words for it, sees the end only.
func (c *connection) sayFarewell() error {
	c.ended = true
	c.server.log.Info("ended a connection", "client", c.String(), "reason", c.farewell.Text)
	c.reply(c.farewell) // the client may be gone
	return io.EOF
}

// endWith makes r the last reply to the client.
func (c *connection) endWith(r *Refusal) error {
	c.ended = true
	return r.reply()
}

// refuseTLS returns why the STARTTLS that was read is not carried out.
func (c *connection) refuseTLS() *Refusal {
	switch {
	case len(bytes.TrimSpace(c.wire.line)) > len("STARTTLS"):
		return &Refusal{501, [3]int{5, 5, 4}, "STARTTLS has no parameters"} // RFC 3207 section 4
	case c.secure:
		return &Refusal{503, [3]int{5, 5, 1}, "TLS has begun already"}
	case c.server.options.TLS == nil:
		return &Refusal{502, [3]int{5, 5, 1}, "TLS is not supported here"}
	}
	return nil
}

// startTLS answers STARTTLS (RFC 3207). For the engine the connection ends
// here, and one that begins with TLS takes its place: so nothing that was said
// in the clear can have an effect. What was sent in the clear behind the
// command is dropped unseen.
func (c *connection) startTLS() error {
	if err := c.writeOut([]byte("220 2.0.0 Ready to start TLS\r\n")); err != nil {
		return err
	}
	next := c.server.newConnection(tls.Server(c.Conn, c.server.options.TLS), c.engine)
	next.peer, next.latest, next.secure, next.skipGreeting = c.peer, c.latest, true, true
	c.handedOn = true
	c.dropChunks()
	c.server.conns.replace(c, next)
	if !c.engine.upgrades.put(next) {
		next.Close() // the server is stopping
	}
	return io.EOF
}

// Write is called by the engine once for each line of a reply. One write to the
// network costs as much as all that a command does, so lines that others follow
// wait for them: those of a reply of several lines, and replies to commands behind
// which the next one has come already (RFC 2920 section 3.2).
func (c *connection) Write(b []byte) (int, error) {
	switch {
	case c.skipGreeting:
		c.skipGreeting = false
		return len(b), nil
	case c.chunks != nil && c.chunks.last && bytes.HasPrefix(b, []byte("354 ")):
		return len(b), nil // the client has sent its chunks already
	}
	reply := b
	if c.wire.sawEHLO && b[0] == '2' {
		reply = c.capability(b)
	} else {
		reply = correct(b)
		c.server.counts.refusal(reply)
	}
	reply = shorten(reply)
	if continues(b) || c.wire.commandWaits() {
		c.held = append(c.held, reply...)
		return len(b), nil
	}
	return len(b), c.writeOut(reply)
}

// continues reports whether line is not the last one of its reply (RFC 5321
// section 4.2).
func continues(line []byte) bool { return len(line) > 3 && line[3] == '-' }

// writeOut writes what is held, and b.
func (c *connection) writeOut(b []byte) error {
	if len(c.held) > 0 {
		b = append(c.held, b...)
		c.held = b[:0]
	}
	if len(b) == 0 {
		return nil
	}
	// The engine's deadline is that of its last reply, which may be long ago.
	c.Conn.SetWriteDeadline(time.Now().Add(c.server.options.IdleTimeout))
	_, err := c.Conn.Write(b)
	return err
}

// capability adds what the engine does not know to a line of its reply to EHLO.
func (c *connection) capability(line []byte) []byte {
	switch {
	case len(line) > 4 && bytes.HasPrefix(line[4:], []byte("SIZE ")):
		return fmt.Appendf(nil, "%s%d\r\n", line[:len("250-SIZE ")], c.server.options.MaxMessageSize)
	case !c.secure && c.server.options.TLS != nil && bytes.HasPrefix(line, []byte("250-PIPELINING")):
		return fmt.Appendf(nil, "%s250-STARTTLS\r\n", line)
	}
	return line
}

// SetReadDeadline is called before each command is read. No deadline is later
// than the end of the longest session, or of the grace at a shutdown.
func (c *connection) SetReadDeadline(t time.Time) error {
	return c.server.conns.setReadDeadline(c, t)
}

// endIfIdle is called with connections.mu held.
func (c *connection) endIfIdle() {
	if c.server.conns.draining && !c.server.conns.deaf && !c.busy {
		c.Conn.SetReadDeadline(c.server.conns.lastWord(c)) // fails only on a closed connection
	}
}

// Close is called by the engine, more than once.
func (c *connection) Close() error {
	if c.handedOn {
		return nil
	}
	c.writeOut(nil) // the client may be gone
	c.server.conns.remove(c)
	c.dropChunks()
	return c.Conn.Close()
}

// turnAway tells the client why it is not served, if it listens.
func (c *connection) turnAway(r *Refusal) {
	c.Conn.SetWriteDeadline(time.Now().Add(time.Second)) // the loop that accepts must go on
	c.server.counts.refusal(r.line())
	c.Conn.Write(r.line())
}
