// Package report tells at set times how things stand, also when all is quiet: that a report
// comes proves that the path works.
package report

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/hut8labs/failmail/internal/schedule"
	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

// A Policy says which reports go to whom.
type Policy struct {
	Every  []string // as people wrote them
	Times  []expect.Schedule
	To     []string
	Origin render.Origin
}

// Config is what a Reporter works with.
type Config struct {
	Policy func() Policy // the one in force
	Source Source
	// Once puts mails into the outbox unless that was done with the same name and text,
	// by this process or another one.
	Once   func(ctx context.Context, name, text string, mails []store.Outgoing) (done bool, err error)
	Noted  func(ctx context.Context, name string) (string, error) // the text of the last Once
	Sent   func(t time.Time)                                      // there is something in the outbox
	Logger *slog.Logger
}

// A Reporter sends reports, each once, whatever restarts and other nodes do.
type Reporter struct {
	config Config
	loop   *schedule.Loop
}

// New returns a Reporter that sends nothing until Run.
func New(config Config) *Reporter {
	r := &Reporter{config: config}
	r.loop = &schedule.Loop{Name: "send reports", Next: r.next, Step: r.step, Logger: config.Logger}
	return r
}

// Run sends reports until ctx ends.
func (r *Reporter) Run(ctx context.Context) { r.loop.Run(ctx) }

// since returns when a report was due last, as far as all nodes know. The first time that it
// is asked for is the first one's beginning.
func (r *Reporter) since(ctx context.Context, every string) (time.Time, error) {
	text, err := r.config.Noted(ctx, note(every))
	if err != nil {
		return time.Time{}, err
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.Local(), nil
	}
	now := time.Now()
	_, err = r.config.Once(ctx, note(every), stamp(now), nil)
	return now, err
}

// stamp writes a time so that a later one sorts behind it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func note(every string) string { return "report " + every }

func (r *Reporter) next(ctx context.Context) (next time.Time, err error) {
	next = store.Never
	policy := r.config.Policy()
	for i, every := range policy.Every {
		since, err := r.since(ctx, every)
		if err != nil {
			return next, err
		}
		if due := policy.Times[i].After(since); due.Before(next) {
			next = due
		}
	}
	return next, nil
}

// step sends the reports that are due. Of several that were due while no process ran, the
// last one tells it all.
func (r *Reporter) step(ctx context.Context) error {
	policy, now := r.config.Policy(), time.Now()
	for i, every := range policy.Every {
		since, err := r.since(ctx, every)
		if err != nil {
			return err
		}
		due := policy.Times[i].After(since)
		if due.After(now) {
			continue
		}
		for next := policy.Times[i].After(due); !next.After(now); next = policy.Times[i].After(due) {
			due = next
		}
		if err := r.send(ctx, policy, every, since, due); err != nil {
			return fmt.Errorf("report %q: %w", every, err)
		}
	}
	return nil
}

func (r *Reporter) send(ctx context.Context, policy Policy, every string, since, due time.Time) error {
	now := time.Now()
	figures, err := Collect(ctx, r.config.Source, since, now)
	if err != nil {
		return err
	}
	var mails []store.Outgoing
	for _, to := range policy.To {
		mail, err := render.Notice(policy.Origin, to, figures.Subject(), figures.Text(policy.Origin.URL), now)
		if err != nil {
			return err
		}
		mails = append(mails, store.Outgoing{MessageID: mail.MessageID, From: mail.From, To: mail.To, Mail: mail.Raw, Due: now, NextAt: now})
	}
	done, err := r.config.Once(ctx, note(every), stamp(due), mails)
	if err == nil && done {
		r.config.Sent(now)
		r.config.Logger.Info("made a report", "report", every, "open", figures.OpenCount, "to", policy.To)
	}
	return err
}
