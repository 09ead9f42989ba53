package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"

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
// the transaction could not be made for reasons that pass; not when its COMMIT had no
// answer, since it may have happened.
func (s *Store) write(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	return s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		committing := false
		err := transaction(ctx, conn, beginWrite, func(ctx context.Context, tx pgx.Tx) error {
			err := fn(ctx, tx)
			committing = err == nil
			return err
		})
		if err != nil && committing && !isConflict(err) {
			return fmt.Errorf("commit: %w: %w", store.ErrInDoubt, err)
		}
		return err
	})
}

// read runs fn in a transaction that changes nothing, otherwise as write does.
func (s *Store) read(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	return s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error { return transaction(ctx, conn, beginRead, fn) })
}

func transaction(ctx context.Context, conn *pgx.Conn, begin string, fn func(ctx context.Context, tx pgx.Tx) error) error {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{BeginQuery: begin})
	if err != nil {
		return err
	}
	if err := fn(ctx, tx); err != nil {
		tx.Rollback(ctx) // or else the connection is closed, which does the same
		return err
	}
	return tx.Commit(ctx)
}

// run gives call a connection, and calls it again when it failed for reasons that
// pass.
func (s *Store) run(ctx context.Context, call func(ctx context.Context, conn *pgx.Conn) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.closed {
		return store.ErrClosed
	}
	for attempt, pause := 1, firstPause; ; attempt, pause = attempt+1, 2*pause {
		attempts, err := s.attempt(ctx, call)
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

// attempt makes the call once. Unless it succeeds, it returns how many attempts the
// error is worth. ctx ends the wait for a connection; the call itself is bounded by
// callTimeout only, so that its outcome is known. When its connection is gone, the
// idle ones probably are as well.
func (s *Store) attempt(ctx context.Context, call func(ctx context.Context, conn *pgx.Conn) error) (attempts int, err error) {
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
	err = call(ctx, conn.Conn())
	if err != nil && conn.Conn().IsClosed() {
		s.pool.Reset()
		attempts = connectionAttempts
	}
	switch {
	case errors.Is(err, store.ErrInDoubt):
		attempts = 0
	case isConflict(err):
		attempts = conflictAttempts
	}
	return attempts, err
}

// isConflict reports whether the server gave the transaction up for the sake of
// another one: serialization_failure or deadlock_detected.
func isConflict(err error) bool { return isCode(err, "40001", "40P01") }
