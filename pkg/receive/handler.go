// Package receive takes mails in over SMTP (RFC 5321) and LMTP (RFC 2033), and hands each
// one to a [Handler].
//
//	server := receive.NewServer(handler, receive.Options{})
//	listeners, err := receive.Listen(ctx, "localhost:2525") // 127.0.0.1 and ::1
//	if err != nil {
//		return err
//	}
//	for _, l := range listeners {
//		go server.Serve(l)
//	}
//	defer server.Shutdown(ctx)
//
// A [Server] speaks the protocol through github.com/emersion/go-smtp and adds what a
// proxy for alert mail needs: it accepts what real programs send, bounds what hostile ones
// cost, lets in whom [Access] names, and shuts down without cutting off a mail that is
// being transferred.
//
// It answers 250 only when the Handler has returned nil, so a mail must be durable by
// then; for any error the client keeps the mail. The Handler is called concurrently, once
// for each mail. A Server is safe for concurrent use.
package receive

import (
	"context"
	"fmt"

	"github.com/emersion/go-smtp"

	"github.com/hut8labs/failmail/pkg/message"
)

// A Message is one received mail.
type Message = message.Message

// A Handler takes responsibility for a mail. When it returns nil the client is
// told 250 and forgets the mail, so the mail must be durable by then. For any
// error the client keeps the mail: an *Refusal is passed on as it is, every
// other error becomes "452 4.3.1", which asks the client to try again later.
//
// Handle is called concurrently, once for each mail. ctx ends when the server
// gives up waiting at shutdown, not when the client goes away, because a mail
// that was received whole is worth keeping.
type Handler interface {
	Handle(ctx context.Context, m *Message) error
}

// HandlerFunc adapts a function to a Handler.
type HandlerFunc func(ctx context.Context, m *Message) error

var _ Handler = HandlerFunc(nil)

// Handle calls f.
func (f HandlerFunc) Handle(ctx context.Context, m *Message) error { return f(ctx, m) }

// A Refusal is a reply chosen by the Handler: a code of RFC 5321 section 4.2
// and an enhanced status code of RFC 3463.
type Refusal struct {
	Code     int    // 4xx: try again later, 5xx: never
	Enhanced [3]int // such as 5.7.1
	Text     string // one line, saying what to do
}

// Error returns the text of the reply.
func (r *Refusal) Error() string { return r.Text }

// line is the refusal as it goes over the wire.
func (r *Refusal) line() []byte {
	return shorten(fmt.Appendf(nil, "%d %d.%d.%d %s\r\n", r.Code, r.Enhanced[0], r.Enhanced[1], r.Enhanced[2], r.Text))
}

func (r *Refusal) reply() *smtp.SMTPError {
	return &smtp.SMTPError{Code: r.Code, EnhancedCode: smtp.EnhancedCode(r.Enhanced), Message: r.Text}
}
