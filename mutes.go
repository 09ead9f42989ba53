package failmail

import (
	"context"
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

// A Mute says that the summaries shall not show some mails for a while.
type Mute = store.Mute

// Mute keeps mails out of the summaries for a while: those with a fingerprint, as far as
// they are about things that were seen before (Mute.Things; up to 24, otherwise all), or
// those whose subject, title or reason a regular expression matches. They are
// still counted, and the last line of the next summary says how many there were,
// and why they were muted. When only muted mails come, a summary says so at the
// end of the mute.
func (p *Proxy) Mute(ctx context.Context, what, reason string, duration time.Duration) (Mute, error) {
	parts, err := p.running()
	if err != nil {
		return Mute{}, err
	}
	m, err := batch.ParseMute(what, reason, time.Now(), duration)
	if err != nil {
		return Mute{}, err
	}
	if m.Things, err = p.thingsOf(ctx, parts, m.Fingerprint); err != nil {
		return Mute{}, err
	}
	if m.ID, err = parts.store.Mute(ctx, m); err != nil {
		return Mute{}, err
	}
	p.log.Info("muted mails", "mute", m.ID, "pattern", what, "reason", reason, "until", m.Until.Format(time.RFC3339), "things", len(m.Things))
	return p.shown(m), parts.keeper.refresh(ctx)
}

// thingsOf returns the things that the mails of an error were about; none if there is no
// such error, or too many are known.
func (p *Proxy) thingsOf(ctx context.Context, parts *parts, fingerprint string) ([]meaning.Thing, error) {
	if fingerprint == "" {
		return nil, nil
	}
	family := p.settings.Load().classifier.Families.Of(fingerprint)
	found, _, err := parts.store.Problems(ctx, store.ProblemQuery{Words: []string{family}, Now: time.Now(), Limit: batch.MaxMutedThings + 1})
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(f *store.Problem) bool {
		return f.Fingerprint != family && batch.WithoutThing(f.Text) != family // a note may name it
	})
	return batch.MutedThings(found...), nil
}

// shown returns m as people are shown it.
func (p *Proxy) shown(m Mute) Mute {
	m.Things = slices.Clone(m.Things)
	for i := range m.Things {
		m.Things[i].Object = p.settings.config().Redactor.Text(m.Things[i].Object)
	}
	return m
}

// A MuteMatch is an error in an open batch that a mute is about.
type MuteMatch = batch.MuteMatch

// MuteMatches returns the errors in the open batches that a mute of what is about, as
// a preview of what it would keep out of the summaries, the most frequent first. They
// themselves stay. The error of a pattern is that of Mute.
func (p *Proxy) MuteMatches(ctx context.Context, what string) ([]MuteMatch, error) {
	m, err := batch.ParseMute(what, "", time.Now(), time.Hour)
	if err != nil {
		return nil, err
	}
	parts, err := p.running()
	if err != nil {
		return nil, err
	}
	open, err := parts.store.Open(ctx)
	if err != nil {
		return nil, err
	}
	matches := batch.Matching(m, open)
	if redactor := p.settings.config().Redactor; redactor != nil {
		for i := range matches {
			matches[i].Title = redactor.Text(matches[i].Title)
		}
	}
	return matches, nil
}

// Unmute ends a mute; false if there is none with the ID.
func (p *Proxy) Unmute(ctx context.Context, id int64) (bool, error) {
	parts, err := p.running()
	if err != nil {
		return false, err
	}
	found, err := parts.store.Unmute(ctx, id)
	if err != nil || !found {
		return found, err
	}
	p.log.Info("unmuted mails", "mute", id)
	return true, parts.keeper.refresh(ctx)
}

// Mutes returns the mutes in force.
func (p *Proxy) Mutes(ctx context.Context) ([]Mute, error) {
	parts, err := p.running()
	if err != nil {
		return nil, err
	}
	mutes, err := parts.store.Mutes(ctx, time.Now())
	for i := range mutes {
		mutes[i] = p.shown(mutes[i])
	}
	return mutes, err
}
