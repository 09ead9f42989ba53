package receive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// Defaults of Options.
const (
	DefaultMaxMessageSize = 32 << 20 // what Gmail and Exchange take, and some
	DefaultMaxRecipients  = 1000
	DefaultIdleTimeout    = 5 * time.Minute // the least RFC 5321 section 4.5.3.2.7 allows a server
)

// Options configure a Server. The zero value means the documented defaults.
type Options struct {
	// Hostname is the name in the greeting. Defaults to "localhost".
	Hostname string
	// MaxMessageSize is the largest mail accepted, in bytes. Defaults to
	// DefaultMaxMessageSize.
	MaxMessageSize int64
	// MaxRecipients is how many recipients one mail may have. Defaults to
	// DefaultMaxRecipients.
	MaxRecipients int
	// IdleTimeout closes a connection that is silent for so long. Defaults to
	// DefaultIdleTimeout.
	IdleTimeout time.Duration
	// Logger receives what goes wrong on connections; nil discards it.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	o.Hostname = cmp.Or(o.Hostname, "localhost")
	o.MaxMessageSize = cmp.Or(o.MaxMessageSize, DefaultMaxMessageSize)
	o.MaxRecipients = cmp.Or(o.MaxRecipients, DefaultMaxRecipients)
	o.IdleTimeout = cmp.Or(o.IdleTimeout, DefaultIdleTimeout)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// A Server receives mails on one or more listeners. Its methods are safe for
// concurrent use; after Shutdown it cannot be used again.
type Server struct {
	handler Handler
	options Options
	log     *slog.Logger
	smtp    *smtp.Server
	conns   connections

	// life ends when Shutdown stops waiting; go-smtp gives its sessions no
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
	}
	s.life, s.end = context.WithCancel(context.Background())
	s.smtp = smtp.NewServer(smtp.BackendFunc(s.newSession))
	s.smtp.Domain = options.Hostname
	// The library refuses a mail of exactly its limit; the session has ours.
	s.smtp.MaxMessageBytes = options.MaxMessageSize + 1
	s.smtp.MaxRecipients = options.MaxRecipients
	// Programs mail minified JSON and HTML on one line; the library's limit of
	// 2,000 bytes would lose those mails. Commands are limited by wire.
	s.smtp.MaxLineLength = 0
	s.smtp.ReadTimeout = options.IdleTimeout
	s.smtp.WriteTimeout = options.IdleTimeout
	s.smtp.EnableSMTPUTF8 = true
	s.smtp.EnableDSN = true // clients may ask; a summary answers no such request
	s.smtp.ErrorLog = protocolLog{s.log}
	return s
}

// Serve accepts connections on l until Shutdown closes it, and then returns
// nil.
func (s *Server) Serve(l net.Listener) error {
	err := s.smtp.Serve(s.conns.track(l))
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("accept connections on %s: %w", l.Addr(), err)
	}
	return nil
}

// Shutdown stops accepting connections, tells idle clients 421, lets transfers
// in progress finish, and returns when the last connection has ended. When ctx
// ends first, the remaining connections are cut and ctx's error is returned; a
// mail that was being transferred got no 250 and stays with its client.
//
// Every call waits in this way, so that a second one can cut short the first.
func (s *Server) Shutdown(ctx context.Context) error {
	s.shutdown.Do(func() {
		s.conns.drain()
		go func() {
			// It only waits: the listeners are closed. Its error is theirs.
			s.smtp.Shutdown(context.Background())
			s.end()
			close(s.ended)
		}()
	})
	select {
	case <-s.ended:
		return nil
	case <-ctx.Done():
	}
	s.end()
	// The library's Close does nothing once Shutdown was called.
	if cut := s.conns.closeAll(); cut > 0 {
		s.log.Warn("cut connections at shutdown", "connections", cut)
	}
	return ctx.Err()
}

// protocolLog passes the library's messages on. They are about single
// connections and need no action, hence the level.
type protocolLog struct{ log *slog.Logger }

func (l protocolLog) Printf(format string, v ...any) {
	l.log.Info("connection failed", "reason", fmt.Sprintf(format, v...))
}

func (l protocolLog) Println(v ...any) { l.log.Info("connection failed", "reason", fmt.Sprint(v...)) }
