package shop

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/internal/storm"
	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/problem"
)

// A Shop is played before a Proxy.
type Shop struct {
	Proxy *failmail.Proxy // a running one, with a Config that has Expected
	Kept  History         // its store
	Seed  uint64
	Day   time.Duration // how long a day takes
	// Tell, if it is set, hears what happens on which day, counted from 0, and at which time
	// of it.
	Tell func(day int, clock time.Duration, what string)
}

// Expected returns the mails that must come each day, if a day takes so long: at least a
// minute.
func Expected(day time.Duration) (list []expect.Expectation) {
	for _, name := range []string{"restic web1", "restic web2", "restic worker1"} {
		list = append(list, expect.Expectation{
			Name: name, Match: []string{`object="` + name + `"`}, Every: phrase.Duration(day), Within: scaled(day, 30*time.Minute), To: ops,
		})
	}
	return list
}

// scaled returns how long something takes that takes d in the time of the shop.
func scaled(day, d time.Duration) time.Duration {
	return time.Duration(float64(day) / float64(wholeDay) * float64(d))
}

// summaryDays is how long summaries are kept: a proxy would keep them for two weeks, and of
// more than a thousand a day that is more memory than a demo should take.
const summaryDays = 3

// Play has one day after the other pass until ctx ends, and returns nil then.
func (s *Shop) Play(ctx context.Context) error {
	began := time.Now()
	for day := 0; ; day++ {
		if err := s.Kept.ForgetSent(ctx, time.Now().Add(-summaryDays*s.Day), math.MaxInt64); err != nil {
			return err
		}
		for _, e := range Day(s.Seed, day) {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(time.Until(began.Add(time.Duration(day)*s.Day + s.scaled(e.At)))):
			}
			if err := s.happen(ctx, day, e); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
}

func (s *Shop) scaled(d time.Duration) time.Duration { return scaled(s.Day, d) }

func (s *Shop) happen(ctx context.Context, day int, e Event) error {
	if e.Says != "" && s.Tell != nil {
		s.Tell(day, (opens+e.At)%wholeDay, e.Says)
	}
	if e.Letter != nil {
		return s.send(ctx, e, time.Now())
	}
	if e.Deed != nil {
		return s.do(ctx, *e.Deed)
	}
	return nil
}

// send submits a mail as if it had come at a time.
func (s *Shop) send(ctx context.Context, e Event, at time.Time) error {
	mail := storm.Write(*e.Letter, at, e.rng)
	message := failmail.NewMessage(mail.From, mail.To, mail.Data)
	message.Helo, message.Received = mail.Helo, at
	if err := s.Proxy.Submit(ctx, message); err != nil {
		return fmt.Errorf("send a mail of %s: %w", mail.Helo, err)
	}
	return nil
}

// atOnce is how many problems a Deed is about, at most.
const atOnce = 10

func (s *Shop) do(ctx context.Context, d Deed) error {
	found, _, err := s.Proxy.Problems(ctx, d.About, 0, atOnce)
	if err != nil {
		return err
	}
	for _, p := range found {
		if d.Mute > 0 {
			_, err = s.Proxy.MuteProblem(ctx, p.ID, d.By, d.Text, failmail.MuteEnd{At: time.Now().Add(s.scaled(d.Mute))})
		} else {
			_, err = s.Proxy.Act(ctx, p.ID, d.Action, d.By, d.Text)
		}
		if _, refused := errors.AsType[*problem.Mistake](err); err != nil && !refused { // whoever watches may have acted first
			return fmt.Errorf("have %s act on %q: %w", d.By, p.Headline, err)
		}
	}
	return nil
}
