package deliver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-smtp"

	"github.com/hut8labs/failmail/internal/envelope"
)

// transact sends m over c, which it then keeps for the next mail or closes.
func (s *SMTP) transact(ctx context.Context, c *connection, m *Mail) error {
	c.begun = false
	// Closing the connection is what makes the library return when ctx ends.
	stop := context.AfterFunc(ctx, c.abort)
	err := s.exchange(c, m)
	c.mails++
	keep := !c.lost && s.Limits.IdleTimeout > 0 && c.mails < s.maxMails()
	if keep && stop() && s.pool.put(c, s.Limits.IdleTimeout, s.quit) {
		return err
	}
	// Whatever QUIT returns, a mail that was accepted must not be sent again.
	s.quit(c)
	stop()
	return err
}

func (s *SMTP) maxMails() int {
	if s.Limits.MaxMails > 0 {
		return s.Limits.MaxMails
	}
	return DefaultMaxMails
}

// exchange runs one mail transaction (RFC 5321 section 3.3).
func (s *SMTP) exchange(c *connection, m *Mail) error {
	utf8, err := s.judge(c, m)
	if err != nil {
		return err
	}
	// The library declares BODY=8BITMIME wherever the relay offers it. Where it
	// does not, a mail with bytes beyond ASCII is sent as it is, as nearly all
	// servers do: to encode it anew would break its signatures.
	options := &smtp.MailOptions{UTF8: utf8, Size: int64(len(m.Raw))}
	if err := c.client.Mail(m.From, options); err != nil {
		err = s.failure(c, "MAIL", err)
		if _, answered := errors.AsType[*smtp.SMTPError](err); !answered {
			err = Unreachable(err)
		}
		return err
	}
	c.begun, c.dirty = true, true
	refused, err := s.recipients(c, m.To)
	if err != nil {
		return err
	}
	if len(refused) < len(m.To) {
		if err := s.data(c, m, refused); err != nil {
			return err
		}
	}
	if len(refused) > 0 {
		return &RefusedError{refused}
	}
	return nil
}

// judge refuses what the relay has said beforehand that it cannot take, and
// reports whether the addresses need SMTPUTF8 (RFC 6531). A header beyond ASCII
// does not make us ask for it: a relay that grants it may have to return the
// mail at the next server, which would have taken the header as it is.
func (s *SMTP) judge(c *connection, m *Mail) (utf8 bool, err error) {
	if problem := envelope.Problem(m.From); problem != "" {
		return false, Permanent(fmt.Errorf("the sender's address %q %s", m.From, problem))
	}
	limit, announced := c.client.MaxMessageSize()
	if announced && limit > 0 && len(m.Raw) > limit {
		return false, Permanent(fmt.Errorf("the mail has %d bytes, and relay %s takes no more than %d; raise the limit there (message_size_limit in Postfix)", len(m.Raw), s.Addr, limit))
	}
	offered, _ := c.client.Extension("SMTPUTF8")
	if !isASCII(m.From) && !offered {
		return false, Permanent(fmt.Errorf("the sender's address %q is beyond ASCII, and relay %s does not take that (SMTPUTF8)", m.From, s.Addr))
	}
	needed := !isASCII(m.From) || slices.ContainsFunc(m.To, func(to string) bool { return !isASCII(to) })
	return needed && offered, nil
}

// recipients returns those that the relay refuses, with the reasons.
func (s *SMTP) recipients(c *connection, to []string) (map[string]error, error) {
	offered, _ := c.client.Extension("SMTPUTF8")
	refused := make(map[string]error)
	for _, address := range to {
		if problem := envelope.Problem(address); problem != "" {
			refused[address] = Permanent(fmt.Errorf("the address %q %s", address, problem))
			continue
		}
		if !isASCII(address) && !offered {
			refused[address] = Permanent(fmt.Errorf("relay %s does not take addresses beyond ASCII (SMTPUTF8)", s.Addr))
			continue
		}
		if err := c.client.Rcpt(address, nil); err != nil {
			err = s.failure(c, "RCPT", err)
			if _, answered := errors.AsType[*smtp.SMTPError](err); !answered || IsUnreachable(err) || is421(err) {
				return nil, err
			}
			refused[address] = err
		}
	}
	return refused, nil
}

func is421(err error) bool {
	reply, answered := errors.AsType[*smtp.SMTPError](err)
	return answered && reply.Code == 421
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) < 0
}

// data sends the mail. Over LMTP it adds the recipients for whom the mail was
// refused to those in refused.
func (s *SMTP) data(c *connection, m *Mail, refused map[string]error) error {
	w, err := c.client.Data()
	if err != nil {
		return s.failure(c, "DATA", err)
	}
	if _, err := w.Write(m.Raw); err != nil {
		// Without its final dot the relay must not deliver it.
		return s.failure(c, "DATA", err)
	}
	if s.LMTP {
		return s.endEach(c, w, m, refused)
	}
	reply, err := w.CloseWithResponse()
	if reply != nil {
		s.noteReply(m, reply.StatusText)
	}
	return s.end(c, err)
}

// noteReply tells what the relay calls the mail, by which it is found in its log.
func (s *SMTP) noteReply(m *Mail, text string) {
	if s.Logger != nil {
		s.Logger.Info("the relay took a mail", "relay", s.Addr, "message_id", m.MessageID, "reply", text)
	}
}

// end judges the reply to the final dot.
func (s *SMTP) end(c *connection, err error) error {
	c.dirty = false // the transaction is over either way (RFC 5321 section 4.1.1.4)
	reply, answered := errors.AsType[*smtp.SMTPError](err)
	// The first digit counts (RFC 5321 section 4.2.1), and a mail wrongly taken
	// for refused would be sent again and again.
	if err == nil || answered && reply.Code/100 == 2 {
		return nil
	}
	err = s.failure(c, "end of DATA", err)
	if !answered || reply.Code < 400 {
		err = Uncertain(fmt.Errorf("%w; it may have the mail all the same", err))
	}
	return err
}

// endEach judges the replies to the final dot, one for each recipient that was
// accepted before (RFC 2033 section 4.2).
func (s *SMTP) endEach(c *connection, w *smtp.DataCommand, m *Mail, refused map[string]error) error {
	taken, err := w.CloseWithLMTPResponse()
	for _, reply := range taken { // all say the same
		s.noteReply(m, reply.StatusText)
		break
	}
	replies, _ := errors.AsType[smtp.LMTPDataError](err)
	if err == nil || len(taken)+len(replies) == 0 {
		return s.end(c, err)
	}
	if both, ok := err.(interface{ Unwrap() []error }); ok { // why there are no more replies, and those there are
		err = both.Unwrap()[0]
	}
	for _, address := range m.To {
		if _, before := refused[address]; before || taken[address] != nil {
			continue
		}
		var reason error = replies[address]
		if replies[address] == nil {
			reason = err
		}
		if reason = s.end(c, reason); reason != nil {
			refused[address] = reason
		}
	}
	return nil
}
