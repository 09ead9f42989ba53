package testutil

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strings"
)

// A session is one connection to a Peer.
type session struct {
	peer *Peer
	conn net.Conn
	in   *bufio.Reader
	tls  bool

	from     string
	accepted []string
}

func (s *session) use(conn net.Conn) {
	s.conn, s.in = conn, bufio.NewReader(conn)
}

func (s *session) run() {
	if !s.reply("220 relay", "greeting") {
		return
	}
	for {
		line, ok := s.line()
		if !ok || !s.command(line) {
			return
		}
	}
}

// line reads and records one line.
func (s *session) line() (string, bool) {
	line, err := s.in.ReadString('\n')
	if err != nil {
		return "", false
	}
	line = strings.TrimSuffix(line, "\r\n")
	s.peer.mu.Lock()
	defer s.peer.mu.Unlock()
	s.peer.commands = append(s.peer.commands, line)
	return line, true
}

// action returns what the script has for the first of the steps that it knows.
func (s *session) action(fallback string, steps ...string) string {
	s.peer.mu.Lock()
	defer s.peer.mu.Unlock()
	for _, step := range steps {
		if text, ok := s.peer.config.Script[step]; ok {
			return text
		}
	}
	return fallback
}

// reply answers as the script wants it, and reports whether to go on.
func (s *session) reply(fallback string, steps ...string) bool {
	return s.do(s.action(fallback, steps...), steps[0])
}

func (s *session) do(action, step string) bool {
	switch action {
	case Drop:
		return false
	case Hang:
		s.peer.Hung <- step
		io.Copy(io.Discard, s.in) // until the client gives up
		return false
	}
	_, err := io.WriteString(s.conn, action+"\r\n")
	return err == nil && !strings.HasPrefix(action, "421")
}

// command handles one command, and reports whether to go on.
func (s *session) command(line string) bool {
	verb, argument, _ := strings.Cut(line, " ")
	verb = strings.ToUpper(verb)
	s.peer.mu.Lock()
	s.peer.seen[verb]++
	steps := []string{fmt.Sprint(verb, "#", s.peer.seen[verb]), line, verb}
	s.peer.mu.Unlock()
	action := s.action(s.usual(verb), steps...)
	if most := s.peer.config.Recipients; verb == "RCPT" && most > 0 && len(s.accepted) >= most {
		action = s.action("452 4.5.3 too many recipients", "too many")
	}
	if verb == "AUTH" && action == "" {
		return s.auth(argument)
	}
	if !s.do(action, verb) {
		return false
	}
	positive := strings.HasPrefix(action, "2")
	switch {
	case verb == "MAIL" && positive:
		s.from, s.accepted = path(argument), nil
	case verb == "RCPT" && positive:
		s.accepted = append(s.accepted, path(argument))
	case verb == "STARTTLS" && positive:
		return s.upgrade()
	case verb == "DATA" && strings.HasPrefix(action, "354"):
		return s.data()
	case verb == "QUIT" && positive:
		return false
	}
	return true
}

// usual is what a friendly server replies; "" begins AUTH.
func (s *session) usual(verb string) string {
	switch verb {
	case "EHLO", "LHLO":
		lines := append([]string{"relay"}, s.peer.config.Extensions...)
		if s.peer.config.TLS != nil && !s.tls {
			lines = append(lines, "STARTTLS")
		}
		last := len(lines) - 1
		if last == 0 {
			return "250 relay"
		}
		return "250-" + strings.Join(lines[:last], "\r\n250-") + "\r\n250 " + lines[last]
	case "AUTH":
		return ""
	case "DATA":
		return "354 go"
	case "QUIT":
		return "221 bye"
	case "STARTTLS":
		return "220 go"
	}
	return "250 ok"
}

// path returns what stands in the angle brackets.
func path(argument string) string {
	_, rest, _ := strings.Cut(argument, "<")
	address, _, _ := strings.Cut(rest, ">")
	return address
}

func (s *session) upgrade() bool {
	if action := s.action("", "handshake"); action != "" && !s.do(action, "handshake") {
		return false
	}
	if !s.encrypt() {
		return false
	}
	s.use(s.conn)
	return true
}

func (s *session) encrypt() bool {
	secure := tls.Server(s.conn, s.peer.config.TLS)
	if secure.Handshake() != nil {
		return false
	}
	if shown := secure.ConnectionState().PeerCertificates; len(shown) > 0 {
		s.peer.mu.Lock()
		s.peer.certificate = shown[0]
		s.peer.mu.Unlock()
	}
	s.conn, s.tls = secure, true
	return true
}

// challenges of each mechanism whose client does not speak first.
var challenges = map[string][]string{
	"LOGIN":    {"User Name\x00", "Password\x00"}, // Exchange's own wording
	"CRAM-MD5": {"<1896.697170952@relay>"},
}

// auth asks for what the mechanism needs, and then replies to "credentials". A
// reply of 334 is a challenge that wants an answer before "credentials#2".
func (s *session) auth(argument string) bool {
	mechanism, initial, _ := strings.Cut(argument, " ")
	asked := challenges[mechanism]
	if initial != "" && len(asked) > 0 {
		asked = asked[1:]
	}
	for _, challenge := range asked {
		if !s.do("334 "+base64.StdEncoding.EncodeToString([]byte(challenge)), "AUTH") {
			return false
		}
		if _, ok := s.line(); !ok {
			return false
		}
	}
	s.peer.mu.Lock()
	s.peer.seen["credentials"]++
	step := fmt.Sprint("credentials#", s.peer.seen["credentials"])
	s.peer.mu.Unlock()
	action := s.action("235 2.7.0 welcome", step, "credentials")
	if !s.do(action, "credentials") {
		return false
	}
	if strings.HasPrefix(action, "334") {
		if _, ok := s.line(); !ok {
			return false
		}
		return s.reply("535 5.7.8 no", "after the challenge")
	}
	return true
}

// data reads a mail and replies to it.
func (s *session) data() bool {
	var raw strings.Builder
	for {
		line, err := s.in.ReadString('\n')
		if err != nil {
			return false
		}
		if action := s.action("", "body"); action != "" {
			return s.do(action, "body")
		}
		if line == ".\r\n" {
			break
		}
		raw.WriteString(strings.TrimPrefix(line, "."))
	}
	s.peer.mu.Lock()
	s.peer.mails = append(s.peer.mails, Mail{s.from, s.accepted, raw.String(), s.tls})
	s.peer.mu.Unlock()
	if !s.peer.config.LMTP {
		return s.reply("250 queued", "end")
	}
	for _, to := range s.accepted {
		if !s.reply("250 delivered", "end "+to, "end") {
			return false
		}
	}
	return true
}
