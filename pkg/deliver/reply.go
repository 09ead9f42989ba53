package deliver

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/emersion/go-smtp"
)

// A stepError names the relay and the step at which it failed.
type stepError struct {
	relay, step string
	err         error // a *smtp.SMTPError if the relay answered
}

func (e *stepError) Error() string {
	if reply, ok := errors.AsType[*smtp.SMTPError](e.err); ok {
		return fmt.Sprintf("relay %s answered %s with %s", e.relay, e.step, replyText(reply))
	}
	if errors.Is(e.err, io.EOF) || errors.Is(e.err, io.ErrUnexpectedEOF) {
		return fmt.Sprintf("relay %s, %s: the relay closed the connection", e.relay, e.step)
	}
	return fmt.Sprintf("relay %s, %s: %s", e.relay, e.step, oneLineText(e.err.Error()))
}

func (e *stepError) Unwrap() error { return e.err }

func replyText(reply *smtp.SMTPError) string {
	if reply.EnhancedCode[0] > 0 {
		code := reply.EnhancedCode
		return fmt.Sprintf("%d %d.%d.%d %s", reply.Code, code[0], code[1], code[2], oneLineText(reply.Message))
	}
	return fmt.Sprintf("%d %s", reply.Code, oneLineText(reply.Message))
}

// maxText bounds what of another program's words goes into an error, which is
// logged at every attempt.
const maxText = 500

// oneLineText makes another program's words fit for a log.
func oneLineText(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }), " ")
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	return strings.TrimSpace(text)
}

// throttling are the replies by which a relay wants to be left alone: overload, and
// (RFC 4954 section 6, RFC 3207 section 4) a login or TLS that is not there now.
var throttling = []int{421, 432, 450, 451, 452, 454}

// failure judges what ended a step on c. A reply of 5xx is permanent; any
// other that was not expected is the relay's confusion, and may pass.
func (s *SMTP) failure(c *connection, step string, err error) error {
	reply, answered := errors.AsType[*smtp.SMTPError](err)
	// After 421 the relay hangs up (RFC 5321 section 3.8), and one that answers
	// beside the question is not to be asked another.
	if !answered || reply.Code == 421 || reply.Code/100 != 4 && reply.Code/100 != 5 {
		c.lost = true
	}
	err = &stepError{s.Addr, step, err}
	if !answered {
		return err
	}
	switch {
	case reply.Code == 530: // RFC 3207 section 4, RFC 4954 section 6
		return Misconfigured(Unreachable(fmt.Errorf("%w; it wants a login or TLS first, so give a user (Auth.User) or require TLS (TLS.Policy)", err)))
	case isSize(step, reply):
		return TooLarge(Permanent(fmt.Errorf("%w; raise the limit there, or allow summaries fewer bytes (Standard.MaxBytes)", err)))
	case reply.Code/100 == 5 && s.mayWantLogin(c, reply):
		return Permanent(fmt.Errorf("%w; if it takes such mails after a login only, give a user (Auth.User)", err))
	case reply.Code/100 == 5:
		return Permanent(err)
	case slices.Contains(throttling, reply.Code):
		return Throttled(err)
	}
	return err
}

// isSize reports whether a reply is about the size of the mail: too large for the
// server or for the mailbox (RFC 3463 sections 3.3 and 3.4). Without an enhanced code
// 552 says so after MAIL and after the mail, but not of a recipient.
func isSize(step string, reply *smtp.SMTPError) bool {
	switch code := reply.EnhancedCode; {
	case code[0] == 5:
		return code[1] == 3 && code[2] == 4 || code[1] == 2 && code[2] == 3
	case code[0] <= 0:
		return reply.Code == 552 && step != "RCPT"
	}
	return false
}

// mayWantLogin reports whether a refusal may come of our not logging in: most
// relays that want a login say nothing more than that relaying is denied.
func (s *SMTP) mayWantLogin(c *connection, reply *smtp.SMTPError) bool {
	if s.Auth.User != "" || c.client == nil {
		return false
	}
	if offered, _ := c.client.Extension("AUTH"); !offered {
		return false
	}
	text := strings.ToLower(reply.Message)
	return reply.EnhancedCode[0] == 5 && reply.EnhancedCode[1] == 7 || strings.Contains(text, "relay") || strings.Contains(text, "authent")
}
