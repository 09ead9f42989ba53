package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hut8labs/failmail/internal/journal"
	"github.com/hut8labs/failmail/pkg/store"
)

// Record only writes a row of the journal. The tables are brought up to date before
// anything else is asked of them, and every second, by whichever node is first: see
// docs/decisions/009-journal-in-postgresql.md.

const (
	// settleEvery is how often the tables are brought up to date at least.
	settleEvery = time.Second
	// pruneEvery is how often IDs of commits are removed that are older than
	// idsKept, which is far longer than one can be made again.
	pruneEvery = time.Minute
	idsKept    = 20 * callTimeout
	// What a node has added to the journal may reach longBacklog bytes before it is
	// counted at once, and maxBacklog before Record waits for that.
	longBacklog = 4 << 20
	maxBacklog  = 16 << 20
	// settleBytes is how much of the journal is in memory at a time.
	settleBytes = 8 << 20
)

// Locks that end with their transaction. One is held by who counts the journal. The
// other one is shared by those who write rows that rely on open batches, and is held
// alone by who claims one.
var (
	lockJournal    = advisory("", "journal")
	lockOpen       = advisory("", "batches")
	lockOpenShared = advisory("_shared", "batches")
)

// advisory returns the statement that takes a lock which stands for a table.
func advisory(mode, table string) string {
	const space = 0x6661696c // "fail"
	return fmt.Sprintf("SELECT pg_advisory_xact_lock%s(%d, '%s'::regclass::oid::integer)", mode, space, table)
}

// settle counts what is in the journal. Until tx ends no other node does so.
func (s *Store) settle(ctx context.Context, tx pgx.Tx) error {
	for bytes := settleBytes; bytes >= settleBytes; {
		var due journal.Due
		var err error
		if bytes, err = s.takeRows(ctx, tx, &due); err != nil {
			return err
		}
		if len(due.Additions) == 0 {
			continue
		}
		if err := s.count(ctx, tx, due.Additions); err != nil {
			return err
		}
	}
	return nil
}

// takeRows removes rows from the journal, the oldest ones, and returns their size.
func (s *Store) takeRows(ctx context.Context, tx pgx.Tx, due *journal.Due) (bytes int, err error) {
	type row struct {
		id        int64
		additions []byte
	}
	var taken []row
	var b pgx.Batch
	b.Queue(lockJournal)
	b.Queue(`
		DELETE FROM journal WHERE id IN (
			SELECT id FROM (SELECT id, sum(octet_length(additions)) OVER (ORDER BY id) - octet_length(additions) AS before FROM journal) j
			WHERE before < $1)
		RETURNING id, additions`, settleBytes).Query(func(rows pgx.Rows) (err error) {
		taken, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (r1 row, err error) {
			err = r.Scan(&r1.id, &r1.additions)
			return r1, err
		})
		return err
	})
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return 0, err
	}
	slices.SortFunc(taken, func(a, b row) int { return cmp.Compare(a.id, b.id) })
	for _, r := range taken {
		additions, err := store.DecodeAdditions(r.additions)
		if err != nil {
			return 0, fmt.Errorf("row %d of the journal: %w", r.id, err)
		}
		due.Add(additions, s.limits)
		bytes += len(r.additions)
	}
	return bytes, nil
}

// change is write upon tables that are up to date.
func (s *Store) change(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := s.settle(ctx, tx); err != nil {
			return err
		}
		return fn(ctx, tx)
	})
	if err == nil {
		s.backlog.Store(0)
	}
	return err
}

// bringUpToDate settles the journal, if there is anything in it.
func (s *Store) bringUpToDate(ctx context.Context) error {
	var due bool
	err := s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM journal)`).Scan(&due)
	})
	if err != nil || !due {
		return err
	}
	return s.change(ctx, func(context.Context, pgx.Tx) error { return nil })
}

// keepUpToDate settles the journal every second and when it should be sooner, until
// the store is closed. What fails shows in the next call that needs it.
func (s *Store) keepUpToDate(ctx context.Context) {
	defer close(s.done)
	tick := time.NewTicker(settleEvery)
	defer tick.Stop()
	for pruned := time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-s.hurried:
		}
		if s.bringUpToDate(ctx) != nil || s.look(ctx) != nil {
			continue
		}
		if time.Since(pruned) >= pruneEvery && s.prune(ctx) == nil {
			pruned = time.Now()
		}
	}
}

// hurry has the journal settled now.
func (s *Store) hurry() {
	select {
	case s.hurried <- struct{}{}:
	default:
	}
}

// prune removes the IDs of commits that are not made again any more.
func (s *Store) prune(ctx context.Context) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM commits WHERE at < clock_timestamp() - $1 * interval '1 second'`, idsKept.Seconds())
		return err
	})
}
