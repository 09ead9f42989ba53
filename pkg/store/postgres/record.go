package postgres

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/hut8labs/failmail/pkg/store"
)

// putCommit is a commit in one statement, so that it takes one round trip: the ID,
// and what is added, unless the ID is there already. It answers null if it did
// neither: then it came too late, or a batch that the row relies on is open no longer.
//
// A commit that is made again writes as well, so that it is answered when the first
// one is on the disk and on the standby. Only an inserted row has no xmax.
const putCommit = `
	WITH put AS (
		INSERT INTO commits AS c (id)
		SELECT $1::uuid
		WHERE (clock_timestamp() < $2::timestamptz
				AND (SELECT count(*) FROM batches WHERE id = ANY($3::bigint[]) AND state = 'open') = cardinality($3::bigint[])
			OR EXISTS (SELECT FROM commits WHERE id = $1))
			AND (current_setting('synchronous_commit') <> 'off' OR set_config('synchronous_commit', 'on', true) = 'on')
		ON CONFLICT (id) DO UPDATE SET at = clock_timestamp()
		RETURNING c.xmax = 0 AS is_new
	), noted AS (
		INSERT INTO journal (additions) SELECT $4::bytea FROM put WHERE is_new AND $4 IS NOT NULL
	)
	SELECT (SELECT is_new FROM put), clock_timestamp()`

// errLate is a commit that the server has not begun in time.
var errLate = fmt.Errorf("the server did not get to it within %s", callTimeout)

// errNoText is what a row of the journal cannot say.
var errNoText = errors.New("a row of the journal cannot say it")

// A commit is what one call of Record adds, however often that is tried.
type commit struct {
	id      pgtype.UUID
	entries []store.Entry
	quiet   bool // some want to be the first of their group
	began   time.Time
}

func newCommit(entries []store.Entry) *commit {
	c := &commit{entries: entries, began: time.Now()}
	// By time, so that what is inserted into the index has its place in one page.
	binary.BigEndian.PutUint64(c.id.Bytes[:], uint64(micros(c.began)))
	rand.Read(c.id.Bytes[8:]) // never fails
	c.id.Valid = true
	for i := range entries {
		c.quiet = c.quiet || entries[i].WantsQuiet()
	}
	return c
}

// Record implements store.Store. It writes a row of the journal, in one round trip,
// or in five where Quiet is asked for. When an answer is lost the commit is made
// again under its ID, which counts it once.
func (s *Store) Record(ctx context.Context, entries []store.Entry) error {
	if s.backlog.Load() > maxBacklog {
		if err := s.bringUpToDate(ctx); err != nil {
			return err
		}
	}
	c := newCommit(entries)
	lost := false
	err := s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		if len(entries) == 0 {
			return nil
		}
		err := s.commit(ctx, conn, c)
		lost = lost || err != nil && conn.IsClosed()
		return err
	})
	if err != nil && lost {
		return fmt.Errorf("%w: %w", store.ErrInDoubt, err)
	}
	return err
}

func (s *Store) commit(ctx context.Context, conn *pgx.Conn, c *commit) (err error) {
	if c.quiet {
		err = transaction(ctx, conn, beginWrite, func(ctx context.Context, tx pgx.Tx) error {
			early, err := findEarly(ctx, tx, c.entries)
			if err != nil {
				return err
			}
			return s.note(ctx, tx, c, early)
		})
	} else {
		err = s.note(ctx, conn, c, nil)
	}
	if errors.Is(err, errNoText) {
		return transaction(ctx, conn, beginWrite, func(ctx context.Context, tx pgx.Tx) error { return s.countNow(ctx, tx, c) })
	}
	return err
}

// A sender is a connection, or a transaction on one.
type sender interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// note writes c down in the journal.
func (s *Store) note(ctx context.Context, on sender, c *commit, early map[int]bool) error {
	additions := store.Additions(c.entries, early, s.limits.Unbounded())
	relied, isNew := s.overview.trim(additions)
	if isNew {
		defer s.hurry() // so that few rows repeat what the first one brings
	}
	row, err := store.EncodeAdditions(additions)
	if err != nil {
		return errNoText
	}
	put, err := s.put(ctx, on, c, relied, row)
	if errors.Is(err, errStale) {
		s.overview.forget(additions)
		return s.note(ctx, on, c, early)
	}
	if put && s.backlog.Add(int64(len(row))) > longBacklog {
		s.hurry()
	}
	return err
}

// errStale is a row that relies on batches that are open no longer.
var errStale = errors.New("a batch was claimed")

// put runs putCommit, and reports whether the ID is new. While it relies on batches
// nobody claims one.
func (s *Store) put(ctx context.Context, on sender, c *commit, relied []int64, row []byte) (isNew bool, err error) {
	for {
		left := callTimeout - time.Since(c.began)
		deadline := s.clock.now().Add(left)
		var b pgx.Batch
		if len(relied) > 0 {
			b.Queue(lockOpenShared)
		}
		var put *bool
		var now time.Time
		b.Queue(putCommit, c.id, deadline, relied, row).QueryRow(func(r pgx.Row) error { return r.Scan(&put, &now) })
		if err := on.SendBatch(ctx, &b).Close(); err != nil {
			return false, err
		}
		s.clock.learn(now)
		switch {
		case put != nil:
			return *put, nil
		case now.Before(deadline):
			return false, errStale
		case left <= 0:
			return false, errLate
		} // else the server's clock was set
	}
}

// countNow counts c in the tables at once.
func (s *Store) countNow(ctx context.Context, tx pgx.Tx, c *commit) error {
	if err := s.settle(ctx, tx); err != nil {
		return err
	}
	isNew, err := s.put(ctx, tx, c, []int64{}, nil)
	if err != nil || !isNew {
		return err
	}
	early, err := findEarly(ctx, tx, c.entries)
	if err != nil {
		return err
	}
	return s.count(ctx, tx, store.Additions(c.entries, early, s.limits.Unbounded()))
}
