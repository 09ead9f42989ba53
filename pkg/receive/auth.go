package receive

import (
	"context"
	"errors"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/hut8labs/failmail/internal/login"
)

// maxAuthFailures ends a connection that guesses passwords.
const maxAuthFailures = 3

var _ smtp.AuthSession = (*session)(nil)

// AuthMechanisms offers nothing in the clear, except where nobody can listen:
// on this machine.
func (s *session) AuthMechanisms() []string {
	if s.server.access.Load().Authenticate == nil || !s.track.secure && s.client.IsValid() && !s.client.IsLoopback() {
		return nil
	}
	return []string{sasl.Plain, sasl.Login}
}

// Auth implements smtp.AuthSession.
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	if s.AuthMechanisms() == nil {
		if s.server.access.Load().Authenticate != nil {
			return nil, (&Refusal{538, [3]int{5, 7, 11}, "Encryption is required for authentication; use STARTTLS"}).reply()
		}
		return nil, smtp.ErrAuthUnsupported
	}
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(identity, user, password string) error {
			if identity != "" && identity != user {
				return smtp.ErrAuthFailed
			}
			return s.authenticate(user, password)
		}), nil
	case sasl.Login:
		return &loginServer{authenticate: s.authenticate}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

func (s *session) authenticate(user, password string) error {
	ctx, cancel := context.WithDeadline(s.server.serving, s.track.latest)
	defer cancel()
	ok, err := s.server.logins.Check(ctx, s.client, user, password, s.server.access.Load().Authenticate)
	switch {
	case errors.Is(err, login.ErrThrottled):
		s.server.log.Warn("turned a login away", "client", s.track.String(), "user", user, "reason", err)
		return s.track.endWith(&Refusal{421, [3]int{4, 7, 0}, "Too many failed logins from your address, try again later"})
	case err != nil:
		return s.track.endWith(s.server.conns.endOf(s.track))
	case ok:
		s.authenticated = true
		return nil
	}
	s.failures++
	s.server.log.Warn("authentication failed", "client", s.track.String(), "user", user, "failures", s.failures)
	if s.failures >= maxAuthFailures {
		s.track.farewell = &Refusal{421, [3]int{4, 7, 0}, "Too many failed logins on this connection, closing it"}
	}
	return smtp.ErrAuthFailed
}

// loginServer is the server's side of LOGIN, which was never standardised and
// which many clients still prefer; the library has only the client's.
type loginServer struct {
	authenticate func(user, password string) error
	step         loginStep
	user         string
}

type loginStep int

const (
	loginStart loginStep = iota
	loginUser
	loginPassword
)

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case l.step == loginStart && response == nil:
		l.step = loginUser
		return []byte("Username:"), false, nil
	case l.step < loginPassword:
		l.user, l.step = string(response), loginPassword
		return []byte("Password:"), false, nil
	}
	return nil, true, l.authenticate(l.user, string(response))
}
