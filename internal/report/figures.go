package report

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/problem"
	"github.com/hut8labs/failmail/pkg/store"
)

// Bounds of a report: on what it looks at, and on what it names of each kind.
const (
	maxLooked = 1000
	maxNamed  = 15
	// forgotten is how long a problem is acknowledged and open until a report asks about it.
	forgotten = 7 * 24 * time.Hour
)

// A Source knows what a report tells. It has functions, as an interface of a Proxy would keep
// the page in programs that do not serve it.
type Source struct {
	Problems func(ctx context.Context, question string, most int) (list []problem.Problem, total int, err error)
	Expected func(ctx context.Context) ([]expect.State, error)
	Mutes    func(ctx context.Context) ([]store.Mute, error)
}

// Figures are what a report tells of a time.
type Figures struct {
	Since, Until time.Time
	Open         []problem.Problem // the oldest first
	OpenCount    int
	New          []problem.Problem // first seen since then
	Over         []problem.Problem // over since then
	Noisiest     []Noisy           // those with the most mails since then
	Forgotten    []problem.Problem // acknowledged long ago, and still open
	Missing      []expect.State
	Expected     int // mails that must come
	Mutes        []store.Mute
	// Cut says that there was more than is looked at.
	Cut bool
}

// A Noisy is a problem with its mails of the time of a report, and of the time before.
type Noisy struct {
	problem.Problem
	Mails, Before int
}

// Collect finds out what a report of the time from since until now tells.
func Collect(ctx context.Context, from Source, since, now time.Time) (*Figures, error) {
	f := &Figures{Since: since, Until: now}
	var err error
	if f.Open, f.OpenCount, err = from.Problems(ctx, "is:open", maxLooked); err != nil {
		return nil, err
	}
	seen, total, err := from.Problems(ctx, "since:"+since.Format(time.DateOnly), maxLooked)
	if err != nil {
		return nil, err
	}
	f.Cut = f.OpenCount > len(f.Open) || total > len(seen)
	slices.SortStableFunc(f.Open, func(a, b problem.Problem) int { return a.Since.Compare(*b.Since) })
	for _, p := range f.Open {
		if p.AckedBy != "" && p.Since.Before(now.Add(-forgotten)) {
			f.Forgotten = append(f.Forgotten, p)
		}
	}
	for _, p := range seen {
		if !p.First.Before(since) {
			f.New = append(f.New, p)
		}
		if p.Over != nil && !p.Over.Before(since) {
			f.Over = append(f.Over, p)
		}
		if n := noisy(p, since, now); n.Mails > 0 {
			f.Noisiest = append(f.Noisiest, n)
		}
	}
	slices.SortStableFunc(f.Noisiest, func(a, b Noisy) int { return cmp.Compare(b.Mails, a.Mails) })
	states, err := from.Expected(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range states {
		if s.Kind == expect.Proposed {
			continue
		}
		if f.Expected++; s.Missing {
			f.Missing = append(f.Missing, s)
		}
	}
	f.Mutes, err = from.Mutes(ctx)
	return f, err
}

// noisy counts the mails of the days from since to now, which counts are kept of, and those of as
// many days before.
func noisy(p problem.Problem, since, now time.Time) Noisy {
	n := Noisy{Problem: p}
	first, before := since.Format(time.DateOnly), since.AddDate(0, 0, -daysOf(since, now)).Format(time.DateOnly)
	for _, d := range p.Days {
		switch {
		case d.Day >= first:
			n.Mails += d.Count
		case d.Day >= before:
			n.Before += d.Count
		}
	}
	return n
}

// daysOf returns how many days of the calendar there are from since to now, both included.
func daysOf(since, now time.Time) int {
	noon := func(t time.Time) time.Time {
		y, m, d := t.In(since.Location()).Date()
		return time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
	}
	return int(noon(now).Sub(noon(since))/(24*time.Hour)) + 1
}
