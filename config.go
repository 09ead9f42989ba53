package failmail

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/envelope"
	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/receive"
	"github.com/hut8labs/failmail/pkg/render"
)

// Defaults of Config.
const (
	DefaultBind            = "localhost:2525"
	DefaultRelay           = "localhost:25"
	DefaultWait            = 30 * time.Second
	DefaultMaxWait         = 5 * time.Minute
	DefaultRetryFor        = 15 * time.Minute
	DefaultRateWindow      = 5 * time.Minute
	DefaultFailDir         = "failed"
	DefaultStore           = "failmail.db"
	DefaultShutdownTimeout = 20 * time.Second // less than the 30 s Kubernetes grants
)

// NoListener as Config.Bind makes a Proxy that takes mails only through
// [Proxy.Submit].
const NoListener = "none"

// Config says how a [Proxy] works. The zero value means the documented
// defaults. It is copied by [New]; changing it later has no effect.
type Config struct {
	// Bind lists the addresses to receive mails on, separated by commas:
	// "host:port", "smtps://host:port", "lmtp://host:port", "unix:/path" or
	// "lmtp+unix:/path". The host "localhost" stands for both 127.0.0.1 and
	// ::1. An address that other machines can reach needs an Access that says
	// who may send. Defaults to DefaultBind.
	Bind string
	// Listeners, if there are any, are used instead of listening on Bind, and
	// closed by Shutdown. See receive.Inherit for sockets that come from
	// another process.
	Listeners []net.Listener
	// TrustedProxies are the load balancers that begin each connection with a
	// PROXY protocol header.
	TrustedProxies []netip.Prefix
	// TLS offers STARTTLS on every address, and is needed for smtps. Nil for
	// neither. See receive.LoadCertificate for one that follows its files.
	TLS *tls.Config
	// Access says who may send what. Defaults to this machine only.
	Access Access
	// Relay is the server that takes the summaries: "host:port",
	// "smtp://user@host:port", "smtps://host", "lmtp://host:port",
	// "lmtp+unix:/path", "exec:COMMAND" for a program like sendmail, or "debug" to
	// print them on standard output. Several, separated by commas, are tried in
	// order. It is not used when Sender is set. Defaults to DefaultRelay.
	Relay string
	// RelayOptions say how to talk to the relay: TLS, credentials, limits.
	RelayOptions RelayOptions
	// RelayAll also relays every mail unchanged.
	RelayAll bool
	// From is the sender of the summaries, in the envelope and in the header.
	// Defaults to failmail@HOSTNAME.
	From string
	// Hostname is the name this Proxy gives in greetings and Message-IDs.
	// Defaults to the name of the machine.
	Hostname string

	// Wait is how long after its last mail a batch becomes a summary.
	// Defaults to DefaultWait.
	Wait time.Duration
	// MaxWait is how long after its first mail a batch becomes a summary,
	// however many still come. Defaults to DefaultMaxWait.
	MaxWait time.Duration
	// RetryFor is how long, from the time a summary was due, delivery is tried
	// before the summary goes to FailDir. Negative: try once. Defaults to
	// DefaultRetryFor.
	RetryFor time.Duration
	// ShutdownTimeout is how long [Proxy.Run] waits for connections in
	// progress after its context has ended. Defaults to
	// DefaultShutdownTimeout.
	ShutdownTimeout time.Duration
	// FlushOnExit sends what was received when the Proxy shuts down, instead
	// of leaving it in the store for the next start. Set it for a store that
	// does not outlive the process.
	FlushOnExit bool

	// ReceiveOnly makes the Proxy receive and count, and leave it to another one
	// on the same Store to make and send summaries; SendOnly is that one.
	ReceiveOnly, SendOnly bool

	// FailDir is the maildir for summaries that could not be delivered. It is
	// created when it is first needed. Defaults to DefaultFailDir.
	FailDir string
	// AllDir is a maildir that keeps a copy of every mail received; empty for
	// none.
	AllDir string
	// MaxMessageSize is the largest mail accepted, in bytes. Defaults to
	// receive.DefaultMaxMessageSize, 32 MiB.
	MaxMessageSize int64
	// MaxInFlight bounds the bytes of mails being received at a time. Defaults
	// to receive.DefaultMaxInFlight, 256 MiB.
	MaxInFlight int64
	// MaxRecipients bounds the recipients of one mail. Defaults to
	// receive.DefaultMaxRecipients, 1,000.
	MaxRecipients int
	// MaxConnections bounds the connections of all clients, and MaxPerClient
	// those of one address. Default to receive.DefaultMaxConnections, 1,000,
	// and receive.DefaultMaxPerClient, 500.
	MaxConnections, MaxPerClient int
	// IdleTimeout ends a connection that is silent for so long, SessionTimeout
	// one that is open for so long. Default to receive.DefaultIdleTimeout, 5
	// min, and receive.DefaultSessionTimeout, 1 h.
	IdleTimeout, SessionTimeout time.Duration

	// Batch decides which mails share a summary. Defaults to the value of the
	// header field X-Failmail-Split.
	Batch Grouper
	// Group decides which mails of a batch share a headline. Defaults to the
	// subject.
	Group Grouper
	// First, if it is set, sends the first mail of a group at once, in a summary
	// of its own, when none of the group came for so long. What follows is
	// batched.
	First time.Duration
	// EachRecipient sends a summary to each recipient with only what was
	// addressed to it, instead of one to all of them.
	EachRecipient bool
	// RateLimit, if it is set, sends a short mail to Pager past the batches when
	// more mails than that come within RateWindow, and another one when that is
	// over. Each process counts for itself.
	RateLimit int
	// RateWindow defaults to DefaultRateWindow.
	RateWindow time.Duration
	// Pager is where the mails of RateLimit go.
	Pager string
	// Heartbeats are patterns for the subjects of mails that only prove that the
	// path works. They are counted and dated, and appear in no summary.
	Heartbeats []*regexp.Regexp
	// Redactor removes secrets from what people are shown; never from the
	// archive. Nil removes nothing; see NewRedactor.
	Redactor *Redactor
	// Store keeps what was received. It is not closed by the Proxy. Defaults
	// to an SQLite file, DefaultStore, in the working directory, which the
	// Proxy opens and closes.
	Store Store
	// Renderer writes the summaries. Defaults to render.Standard.
	Renderer Renderer
	// Sender delivers the summaries. Defaults to one for Relay.
	Sender Sender
	// OnSummary, if it is set, is called after a summary was sent or given up, in
	// a goroutine of its own, one call at a time. Its errors are logged.
	OnSummary func(ctx context.Context, e Event) error
	// Version is that of the program, for the page and the API. Defaults to that of
	// this module in it.
	Version string
	// Logger receives one record for each decision; never a mail's body. Nil
	// discards them.
	Logger *slog.Logger
}

