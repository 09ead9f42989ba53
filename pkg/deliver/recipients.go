package deliver

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/emersion/go-smtp"

	"github.com/hut8labs/failmail/internal/envelope"
)

// maxRecipients bounds a transaction whatever the relay says, at what Postfix takes
// (smtpd_recipient_limit): the replies of LMTP to more would exceed maxReply.
const maxRecipients = 1000

// recipientLimit returns how many recipients c takes in a transaction, as far as it
// says so (RFC 9422 section 4.2).
func recipientLimit(c *connection) int {
	_, limits := c.client.Extension("LIMITS")
	for limit := range strings.FieldsSeq(limits) {
		name, value, _ := strings.Cut(limit, "=")
		if n, err := strconv.Atoi(value); strings.EqualFold(name, "RCPTMAX") && err == nil && n > 0 {
			return min(n, maxRecipients)
		}
	}
	return maxRecipients
}

// addressees are what a transaction has decided about the recipients.
type addressees struct {
	accepted []string
	refused  map[string]error
	left     []string // for the next transaction
}

// recipients offers the relay one recipient after the other until it has enough.
func (s *SMTP) recipients(c *connection, to []string) (*addressees, error) {
	offered, _ := c.client.Extension("SMTPUTF8")
	limit := recipientLimit(c)
	e := &addressees{refused: make(map[string]error)}
	for i, address := range to {
		if problem := envelope.Problem(address); problem != "" {
			e.refused[address] = Permanent(fmt.Errorf("the address %q %s", address, problem))
			continue
		}
		if !isASCII(address) && !offered {
			e.refused[address] = Permanent(fmt.Errorf("relay %s does not take addresses beyond ASCII (SMTPUTF8)", s.Addr))
			continue
		}
		if len(e.accepted) == limit {
			e.left = to[i:]
			return e, nil
		}
		err := c.client.Rcpt(address, nil)
		if err == nil {
			e.accepted = append(e.accepted, address)
			continue
		}
		reply, answered := errors.AsType[*smtp.SMTPError](err)
		err = s.failure(c, "RCPT", err)
		switch {
		case !answered || IsUnreachable(err) || reply.Code == 421:
			return nil, err
		case len(e.accepted) > 0 && isTooMany(reply):
			e.left = to[i:]
			return e, nil
		case saysTooMany(reply):
			// Not even one at a time: no further transaction would fare better now.
			err = Throttled(&stepError{s.Addr, "RCPT", reply})
			for _, address := range to[i:] {
				e.refused[address] = err
			}
			return e, nil
		}
		e.refused[address] = err
	}
	return e, nil
}

// isTooMany reports whether a relay that has accepted others in a transaction takes
// no more of them in it (RFC 5321 section 4.5.3.1.10). That names 452, and 552 of
// older servers, which with another enhanced code is about one mailbox.
func isTooMany(reply *smtp.SMTPError) bool {
	bare := reply.EnhancedCode[0] <= 0 && (reply.Code == 452 || reply.Code == 552)
	return bare || saysTooMany(reply)
}

// saysTooMany reports whether the enhanced code is that of too many recipients (RFC
// 3463 section 3.6).
func saysTooMany(reply *smtp.SMTPError) bool {
	return reply.EnhancedCode[0] > 0 && reply.EnhancedCode[1] == 5 && reply.EnhancedCode[2] == 3
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) < 0
}
