package deliver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// RFC 5321 section 4.5.3.2 asks clients to wait 5 minutes for most replies and
// 10 for the one after the final dot. The relay is near; a summary that waits
// longer is better tried again.
const (
	dialTimeout       = 30 * time.Second
	commandTimeout    = time.Minute
	submissionTimeout = 5 * time.Minute
)

// SMTP sends through a relay that speaks SMTP without encryption, one
// connection for each mail. It is safe for concurrent use.
type SMTP struct {
	// Addr is the relay's "host:port", looked up for each mail, or "unix:/path".
	Addr string
	// Hostname is the name given in EHLO. Defaults to the machine's.
	Hostname string
}

var _ Sender = (*SMTP)(nil)

// Send implements Sender. A recipient that the relay refuses does not keep the
// others from being served.
func (s *SMTP) Send(ctx context.Context, m *Mail) error {
	if len(m.To) == 0 {
		return Permanent(errors.New("the mail has no recipients"))
	}
	client, err := Dial(ctx, s.Addr)
	if err != nil {
		return fmt.Errorf("reach relay: %w", err)
	}
	defer client.Close() // after a successful QUIT it is closed already
	// Closing the connection is what makes the library return when ctx ends.
	stop := context.AfterFunc(ctx, func() { client.Close() })
	defer stop()
	if err := s.transact(client, m); err != nil {
		if ctx.Err() != nil {
			err = errors.Join(ctx.Err(), err)
		}
		return err
	}
	return nil
}

// Dial connects to the SMTP server at addr, "host:port" or "unix:/path". The caller greets it
// and closes the client.
func Dial(ctx context.Context, addr string) (*smtp.Client, error) {
	dialer := net.Dialer{Timeout: dialTimeout}
	network := "tcp"
	if path, ok := strings.CutPrefix(addr, "unix:"); ok {
		network, addr = "unix", path
	}
	conn, err := dialer.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	client := smtp.NewClient(conn)
	client.CommandTimeout, client.SubmissionTimeout = commandTimeout, submissionTimeout
	return client, nil
}

func (s *SMTP) transact(client *smtp.Client, m *Mail) error {
	if err := client.Hello(s.hostname()); err != nil {
		return s.failure("greeting or EHLO", err)
	}
	utf8Offered, _ := client.Extension("SMTPUTF8")
	needed := !isASCII(m.From) || slices.ContainsFunc(m.To, func(to string) bool { return !isASCII(to) })
	if err := client.Mail(m.From, &smtp.MailOptions{UTF8: needed && utf8Offered}); err != nil {
		return s.failure("MAIL", err)
	}
	refused, err := s.recipients(client, m.To, utf8Offered)
	if err != nil {
		return err
	}
	if len(refused) < len(m.To) {
		if err := s.data(client, m.Raw); err != nil {
			return err
		}
	}
	// The mail is accepted; whatever QUIT returns, it must not be sent again.
	client.Quit()
	if len(refused) > 0 {
		return &RefusedError{refused}
	}
	return nil
}

// recipients returns those that the relay refuses, with the reasons.
func (s *SMTP) recipients(client *smtp.Client, to []string, utf8Offered bool) (map[string]error, error) {
	refused := make(map[string]error)
	for _, address := range to {
		if strings.ContainsAny(address, "\r\n") {
			refused[address] = Permanent(fmt.Errorf("the address %q has a line break", address))
			continue
		}
		if !isASCII(address) && !utf8Offered {
			refused[address] = Permanent(fmt.Errorf("relay %s does not take addresses beyond ASCII (SMTPUTF8)", s.Addr))
			continue
		}
		if err := client.Rcpt(address, nil); err != nil {
			var reply *smtp.SMTPError
			if !errors.As(err, &reply) {
				return nil, s.failure("RCPT", err)
			}
			refused[address] = s.failure("RCPT", err)
		}
	}
	return refused, nil
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) < 0
}

func (s *SMTP) data(client *smtp.Client, raw []byte) error {
	w, err := client.Data()
	if err != nil {
		return s.failure("DATA", err)
	}
	if _, err := w.Write(raw); err != nil {
		return s.failure("DATA", err)
	}
	if err := w.Close(); err != nil {
		return s.failure("end of DATA", err)
	}
	return nil
}

func (s *SMTP) hostname() string {
	name := s.Hostname
	if name == "" {
		name, _ = os.Hostname()
	}
	return cmp.Or(name, "localhost")
}

// failure names the relay and the step. A reply of 5xx is permanent; any
// other that was not expected is the relay's confusion, and may pass.
func (s *SMTP) failure(step string, err error) error {
	var reply *smtp.SMTPError
	if !errors.As(err, &reply) {
		return fmt.Errorf("relay %s, %s: %w", s.Addr, step, err)
	}
	err = fmt.Errorf("relay %s answered %s with %d %s", s.Addr, step, reply.Code, reply.Message)
	if reply.Code/100 == 5 {
		err = Permanent(err)
	}
	return err
}
