package sqlite

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/pkg/store"
)

// Enqueue implements store.Store.
func (s *Store) Enqueue(ctx context.Context, mails []store.Outgoing) error {
	return s.transaction(ctx, func() error { return s.insert(0, mails) })
}

// EnqueueOnce implements store.Store.
func (s *Store) EnqueueOnce(ctx context.Context, name, text string, mails []store.Outgoing) (done bool, err error) {
	err = s.transaction(ctx, func() error {
		if done, err = s.stmt.noteLater.row(ignore, clean(name), clean(text)); err != nil || !done {
			return err
		}
		return s.insert(0, mails)
	})
	return done && err == nil, err
}

// pieceSize is the most of a mail that is one value. SQLite's memory grows by several
// times the largest, and never shrinks.
const pieceSize = 256 << 10

func (s *Store) insert(batch int64, mails []store.Outgoing) error {
	for _, o := range mails {
		whole, pieces := o.Mail, []byte(nil)
		if len(whole) > pieceSize {
			whole, pieces = nil, whole
		}
		var id int64
		_, err := s.stmt.insert.row(func(r *sqlite3.Stmt) { id = r.ColumnInt64(0) },
			o.Batch, o.MessageID, o.From, addresses(o.To), whole, o.Count, o.Groups,
			o.Due, o.NextAt, o.Attempts, clean(o.LastError), batch)
		if err != nil {
			return err
		}
		number := 0
		for piece := range slices.Chunk(pieces, pieceSize) {
			if err := s.stmt.insertPiece.exec(id, number, piece); err != nil {
				return err
			}
			number++
		}
	}
	return nil
}

// ClaimOutgoing implements store.Store.
func (s *Store) ClaimOutgoing(ctx context.Context, now time.Time, lease time.Duration) (*store.Outgoing, error) {
	var claim *store.Outgoing
	err := s.transaction(ctx, func() error {
		_, err := s.stmt.claimOutgoing.row(func(r *sqlite3.Stmt) { claim = readOutgoing(r) }, now, now.Add(lease))
		if err != nil || claim == nil || len(claim.Mail) > 0 {
			return err
		}
		return s.readPieces(claim)
	})
	if err != nil {
		return nil, err
	}
	return claim, nil
}

func (s *Store) readPieces(o *store.Outgoing) error {
	return s.stmt.pieces.rows(func(r *sqlite3.Stmt) {
		if o.Mail == nil {
			o.Mail = make([]byte, 0, r.ColumnInt64(1))
		}
		o.Mail = append(o.Mail, r.ColumnRawBlob(0)...)
	}, o.ID)
}

// readOutgoing reads the columns of a summary in the order of outgoingColumns.
func readOutgoing(r *sqlite3.Stmt) *store.Outgoing {
	o := &store.Outgoing{
		ID: r.ColumnInt64(0), Batch: r.ColumnText(1), MessageID: r.ColumnText(2), From: r.ColumnText(3),
		Count: r.ColumnInt(5), Groups: r.ColumnInt(6), Due: columnTime(r, 7), NextAt: columnTime(r, 8),
		Attempts: r.ColumnInt(9), LastError: r.ColumnText(10), CanReopen: r.ColumnBool(11), Mail: r.ColumnBlob(12, nil),
	}
	if to := r.ColumnText(4); to != "" {
		o.To = strings.Split(to, "\n")
	}
	return o
}

// Postpone implements store.Store.
func (s *Store) Postpone(ctx context.Context, o *store.Outgoing) error {
	return s.transaction(ctx, func() error {
		found, err := s.stmt.postpone.row(ignore, o.ID, addresses(o.To), o.Attempts, o.NextAt, clean(o.LastError))
		if err == nil && !found {
			err = store.ErrNotClaimed
		}
		return err
	})
}

