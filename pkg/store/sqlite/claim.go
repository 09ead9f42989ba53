package sqlite

import (
	"context"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/pkg/store"
)

// NextDue implements store.Store.
func (s *Store) NextDue(ctx context.Context) (time.Time, error) {
	return s.next(ctx, &s.stmt.nextDue)
}

// NextSend implements store.Store.
func (s *Store) NextSend(ctx context.Context) (time.Time, error) {
	return s.next(ctx, &s.stmt.nextSend)
}

func (s *Store) next(ctx context.Context, query *statement) (time.Time, error) {
	if err := s.lock(ctx); err != nil {
		return time.Time{}, err
	}
	defer s.mu.Unlock()
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
		_, err := s.stmt.claim.row(func(r *sqlite3.Stmt) {
			claim = &store.Batch{
				ID: r.ColumnInt64(0), Key: r.ColumnText(1), Count: r.ColumnInt(2),
				First: columnTime(r, 3), Last: columnTime(r, 4), Due: columnTime(r, 5),
				Recipients: make(map[string]int),
			}
		}, now, now.Add(lease))
		if err != nil || claim == nil {
			return err
		}
		return s.load(claim)
	})
	if err != nil || claim == nil {
		return nil, err
	}
	claim.Sort()
	return claim, nil
}

func (s *Store) load(b *store.Batch) error {
	var ids []int64
	err := s.stmt.groups.rows(func(r *sqlite3.Stmt) {
		ids = append(ids, r.ColumnInt64(0))
		b.Groups = append(b.Groups, &store.Group{
			Key: r.ColumnText(1), Title: r.ColumnText(2), Reason: r.ColumnText(3), Count: r.ColumnInt(4),
			First: columnTime(r, 5), Last: columnTime(r, 6),
			Hosts: make(map[string]int), Minutes: make(map[int64]int),
		})
	}, b.ID)
	if err != nil {
		return err
	}
	for i, g := range b.Groups {
		if err := s.loadGroup(ids[i], g); err != nil {
			return err
		}
	}
	return s.stmt.recipients.rows(func(r *sqlite3.Stmt) {
		b.Recipients[r.ColumnText(0)] = r.ColumnInt(1)
	}, b.ID)
}

func (s *Store) loadGroup(id int64, g *store.Group) error {
	err := s.stmt.variants.rows(func(r *sqlite3.Stmt) {
		g.Variants = append(g.Variants, &store.Variant{
			Fingerprint: r.ColumnText(0), Reason: r.ColumnText(1), Count: r.ColumnInt(2),
			First: columnTime(r, 3), Last: columnTime(r, 4),
			Sample: r.ColumnBlob(5, nil), SampleSize: r.ColumnInt(6),
		})
	}, id)
	if err != nil {
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
		found, err := s.stmt.delete.row(ignore, batch)
		if err != nil {
			return err
		}
		if !found {
			return store.ErrNotClaimed
		}
		for _, o := range summaries {
			err := s.stmt.insert.exec(o.Batch, o.MessageID, o.From, addresses(o.To), o.Mail, o.Count, o.Groups,
				o.Due, o.NextAt, o.Attempts, clean(o.LastError))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// ClaimOutgoing implements store.Store.
func (s *Store) ClaimOutgoing(ctx context.Context, now time.Time, lease time.Duration) (*store.Outgoing, error) {
	var claim *store.Outgoing
	err := s.transaction(ctx, func() error {
		var to string
		_, err := s.stmt.claimOutgoing.row(func(r *sqlite3.Stmt) {
			to = r.ColumnText(4)
			claim = &store.Outgoing{
				ID: r.ColumnInt64(0), Batch: r.ColumnText(1), MessageID: r.ColumnText(2), From: r.ColumnText(3),
				Mail: r.ColumnBlob(5, nil), Count: r.ColumnInt(6), Groups: r.ColumnInt(7),
				Due: columnTime(r, 8), NextAt: columnTime(r, 9), Attempts: r.ColumnInt(10), LastError: r.ColumnText(11),
			}
		}, now, now.Add(lease))
		if err != nil || claim == nil {
			return err
		}
		if to != "" {
			claim.To = strings.Split(to, "\n")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return claim, nil
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

// Finish implements store.Store.
func (s *Store) Finish(ctx context.Context, id int64) error {
	err := s.transaction(ctx, func() error { return s.stmt.finish.exec(id) })
	if err != nil {
		return err
	}
	s.shrink()
	return nil
}

// shrink gives the space of what was delivered back to the file system. It is a
// courtesy: when it fails, the pages stay for later use.
func (s *Store) shrink() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		s.stmt.vacuum.exec()
	}
}

// Pending implements store.Store.
func (s *Store) Pending(ctx context.Context) (p store.Pending, err error) {
	if err := s.lock(ctx); err != nil {
		return p, err
	}
	defer s.mu.Unlock()
	err = s.stmt.pending.rows(func(r *sqlite3.Stmt) {
		p = store.Pending{Batches: r.ColumnInt(0), Mails: r.ColumnInt(1), Outbox: r.ColumnInt(2)}
	})
	return p, err
}

// addresses puts one recipient on each line. Unlike JSON that keeps the bytes of
// an address in whatever encoding the client used.
func addresses(to []string) string { return strings.Join(to, "\n") }

// clean makes text acceptable to a TEXT column.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}
