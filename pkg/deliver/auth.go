package deliver

import (
	"context"
	"errors"
	"fmt"
	netsmtp "net/smtp"
	"os"
	"slices"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Auth says who we are to a relay (RFC 4954). Of the mechanisms that the relay
// offers the strongest is used: XOAUTH2 if there is a Token, else CRAM-MD5,
// PLAIN, LOGIN.
//
// Credentials go only over TLS with a certificate that was verified, or to this
// machine. All failures are temporary: a wrong password says nothing about the
// mail.
type Auth struct {
	// User is the name to log in with. Without it nothing of this is used.
	User string
	// Password returns the password; it is called for each connection. See
	// Password and PasswordFile.
	Password func() (string, error)
	// Token returns an OAuth 2.0 access token, a new one if fresh is set, which
	// says that the relay refused the last. See TokenCommand.
	Token func(ctx context.Context, fresh bool) (string, error)
	// Mechanism, if set, is used whatever else is offered: for a relay that
	// offers one that does not work.
	Mechanism string
}

// Password is an Auth.Password that never changes.
func Password(password string) func() (string, error) {
	return func() (string, error) { return password, nil }
}

// PasswordFile is an Auth.Password that reads the first line of a file, each
// time anew, so that a new password needs no restart.
func PasswordFile(path string) func() (string, error) {
	return func() (string, error) {
		content, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("read the relay's password: %w", err)
		}
		password, _, _ := strings.Cut(string(content), "\n")
		password = strings.TrimSuffix(password, "\r")
		if password == "" {
			return "", fmt.Errorf("read the relay's password: the first line of %q is empty", path)
		}
		return password, nil
	}
}

// Mechanisms, strongest first.
const (
	xoauth2 = "XOAUTH2"
	cramMD5 = "CRAM-MD5"
)

// known returns the mechanisms we have what it takes for, strongest first.
func (a *Auth) known() (mechanisms []string) {
	if a.Token != nil {
		mechanisms = append(mechanisms, xoauth2)
	}
	if a.Password != nil {
		mechanisms = append(mechanisms, cramMD5, sasl.Plain, sasl.Login)
	}
	if a.Mechanism != "" {
		mechanisms = slices.DeleteFunc(mechanisms, func(m string) bool { return !strings.EqualFold(m, a.Mechanism) })
	}
	return mechanisms
}

func (s *SMTP) authenticate(ctx context.Context, c *connection) error {
	if s.Auth.User == "" {
		return nil
	}
	if !c.proven && !c.local {
		return Misconfigured(fmt.Errorf("relay %s, AUTH: the credentials are not sent, as the connection is not encrypted or the certificate not verified; have the relay offer STARTTLS, use smtps://, or give its CA (TLS.Files)", s.Addr))
	}
	_, offered := c.client.Extension("AUTH")
	for _, mechanism := range s.Auth.known() {
		if c.client.SupportsAuth(mechanism) {
			return s.logIn(ctx, c, mechanism)
		}
	}
	if offered == "" {
		return Misconfigured(fmt.Errorf("relay %s does not offer AUTH; leave out the user (Auth.User), or use its port for submission, mostly smtp://%[2]s:587 or smtps://%[2]s:465", s.Addr, s.host()))
	}
	return Misconfigured(fmt.Errorf("relay %s offers AUTH %s, none of which is supported; supported are %s", s.Addr, oneLineText(offered), strings.Join(s.Auth.known(), ", ")))
}

func (s *SMTP) logIn(ctx context.Context, c *connection, mechanism string) error {
	if mechanism == xoauth2 {
		return s.logInWithToken(ctx, c)
	}
	password, err := s.Auth.Password()
	if err != nil {
		return Misconfigured(err)
	}
	client := &patient{passwordClient(mechanism, s.Auth.User, password), maxChallenges}
	return s.authFailure(c, mechanism, c.client.Auth(client))
}

// passwordClient returns the client side of a mechanism.
func passwordClient(mechanism, user, password string) sasl.Client {
	switch mechanism {
	case cramMD5:
		return &cramClient{netsmtp.CRAMMD5Auth(user, password)}
	case sasl.Plain:
		return sasl.NewPlainClient("", user, password)
	}
	return &loginClient{[]string{user, password}}
}

// A patient client answers no more than left challenges, or a relay could keep
// it busy for ever.
type patient struct {
	sasl.Client
	left int
}

const maxChallenges = 3

func (p *patient) Next(challenge []byte) ([]byte, error) {
	if p.left--; p.left < 0 {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	return p.Client.Next(challenge)
}

// logInWithToken tries a second time with a new token, as one that was good when
// it was fetched may have expired.
func (s *SMTP) logInWithToken(ctx context.Context, c *connection) error {
	token, err := s.Auth.Token(ctx, false)
	if err != nil {
		return Misconfigured(err)
	}
	err = c.client.Auth(&patient{&xoauth2Client{s.Auth.User, token}, maxChallenges})
	if reply, ok := errors.AsType[*smtp.SMTPError](err); ok && reply.Code/100 == 5 {
		fresh, failed := s.Auth.Token(ctx, true)
		if failed != nil {
			return Misconfigured(failed)
		}
		if fresh != token {
			err = c.client.Auth(&patient{&xoauth2Client{s.Auth.User, fresh}, maxChallenges})
		}
	}
	return s.authFailure(c, xoauth2, err)
}

// authFailure is temporary even after a 5xx.
func (s *SMTP) authFailure(c *connection, mechanism string, err error) error {
	if err == nil {
		return nil
	}
	reply, answered := errors.AsType[*smtp.SMTPError](err)
	if !answered || reply.Code/100 != 5 {
		return s.failure(c, "AUTH "+mechanism, err)
	}
	remedy := "correct the user (Auth.User) or the password"
	if mechanism == xoauth2 {
		remedy = "see that Auth.Token gives a token of that user, for sending mail"
	}
	return Misconfigured(fmt.Errorf("relay %s refused to let user %q in: it answered AUTH %s with %s; %s", s.Addr, s.Auth.User, mechanism, replyText(reply), remedy))
}

// cramClient is CRAM-MD5 (RFC 2195), which go-sasl lacks.
type cramClient struct{ auth netsmtp.Auth }

func (c *cramClient) Start() (string, []byte, error) { return c.auth.Start(nil) }

func (c *cramClient) Next(challenge []byte) ([]byte, error) { return c.auth.Next(challenge, true) }

// loginClient is LOGIN. It answers in order, whatever it is asked: the prompts
// differ from server to server, and go-sasl's client insists on "Password:".
type loginClient struct{ answers []string }

func (l *loginClient) Start() (string, []byte, error) { return sasl.Login, nil, nil }

func (l *loginClient) Next([]byte) ([]byte, error) {
	if len(l.answers) == 0 {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	answer := l.answers[0]
	l.answers = l.answers[1:]
	return []byte(answer), nil
}

// xoauth2Client is Google's and Microsoft's XOAUTH2. The server explains a
// refusal in a challenge that wants an empty answer before the 535.
type xoauth2Client struct{ user, token string }

func (x *xoauth2Client) Start() (string, []byte, error) {
	return xoauth2, []byte("user=" + x.user + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

func (x *xoauth2Client) Next([]byte) ([]byte, error) { return []byte{}, nil }
