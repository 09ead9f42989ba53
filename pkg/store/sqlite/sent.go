package sqlite

import (
	"context"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/pkg/store"
)

// KeepSent implements store.Sent.
func (s *Store) KeepSent(ctx context.Context, sent store.SentSummary) error {
	return s.transaction(ctx, func() error {
		if err := s.stmt.keepSent.exec(clean(sent.ID), sent.Made, sent.Record); err != nil || sent.Content == nil {
			return err
		}
		return s.stmt.keepContent.exec(clean(sent.ID), sent.Content)
	})
}

// ListSent implements store.Sent.
func (s *Store) ListSent(ctx context.Context, most int) (list []store.SentSummary, err error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	err = s.stmt.listSent.rows(func(r *sqlite3.Stmt) {
		list = append(list, store.SentSummary{ID: r.ColumnText(0), Made: columnTime(r, 1), Record: r.ColumnBlob(2, nil)})
	}, most)
	return list, err
}

// SentContent implements store.Sent.
func (s *Store) SentContent(ctx context.Context, id string) (content []byte, err error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	_, err = s.stmt.sentContent.row(func(r *sqlite3.Stmt) { content = r.ColumnBlob(0, nil) }, clean(id))
	return content, err
}

// DropSent implements store.Sent.
func (s *Store) DropSent(ctx context.Context, id string) error {
	return s.transaction(ctx, func() error { return s.stmt.dropSent.exec(clean(id)) })
}

// ForgetSent implements store.Sent.
func (s *Store) ForgetSent(ctx context.Context, before time.Time, bytes int64) error {
	return s.transaction(ctx, func() error { return s.stmt.forgetSent.exec(before, bytes) })
}
