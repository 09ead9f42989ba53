package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hut8labs/failmail/internal/journal"
	"github.com/hut8labs/failmail/pkg/store"
)

// Mute implements store.Store.
func (s *Store) Mute(ctx context.Context, m store.Mute) (id int64, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
			INSERT INTO mutes (fingerprint, pattern, reason, created_at, until_at, problem, name, until_over, until_count, things) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`,
			clean(m.Fingerprint), clean(m.Pattern), clean(m.Reason), micros(m.Created), micros(m.Until), clean(m.Problem), clean(m.Name), m.UntilOver, m.UntilCount, journal.EncodeThings(m.Things)).Scan(&id)
	})
	return id, err
}

// Unmute implements store.Store.
func (s *Store) Unmute(ctx context.Context, id int64) (found bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM mutes WHERE id = $1`, id)
		found = tag.RowsAffected() > 0
		return err
	})
	return found, err
}

// Mutes implements store.Store.
func (s *Store) Mutes(ctx context.Context, now time.Time) (mutes []store.Mute, err error) {
	err = s.read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `
			SELECT id, fingerprint, pattern, reason, created_at, until_at, problem, name, until_over, until_count, things FROM mutes WHERE until_at > $1 ORDER BY id`, micros(now))
		mutes, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (m store.Mute, err error) {
			var things string
			err = row.Scan(&m.ID, &m.Fingerprint, &m.Pattern, &m.Reason, into(&m.Created), into(&m.Until), &m.Problem, &m.Name, &m.UntilOver, &m.UntilCount, &things)
			m.Things = journal.DecodeThings(things)
			return m, err
		})
		return err
	})
	return mutes, err
}

// NoteHeartbeat implements store.Store.
func (s *Store) NoteHeartbeat(ctx context.Context, name string, at time.Time) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO heartbeats AS have VALUES ($1, $2, $3, 1)
			ON CONFLICT (hash) DO UPDATE SET last_at = greatest(have.last_at, excluded.last_at), count = have.count + 1`,
			hashOf(name).uuid(), clean(name), micros(at))
		return err
	})
}

// Heartbeats implements store.Store.
func (s *Store) Heartbeats(ctx context.Context) (beats []store.Heartbeat, err error) {
	err = s.read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `SELECT name, last_at, count FROM heartbeats ORDER BY name COLLATE "C"`)
		beats, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (h store.Heartbeat, err error) {
			err = row.Scan(&h.Name, into(&h.Last), &h.Count)
			return h, err
		})
		return err
	})
	return beats, err
}

// Learn implements store.Store.
func (s *Store) Learn(ctx context.Context, lessons []store.Lesson) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var b pgx.Batch
		// IDs are given in the order of the commits, or Lessons would miss some.
		b.Queue(`LOCK TABLE lessons IN SHARE ROW EXCLUSIVE MODE`)
		for _, l := range lessons {
			b.Queue(`INSERT INTO lessons (kind, fingerprint, other, lines, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
				string(l.Kind), clean(l.Fingerprint), clean(l.Other), clean(journal.EncodeLines(l.Lines)), micros(l.At))
		}
		return tx.SendBatch(ctx, &b).Close()
	})
}

// Lessons implements store.Store.
func (s *Store) Lessons(ctx context.Context, after int64) (lessons []store.Lesson, err error) {
	err = s.read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `SELECT id, kind, fingerprint, other, lines, at FROM lessons WHERE id > $1 ORDER BY id`, after)
		lessons, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (l store.Lesson, err error) {
			var lines string
			err = row.Scan(&l.ID, &l.Kind, &l.Fingerprint, &l.Other, &lines, into(&l.At))
			l.Lines = journal.DecodeLines(lines)
			return l, err
		})
		return err
	})
	return lessons, err
}

// Forget implements store.Store.
func (s *Store) Forget(ctx context.Context, before time.Time) error {
	return s.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var b pgx.Batch
		for _, old := range []string{
			`DELETE FROM fingerprints WHERE last_at < $1`,
			`DELETE FROM seen WHERE last_at < $1`,
			`DELETE FROM mutes WHERE until_at < $1`,
			`DELETE FROM heartbeats WHERE last_at < $1`,
			`DELETE FROM standings WHERE greatest(bad_at, good_at) < $1`,
		} {
			b.Queue(old, micros(before))
		}
		return tx.SendBatch(ctx, &b).Close()
	})
}
