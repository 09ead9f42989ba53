package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hut8labs/failmail/pkg/store"
)

var (
	_ store.Prober = (*Store)(nil)
	_ store.Clock  = (*Store)(nil)
	_ store.Heir   = (*Store)(nil)
)

// probe is the note that Probe writes; those of components have no space in front.
const probe = " probe"

// Probe implements store.Prober: it takes the locks that Record needs, without
// waiting long for them, and commits a row.
func (s *Store) Probe(ctx context.Context, bytes int) error {
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			SET LOCAL lock_timeout = '2s';
			LOCK TABLE batches, groups, variants, samples, sources, minutes, recipients, fingerprints, seen, journal, commits IN ROW EXCLUSIVE MODE`)
		if err != nil {
			return err
		}
		return note(ctx, tx, probe, strings.Repeat(" ", max(bytes, 1)))
	})
	switch {
	case isCode(err, "55P03"): // lock_not_available
		return fmt.Errorf("%w; somebody has locked a table: look for it in pg_locks, and end that session", err)
	case isCode(err, "42P01"): // undefined_table
		return fmt.Errorf("%w; restore it from a backup, or name an empty database", err)
	}
	return err
}

// Now implements store.Clock: whose clock is right is not known, but all nodes share
// that of the server.
func (s *Store) Now(ctx context.Context) (now time.Time, err error) {
	err = s.read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now)
	})
	return now, err
}

// Inherit implements store.Heir.
func (s *Store) Inherit(ctx context.Context, fingerprint, heir string) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO fingerprints AS have SELECT $2, first_at, last_at, count FROM fingerprints WHERE hash = $1
			ON CONFLICT (hash) DO UPDATE SET
				first_at = least(have.first_at, excluded.first_at),
				last_at  = greatest(have.last_at, excluded.last_at),
				count    = greatest(have.count, excluded.count)`,
			hashOf(clean(fingerprint)).uuid(), hashOf(clean(heir)).uuid())
		return err
	})
}

// Note implements store.Notebook.
func (s *Store) Note(ctx context.Context, name, text string) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error { return note(ctx, tx, clean(name), clean(text)) })
}

func note(ctx context.Context, tx pgx.Tx, name, text string) error {
	if text == "" {
		_, err := tx.Exec(ctx, `DELETE FROM notes WHERE name = $1`, name)
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO notes VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET text = excluded.text`, name, text)
	return err
}

// Noted implements store.Notebook.
func (s *Store) Noted(ctx context.Context, name string) (text string, err error) {
	err = s.read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		text = ""
		err := tx.QueryRow(ctx, `SELECT text FROM notes WHERE name = $1`, clean(name)).Scan(&text)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return text, err
}
