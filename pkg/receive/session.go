package receive

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/hut8labs/failmail/internal/envelope"
)

// session is one connection's mail transactions (RFC 5321 section 3.3).
type session struct {
	server *Server
	conn   *smtp.Conn
	remote string
	client netip.Addr // not valid for a Unix socket
	track  *connection

	authenticated bool
	failures      int // of authentication

	mail transaction
}

// transaction is what was said about the mail to come.
type transaction struct {
	open bool
	from string
	to   []string
	size int64 // as declared with SIZE, 0 if not
}

var _ smtp.Session = (*session)(nil)

func (s *Server) newSession(c *smtp.Conn) (smtp.Session, error) {
	track, ok := c.Conn().(*connection)
	if !ok {
		return nil, errors.New("connection did not come through Serve")
	}
	// Behind a load balancer the client is known once something was read.
	session := &session{server: s, conn: c, client: clientOf(track.RemoteAddr()), track: track}
	if session.client.IsValid() {
		session.remote = session.client.String()
	}
	return session, nil
}

func (s *session) Mail(from string, options *smtp.MailOptions) error {
	if options.Size > s.server.options.MaxMessageSize {
		return s.tooLarge(from)
	}
	if refusal := s.server.access.Load().admits(s.client, s.authenticated); refusal != nil {
		s.server.log.Warn("refused a client", "client", s.track.String(), "reason", refusal.Text)
		return refusal.reply()
	}
	if s.mail.open {
		return (&Refusal{503, [3]int{5, 5, 1}, "MAIL was given already; RSET starts anew"}).reply()
	}
	from = s.path(from)
	if problem := envelope.Problem(from); problem != "" {
		return (&Refusal{553, [3]int{5, 1, 7}, "The sender's address " + problem}).reply()
	}
	s.mail = transaction{open: true, from: from, size: options.Size}
	s.server.conns.setBusy(s.track, true)
	return nil
}

// path returns an address of the library as the client wrote it. Quotes are given
// back only where there were some: with them, <b@x,c@y> would be a mailbox at y.
func (s *session) path(address string) string {
	address = strings.TrimSuffix(address, bareDomain)
	if isQuoted(s.track.wire.line) {
		return envelope.Quote(address)
	}
	return address
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.track.chunks != nil {
		return (&Refusal{503, [3]int{5, 5, 1}, "RCPT cannot follow BDAT; RSET starts anew"}).reply()
	}
	to = s.path(to)
	address, refusal := s.server.access.Load().recipient(to)
	if refusal != nil {
		s.server.log.Warn("refused a recipient", "client", s.track.String(), "recipient", to, "reason", refusal.Text)
		return refusal.reply()
	}
	s.mail.to = append(s.mail.to, address)
	s.track.recipients++
	s.track.wire.idleCommands-- // a thousand recipients are no idleness
	return nil
}

// Data leaves the engine's reader alone; see wire.
func (s *session) Data(io.Reader) error {
	mail := s.mail
	content, err := s.content(mail)
	if err != nil {
		return err
	}
	defer content.drop()
	raw, refusal := content.whole(s.server.life)
	if refusal != nil {
		return s.notTaken(mail, refusal)
	}
	m := &Message{
		From:       mail.from,
		To:         mail.to,
		Raw:        raw,
		RemoteAddr: s.remote,
		Helo:       s.conn.Hostname(),
		Received:   time.Now(),
	}
	m.Parse()
	if refusal := s.loop(m); refusal != nil {
		return s.answer(m, refusal)
	}
	if err := s.server.handler.Handle(s.server.life, m); err != nil {
		return s.answer(m, err)
	}
	s.server.counts.mails.Add(1)
	s.server.counts.bytes.Add(uint64(len(m.Raw)))
	return taken(m)
}

// taken is the reply to a mail that was taken. Programs log it, so that what they
// sent can be found in our log.
func taken(m *Message) error {
	return &smtp.SMTPError{Code: 250, EnhancedCode: smtp.EnhancedCode{2, 0, 0}, Message: "Accepted as " + m.ID}
}

// content takes in the mail's bytes.
func (s *session) content(mail transaction) (*intake, error) {
	if content, ok := s.track.takeChunks(); ok {
		return content, nil
	}
	content, err := s.track.readData(mail.size)
	switch {
	case err != nil:
		return nil, (&Refusal{451, [3]int{4, 4, 2}, "The mail did not come whole in time, send it again"}).reply()
	case content.refusal != nil:
		return nil, s.notTaken(mail, content.refusal)
	}
	return content, nil
}

// notTaken logs why the content of a mail is refused, and returns the reply.
func (s *session) notTaken(mail transaction, refusal *Refusal) error {
	switch refusal.Code {
	case 552:
		return s.tooLarge(mail.from)
	case 452:
		s.server.log.Warn("put a client off, too much mail is in transfer", "client", s.track.String(), "limit", s.server.options.MaxInFlight)
	}
	return refusal.reply()
}

func (s *session) tooLarge(from string) error {
	limit := s.server.options.MaxMessageSize
	s.server.log.Warn("refused a mail that is too large", "client", s.track.String(), "from", from, "limit", limit)
	return tooLarge(limit).reply()
}

func tooLarge(limit int64) *Refusal {
	return &Refusal{552, [3]int{5, 3, 4}, fmt.Sprintf("Message is larger than %d bytes, the limit of this server", limit)}
}

func tooMuchInFlight() *Refusal {
	return &Refusal{452, [3]int{4, 3, 1}, "Too much mail is in transfer, try again later"}
}

func (s *session) answer(m *Message, err error) error {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		s.server.log.Info("refused a mail", "id", m.ID, "client", s.track.String(), "code", refusal.Code, "reason", refusal.Text)
		return refusal.reply()
	}
	s.server.log.Error("cannot take a mail, its client keeps it", "id", m.ID, "client", s.track.String(), "error", err)
	return &smtp.SMTPError{
		Code:         452,
		EnhancedCode: smtp.EnhancedCode{4, 3, 1},
		Message:      "Cannot store the message now, keep it and try again later",
	}
}

func (s *session) Reset() {
	s.mail = transaction{}
	s.track.recipients = 0
	s.track.dropChunks()
	s.server.conns.setBusy(s.track, false)
}

func (s *session) Logout() error { return nil }

// maxReceived is how many servers a mail may have passed through; RFC 5321 asks
// for a limit of at least 100 in general, but an alert goes through a few.
const maxReceived = 50

// loop returns why a mail must not go round once more (RFC 5321 section 6.3).
func (s *session) loop(m *Message) *Refusal {
	if mark := s.server.options.LoopMark; mark != "" && slices.Contains(m.Header.Values(LoopField), mark) {
		return &Refusal{554, [3]int{5, 4, 6}, "Mail loop: this mail was sent from here, so this server must not be its relay"}
	}
	if m.Header.Count("Received") > maxReceived {
		return &Refusal{554, [3]int{5, 4, 6}, fmt.Sprintf("Mail loop: the mail has passed through more than %d servers", maxReceived)}
	}
	return nil
}
