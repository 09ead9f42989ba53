package shop

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/store"
)

const (
	// pastDays is how long the shop is known: enough for a trend, and to learn what comes
	// daily.
	pastDays = 28
	// evening is when the last night before the first day begins.
	evening = 14 * time.Hour
)

// A History is a store that forgets the summaries it has made.
type History interface {
	failmail.Store
	store.Sent
}

// Recall fills a store with what happened before the first day: the errors and backups of
// some weeks, in days as long as ours, and the night before, in days of the shop. No summary
// of that is left.
func Recall(ctx context.Context, kept History, config failmail.Config, seed uint64, day time.Duration) error {
	config.Store, config.Bind, config.FlushOnExit = kept, failmail.NoListener, true
	config.Logger = nil                                                    // what happened was told long ago
	config.Wait, config.MaxWait = 2*pastDays*wholeDay, 2*pastDays*wholeDay // one batch for all
	config.Sender = failmail.SenderFunc(func(context.Context, *failmail.Mail) error { return nil })
	proxy, err := failmail.New(config)
	if err != nil {
		return err
	}
	if err := proxy.Start(ctx); err != nil {
		return err
	}
	err = (&Shop{Proxy: proxy, Kept: kept, Seed: seed, Day: day}).past(ctx, time.Now())
	if err := proxy.Shutdown(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	if err != nil {
		return err
	}
	return kept.ForgetSent(ctx, time.Now().Add(wholeDay), 0)
}

func (s *Shop) past(ctx context.Context, now time.Time) error {
	rng := rand.New(rand.NewPCG(s.Seed, pastDays))
	year, month, today := now.Date()
	for day := today - pastDays; day <= today; day++ {
		midnight := time.Date(year, month, day, 0, 0, 0, 0, now.Location())
		busy := rng.Float64() // of all mails so many come
		for _, r := range rows {
			if !r.past {
				continue
			}
			for _, e := range r.events(rng) {
				e.rng = rng
				at := midnight.Add((e.At + opens) % wholeDay)
				if at.After(now) || r.every > 0 && rng.Float64() > busy {
					continue
				}
				if err := s.send(ctx, e, at); err != nil {
					return err
				}
			}
		}
	}
	for _, e := range Day(s.Seed, -1) {
		if e.At >= evening && e.Letter != nil {
			if err := s.send(ctx, e, now.Add(s.scaled(e.At-wholeDay))); err != nil {
				return err
			}
		}
	}
	return nil
}
