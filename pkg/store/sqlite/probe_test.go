package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/sqlite"
)

func TestProbeSeesWhatOpenWouldMeet(t *testing.T) {
	t.Parallel()
	newer := func(t *testing.T, path string) {
		conn, err := sqlite3.Open(path)
		if err == nil {
			err = errors.Join(conn.Exec("PRAGMA user_version = 99"), conn.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		prepare func(t *testing.T, path string)
		want    string // empty for nothing
	}{
		"no file":      {func(*testing.T, string) {}, ""},
		"a free store": {func(t *testing.T, path string) { open(t, path, store.Limits{}).Close() }, ""},
		"a store in use": {func(t *testing.T, path string) {
			record(t, open(t, path, store.Limits{}), entry("one"))
		}, "another process has it open"},
		"a store of a newer version": {newer, "newer failmail (schema 99"},
		"a store of a newer version that is in use": {func(t *testing.T, path string) {
			newer(t, path)
			conn, err := sqlite3.Open(path)
			if err == nil {
				err = conn.Exec("BEGIN EXCLUSIVE")
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close() })
		}, "newer failmail (schema 99"},
		"another program's file": {func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte(strings.Repeat("Dear diary. ", 100)), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "not a database"},
		"a folder": {func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, "directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "failmail.db")
			test.prepare(t, path)
			err := sqlite.Probe(path)
			if test.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				wantMails(t, open(t, path, store.Limits{}), 0)
				return
			}
			var openError *sqlite.OpenError
			if !errors.As(err, &openError) || !strings.Contains(err.Error(), test.want) || openError.Path != path {
				t.Errorf("Probe = %v, want an *OpenError with %q", err, test.want)
			}
			if errors.Is(err, sqlite.ErrInUse) != strings.Contains(test.want, "open") {
				t.Errorf("%v is ErrInUse: %v", err, errors.Is(err, sqlite.ErrInUse))
			}
			if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); err != nil || len(left) > 0 {
				t.Errorf("left %q: %v", left, err)
			}
		})
	}
}

func TestProbeLeavesAStoreInUseToItsOwner(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "failmail.db")
	s := open(t, path, store.Limits{})
	for range 3 {
		record(t, s, entry("one"))
		if err := sqlite.Probe(path); !errors.Is(err, sqlite.ErrInUse) {
			t.Fatalf("Probe = %v", err)
		}
	}
	refused(t, path, "another process has it open") // and is still locked
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wantMails(t, open(t, path, store.Limits{}), 3)
}
