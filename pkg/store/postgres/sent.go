package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hut8labs/failmail/pkg/store"
)

// KeepSent implements store.Sent.
func (s *Store) KeepSent(ctx context.Context, sent store.SentSummary) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO sent AS have (id, made_at, record, content) VALUES ($1, $2, $3, coalesce($4, ''::bytea))
			ON CONFLICT (id) DO UPDATE SET made_at = excluded.made_at, record = excluded.record, content = coalesce($4, have.content)`,
			clean(sent.ID), micros(sent.Made), sent.Record, sent.Content)
		return err
	})
}

// ListSent implements store.Sent.
func (s *Store) ListSent(ctx context.Context, most int) (list []store.SentSummary, err error) {
	err = s.read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `SELECT id, made_at, record FROM sent ORDER BY made_at DESC, id LIMIT $1`, most)
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (s store.SentSummary, err error) {
			err = row.Scan(&s.ID, into(&s.Made), &s.Record)
			return s, err
		})
		return err
	})
	return list, err
}

// SentContent implements store.Sent.
func (s *Store) SentContent(ctx context.Context, id string) (content []byte, err error) {
	err = s.read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT content FROM sent WHERE id = $1`, clean(id)).Scan(&content)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return content, err
}

// DropSent implements store.Sent.
func (s *Store) DropSent(ctx context.Context, id string) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM sent WHERE id = $1`, clean(id))
		return err
	})
}

// ForgetSent implements store.Sent.
func (s *Store) ForgetSent(ctx context.Context, before time.Time, bytes int64) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			DELETE FROM sent WHERE made_at < $1 OR id IN (
				SELECT id FROM (SELECT id, sum(octet_length(content)) OVER (ORDER BY made_at DESC, id) AS size FROM sent) s WHERE size > $2)`,
			micros(before), bytes)
		return err
	})
}
