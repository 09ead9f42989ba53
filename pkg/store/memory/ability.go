package memory

import (
	"context"
	"time"

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
	for _, b := range s.open {
		b.shift(by)
	}
	for _, l := range s.claimed {
		l.item.shift(by)
		l.until = store.Moved(l.until, by)
	}
	for _, b := range s.sealed {
		b.shift(by)
	}
	for _, o := range s.outbox {
		o.item.Due, o.item.NextAt, o.until = store.Moved(o.item.Due, by), store.Moved(o.item.NextAt, by), store.Moved(o.until, by)
	}
	for key, last := range s.seen {
		s.seen[key] = store.Moved(last, by)
	}
	for hash, seen := range s.history {
		s.history[hash] = seen.Moved(by)
	}
	for id, m := range s.mutes {
		m.Created, m.Until = store.Moved(m.Created, by), store.Moved(m.Until, by)
		s.mutes[id] = m
	}
	for name, h := range s.heartbeats {
		h.Last = store.Moved(h.Last, by)
		s.heartbeats[name] = h
	}
	return nil
}

func (b *openBatch) shift(by time.Duration) {
	b.Batch.Shift(by)
	b.firstDue = store.Moved(b.firstDue, by)
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
