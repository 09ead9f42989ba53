package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

// Mute implements store.Store.
func (s *Store) Mute(ctx context.Context, m store.Mute) (int64, error) {
	if err := s.lock(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	m.ID, m.Things = s.nextID(), slices.Clone(m.Things)
	s.mutes[m.ID] = m
	return m.ID, nil
}

// Unmute implements store.Store.
func (s *Store) Unmute(ctx context.Context, id int64) (bool, error) {
	if err := s.lock(ctx); err != nil {
		return false, err
	}
	defer s.mu.Unlock()
	_, found := s.mutes[id]
	delete(s.mutes, id)
	return found, nil
}

// Mutes implements store.Store.
func (s *Store) Mutes(ctx context.Context, now time.Time) ([]store.Mute, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var mutes []store.Mute
	for _, m := range s.mutes {
		if m.Until.After(now) {
			mutes = append(mutes, m)
		}
	}
	slices.SortFunc(mutes, func(a, b store.Mute) int { return cmp.Compare(a.ID, b.ID) })
	return mutes, nil
}

// NoteHeartbeat implements store.Store.
func (s *Store) NoteHeartbeat(ctx context.Context, name string, at time.Time) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	h := s.heartbeats[name]
	s.heartbeats[name] = store.Heartbeat{Name: name, Last: later(h.Last, at), Count: h.Count + 1}
	return nil
}

// Heartbeats implements store.Store.
func (s *Store) Heartbeats(ctx context.Context) ([]store.Heartbeat, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.heartbeats), func(a, b store.Heartbeat) int { return strings.Compare(a.Name, b.Name) }), nil
}

// Learn implements store.Store.
func (s *Store) Learn(ctx context.Context, lessons []store.Lesson) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	for _, l := range lessons {
		if l.Kind == store.LessonText {
			if s.learned[l.Fingerprint] {
				continue
			}
			s.learned[l.Fingerprint] = true
		}
		l.ID, l.Lines = int64(len(s.lessons)+1), slices.Clone(l.Lines)
		s.lessons = append(s.lessons, l)
	}
	return nil
}

// Lessons implements store.Store.
func (s *Store) Lessons(ctx context.Context, after int64) ([]store.Lesson, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return slices.Clone(s.lessons[min(max(after, 0), int64(len(s.lessons))):]), nil
}

// Forget implements store.Store.
func (s *Store) Forget(ctx context.Context, before time.Time) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	maps.DeleteFunc(s.seen, func(_ groupKey, last time.Time) bool { return last.Before(before) })
	maps.DeleteFunc(s.history, func(_ string, seen store.Seen) bool { return seen.Last.Before(before) })
	maps.DeleteFunc(s.standings, func(_ meaning.Thing, standing store.Standing) bool {
		return later(standing.Bad, standing.Good).Before(before)
	})
	maps.DeleteFunc(s.mutes, func(_ int64, m store.Mute) bool { return m.Until.Before(before) })
	maps.DeleteFunc(s.heartbeats, func(_ string, h store.Heartbeat) bool { return h.Last.Before(before) })
	return nil
}
