package deliver

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
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
	if err := o.TLS.policy().check(); err != nil {
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
