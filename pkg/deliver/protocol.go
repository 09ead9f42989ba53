package deliver

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/emersion/go-smtp"
)

// What is said when a port speaks another protocol than the relay's address has it.

// errNotLMTP says that the other side does not know LHLO.
var errNotLMTP = errors.New("it does not know LHLO")

// neverHELO keeps the library from falling back from LHLO to HELO. A server that
// takes that speaks SMTP: it answers once after the mail, where an answer for each
// recipient would be awaited until the timeout.
type neverHELO struct{ net.Conn }

func (n *neverHELO) Write(p []byte) (int, error) {
	if bytes.HasPrefix(p, []byte("HELO ")) {
		return 0, errNotLMTP
	}
	return n.Conn.Write(p)
}

// verb is how we introduce ourselves.
func (s *SMTP) verb() string {
	if s.LMTP {
		return "LHLO"
	}
	return "EHLO"
}

// otherProtocol adds to said, the judgement of err, what is to be changed if err
// comes of a greeting in another protocol.
func (s *SMTP) otherProtocol(c *connection, err, said error) error {
	reply, answered := errors.AsType[*smtp.SMTPError](err)
	unknown := answered && (reply.Code == 500 || reply.Code == 502 || reply.Code == 503)
	switch {
	case errors.Is(err, errNotLMTP), s.LMTP && unknown:
		return Misconfigured(fmt.Errorf("%w; that is a server for SMTP rather than LMTP: write %s", said, s.as("smtp")))
	case unknown:
		return Misconfigured(fmt.Errorf("%w; it knows neither EHLO nor HELO: if it is a server for LMTP, write %s", said, s.as("lmtp")))
	case !answered && !s.TLS.Implicit && c.wire.read.Load() == 0 && s.onTLSPort():
		return Misconfigured(fmt.Errorf("%w; that port begins with TLS: write %s", said, s.as("smtps")))
	case !answered && !s.TLS.Implicit && c.wire.read.Load() == 0:
		return fmt.Errorf("%w; nothing came from it: if that port begins with TLS, write %s", said, s.as("smtps"))
	}
	return said
}

// as is the relay under another scheme.
func (s *SMTP) as(scheme string) string {
	if path, unix := strings.CutPrefix(s.Addr, "unix:"); unix {
		return scheme + "+unix:" + path
	}
	return scheme + "://" + s.Addr
}

// onTLSPort reports whether the port is the one for TLS from the first byte
// (RFC 8314 section 7.3).
func (s *SMTP) onTLSPort() bool {
	_, port, err := net.SplitHostPort(s.Addr)
	return err == nil && (port == "465" || port == "submissions" || port == "smtps")
}
