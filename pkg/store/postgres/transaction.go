package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/hut8labs/failmail/pkg/store"
)

const (
	// beginWrite makes the commit durable even where the server's default is not
	// to wait for the disk, and leaves settings that wait for more alone. A node
	// that dies in the middle is cut off after ten seconds, because until then it
	// holds the locks of its batches. SET LOCAL, unlike a setting of the session,
	// goes well with a connection pooler.
	beginWrite = `
		BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
		SET LOCAL idle_in_transaction_session_timeout = '10s';
		SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'`
	// beginRead shows all statements the same state.
	beginRead = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`
)

// Attempts at a transaction, and the longest pause after the first one. It
// doubles with each.
const (
	conflictAttempts   = 8 // other nodes were in the way
	connectionAttempts = 3 // the server restarts, or a pooled connection was dead
	firstPause         = 10 * time.Millisecond
)

// write runs fn in a transaction: all of it or nothing. fn is called again when
// the transaction could not be made for reasons that pass.
func (s *Store) write(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	return s.run(ctx, beginWrite, fn)
}

// read runs fn in a transaction that changes nothing, otherwise as write does.
func (s *Store) read(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	return s.run(ctx, beginRead, fn)
}

func (s *Store) run(ctx context.Context, begin string, fn func(ctx context.Context, tx pgx.Tx) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.closed {
		return store.ErrClosed
	}
	for attempt, pause := 1, firstPause; ; attempt, pause = attempt+1, 2*pause {
		attempts, err := s.attempt(ctx, begin, fn)
		if err == nil || errors.Is(err, store.ErrNotClaimed) {
			return err
		}
		if attempt >= attempts || !sleep(ctx, rand.N(pause)) {
			if isPooled(err) {
				return fmt.Errorf("store in PostgreSQL: %w; %s", err, poolerHint)
			}
			return fmt.Errorf("store in PostgreSQL: %w", err)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) (slept bool) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// attempt makes the transaction once. Unless it succeeds, it returns how many
// attempts the error is worth. ctx ends the wait for a connection; the transaction
// itself is bounded by callTimeout only, so that its outcome is known.
func (s *Store) attempt(ctx context.Context, begin string, fn func(ctx context.Context, tx pgx.Tx) error) (attempts int, err error) {
	waiting, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	conn, err := s.pool.Acquire(waiting)
	if err != nil {
		if isCode(err, "57P") {
			return connectionAttempts, err
		}
		return 0, err
	}
	defer conn.Release()
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{BeginQuery: begin})
	if err != nil {
		return s.worth(conn, err), err
	}
	if err := fn(ctx, tx); err != nil {
		attempts := s.worth(conn, err)
		tx.Rollback(ctx) // or else the connection is closed, which does the same
		return attempts, err
	}
	if err := tx.Commit(ctx); err != nil {
		if isConflict(err) {
			return conflictAttempts, err
		}
		// Whether it happened is not known, so it must not be made again here.
		s.worth(conn, err)
		return 0, fmt.Errorf("commit: %w: %w", store.ErrInDoubt, err)
	}
	return 0, nil
}

// worth returns how many attempts an error before COMMIT is worth. When the
// connection is gone, the idle ones probably are as well.
func (s *Store) worth(conn *pgxpool.Conn, err error) (attempts int) {
	switch {
	case isConflict(err):
		return conflictAttempts
	case conn.Conn().IsClosed():
		s.pool.Reset()
		return connectionAttempts
	}
	return 0
}

// isConflict reports whether the server gave the transaction up for the sake of
// another one: serialization_failure or deadlock_detected.
func isConflict(err error) bool { return isCode(err, "40001", "40P01") }
