package sqlite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/internal/clockstep"
	"github.com/hut8labs/failmail/pkg/store"
)

var (
	_ store.Prober   = (*Store)(nil)
	_ store.Shifter  = (*Store)(nil)
	_ store.Heir     = (*Store)(nil)
	_ store.Copier   = (*Store)(nil)
	_ store.Repairer = (*Store)(nil)
)

// probe is the note that Probe writes; those of components have no space in front.
const probe = " probe"

// Probe implements store.Prober: it commits a row as large as that of Record. The one
// before it is removed, since SQLite writes nothing for a row that stays what it is.
func (s *Store) Probe(ctx context.Context, bytes int) error {
	return s.transaction(ctx, func() error {
		if err := s.stmt.dropNote.exec(probe); err != nil {
			return err
		}
		return s.stmt.keepNote.exec(probe, strings.Repeat(" ", max(bytes, 1)))
	})
}

// Note implements store.Notebook.
func (s *Store) Note(ctx context.Context, name, text string) error {
	return s.transaction(ctx, func() error {
		if text == "" {
			return s.stmt.dropNote.exec(clean(name))
		}
		return s.stmt.keepNote.exec(clean(name), clean(text))
	})
}

// Noted implements store.Notebook.
func (s *Store) Noted(ctx context.Context, name string) (text string, err error) {
	if err := s.lock(ctx); err != nil {
		return "", err
	}
	defer s.mu.Unlock()
	_, err = s.stmt.noted.row(func(r *sqlite3.Stmt) { text = r.ColumnText(0) }, clean(name))
	return text, err
}

// Inherit implements store.Heir.
func (s *Store) Inherit(ctx context.Context, fingerprint, heir string) error {
	return s.transaction(ctx, func() error { return s.stmt.inherit.exec(clean(fingerprint), clean(heir)) })
}

// Newest implements store.Shifter.
func (s *Store) Newest(ctx context.Context) (newest time.Time, err error) {
	if err := s.lockUpToDate(ctx); err != nil {
		return time.Time{}, err
	}
	defer s.mu.Unlock()
	_, err = s.stmt.newest.row(func(r *sqlite3.Stmt) { newest = columnTime(r, 0) })
	return newest, err
}

// Shift implements store.Shifter.
func (s *Store) Shift(ctx context.Context, by time.Duration) error {
	return s.transaction(ctx, func() error {
		for _, t := range []struct{ table, columns string }{
			{"batches", "first_at last_at due_at lease_until loud_first loud_last due_by first_due held_since"},
			{"groups", "first_at last_at"},
			{"variants", "first_at last_at"},
			{"outbox", "due_at next_at lease_until"},
			{"fingerprints", "first_at last_at"},
			{"seen", "last_at"},
			{"mutes", "created_at until_at"},
			{"heartbeats", "last_at"},
			{"lessons", "at"},
			{"standings", "since_at bad_at good_at"},
			{"problem_samples", "at"},
			{"sent", "made_at"},
		} {
			if err := s.conn.Exec(shiftSQL(t.table, strings.Fields(t.columns), by)); err != nil {
				return err
			}
		}
		if err := s.shiftProblems(by); err != nil {
			return err
		}
		return s.shiftMinutes(clockstep.Minutes(by))
	})
}

// shiftSQL moves the times of a table. Zero stands for no lease, and what is not
// before Never for a time that does not come.
func shiftSQL(table string, columns []string, by time.Duration) string {
	set := make([]string, len(columns))
	for i, c := range columns {
		set[i] = fmt.Sprintf("%[1]s = iif(%[1]s = 0 OR %[1]s >= %[2]d, %[1]s, %[1]s + %[3]d)", c, store.Never.UnixMicro(), by.Microseconds())
	}
	return "UPDATE " + table + " SET " + strings.Join(set, ", ")
}

// shiftMinutes goes by way of negative numbers, since the minutes of a group are
// unique after each row.
func (s *Store) shiftMinutes(by int64) error {
	return s.conn.Exec(fmt.Sprintf("UPDATE minutes SET minute = -(minute + %d); UPDATE minutes SET minute = -minute", by))
}

// copyPages is how much of the file is copied at a time, 1 MB, between which mails
// are taken: a few milliseconds.
const copyPages = 256

// Copy implements store.Copier.
func (s *Store) Copy(ctx context.Context, path string) (err error) {
	target, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(target, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	defer func() {
		if err != nil {
			os.Remove(target) // half a copy must not be taken for one
		}
	}()
	s.copying.Lock() // keeps the connection open
	defer s.copying.Unlock()
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	b, err := s.conn.BackupInit("main", "file:"+escape(target)+"?journal_mode=off")
	if err != nil {
		return err
	}
	defer b.Close()
	for done := false; !done; {
		if done, err = b.Step(copyPages); err != nil {
			return err
		}
		// The copy follows what this connection writes meanwhile.
		s.mu.Unlock()
		s.mu.Lock()
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.closing {
			return store.ErrClosed
		}
	}
	if err := b.Close(); err != nil {
		return err
	}
	return f.Sync()
}
