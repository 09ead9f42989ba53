package sqlite

import (
	"cmp"
	"context"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

// NextDue implements store.Store.
func (s *Store) NextDue(ctx context.Context) (time.Time, error) {
	if err := s.lockUpToDate(ctx); err != nil {
		return time.Time{}, err
	}
	defer s.mu.Unlock()
	return s.next(&s.stmt.nextDue)
}

// NextSend implements store.Store.
func (s *Store) NextSend(ctx context.Context) (time.Time, error) {
	if err := s.lock(ctx); err != nil {
		return time.Time{}, err
	}
	defer s.mu.Unlock()
	return s.next(&s.stmt.nextSend)
}

func (s *Store) next(query *statement) (time.Time, error) {
	next := store.Never
	err := query.rows(func(r *sqlite3.Stmt) {
		if r.ColumnType(0) != sqlite3.NULL {
			next = columnTime(r, 0)
		}
	})
	return next, err
}

// Claim implements store.Store.
func (s *Store) Claim(ctx context.Context, now time.Time, lease time.Duration) (*store.Batch, error) {
	var claim *store.Batch
	err := s.transaction(ctx, func() error {
		_, err := s.stmt.claim.row(func(r *sqlite3.Stmt) { claim = readBatch(r) }, now, now.Add(lease))
		if err != nil || claim == nil {
			return err
		}
		s.journal.forget(claim)
		return s.load(claim, true)
	})
	if err != nil || claim == nil {
		return nil, err
	}
	claim.Sort()
	return claim, nil
}

// readBatch reads the columns of a batch in the order of batchColumns.
func readBatch(r *sqlite3.Stmt) *store.Batch {
	b := &store.Batch{
		ID: r.ColumnInt64(0), Key: r.ColumnText(1), Early: r.ColumnBool(2), Count: r.ColumnInt(3),
		First: columnTime(r, 4), Last: columnTime(r, 5), Due: columnTime(r, 6), HeldSince: columnTime(r, 7),
		Recipients: make(map[string]int),
	}
	b.SetDueBy(store.Span{First: columnTime(r, 8), Last: columnTime(r, 9)}, columnTime(r, 10))
	return b
}

// load reads the groups of b, with the samples or without.
func (s *Store) load(b *store.Batch, samples bool) error {
	var ids []int64
	err := s.stmt.groups.rows(func(r *sqlite3.Stmt) {
		ids = append(ids, r.ColumnInt64(0))
		b.Groups = append(b.Groups, &store.Group{
			Key: r.ColumnText(1), Title: r.ColumnText(2), Reason: r.ColumnText(3), Count: r.ColumnInt(4),
			First: columnTime(r, 5), Last: columnTime(r, 6), Muted: r.ColumnBool(7), Parts: r.ColumnInt(8),
			Hosts: make(map[string]int), Minutes: make(map[int64]int),
		})
	}, b.ID)
	if err != nil {
		return err
	}
	for i, g := range b.Groups {
		if err := s.loadGroup(ids[i], g, samples); err != nil {
			return err
		}
	}
	return s.stmt.recipients.rows(func(r *sqlite3.Stmt) {
		b.Recipients[r.ColumnText(0)] = r.ColumnInt(1)
	}, b.ID)
}

func (s *Store) loadGroup(id int64, g *store.Group, samples bool) error {
	var badVarying error
	err := s.stmt.variants.rows(func(r *sqlite3.Stmt) {
		varying, err := store.DecodeVarying(r.ColumnText(7))
		badVarying = cmp.Or(badVarying, err)
		v := &store.Variant{
			Fingerprint: r.ColumnText(0), Reason: r.ColumnText(1), Count: r.ColumnInt(2),
			First: columnTime(r, 3), Last: columnTime(r, 4), SampleSize: r.ColumnInt(6),
			Seen:    store.Seen{First: columnTime(r, 8), Last: columnTime(r, 9), Count: r.ColumnInt(10)},
			Varying: varying,
			Meaning: meaning.Meaning{
				Status: meaning.Status(r.ColumnText(11)), Severity: r.ColumnText(12), Source: r.ColumnText(13), Sender: r.ColumnText(14), Object: r.ColumnText(15),
			},
			Standing: store.Standing{Since: columnTime(r, 16), Bad: columnTime(r, 17), Good: goodTime(r, 18), Count: r.ColumnInt(19)},
		}
		if samples {
			v.Sample = r.ColumnBlob(5, nil)
		}
		g.Variants = append(g.Variants, v)
	}, id, samples)
	if err := cmp.Or(err, badVarying); err != nil {
		return err
	}
	err = s.stmt.hosts.rows(func(r *sqlite3.Stmt) { g.Hosts[r.ColumnText(0)] = r.ColumnInt(1) }, id)
	if err != nil {
		return err
	}
	return s.stmt.minutes.rows(func(r *sqlite3.Stmt) { g.Minutes[r.ColumnInt64(0)] = r.ColumnInt(1) }, id)
}

// Seal implements store.Store.
func (s *Store) Seal(ctx context.Context, batch int64, summaries []store.Outgoing) error {
	return s.transaction(ctx, func() error {
		found, err := s.stmt.seal.row(ignore, batch, max(len(summaries), 1))
		if err != nil {
			return err
		}
		if !found {
			return store.ErrNotClaimed
		}
		if len(summaries) == 0 {
			return s.forgetBatch(batch)
		}
		return s.insert(batch, summaries)
	})
}

// Open implements store.Store.
func (s *Store) Open(ctx context.Context) (batches []*store.Batch, err error) {
	if err := s.lockUpToDate(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	err = s.stmt.open.rows(func(r *sqlite3.Stmt) { batches = append(batches, readBatch(r)) })
	if err != nil {
		return nil, err
	}
	for _, b := range batches {
		if err := s.load(b, false); err != nil {
			return nil, err
		}
		b.Sort()
	}
	return batches, nil
}

// Flush implements store.Store.
func (s *Store) Flush(ctx context.Context, batch int64, now time.Time) (flushed int, err error) {
	err = s.transaction(ctx, func() error {
		return s.stmt.flush.rows(func(*sqlite3.Stmt) { flushed++ }, batch, now)
	})
	return flushed, err
}

// Pending implements store.Store.
func (s *Store) Pending(ctx context.Context) (p store.Pending, err error) {
	if err := s.lockUpToDate(ctx); err != nil {
		return p, err
	}
	defer s.mu.Unlock()
	err = s.stmt.pending.rows(func(r *sqlite3.Stmt) {
		p = store.Pending{Batches: r.ColumnInt(0), Mails: r.ColumnInt(1), Outbox: r.ColumnInt(2)}
	})
	return p, err
}
