package deliver

import (
	"context"
	"errors"
	"fmt"
)

// A Report says what a relay answered to Check.
type Report struct {
	Relay     string
	Encrypted bool // and the certificate verified
	LoggedIn  bool
	Err       error
}

// Check connects to the relay as Send would, as far as a mail could follow, and
// hangs up.
func (s *SMTP) Check(ctx context.Context) (Report, error) {
	r := Report{Relay: s.Addr}
	c, err := s.connect(ctx)
	if err != nil {
		return r, err
	}
	r.Encrypted, r.LoggedIn = c.proven, s.Auth.User != ""
	s.quit(c)
	return r, nil
}

// Check checks every relay that can be checked without sending a mail. The error
// joins those of the relays.
func (f *Failover) Check(ctx context.Context) (reports []Report, err error) {
	var errs []error
	for _, sender := range f.Senders {
		relay, ok := sender.(interface {
			Check(context.Context) (Report, error)
		})
		if !ok {
			continue
		}
		r, err := relay.Check(ctx)
		if r.Err = err; err != nil {
			errs = append(errs, fmt.Errorf("relay %s: %w", r.Relay, err))
		}
		reports = append(reports, r)
	}
	return reports, errors.Join(errs...)
}
