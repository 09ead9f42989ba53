package failmail

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/hut8labs/failmail/internal/learning"
	"github.com/hut8labs/failmail/internal/recent"
	"github.com/hut8labs/failmail/pkg/store"
)

const (
	// refreshEvery is how late a mute is noticed that another process on the
	// same store was asked for.
	refreshEvery = 5 * time.Second
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
	recent   *recent.Recent
	learner  *learning.Learner
	log      *slog.Logger

	reading sync.Mutex // an older list never replaces a newer one
}

// refresh puts the mutes in force that the store has, and learns what it knows of
// families.
func (h *housekeeper) refresh(ctx context.Context) error {
	if err := errors.Join(h.learner.Sync(ctx), h.recent.Sync(ctx)); err != nil {
		return err
	}
	h.reading.Lock()
	defer h.reading.Unlock()
	mutes, err := h.store.Mutes(ctx, time.Now())
	if err == nil {
		h.settings.Load().classifier.Mutes.Set(mutes)
	}
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
