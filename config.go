package failmail

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"log/slog"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/receive"
	"github.com/hut8labs/failmail/pkg/recognise"
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
	// Relay is the server that takes the summaries: "host" or "host:port",
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
	// however many still come. Defaults to DefaultMaxWait, or to Wait if that is
	// longer. Less than Wait makes Wait pointless.
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
	// Expect are mails that must come again and again; one that does not is told as a
	// problem. Times of day are those of this machine's zone.
	Expect []expect.Expectation
	// ExpectLearned also expects what was found to come regularly, once a whole week of it
	// was seen. Otherwise that is only proposed; see [Proxy.ConfirmExpected].
	ExpectLearned bool
	// Sources are senders whose mails mean what they say, before those that are built in.
	Sources []recognise.Source
	// Group decides which mails of a batch share a headline. Defaults to the
	// subject.
	Group Grouper
	// First, if it is set, sends the first mail of a group at once, in a summary
	// of its own, when none of the group came for so long. What follows is
	// batched.
	First time.Duration
	// PublicURL is where people find the pages of Handler, such as
	// "https://failmail.example.com". Summaries link to them. Empty for no links.
	PublicURL string
	// Report says when a mail tells ReportTo how things stand, also when all is quiet: "daily
	// 07:00", "weekly Mon 07:00" or five fields of cron, in this machine's zone. Each report is
	// sent once, whatever restarts and other Proxies on the Store do. Empty for none.
	Report, ReportTo []string
	// HoldOK leaves mails that only say that all is well to the next summary with anything
	// else to tell, for a day at most. A recovery is something to tell.
	HoldOK bool
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
	// path works. They are counted and dated, and appear in no summary. One that comes
	// regularly is proposed to be expected, or is with ExpectLearned.
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
	// Sender delivers the summaries. The page and the log call it what its method String
	// returns, if it has one. Defaults to one for Relay.
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

// relays returns the relays in their order; nil if they are not used or wrong.
func (c Config) relays() []deliver.Relay {
	if c.Sender != nil {
		return nil
	}
	relays, err := deliver.ParseRelays(c.Relay)
	if err != nil {
		return nil // validate reports it
	}
	return relays
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
