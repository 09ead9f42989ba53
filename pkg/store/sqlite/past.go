package sqlite

import (
	"context"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/internal/journal"
	"github.com/hut8labs/failmail/pkg/store"
)

// Mute implements store.Store.
func (s *Store) Mute(ctx context.Context, m store.Mute) (id int64, err error) {
	err = s.transaction(ctx, func() error {
		_, err := s.stmt.mute.row(func(r *sqlite3.Stmt) { id = r.ColumnInt64(0) },
			clean(m.Fingerprint), clean(m.Pattern), clean(m.Reason), m.Created, m.Until, clean(m.Problem), clean(m.Name), m.UntilOver, m.UntilCount, journal.EncodeThings(m.Things))
		return err
	})
	return id, err
}

// Unmute implements store.Store.
func (s *Store) Unmute(ctx context.Context, id int64) (found bool, err error) {
	err = s.transaction(ctx, func() error {
		found, err = s.stmt.unmute.row(ignore, id)
		return err
	})
	return found, err
}

// Mutes implements store.Store.
func (s *Store) Mutes(ctx context.Context, now time.Time) (mutes []store.Mute, err error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	err = s.stmt.mutes.rows(func(r *sqlite3.Stmt) {
		mutes = append(mutes, store.Mute{
			ID: r.ColumnInt64(0), Fingerprint: r.ColumnText(1), Pattern: r.ColumnText(2), Reason: r.ColumnText(3),
			Created: columnTime(r, 4), Until: columnTime(r, 5), Problem: r.ColumnText(6), Name: r.ColumnText(7),
			UntilOver: r.ColumnBool(8), UntilCount: r.ColumnInt(9), Things: journal.DecodeThings(r.ColumnText(10)),
		})
	}, now)
	return mutes, err
}

// NoteHeartbeat implements store.Store.
func (s *Store) NoteHeartbeat(ctx context.Context, name string, at time.Time) error {
	return s.transaction(ctx, func() error { return s.stmt.beat.exec(clean(name), at) })
}

// Heartbeats implements store.Store.
func (s *Store) Heartbeats(ctx context.Context) (beats []store.Heartbeat, err error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	err = s.stmt.heartbeats.rows(func(r *sqlite3.Stmt) {
		beats = append(beats, store.Heartbeat{Name: r.ColumnText(0), Last: columnTime(r, 1), Count: r.ColumnInt(2)})
	})
	return beats, err
}

// Learn implements store.Store.
func (s *Store) Learn(ctx context.Context, lessons []store.Lesson) error {
	return s.transaction(ctx, func() error {
		for _, l := range lessons {
			if err := s.stmt.learn.exec(string(l.Kind), clean(l.Fingerprint), clean(l.Other), clean(journal.EncodeLines(l.Lines)), l.At); err != nil {
				return err
			}
		}
		return nil
	})
}

// Lessons implements store.Store.
func (s *Store) Lessons(ctx context.Context, after int64) (lessons []store.Lesson, err error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	err = s.stmt.lessons.rows(func(r *sqlite3.Stmt) {
		lessons = append(lessons, store.Lesson{
			ID: r.ColumnInt64(0), Kind: store.LessonKind(r.ColumnText(1)), Fingerprint: r.ColumnText(2), Other: r.ColumnText(3),
			Lines: journal.DecodeLines(r.ColumnText(4)), At: columnTime(r, 5),
		})
	}, after)
	return lessons, err
}

// Forget implements store.Store.
func (s *Store) Forget(ctx context.Context, before time.Time) error {
	return s.transaction(ctx, func() error {
		for _, old := range []*statement{&s.stmt.forgetFingerprints, &s.stmt.forgetSeen, &s.stmt.forgetMutes, &s.stmt.forgetHeartbeats, &s.stmt.forgetStandings} {
			if err := old.exec(before); err != nil {
				return err
			}
		}
		return nil
	})
}
