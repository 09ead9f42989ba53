package failmail

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/hut8labs/failmail/internal/learning"
	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/internal/recent"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

const (
	// refreshEvery is how late a mute is noticed that another process on the
	// same store was asked for.
	refreshEvery = 5 * time.Second
	// lookEvery is how late it is known what another process was told to be open, and mostOpen
	// how much of that.
	lookEvery = time.Minute
	mostOpen  = 2000
	// forgetEvery is how often the history is pruned, and remember what it
	// keeps; problems that are over stay a year.
	forgetEvery = 24 * time.Hour
	remember    = 90 * 24 * time.Hour
)

// A housekeeper keeps up with the mutes that other processes change and with what they
// learn, and prunes the history.
type housekeeper struct {
	settings *current
	store    store.Memory
	problems store.Problems
	sent     store.Sent
	learner  *learning.Learner
	log      *slog.Logger

	reading sync.Mutex // an older list never replaces a newer one
	shared  bool       // the store is that of several processes
	looked  time.Time  // for what is open
}

// noteOpen makes the classifier know what is open that was heard of since it was asked last: by
// another node, or by a process before this one.
func (h *housekeeper) noteOpen(ctx context.Context, now time.Time) error {
	open := true
	list, _, err := h.problems.Problems(ctx, store.ProblemQuery{Open: &open, Since: h.looked, Now: now, Limit: mostOpen})
	if err != nil {
		return err
	}
	known := h.settings.Load().classifier.Open
	for _, p := range slices.Backward(list) { // the one that was seen last is
		for i := range p.Things {
			if t := &p.Things[i]; p.IsOpenThing(t, now) {
				known.Note(meaning.Meaning{Status: meaning.Problem, Source: t.Source, Sender: t.Sender, Object: t.Object}, t.Bad)
			}
		}
	}
	h.looked = now
	return nil
}

// refresh puts the mutes in force that the store has, and learns what it knows of
// families and, now and then, of what is open.
func (h *housekeeper) refresh(ctx context.Context) error {
	if err := h.learner.Sync(ctx); err != nil {
		return err
	}
	h.reading.Lock()
	defer h.reading.Unlock()
	if now := time.Now(); h.looked.IsZero() || h.shared && now.Sub(h.looked) >= lookEvery {
		if err := h.noteOpen(ctx, now); err != nil {
			return err
		}
	}
	mutes, err := h.store.Mutes(ctx, time.Now())
	if err == nil {
		mutes, err = h.endMutes(ctx, mutes)
		h.settings.Load().classifier.Mutes.Set(mutes)
	}
	return err
}

// endMutes ends the mutes of problems that are over, or have so many mails, and returns those
// that go on.
func (h *housekeeper) endMutes(ctx context.Context, mutes []store.Mute) (going []store.Mute, err error) {
	for _, m := range mutes {
		why, wrong := h.endOf(ctx, m)
		if wrong == nil && why != "" {
			wrong = h.endMute(ctx, m, why)
		}
		if err = errors.Join(err, wrong); wrong != nil || why == "" {
			going = append(going, m)
		}
	}
	return going, err
}

// endOf returns why a mute ends now; empty if it does not.
func (h *housekeeper) endOf(ctx context.Context, m store.Mute) (why string, err error) {
	if !m.UntilOver && m.UntilCount == 0 {
		return "", nil
	}
	p, _, err := h.problems.Problem(ctx, m.Problem)
	switch {
	case err != nil || p == nil:
		return "", err
	case m.UntilOver && (!isOpen(p, m.Things, time.Now()) || wasOver(p, m.Created)):
		return "it is over", nil
	case m.UntilCount > 0 && p.Count >= m.UntilCount:
		return phrase.Count(p.Count, "mail") + " have come", nil
	}
	return "", nil
}

// isOpen reports whether any of things is open, of those of p; none stands for all.
func isOpen(p *store.Problem, things []meaning.Thing, at time.Time) bool {
	return slices.ContainsFunc(p.Things, func(t store.ProblemThing) bool {
		return (len(things) == 0 || slices.Contains(things, t.Thing)) && p.IsOpenThing(&t, at)
	})
}

// wasOver reports whether p was over since a time, though it may be back.
func wasOver(p *store.Problem, since time.Time) bool {
	return slices.ContainsFunc(p.History, func(e store.ProblemEvent) bool {
		return (e.Kind == store.Over || e.Kind == store.Resolved) && e.At.After(since)
	})
}

func (h *housekeeper) endMute(ctx context.Context, m store.Mute, why string) error {
	found, err := h.store.Unmute(ctx, m.ID)
	if err != nil || !found { // another node was first
		return err
	}
	h.log.Info("ended a mute of a problem", "mute", m.ID, "problem", m.Problem, "why", why)
	_, err = h.problems.ChangeProblem(ctx, m.Problem, func(p *store.Problem) error {
		p.MutedUntil, p.MutedEnd = time.Time{}, ""
		return p.Do(store.Unmuted, "Failmail", why, time.Now())
	})
	return err
}

func (h *housekeeper) forget(ctx context.Context, now time.Time) error {
	return errors.Join(h.store.Forget(ctx, now.Add(-remember)), h.sent.ForgetSent(ctx, now.Add(-recent.MaxAge), recent.MaxBytes), h.problems.ForgetProblems(ctx, now.AddDate(-1, 0, 0), now))
}

func (h *housekeeper) run(ctx context.Context) {
	refresh := time.NewTicker(refreshEvery)
	defer refresh.Stop()
	var pruned time.Time
	for {
		if time.Since(pruned) > forgetEvery {
			pruned = time.Now()
			if err := h.forget(ctx, pruned); err != nil && ctx.Err() == nil {
				h.log.Warn("cannot prune the history, will try again tomorrow", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-refresh.C:
		}
		if err := h.refresh(ctx); err != nil && ctx.Err() == nil {
			h.log.Debug("cannot read mutes and families, will try again", "error", err)
		}
	}
}
