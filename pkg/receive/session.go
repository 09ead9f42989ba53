package receive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/emersion/go-smtp"
)

// session is one connection's mail transactions (RFC 5321 section 3.3).
type session struct {
	server *Server
	conn   *smtp.Conn
	remote string
	track  *connection // nil when the listener was not ours

	from string
	to   []string
	size int64 // as declared with SIZE, 0 if not
}

var _ smtp.Session = (*session)(nil)

func (s *Server) newSession(c *smtp.Conn) (smtp.Session, error) {
	return &session{
		server: s,
		conn:   c,
		remote: addressOf(c.Conn().RemoteAddr()),
		track:  tracked(c.Conn()),
	}, nil
}

func addressOf(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap().String()
	}
	return ""
}

func (s *session) Mail(from string, options *smtp.MailOptions) error {
	s.track.setBusy(true)
	s.from, s.size = from, options.Size
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	s.track.setInData(true)
	defer s.track.setInData(false)
	raw, err := s.read(r)
	if err != nil {
		return err
	}
	m := &Message{
		From:       s.from,
		To:         s.to,
		Raw:        NormalizeLines(raw),
		RemoteAddr: s.remote,
		Helo:       s.conn.Hostname(),
		Received:   time.Now(),
	}
	m.complete()
	if err := s.server.handler.Handle(s.server.life, m); err != nil {
		return s.answer(m, err)
	}
	return nil
}

// read collects the mail's bytes. The buffer starts at the size the client
// declared, so that the usual mail is copied once.
func (s *session) read(r io.Reader) ([]byte, error) {
	const spare, atMost = 512, 1 << 20 // a client's claim alone shall not cost memory
	buf := bytes.NewBuffer(make([]byte, 0, min(s.size, atMost)+spare))
	if _, err := buf.ReadFrom(r); err != nil {
		if errors.Is(err, smtp.ErrDataTooLarge) {
			s.server.log.Warn("refused a mail that is too large",
				"client", s.remote, "from", s.from, "limit", s.server.options.MaxMessageSize)
			return nil, (&Refusal{552, [3]int{5, 3, 4}, fmt.Sprintf(
				"Message is larger than %d bytes, the limit set by --max-message-size", s.server.options.MaxMessageSize)}).reply()
		}
		return nil, err
	}
	return buf.Bytes(), nil
}

func (s *session) answer(m *Message, err error) error {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		s.server.log.Info("refused a mail", "id", m.ID, "client", s.remote, "code", refusal.Code, "reason", refusal.Text)
		return refusal.reply()
	}
	s.server.log.Error("cannot take a mail, its client keeps it", "id", m.ID, "client", s.remote, "error", err)
	return &smtp.SMTPError{
		Code:         452,
		EnhancedCode: smtp.EnhancedCode{4, 3, 1},
		Message:      "Cannot store the message now, keep it and try again later",
	}
}

func (s *session) Reset() {
	s.from, s.to, s.size = "", nil, 0
	s.track.setBusy(false)
}

func (s *session) Logout() error { return nil }
