package receive

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
	"golang.org/x/sync/semaphore"

	"github.com/hut8labs/failmail/internal/login"
)

// Defaults of Options.
const (
	DefaultMaxMessageSize  = 32 << 20 // what Gmail and Exchange take, and some
	DefaultMaxRecipients   = 1000
	DefaultMaxConnections  = 1000
	DefaultMaxPerClient    = 500
	DefaultMaxInFlight     = 256 << 20
	DefaultMaxIdleCommands = 1000
	DefaultIdleTimeout     = 5 * time.Minute // the least RFC 5321 section 4.5.3.2.7 allows a server
	DefaultSessionTimeout  = time.Hour
)

// Options configure a Server. The zero value means the documented defaults.
type Options struct {
	// Hostname is the name in the greeting. Defaults to "localhost".
	Hostname string
	// TLS offers STARTTLS, and is needed for an Endpoint with TLS. Nil for
	// neither.
	TLS *tls.Config
	// Access says who may send what. Defaults to this machine only.
	Access Access
	// TrustedProxies are the load balancers that begin each connection with a
	// PROXY protocol header, version 1 or 2, which names the client. A
	// connection from them without one is ended; from others it is not read.
	TrustedProxies []netip.Prefix
	// LoopMark is a value that mails sent by this server's owner carry in
	// LoopField; a mail that brings it is refused, because it went in a circle.
	LoopMark string
	// MaxMessageSize is the largest mail accepted, in bytes. Defaults to
	// DefaultMaxMessageSize.
	MaxMessageSize int64
	// MaxRecipients is how many recipients one mail may have. Defaults to
	// DefaultMaxRecipients.
	MaxRecipients int
	// MaxConnections bounds the connections of all clients, MaxPerClient those
	// from one address. Default to DefaultMaxConnections and
	// DefaultMaxPerClient.
	MaxConnections, MaxPerClient int
	// MaxInFlight bounds the memory, in bytes, of the mails being received over
	// all connections, each until the Handler has returned; beyond it clients are
	// asked to try again later. Parsing mails of more than 64 KiB may take a
	// quarter of it besides. Defaults to DefaultMaxInFlight.
	MaxInFlight int64
	// MaxIdleCommands ends a connection after so many commands without a mail.
	// Defaults to DefaultMaxIdleCommands.
	MaxIdleCommands int
	// IdleTimeout closes a connection that is silent for so long, SessionTimeout
	// one that has been open for so long. Default to DefaultIdleTimeout and
	// DefaultSessionTimeout.
	IdleTimeout, SessionTimeout time.Duration
	// Logger receives what goes wrong on connections; nil discards it.
	Logger *slog.Logger
}

// LoopField is the header field that carries Options.LoopMark.
const LoopField = "X-Failmail-Origin"

