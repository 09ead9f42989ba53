package memory

import (
	"context"
	"time"

	"github.com/hut8labs/failmail/internal/clockstep"
	"github.com/hut8labs/failmail/pkg/store"
)

var (
	_ store.Prober   = (*Store)(nil)
	_ store.Shifter  = (*Store)(nil)
	_ store.Notebook = (*Store)(nil)
)

// Probe implements store.Prober.
func (s *Store) Probe(ctx context.Context, _ int) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	s.mu.Unlock()
	return nil
}

// Newest implements store.Shifter. What is kept does not outlive the process, and so
// no step of the clock that it has not seen.
func (s *Store) Newest(ctx context.Context) (time.Time, error) {
	return time.Time{}, s.Probe(ctx, 0)
}

// Shift implements store.Shifter.
func (s *Store) Shift(ctx context.Context, by time.Duration) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	move := func(times ...*time.Time) { clockstep.Move(by, store.Never, times...) }
	for _, b := range s.open {
		b.Shift(by)
		move(&b.firstDue)
	}
	for _, l := range s.claimed {
		l.item.Shift(by)
		move(&l.item.firstDue, &l.until)
	}
	for _, b := range s.sealed {
		b.Shift(by)
		move(&b.firstDue)
	}
	for _, o := range s.outbox {
		move(&o.item.Due, &o.item.NextAt, &o.until)
	}
	for key, last := range s.seen {
		move(&last)
		s.seen[key] = last
	}
	for hash, seen := range s.history {
		move(&seen.First, &seen.Last)
		s.history[hash] = seen
	}
	for thing, standing := range s.standings {
		clockstep.Move(by, store.Never, &standing.Since, &standing.Bad, &standing.Good)
		s.standings[thing] = standing
	}
	for _, p := range s.problems.byID {
		p.Shift(by)
	}
	for _, slots := range s.problems.samples {
		for slot, sample := range slots {
			move(&sample.At)
			slots[slot] = sample
		}
	}
	for id, sent := range s.sent {
		move(&sent.Made)
		s.sent[id] = sent
	}
	for id, m := range s.mutes {
		move(&m.Created, &m.Until)
		s.mutes[id] = m
	}
	for name, h := range s.heartbeats {
		move(&h.Last)
		s.heartbeats[name] = h
	}
	for i := range s.lessons {
		move(&s.lessons[i].At)
	}
	return nil
}

// Note implements store.Notebook.
func (s *Store) Note(ctx context.Context, name, text string) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if text == "" {
		delete(s.notes, name)
	} else {
		s.notes[name] = text
	}
	return nil
}

// Noted implements store.Notebook.
func (s *Store) Noted(ctx context.Context, name string) (string, error) {
	if err := s.lock(ctx); err != nil {
		return "", err
	}
	defer s.mu.Unlock()
	return s.notes[name], nil
}
