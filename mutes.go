package failmail

import (
	"context"
	"time"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/store"
)

// A Mute says that the summaries shall not show some mails for a while.
type Mute = store.Mute

const (
	// refreshEvery is how late a mute is noticed that another process on the
	// same store was asked for.
	refreshEvery = 5 * time.Second
	// forgetEvery is how often the history is pruned, and remember what it
	// keeps.
	forgetEvery = 24 * time.Hour
	remember    = 90 * 24 * time.Hour
)

// Mute keeps mails out of the summaries for a while: those with a fingerprint, or
// those whose subject, title or reason a regular expression matches. They are
// still counted, and the last line of the next summary says how many there were,
// and why they were muted. When only muted mails come, a summary says so at the
// end of the mute.
func (p *Proxy) Mute(ctx context.Context, what, reason string, duration time.Duration) (Mute, error) {
	if err := p.running(); err != nil {
		return Mute{}, err
	}
	m, err := batch.ParseMute(what, reason, time.Now(), duration)
	if err != nil {
		return Mute{}, err
	}
	if m.ID, err = p.store.Mute(ctx, m); err != nil {
		return Mute{}, err
	}
	p.log.Info("muted mails", "mute", m.ID, "pattern", what, "reason", reason, "until", m.Until.Format(time.RFC3339))
	return m, p.refreshMutes(ctx)
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
	if err := p.running(); err != nil {
		return nil, err
	}
	open, err := p.store.Open(ctx)
	if err != nil {
		return nil, err
	}
	matches := batch.Matching(m, open)
	if redactor := p.conf().Redactor; redactor != nil {
		for i := range matches {
			matches[i].Title = redactor.Text(matches[i].Title)
		}
	}
	return matches, nil
}

// Unmute ends a mute; false if there is none with the ID.
func (p *Proxy) Unmute(ctx context.Context, id int64) (bool, error) {
	if err := p.running(); err != nil {
		return false, err
	}
	found, err := p.store.Unmute(ctx, id)
	if err != nil || !found {
		return found, err
	}
	p.log.Info("unmuted mails", "mute", id)
	return true, p.refreshMutes(ctx)
}

// Mutes returns the mutes in force.
func (p *Proxy) Mutes(ctx context.Context) ([]Mute, error) {
	if err := p.running(); err != nil {
		return nil, err
	}
	return p.store.Mutes(ctx, time.Now())
}

func (p *Proxy) refreshMutes(ctx context.Context) error {
	mutes, err := p.store.Mutes(ctx, time.Now())
	if err == nil {
		p.settings.Load().classifier.Mutes.Set(mutes)
	}
	return err
}

// housekeep keeps up with what other processes change, and prunes the history.
func (p *Proxy) housekeep(ctx context.Context) {
	refresh := time.NewTicker(refreshEvery)
	defer refresh.Stop()
	var pruned time.Time
	for {
		if time.Since(pruned) > forgetEvery {
			pruned = time.Now()
			if err := p.store.Forget(ctx, pruned.Add(-remember)); err != nil && ctx.Err() == nil {
				p.log.Warn("cannot prune the history, will try again tomorrow", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-refresh.C:
		}
		if err := p.refreshMutes(ctx); err != nil && ctx.Err() == nil {
			p.log.Debug("cannot read the mutes, will try again", "error", err)
		}
	}
}

// running returns ErrNotRunning before Start and after Shutdown.
func (p *Proxy) running() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state != running {
		return ErrNotRunning
	}
	return nil
}
