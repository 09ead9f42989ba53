package deliver

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
)

// Options are what all relays of a Failover have in common. The zero value means
// the defaults of each field.
type Options struct {
	Hostname string       // as in SMTP
	TLS      TLS          // as in SMTP; Implicit is set by smtps://
	Auth     Auth         // as in SMTP; the user in a relay takes precedence
	Limits   Limits       // as in SMTP, for each relay; IdleTimeout 0 means DefaultIdleTimeout, a negative one no reuse
	Timeouts Timeouts     // as in SMTP
	Logger   *slog.Logger // nil discards
	Output   io.Writer    // of debug; defaults to standard output
}

// Open returns a Sender for the relays in their order of preference, or an error
// that says all that is wrong with the options. It connects to nobody. Close it
// in the end.
func Open(relays []Relay, o Options) (*Failover, error) {
	problems := o.problems(relays)
	f := &Failover{Logger: o.Logger}
	for _, r := range relays {
		sender, err := o.open(r)
		if err != nil {
			problems = append(problems, err)
		}
		f.Senders, f.Names = append(f.Senders, sender), append(f.Names, r.String())
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return f, nil
}

func (o Options) problems(relays []Relay) (problems []error) {
	if len(relays) == 0 {
		problems = append(problems, errors.New("there is no relay"))
	}
	if _, err := ParseTLSPolicy(string(o.TLS.policy())); err != nil {
		problems = append(problems, err)
	}
	if o.TLS.Files != nil && o.TLS.policy() != TLSOff {
		if err := o.TLS.Files.Check(); err != nil {
			problems = append(problems, err)
		}
	}
	if m := o.Auth.Mechanism; m != "" && len(o.Auth.known()) == 0 {
		problems = append(problems, fmt.Errorf("the AUTH mechanism %q is not known or lacks its secret; there are XOAUTH2 with a token, and CRAM-MD5, PLAIN and LOGIN with a password", m))
	}
	return problems
}

func (o Options) open(r Relay) (Sender, error) {
	switch r.Protocol {
	case ProtocolDebug:
		if o.Output == nil {
			o.Output = os.Stdout
		}
		return &Debug{Output: o.Output}, nil
	case ProtocolExec:
		if _, err := exec.LookPath(r.Command[0]); err != nil {
			return nil, fmt.Errorf("the relay %s cannot be run: %w", r, err)
		}
		return &Exec{Command: r.Command}, nil
	}
	s := &SMTP{
		Addr: r.Addr, Hostname: o.Hostname, LMTP: r.Protocol == ProtocolLMTP, TLS: o.TLS, Auth: o.Auth,
		Limits: o.Limits, Timeouts: o.Timeouts, Logger: o.Logger,
	}
	s.TLS.Implicit = r.Protocol == ProtocolSMTPS
	s.Auth.User = cmp.Or(r.User, o.Auth.User)
	s.Limits.IdleTimeout = max(cmp.Or(o.Limits.IdleTimeout, DefaultIdleTimeout), 0)
	switch {
	case s.TLS.Implicit && s.TLS.policy() == TLSOff:
		return nil, fmt.Errorf("the relay %s is always encrypted, which TLS.Policy=off contradicts; leave out one of them", r)
	case s.Auth.User != "" && s.Auth.Password == nil && s.Auth.Token == nil:
		return nil, fmt.Errorf("the relay %s has the user %q, but there is neither a password nor a token command for it", r, s.Auth.User)
	}
	return s, nil
}
