package failmail

import (
	"context"
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/expect"
)

type (
	// Expected is how it is with a mail that must come, or that is proposed to; see
	// [Proxy.Expected].
	Expected = expect.State
	// An ExpectedMatch is a mail that came and would have been expected; see
	// [Proxy.ExpectedMatches].
	ExpectedMatch = expect.Match
)

// Expected returns how it is with the mails of Config.Expect, in their order, with those
// that were added or confirmed while the Proxy ran, with what was found to come regularly,
// and with those of Config.Heartbeats that came and are none of these.
func (p *Proxy) Expected(ctx context.Context) ([]Expected, error) {
	parts, err := p.running()
	if err != nil {
		return nil, err
	}
	states, err := parts.overdue.States(ctx)
	if err != nil {
		return nil, err
	}
	states = append(states, parts.routine.Proposals()...)
	beats, err := p.Heartbeats(ctx)
	if err != nil {
		return nil, err
	}
	for _, b := range beats {
		s := Expected{Kind: expect.Heartbeat, Name: b.Name, Match: expect.MatchThing(heartbeatOf(b.Name).Thing()), Last: b.Last}
		if !slices.ContainsFunc(states, func(other Expected) bool { return slices.Equal(other.Match, s.Match) }) {
			states = append(states, s)
		}
	}
	redactor := p.settings.config().Redactor
	for i := range states {
		if states[i].Kind == expect.Configured {
			continue // as somebody has written it
		}
		shown := make([]string, len(states[i].Match))
		for k, matcher := range states[i].Match {
			shown[k] = redactor.Text(matcher)
		}
		states[i].Match = shown
	}
	return states, nil
}

// ExpectedMatches returns which of the good mails of the last weeks e is about, as far as
// they are remembered, the latest first: a preview of [Proxy.AddExpected]. Matchers of
// header fields find none. Its error says what is wrong with e, and how to mend it.
func (p *Proxy) ExpectedMatches(ctx context.Context, e expect.Expectation) ([]ExpectedMatch, error) {
	parts, err := p.running()
	if err != nil {
		return nil, err
	}
	found, err := parts.routine.Matches(ctx, e)
	redactor := p.settings.config().Redactor
	for i := range found {
		found[i].Subject = redactor.Text(found[i].Subject)
	}
	return found, err
}

// AddExpected expects e from now on, also after a restart and for all who share the store.
// What is wrong with e is said as by [New]; [expect.ErrTaken] if something else has its name.
func (p *Proxy) AddExpected(ctx context.Context, e expect.Expectation) error {
	parts, err := p.running()
	if err != nil {
		return err
	}
	if _, err := expect.New([]expect.Expectation{e}, time.Local); err != nil {
		return err
	}
	if err := parts.routine.Add(ctx, e); err != nil {
		return err
	}
	parts.overdue.Look()
	p.log.Info("expects a mail because somebody asked for it", "name", e.Name)
	return nil
}

// ConfirmExpected makes what was learned under a name something that is expected. Its
// schedule follows how the mails come. [expect.ErrUnknown] if nothing of that name was
// learned. It is remembered as what was added.
func (p *Proxy) ConfirmExpected(ctx context.Context, name string) error {
	parts, err := p.running()
	if err != nil {
		return err
	}
	if err := parts.routine.Confirm(ctx, name); err != nil {
		return err
	}
	parts.overdue.Look()
	p.log.Info("expects a mail that was found to come regularly", "name", name)
	return nil
}

// DropExpected ends an expectation, and does not propose it again if it was learned.
// [expect.ErrConfigured] if it is one of Config.Expect, [expect.ErrUnknown] if there is none
// of that name. If it is missing, that is over.
func (p *Proxy) DropExpected(ctx context.Context, name string) error {
	parts, err := p.running()
	if err != nil {
		return err
	}
	before := parts.routine.List()
	if err := parts.routine.Drop(ctx, name); err != nil {
		return err
	}
	if err := parts.overdue.Dropped(ctx, before, name); err != nil {
		return err
	}
	parts.overdue.Look()
	p.log.Info("no longer expects a mail", "name", name)
	return nil
}
