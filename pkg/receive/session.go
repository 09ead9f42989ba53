package receive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// session is one connection's mail transactions (RFC 5321 section 3.3).
type session struct {
	server *Server
	conn   *smtp.Conn
	remote string
	track  *connection

	// The content of a mail that comes in chunks is read by a goroutine of the
	// library's own, so a RSET may come meanwhile.
	mu   sync.Mutex
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
	track := tracked(c.Conn())
	if track == nil {
		return nil, errors.New("connection did not come through Serve")
	}
	return &session{
		server: s,
		conn:   c,
		remote: addressOf(c.Conn().RemoteAddr()),
		track:  track,
	}, nil
}

func addressOf(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap().String()
	}
	return ""
}

func (s *session) Mail(from string, options *smtp.MailOptions) error {
	if options.Size > s.server.options.MaxMessageSize {
		return s.tooLarge(from)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mail.open {
		return (&Refusal{503, [3]int{5, 5, 1}, "MAIL was given already; RSET starts anew"}).reply()
	}
	s.mail = transaction{open: true, from: strings.TrimSuffix(from, bareDomain), size: options.Size}
	s.track.setBusy(true)
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mail.to = append(s.mail.to, strings.TrimSuffix(to, bareDomain))
	return nil
}

func (s *session) Data(r io.Reader) error {
	s.track.wire.startData()
	s.mu.Lock()
	mail := s.mail
	s.mu.Unlock()
	raw, err := s.read(r, mail)
	if err != nil {
		return err
	}
	m := &Message{
		From:       mail.from,
		To:         mail.to,
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
func (s *session) read(r io.Reader, mail transaction) ([]byte, error) {
	const usual, atMost = 8 << 10, 1 << 20 // a client's claim alone shall not cost memory
	buf := bytes.NewBuffer(make([]byte, 0, min(mail.size+bytes.MinRead, atMost)+usual))
	_, err := buf.ReadFrom(r)
	switch {
	case errors.Is(err, smtp.ErrDataTooLarge), int64(buf.Len()) > s.server.options.MaxMessageSize:
		return nil, s.tooLarge(mail.from)
	case err != nil:
		return nil, err
	case s.track.wire.failed():
		// The library takes a connection that ends inside a chunk for the end
		// of the chunk.
		return nil, io.ErrUnexpectedEOF
	}
	return buf.Bytes(), nil
}

func (s *session) tooLarge(from string) error {
	limit := s.server.options.MaxMessageSize
	s.server.log.Warn("refused a mail that is too large", "client", s.remote, "from", from, "limit", limit)
	return (&Refusal{552, [3]int{5, 3, 4}, fmt.Sprintf("Message is larger than %d bytes, the limit set by --max-message-size", limit)}).reply()
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
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mail = transaction{}
	s.track.setBusy(false)
}

func (s *session) Logout() error { return nil }
