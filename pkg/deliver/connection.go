package deliver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
)

// A connection is used by one goroutine at a time; only abort may be called
// beside it.
type connection struct {
	client *smtp.Client
	raw    net.Conn // beneath TLS
	wire   *wire    // counts what comes over raw
	local  bool     // to this machine: nobody can listen in
	proven bool     // encrypted, and the relay has shown who it is

	mails  int         // begun on it
	begun  bool        // MAIL was accepted in the transaction under way
	dirty  bool        // that transaction did not come to its end
	lost   bool        // no more use, not even for QUIT
	expiry *time.Timer // closes it while it is kept; belongs to the pool
}

// abort makes whatever the connection is used for return. It closes beneath TLS,
// which would wait to say goodbye.
func (c *connection) abort() { c.raw.Close() }

// dial opens the network connection.
func (s *SMTP) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeouts.withDefaults().Dial)
	defer cancel()
	network, addr := "tcp", s.Addr
	if path, ok := strings.CutPrefix(addr, "unix:"); ok {
		network, addr = "unix", path
	}
	if s.Dial != nil {
		return s.Dial(ctx, network, addr)
	}
	return new(net.Dialer).DialContext(ctx, network, addr)
}

// connect returns a new connection on which MAIL may follow.
func (s *SMTP) connect(ctx context.Context) (*connection, error) {
	c, err := s.establish(ctx, s.TLS.policy() != TLSOff)
	var failed *tlsError
	if errors.As(err, &failed) && s.TLS.opportunistic() && ctx.Err() == nil {
		// RFC 7435: who would settle for no encryption must not lose the mail
		// to encryption that does not work.
		s.warnOnce("TLS with the relay fails, so mails go to it in the clear; mend it there, or set TLS.Policy=off", "error", failed)
		return s.establish(ctx, false)
	}
	return c, err
}

func (s *SMTP) establish(ctx context.Context, encrypt bool) (*connection, error) {
	raw, err := s.dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("reach relay: %w", err)
	}
	c := &connection{raw: raw, local: isLocal(raw.RemoteAddr())}
	stop := context.AfterFunc(ctx, c.abort)
	err = s.prepare(ctx, c, encrypt)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		c.abort()
		return nil, err
	}
	return c, nil
}

// isLocal reports whether nobody but this machine sees what is sent to addr.
func isLocal(addr net.Addr) bool {
	switch addr := addr.(type) {
	case *net.UnixAddr:
		return true
	case *net.TCPAddr:
		return addr.IP.IsLoopback()
	}
	return false
}

func (s *SMTP) prepare(ctx context.Context, c *connection, encrypt bool) error {
	c.wire = &wire{Conn: c.raw, timeout: s.Timeouts.withDefaults().Command}
	var stream net.Conn = c.wire
	if s.TLS.Implicit {
		var err error
		if stream, err = s.handshake(ctx, c); err != nil {
			return err
		}
	}
	if err := s.hello(c, stream); err != nil {
		return err
	}
	if encrypt && !s.TLS.Implicit {
		if err := s.startTLS(ctx, c); err != nil {
			return err
		}
	}
	if err := s.authenticate(ctx, c); err != nil {
		return err
	}
	size, _ := c.client.MaxMessageSize()
	s.maxSize.Store(int64(size))
	return nil
}

// hello reads the greeting and introduces us.
func (s *SMTP) hello(c *connection, stream net.Conn) error {
	c.client = smtp.NewClient(stream)
	if s.LMTP {
		c.client = smtp.NewClientLMTP(&neverHELO{stream})
	}
	timeouts := s.Timeouts.withDefaults()
	c.client.CommandTimeout, c.client.SubmissionTimeout = timeouts.Command, timeouts.Accept
	if err := c.client.Hello(s.hostname()); err != nil {
		return s.otherProtocol(c, err, s.failure(c, "greeting or "+s.verb(), err))
	}
	return nil
}

// kept returns a connection from the pool that is alive, or nil.
func (s *SMTP) kept(ctx context.Context) *connection {
	for ctx.Err() == nil {
		c := s.pool.take()
		if c == nil || s.alive(ctx, c) {
			return c
		}
		c.abort()
	}
	return nil
}

// alive asks the relay whether it is still there, and clears away a transaction
// that was not completed. A firewall may have forgotten the connection, so it
// does not wait for long.
func (s *SMTP) alive(ctx context.Context, c *connection) bool {
	stop := context.AfterFunc(ctx, c.abort)
	timeouts := s.Timeouts.withDefaults()
	c.client.CommandTimeout = timeouts.Quit
	var err error
	if c.dirty {
		if err = c.client.Reset(); err == nil {
			err = c.client.Hello(s.hostname()) // which the library wants again
		}
	} else {
		err = c.client.Noop()
		if reply, answered := errors.AsType[*smtp.SMTPError](err); answered && reply.Code != 421 {
			err = nil // it does not know NOOP, but it is there
		}
	}
	c.client.CommandTimeout = timeouts.Command
	c.dirty = false
	return stop() && err == nil
}

// quit takes leave and closes the connection.
func (s *SMTP) quit(c *connection) {
	defer c.abort()
	if c.lost {
		return
	}
	c.client.CommandTimeout = s.Timeouts.withDefaults().Quit
	c.client.Quit()
}

// maxReply bounds what a relay may say without being asked, in bytes: enough for
// an LMTP answer to each of a thousand recipients.
const maxReply = 1 << 20

// A wire bounds each write in time, which the library leaves open for the mail
// itself, and what comes back in size, which it leaves open altogether.
type wire struct {
	net.Conn
	timeout time.Duration
	read    atomic.Int64 // since the last write
}

func (w *wire) Write(p []byte) (int, error) {
	w.read.Store(0)
	if err := w.Conn.SetWriteDeadline(time.Now().Add(w.timeout)); err != nil {
		return 0, err
	}
	return w.Conn.Write(p)
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if w.read.Add(int64(n)) > maxReply {
		return 0, fmt.Errorf("the reply is longer than %d bytes", maxReply)
	}
	return n, err
}
