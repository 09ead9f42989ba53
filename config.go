package failmail

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"os"
	"strconv"
	"strings"
	"time"

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
	// Bind is the address to receive mails on, as "host:port". "localhost"
	// stands for both 127.0.0.1 and ::1. Defaults to DefaultBind.
	Bind string
	// Relay is the SMTP server that takes the summaries, as "host:port", or
	// "debug" to print them on standard output. It is not used when Sender is
	// set. Defaults to DefaultRelay.
	Relay string
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

	// FailDir is the maildir for summaries that could not be delivered. It is
	// created when it is first needed. Defaults to DefaultFailDir.
	FailDir string
	// AllDir is a maildir that keeps a copy of every mail received; empty for
	// none.
	AllDir string
	// MaxMessageSize is the largest mail accepted, in bytes. Defaults to
	// receive.DefaultMaxMessageSize, 32 MiB.
	MaxMessageSize int64

	// Batch decides which mails share a summary. Defaults to the value of the
	// header field X-Failmail-Split.
	Batch Grouper
	// Group decides which mails of a batch share a headline. Defaults to the
	// subject.
	Group Grouper
	// Store keeps what was received. It is not closed by the Proxy. Defaults
	// to an SQLite file, DefaultStore, in the working directory, which the
	// Proxy opens and closes.
	Store Store
	// Renderer writes the summaries. Defaults to render.Standard.
	Renderer Renderer
	// Sender delivers the summaries. Defaults to one for Relay.
	Sender Sender
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
	c.FailDir = cmp.Or(c.FailDir, DefaultFailDir)
	c.MaxMessageSize = cmp.Or(c.MaxMessageSize, receive.DefaultMaxMessageSize)
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
	if c.Bind != NoListener {
		if problem := checkHostPort(c.Bind, true); problem != "" {
			bad("Bind", c.Bind, problem+`; use host:port such as localhost:2525, or "none"`)
		}
	}
	if c.Sender == nil && c.Relay != debugRelay {
		if problem := checkHostPort(relayAddress(c.Relay), false); problem != "" {
			bad("Relay", c.Relay, problem+`; use host:port such as localhost:25, or "debug" to print summaries`)
		} else if c.Bind == relayAddress(c.Relay) {
			bad("Relay", c.Relay, "is the address mails are received on, so summaries would come back for ever; name the server that delivers mail")
		}
	}
	if address, err := mail.ParseAddress(c.From); err != nil || address.Address != c.From {
		bad("From", c.From, "is not a plain mail address; use one such as failmail@example.com")
	}
	if strings.ContainsAny(c.Hostname, " \t\r\n<>@") {
		bad("Hostname", c.Hostname, "is not a host name; use one such as mail.example.com")
	}
	for _, d := range []struct {
		field string
		value time.Duration
	}{{"Wait", c.Wait}, {"MaxWait", c.MaxWait}, {"ShutdownTimeout", c.ShutdownTimeout}} {
		if d.value < 0 {
			bad(d.field, d.value.String(), "is negative; use a duration such as 30s or 5m")
		}
	}
	if c.MaxMessageSize < 0 {
		bad("MaxMessageSize", strconv.FormatInt(c.MaxMessageSize, 10), "is negative; use a number of bytes such as 33554432")
	}
	if c.AllDir == c.FailDir {
		bad("AllDir", c.AllDir, "is the fail-dir too, so failed summaries would drown in it; use another folder")
	}
	return errors.Join(errs...)
}

func checkHostPort(address string, anyPort bool) (problem string) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		var addressErr *net.AddrError
		if errors.As(err, &addressErr) {
			return "has a wrong form: " + addressErr.Err
		}
		return "has a wrong form"
	}
	if n, err := net.LookupPort("tcp", port); err != nil || n == 0 && !anyPort {
		return fmt.Sprintf("has the unknown port %q", port)
	}
	if host == "" && !anyPort {
		return "names no host"
	}
	return ""
}

// debugRelay as Config.Relay prints summaries.
const debugRelay = "debug"

func relayAddress(relay string) string { return strings.TrimPrefix(relay, "smtp://") }

// sender returns what delivers the summaries.
func (c Config) sender() Sender {
	switch {
	case c.Sender != nil:
		return c.Sender
	case c.Relay == debugRelay:
		return &deliver.Debug{Output: os.Stdout}
	}
	return &deliver.SMTP{Addr: relayAddress(c.Relay), Hostname: c.Hostname}
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
	return batchBy, groupBy, err
}
