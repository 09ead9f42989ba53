package deliver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
)

// SMTP sends through a relay that speaks SMTP (RFC 5321) or LMTP (RFC 2033). It
// is safe for concurrent use; its fields must not change after the first Send.
//
// The zero values of all fields but Addr are sensible: STARTTLS where offered,
// no credentials, one connection for each mail.
//
// The library beneath does not pipeline (RFC 2920), so a mail to n recipients
// takes n+3 round trips, and one more on a kept connection to see that the relay
// is still there. From a relay 20 ms away, with TLS and AUTH, mails to 1, 20 and
// 100 recipients took 0.25, 0.73 and 2.4 s over a new connection, and 0.11, 0.50
// and 2.4 s over a kept one. Summaries have few recipients.
type SMTP struct {
	// Addr is the relay's "host:port", looked up anew for each connection, or
	// "unix:/path".
	Addr string
	// Hostname is the name given in EHLO. Defaults to the machine's.
	Hostname string
	// LMTP speaks LMTP, where each recipient gets an answer of its own after
	// the mail.
	LMTP bool
	// TLS says how the connection is encrypted.
	TLS TLS
	// Auth says who we are. It is used if it names a user.
	Auth Auth
	// Limits bound connections and rate.
	Limits Limits
	// Timeouts bound each step.
	Timeouts Timeouts
	// Dial opens connections in place of the net package, through a proxy for
	// one. The network is "tcp" or "unix". Whether the relay is on this machine,
	// and may get credentials unencrypted, is told from the RemoteAddr.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Logger is told what the relay answers to each mail it takes, and, once each,
	// what an operator should know although mails flow. Nil discards it.
	Logger *slog.Logger

	pool    pool
	pace    pace
	warns   warnings
	maxSize atomic.Int64 // see MaxSize
}

// Limits bound what an SMTP asks of its relay. Zero values set no bound, but for
// MaxMails.
type Limits struct {
	// IdleTimeout is how long a connection waits for the next mail before it is
	// closed. Zero closes it after each mail, so that no Close is needed.
	IdleTimeout time.Duration
	// MaxMails is after how many mails a connection is closed, as relays that
	// share their load by connections like it. Defaults to DefaultMaxMails.
	MaxMails int
	// MaxConns is how many connections there are at most. Further Sends wait.
	MaxConns int
	// Rate is how many mails are begun in any 60 seconds at most. Further Sends
	// wait. Attempts that fail count, as they do for the relay.
	Rate int
}

// Defaults of Limits.
const (
	// DefaultIdleTimeout is what Open sets. Relays hang up after one to five
	// minutes, and a change in the DNS is followed when the connection ends.
	DefaultIdleTimeout = 30 * time.Second
	DefaultMaxMails    = 100
)

// Timeouts bound the steps of a delivery. Zero values mean the defaults.
//
// RFC 5321 section 4.5.3.2 asks clients to wait 5 minutes for most replies and
// 10 for the one after the final dot. The relay is near; a summary that waits
// longer is better tried again.
type Timeouts struct {
	Dial    time.Duration // 30 s, with the look-up of the name
	Command time.Duration // 1 min, for each reply, for the TLS handshake, and for each part of the mail to be taken
	Accept  time.Duration // 5 min, for the reply after the mail
	Quit    time.Duration // 5 s, for the reply to QUIT, and to the question whether a kept connection is alive
}

func (t Timeouts) withDefaults() Timeouts {
	return Timeouts{
		Dial:    cmp.Or(t.Dial, 30*time.Second),
		Command: cmp.Or(t.Command, time.Minute),
		Accept:  cmp.Or(t.Accept, 5*time.Minute),
		Quit:    cmp.Or(t.Quit, 5*time.Second),
	}
}

var (
	_ Sender      = (*SMTP)(nil)
	_ SizeLimiter = (*SMTP)(nil)
)

// MaxSize implements SizeLimiter with what the relay declared at the last
// connection (RFC 1870).
func (s *SMTP) MaxSize() int { return int(s.maxSize.Load()) }