func (o Options) withDefaults() Options {
	o.Hostname = cmp.Or(o.Hostname, "localhost")
	o.MaxMessageSize = cmp.Or(o.MaxMessageSize, DefaultMaxMessageSize)
	o.MaxRecipients = cmp.Or(o.MaxRecipients, DefaultMaxRecipients)
	o.MaxConnections = cmp.Or(o.MaxConnections, DefaultMaxConnections)
	o.MaxPerClient = cmp.Or(o.MaxPerClient, DefaultMaxPerClient)
	o.MaxInFlight = cmp.Or(o.MaxInFlight, DefaultMaxInFlight)
	o.MaxIdleCommands = cmp.Or(o.MaxIdleCommands, DefaultMaxIdleCommands)
	o.IdleTimeout = cmp.Or(o.IdleTimeout, DefaultIdleTimeout)
	o.SessionTimeout = cmp.Or(o.SessionTimeout, DefaultSessionTimeout)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// A Server receives mails on one or more listeners. Its methods are safe for
// concurrent use; after Shutdown it cannot be used again.
type Server struct {
	handler    Handler
	options    Options
	log        *slog.Logger
	smtp, lmtp *engine
	conns      connections
	inFlight   atomic.Int64
	parsing    *semaphore.Weighted // what parsing long mails takes besides
	parts      parts
	counts     counts
	access     atomic.Pointer[Access]
	logins     login.Throttle

	// serving ends when Shutdown begins: nothing that a client can repeat waits
	// any longer.
	serving context.Context
	stop    context.CancelFunc
	// life ends when Shutdown stops waiting; the library gives its sessions no
	// context of their own.
	life context.Context
	end  context.CancelFunc

	shutdown sync.Once
	ended    chan struct{} // closed when the last connection has ended
}

// NewServer returns a Server that hands what it receives to handler.
func NewServer(handler Handler, options Options) *Server {
	options = options.withDefaults()
	s := &Server{
		handler: handler,
		options: options,
		log:     options.Logger.With("component", "receive"),
		ended:   make(chan struct{}),
		conns: connections{
			max: options.MaxConnections, maxPerClient: options.MaxPerClient,
			open: make(map[*connection]struct{}), byClient: make(map[netip.Addr]int),
		},
	}
	s.parsing = semaphore.NewWeighted(s.parsingLimit())
	s.SetAccess(options.Access)
	s.conns.changed = sync.NewCond(&s.conns.mu)
	s.life, s.end = context.WithCancel(context.Background())
	s.serving, s.stop = context.WithCancel(s.life)
	s.smtp, s.lmtp = s.newEngine(false), s.newEngine(true)
	return s
}

// SetAccess replaces Options.Access for the commands to come.
func (s *Server) SetAccess(access Access) {
	access = access.anchored()
	s.access.Store(&access)
}

// Serve accepts connections on l until Shutdown closes it, and then returns
// nil. A listener made by Listen is served as its Endpoint says, any other one
// with SMTP.
func (s *Server) Serve(l net.Listener) error {
	endpoint := EndpointOf(l)
	if endpoint.TLS && s.options.TLS == nil {
		return fmt.Errorf("serve %s: TLS needs a certificate; set Options.TLS", endpoint)
	}
	e := s.smtp
	if endpoint.LMTP {
		e = s.lmtp
	}
	s.conns.listen(l)
	defer s.conns.served()
	if s.options.TLS != nil && !endpoint.TLS {
		e.serveUpgrades()
	}
	err := e.Serve(&listener{l, s, e, endpoint.TLS})
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("accept connections on %s: %w", l.Addr(), err)
	}
	return nil
}

// Shutdown stops accepting connections, tells idle clients 421, lets transfers
// in progress finish, and returns when the last connection has ended. Shortly before
// ctx's deadline, clients in the middle of a mail are told with 421 or 451 to send it
// again. When ctx ends, the remaining connections are cut, and an error
// that wraps ctx's says how many; a mail that was being transferred got no 250 and
// stays with its client.
//
// Every call waits in this way, so that a second one can cut short the first.
func (s *Server) Shutdown(ctx context.Context) error {
	last, cancel := withLastWord(ctx)
	defer cancel()
	s.shutdown.Do(func() {
		s.conns.drain(last)
		s.stop()
		go func() {
			s.conns.wait()
			// They only wait for goroutines to end now.
			for _, e := range []*engine{s.smtp, s.lmtp} {
				e.upgrades.Close()
				e.Server.Shutdown(context.Background())
			}
			s.end()
			close(s.ended)
		}()
	})
	select {
	case <-s.ended:
		return nil
	case <-last.Done():
	}
	// What is in transfer does not come whole in time, and its client is told so.
	s.end()
	if busy := s.conns.stopReading(); busy > 0 {
		s.log.Warn("interrupted mails in transfer at shutdown; their clients were told to send them again", "connections", busy)
	}
	select {
	case <-s.ended:
		if ctx.Err() == nil {
			return nil
		}
	case <-ctx.Done():
	}
	// The library's Close does nothing once Shutdown was called.
	cut, mails := s.conns.closeAll()
	if cut == 0 {
		return ctx.Err()
	}
	s.log.Warn("cut connections at shutdown", "connections", cut, "mails", mails)
	return fmt.Errorf("%d connections were cut, %d of them within a mail, whose clients got no answer and will send it again, so that it may be counted twice; allow more time for it: %w",
		cut, mails, ctx.Err())
}

// lastWord and lastWordShare are how much of the time for a shutdown is left for what
// is being stored and for the last replies, whichever is more.
const (
	lastWord      = 200 * time.Millisecond
	lastWordShare = 10
)

// withLastWord returns a context that ends when there is just time left to answer
// those who will not finish before ctx ends.
func withLastWord(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-max(lastWord, time.Until(deadline)/lastWordShare)))
}

// protocolLog passes the library's messages on. They are about single
// connections and need no action, hence the level.
type protocolLog struct{ log *slog.Logger }

func (l protocolLog) Printf(format string, v ...any) {
	l.log.Info("connection failed", "reason", fmt.Sprintf(format, v...))
}

func (l protocolLog) Println(v ...any) { l.log.Info("connection failed", "reason", fmt.Sprint(v...)) }

var _ smtp.Logger = protocolLog{}
