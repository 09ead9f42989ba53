package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/hut8labs/failmail/pkg/store"
)

// lock begins a method; the caller unlocks when it gets no error. A call that
// has begun is not interrupted, so that its outcome is known.
func (s *Store) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	switch {
	case s.closing:
		s.mu.Unlock()
		return store.ErrClosed
	case s.conn == nil:
		s.mu.Unlock()
		return fmt.Errorf("store %q: it could not be opened again", s.path)
	}
	return nil
}

// transaction runs fn in one durable transaction, all of it or nothing, upon
// tables that are up to date.
func (s *Store) transaction(ctx context.Context, fn func() error) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	err := s.commit(func() error {
		if err := s.settle(); err != nil {
			return err
		}
		return fn()
	})
	if err == nil {
		s.journal.settled()
	}
	return err
}

// commit runs fn in one durable transaction, all of it or nothing. The caller
// holds mu.
func (s *Store) commit(fn func() error) error {
	if err := s.files.check(); err != nil {
		return fmt.Errorf("store %w", err)
	}
	err := s.stmt.begin.exec()
	if err == nil {
		if err = fn(); err == nil {
			err = s.stmt.commit.exec()
		}
	}
	s.files.note()
	if err != nil {
		s.noteDamage(err)
		s.journal.forgetKnown() // it may be of what is rolled back
		return fmt.Errorf("store %q: %w", s.path, errors.Join(err, s.rollback()))
	}
	return nil
}

// rollback ends a failed transaction. SQLite has often done so itself.
func (s *Store) rollback() error {
	if s.conn.GetAutocommit() {
		return nil
	}
	return s.conn.Exec("ROLLBACK")
}