// Send implements Sender. A recipient that the relay refuses does not keep the
// others from being served. A reply of 4xx is temporary and one of 5xx
// permanent, except where it is about our credentials or the lack of TLS, which
// say nothing about the mail. See also IsUnreachable, IsThrottled, IsUncertain,
// IsTooLarge.
//
// A relay that takes only so many recipients in a transaction gets as many
// transactions as it takes to serve all, each of which counts as a mail for Limits.
// When one of them fails, a *RefusedError names those who are not served.
func (s *SMTP) Send(ctx context.Context, m *Mail) error {
	if len(m.To) == 0 {
		return Permanent(errors.New("the mail has no recipients"))
	}
	if err := s.pace.wait(ctx, s.Limits.Rate); err != nil {
		return fmt.Errorf("relay %s, waiting because of the limit of %d mails a minute: %w", s.Addr, s.Limits.Rate, err)
	}
	if err := s.pool.enter(ctx, s.Limits.MaxConns); err != nil {
		return fmt.Errorf("relay %s, waiting because of the limit of %d connections: %w", s.Addr, s.Limits.MaxConns, err)
	}
	defer s.pool.leave()
	return interrupted(ctx, s.attempt(ctx, m))
}

// interrupted adds why err came about if the end of ctx did it. A caller that
// gave up learns nothing about the relay, so that mark is taken off.
func interrupted(ctx context.Context, err error) error {
	_, refused := errors.AsType[*RefusedError](err)
	switch {
	case err == nil, ctx.Err() == nil, refused, IsPermanent(err):
		return err // what the relay had to say
	case IsUnreachable(err) && errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("%w: %v", ctx.Err(), err)
	}
	return fmt.Errorf("%w: %w", ctx.Err(), err)
}

// attempt sends over a connection that is kept, or a new one if those are dead.
func (s *SMTP) attempt(ctx context.Context, m *Mail) error {
	d := newDelivery(m)
	for {
		c := s.kept(ctx)
		reused := c != nil
		if !reused {
			var err error
			if c, err = s.connect(ctx); err != nil {
				return d.result(Unreachable(err))
			}
		}
		progress, err := s.transact(ctx, c, d)
		hungUp := c.lost && !c.begun && ctx.Err() == nil
		switch {
		case (reused || progress) && hungUp:
			// The relay hung up on us in the meantime: nobody's failure.
		case err != nil || len(d.rest) == 0:
			return d.result(err)
		}
	}
}

// Close closes the connections that are kept. Sends that are under way finish,
// and later ones work, with a connection for each mail. It is safe to call twice.
func (s *SMTP) Close() error {
	s.pool.close(s.quit)
	return nil
}

// Dial connects to the SMTP server at addr, "host:port" or "unix:/path". The caller greets it
// and closes the client.
func Dial(ctx context.Context, addr string) (*smtp.Client, error) {
	conn, err := (&SMTP{Addr: addr}).dial(ctx)
	if err != nil {
		return nil, err
	}
	client := smtp.NewClient(conn)
	timeouts := Timeouts{}.withDefaults()
	client.CommandTimeout, client.SubmissionTimeout = timeouts.Command, timeouts.Accept
	return client, nil
}

func (s *SMTP) hostname() string {
	name := s.Hostname
	if name == "" {
		name, _ = os.Hostname()
	}
	return cmp.Or(name, "localhost")
}

// host is the relay's name as its certificate has it.
func (s *SMTP) host() string {
	if strings.HasPrefix(s.Addr, "unix:") {
		return "localhost"
	}
	host, _, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return s.Addr
	}
	host, _, _ = strings.Cut(host, "%") // the zone of an IPv6 address
	return host
}

// warnings logs each kind once, or a relay with a certificate of its own would
// fill the log.
type warnings struct {
	mu   sync.Mutex
	said map[string]bool
}

func (s *SMTP) warnOnce(message string, attrs ...any) {
	s.warns.mu.Lock()
	said := s.warns.said[message]
	if s.warns.said == nil {
		s.warns.said = make(map[string]bool)
	}
	s.warns.said[message] = true
	s.warns.mu.Unlock()
	if !said && s.Logger != nil {
		s.Logger.Warn(message, append([]any{"relay", s.Addr}, attrs...)...)
	}
}