// A FieldError says which field of a Config is wrong, and what would be right.
type FieldError struct {
	Field   string // as in Config
	Value   string
	Problem string // what is wrong, and what to do
}

// Error names field, value and problem.
func (e *FieldError) Error() string { return fmt.Sprintf("%s %q %s", e.Field, e.Value, e.Problem) }

// withDefaults fills in what was left empty. It asks the machine for its name.
func (c Config) withDefaults() Config {
	c.Bind = cmp.Or(c.Bind, DefaultBind)
	c.Relay = cmp.Or(c.Relay, DefaultRelay)
	if c.Hostname == "" {
		name, _ := os.Hostname()
		c.Hostname = cmp.Or(name, "localhost")
	}
	c.From = cmp.Or(c.From, "failmail@"+c.Hostname)
	c.Wait = cmp.Or(c.Wait, DefaultWait)
	c.MaxWait = cmp.Or(c.MaxWait, DefaultMaxWait)
	c.RetryFor = cmp.Or(c.RetryFor, DefaultRetryFor)
	c.ShutdownTimeout = cmp.Or(c.ShutdownTimeout, DefaultShutdownTimeout)
	c.RateWindow = cmp.Or(c.RateWindow, DefaultRateWindow)
	c.FailDir = cmp.Or(c.FailDir, DefaultFailDir)
	c.MaxMessageSize = cmp.Or(c.MaxMessageSize, receive.DefaultMaxMessageSize)
	c.MaxInFlight = cmp.Or(c.MaxInFlight, receive.DefaultMaxInFlight)
	if c.Renderer == nil {
		c.Renderer = render.Standard{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// validate returns every mistake at once, each as a *FieldError.
func (c Config) validate() error {
	var errs []error
	bad := func(field, value, problem string) {
		errs = append(errs, &FieldError{field, value, problem})
	}
	for _, bind := range c.binds() {
		e, err := receive.ParseEndpoint(bind)
		switch {
		case err != nil:
			bad("Bind", bind, err.Error())
		case e.TLS && c.TLS == nil:
			bad("Bind", bind, "needs a certificate; set Config.TLS")
		case !e.Loopback() && !c.Access.Open():
			bad("Bind", bind, "can be reached from other machines, which could send through your relay; "+
				"say who may in Config.Access")
		case slices.ContainsFunc(c.relays(), func(r deliver.Relay) bool { return r.Addr == e.Address }):
			bad("Relay", c.Relay, "is an address mails are received on, so summaries would come back for ever; name the server that delivers mail")
		}
	}
	if c.Sender == nil {
		if _, err := deliver.ParseRelays(c.Relay); err != nil {
			bad("Relay", c.Relay, strings.TrimPrefix(err.Error(), fmt.Sprintf("the relay %q ", c.Relay)))
		}
	}
	if address, err := mail.ParseAddress(c.From); err != nil || address.Address != c.From || envelope.Problem(c.From) != "" {
		bad("From", c.From, "is not a plain mail address; use one such as failmail@example.com")
	}
	switch address, err := mail.ParseAddress(c.Pager); {
	case c.RateLimit > 0 && c.Pager == "":
		bad("Pager", "", "is needed for the rate limit; name the address to page")
	case c.Pager != "" && c.RateLimit <= 0:
		bad("Pager", c.Pager, "has nothing to do without a rate limit; set one")
	case c.Pager != "" && (err != nil || address.Address != c.Pager || envelope.Problem(c.Pager) != ""):
		bad("Pager", c.Pager, "is not a plain mail address; use one such as oncall@example.com")
	}
	if strings.ContainsAny(c.Hostname, " \t\r\n<>@") {
		bad("Hostname", c.Hostname, "is not a host name; use one such as mail.example.com")
	}
	for _, d := range []struct {
		field string
		value time.Duration
	}{
		{"Wait", c.Wait}, {"MaxWait", c.MaxWait}, {"ShutdownTimeout", c.ShutdownTimeout},
		{"IdleTimeout", c.IdleTimeout}, {"SessionTimeout", c.SessionTimeout}, {"RateWindow", c.RateWindow}, {"First", c.First},
	} {
		if d.value < 0 {
			bad(d.field, d.value.String(), "is negative; use a duration such as 30s or 5m")
		}
	}
	for _, n := range []struct {
		field string
		value int64
	}{
		{"MaxMessageSize", c.MaxMessageSize}, {"MaxInFlight", c.MaxInFlight}, {"MaxRecipients", int64(c.MaxRecipients)},
		{"MaxConnections", int64(c.MaxConnections)}, {"MaxPerClient", int64(c.MaxPerClient)}, {"RateLimit", int64(c.RateLimit)},
	} {
		if n.value < 0 {
			bad(n.field, strconv.FormatInt(n.value, 10), "is negative; leave it out for the default")
		}
	}
	if c.AllDir == c.FailDir {
		bad("AllDir", c.AllDir, "is the fail-dir too, so failed summaries would drown in it; use another folder")
	}
	return errors.Join(errs...)
}

// binds returns the addresses of Bind; none for NoListener.
func (c Config) binds() []string {
	var binds []string
	if len(c.Listeners) > 0 {
		for _, l := range c.Listeners {
			binds = append(binds, receive.EndpointOf(l).String())
		}
		return binds
	}
	if c.Bind == NoListener {
		return nil
	}
	for bind := range strings.SplitSeq(c.Bind, ",") {
		binds = append(binds, strings.TrimSpace(bind))
	}
	return binds
}

// loopMark is the same after a restart and different for each of several
// Proxies on one machine, which may stand in a row.
func (c Config) loopMark() string {
	sum := sha256.Sum256([]byte(c.Hostname + "\n" + c.Bind))
	return hex.EncodeToString(sum[:8])
}

// groupers returns the two Groupers with their defaults.
func (c Config) groupers() (batchBy, groupBy Grouper, err error) {
	batchBy, groupBy = c.Batch, c.Group
	if batchBy == nil {
		batchBy, err = batch.Compile(batch.DefaultBatch)
	}
	if groupBy == nil && err == nil {
		groupBy, err = batch.Compile(batch.DefaultGroup)
	}
	if err != nil {
		return nil, nil, err
	}
	return batch.Guard(batchBy), batch.Guard(groupBy), nil
}
