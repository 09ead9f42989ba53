package deliver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/emersion/go-smtp"

	"github.com/hut8labs/failmail/internal/envelope"
)

// A delivery is a mail on its way to all its recipients, in as many transactions
// as the relay's bound on recipients asks for (RFC 5321 section 4.5.3.1.10).
type delivery struct {
	*Mail
	rest    []string         // recipients of whom nothing is decided yet
	refused map[string]error // recipients refused by the transactions so far
	utf8    bool             // an address needs SMTPUTF8
}

func newDelivery(m *Mail) *delivery {
	return &delivery{
		Mail: m, rest: m.To, refused: make(map[string]error),
		utf8: !isASCII(m.From) || slices.ContainsFunc(m.To, func(to string) bool { return !isASCII(to) }),
	}
}

// result is what Send returns once err, or nothing, has ended the delivery. After
// a transaction was completed, err is only about the recipients that are left.
func (d *delivery) result(err error) error {
	if err != nil && len(d.rest) == len(d.To) {
		return err
	}
	if IsUnreachable(err) {
		// A 5xx in place of a further greeting judges nobody either.
		err = errors.New(err.Error())
	}
	for _, address := range d.rest {
		d.refused[address] = err
	}
	if len(d.refused) > 0 {
		return &RefusedError{d.refused}
	}
	return nil
}

// transact sends d over c, which it then keeps for the next mail or closes. What
// is left of d afterwards wants another connection. It reports whether a
// transaction was completed.
func (s *SMTP) transact(ctx context.Context, c *connection, d *delivery) (progress bool, err error) {
	// Closing the connection is what makes the library return when ctx ends.
	stop := context.AfterFunc(ctx, c.abort)
	for {
		c.begun = false
		err = s.exchange(c, d)
		c.mails++
		if err != nil {
			break
		}
		progress = true
		if len(d.rest) == 0 {
			break
		}
		if err = s.pace.wait(ctx, s.Limits.Rate); err != nil || c.lost || c.mails >= s.maxMails() {
			break
		}
	}
	keep := !c.lost && s.Limits.IdleTimeout > 0 && c.mails < s.maxMails()
	if keep && stop() && s.pool.put(c, s.Limits.IdleTimeout, s.quit) {
		return progress, err
	}
	// Whatever QUIT returns, a mail that was accepted must not be sent again.
	s.quit(c)
	stop()
	return progress, err
}

func (s *SMTP) maxMails() int {
	if s.Limits.MaxMails > 0 {
		return s.Limits.MaxMails
	}
	return DefaultMaxMails
}

// exchange runs one mail transaction (RFC 5321 section 3.3), for as many of the
// rest of d as the relay takes at a time.
func (s *SMTP) exchange(c *connection, d *delivery) error {
	utf8, err := s.judge(c, d)
	if err != nil {
		return err
	}
	// The library declares BODY=8BITMIME wherever the relay offers it. Where it
	// does not, a mail with bytes beyond ASCII is sent as it is, as nearly all
	// servers do: to encode it anew would break its signatures.
	options := &smtp.MailOptions{UTF8: utf8, Size: int64(len(d.Raw))}
	if err := c.client.Mail(d.From, options); err != nil {
		err = s.failure(c, "MAIL", err)
		if _, answered := errors.AsType[*smtp.SMTPError](err); !answered {
			err = Unreachable(err)
		}
		return err
	}
	c.begun, c.dirty = true, true
	e, err := s.recipients(c, d.rest)
	if err != nil {
		return err
	}
	if len(e.accepted) > 0 {
		if err := s.data(c, d.Mail, e); err != nil {
			return err
		}
	}
	maps.Copy(d.refused, e.refused)
	d.rest = e.left
	return nil
}

// judge refuses what the relay has said beforehand that it cannot take, and
// reports whether to ask for SMTPUTF8 (RFC 6531). A header beyond ASCII
// does not make us ask for it: a relay that grants it may have to return the
// mail at the next server, which would have taken the header as it is.
func (s *SMTP) judge(c *connection, d *delivery) (utf8 bool, err error) {
	if problem := envelope.Problem(d.From); problem != "" {
		return false, Permanent(fmt.Errorf("the sender's address %q %s", d.From, problem))
	}
	if limit, _ := c.client.MaxMessageSize(); limit > 0 && len(d.Raw) > limit {
		return false, TooLarge(Permanent(fmt.Errorf("the mail has %d bytes, and relay %s takes no more than %d; raise the limit there (message_size_limit in Postfix)", len(d.Raw), s.Addr, limit)))
	}
	offered, _ := c.client.Extension("SMTPUTF8")
	if !isASCII(d.From) && !offered {
		return false, Permanent(fmt.Errorf("the sender's address %q is beyond ASCII, and relay %s does not take that (SMTPUTF8)", d.From, s.Addr))
	}
	return d.utf8 && offered, nil
}

// data sends the mail to those that e accepted. Over LMTP it adds those for whom the
// mail was refused to the refused ones of e.
func (s *SMTP) data(c *connection, m *Mail, e *addressees) error {
	w, err := c.client.Data()
	if err != nil {
		return s.failure(c, "DATA", err)
	}
	if _, err := w.Write(m.Raw); err != nil {
		// Without its final dot the relay must not deliver it.
		return s.failure(c, "DATA", err)
	}
	if s.LMTP {
		return s.endEach(c, w, m, e)
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
func (s *SMTP) endEach(c *connection, w *smtp.DataCommand, m *Mail, e *addressees) error {
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
	for _, address := range e.accepted {
		if taken[address] != nil {
			continue
		}
		var reason error = replies[address]
		if replies[address] == nil {
			reason = err
		}
		if reason = s.end(c, reason); reason != nil {
			e.refused[address] = reason
		}
	}
	return nil
}