// Reopen implements store.Store.
func (s *Store) Reopen(ctx context.Context, id int64, since time.Time) error {
	return s.transaction(ctx, func() error {
		var reopened *store.Batch
		_, err := s.stmt.sealedBatch.row(func(r *sqlite3.Stmt) { reopened = readBatch(r) }, id)
		if err != nil {
			return err
		}
		if reopened == nil {
			return store.ErrNotClaimed
		}
		if _, err := s.stmt.finish.row(ignore, id); err != nil {
			return err
		}
		if !since.IsZero() && (reopened.HeldSince.IsZero() || since.Before(reopened.HeldSince)) {
			reopened.HeldSince = since
		}
		open, err := s.stmt.isOpen.row(ignore, reopened.Key, reopened.Early)
		if err != nil {
			return err
		}
		if !open {
			return s.reopen(reopened)
		}
		if err := s.load(reopened, true); err != nil {
			return err
		}
		reopened.Sort()
		if err := s.stmt.delete.exec(reopened.ID); err != nil {
			return err
		}
		loud := reopened.Loud()
		_, err = s.addTo(reopened, &s.stmt.merge, true,
			reopened.Key, reopened.Early, reopened.Count, reopened.First, reopened.Last, orNull(loud.First), orNull(loud.Last),
			orNull(reopened.DueBy()), reopened.Due, orNull(reopened.HeldSince))
		return err
	})
}

// reopen makes a sealed batch an open one. It gets a new ID, since the old one may
// still be known to a claimant that lost its lease.
func (s *Store) reopen(b *store.Batch) error {
	var id int64
	_, err := s.stmt.reopen.row(func(r *sqlite3.Stmt) { id = r.ColumnInt64(0) }, b.ID, orNull(b.HeldSince))
	if err != nil {
		return err
	}
	for _, move := range []*statement{&s.stmt.moveGroups, &s.stmt.moveRecipients} {
		if err := move.exec(b.ID, id); err != nil {
			return err
		}
	}
	return s.stmt.delete.exec(b.ID)
}

// Finish implements store.Store.
func (s *Store) Finish(ctx context.Context, id int64) error {
	err := s.transaction(ctx, func() error {
		var batch int64
		_, err := s.stmt.finish.row(func(r *sqlite3.Stmt) { batch = r.ColumnInt64(0) }, id)
		if err != nil || batch == 0 {
			return err
		}
		more, err := s.stmt.hasSummary.row(ignore, batch)
		if err != nil || more {
			return err
		}
		return s.forgetBatch(batch)
	})
	if err != nil {
		return err
	}
	s.shrink()
	return nil
}

// forgetBatch removes a batch and makes its fingerprints part of the history.
func (s *Store) forgetBatch(batch int64) error {
	if err := s.stmt.remember.exec(batch); err != nil {
		return err
	}
	if err := s.rememberStandings(batch); err != nil {
		return err
	}
	return s.stmt.delete.exec(batch)
}

// shrink gives the space of what was delivered back to the file system. It is a
// courtesy: when it fails, the pages stay for later use.
func (s *Store) shrink() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		s.stmt.vacuum.exec()
		s.files.note() // it is this process that has made them smaller
	}
}

// Outgoing implements store.Store.
func (s *Store) Outgoing(ctx context.Context) (all []store.Outgoing, err error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	err = s.stmt.outgoing.rows(func(r *sqlite3.Stmt) {
		o := readOutgoing(r)
		o.Mail = nil
		all = append(all, *o)
	})
	return all, err
}

// Retry implements store.Store.
func (s *Store) Retry(ctx context.Context, id int64, now time.Time) (due int, err error) {
	err = s.transaction(ctx, func() error {
		return s.stmt.retry.rows(func(*sqlite3.Stmt) { due++ }, id, now)
	})
	return due, err
}

// addresses puts one recipient on each line. Unlike JSON that keeps the bytes of
// an address in whatever encoding the client used.
func addresses(to []string) string { return strings.Join(to, "\n") }

// clean makes text acceptable to a TEXT column.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}
