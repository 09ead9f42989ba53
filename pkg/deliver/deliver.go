// Package deliver hands mails to whatever takes them on: a relay by SMTP or
// LMTP, a command like sendmail, a maildir, a terminal, or a service of your own.
//
//	relays, err := deliver.ParseRelays("smtps://alarm@mail.example.com,localhost")
//	if err != nil {
//		return err
//	}
//	sender, err := deliver.Open(relays, deliver.Options{Auth: deliver.Auth{Password: deliver.PasswordFile("password")}})
//	if err != nil {
//		return err
//	}
//	defer sender.Close()
//	err = sender.Send(ctx, &deliver.Mail{From: from, To: to, Raw: raw})
//
// A [Sender] of your own is one method; [Permanent], [Throttled], [Unreachable] and their
// like mark its errors, and sendertest tries it. [SMTP], [Exec], [Maildir] and [Debug] can
// also be used without Open.
//
// When Send returns nil, the other side has taken responsibility for the mail; for any
// other answer, it is the caller who still has it. A [Maildir] has synced it by then.
// The Senders here are safe for concurrent use.
package deliver

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/hut8labs/failmail/pkg/message"
)

// A Mail is one mail ready to be sent.
type Mail = message.Mail

// A Sender takes responsibility for a mail. When Send returns nil, the mail has
// been accepted for all its recipients and is forgotten here.
//
// For an error marked with Permanent the mail goes to the fail-dir at once, but for
// one marked with TooLarge a summary is made again, smaller. A
// *RefusedError says that it was accepted for some recipients only. Every other
// error is taken as temporary: Send is called again later, with the same
// MessageID. A Sender that cannot tell whether the mail was accepted returns an
// error too, and the recipient may see a copy.
//
// Send is called from one goroutine at a time by a Proxy, and must return soon
// after ctx ends. It must not change m.
type Sender interface {
	Send(ctx context.Context, m *Mail) error
}

// A SizeLimiter is a Sender that knows how large a mail it takes. Summaries are made
// to fit.
type SizeLimiter interface {
	// MaxSize returns the bound in bytes, as the other side said last; 0 while it
	// has said nothing, or sets none. It is safe for concurrent use, also beside
	// Send, and does not block.
	MaxSize() int
}

// SenderFunc adapts a function to a Sender.
type SenderFunc func(ctx context.Context, m *Mail) error

var _ Sender = SenderFunc(nil)

// Send calls f.
func (f SenderFunc) Send(ctx context.Context, m *Mail) error { return f(ctx, m) }

// Bounds of Backoff.
const (
	firstRetry = 5 * time.Second
	lastRetry  = 5 * time.Minute
)

// Backoff returns how long to wait after the given number of failed attempts
// (1 or more): 5 s, doubling up to 5 min, each spread by a fifth either way so
// that several senders do not return to a relay together. The nanosecond of the call
// decides by how much: what a simulated clock plays can be played again.
func Backoff(attempts int) time.Duration {
	wait := lastRetry
	if attempts < 10 {
		wait = min(firstRetry<<max(attempts-1, 0), lastRetry)
	}
	spread := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(attempts)))
	return time.Duration(float64(wait) * (0.8 + 0.4*spread.Float64()))
}
