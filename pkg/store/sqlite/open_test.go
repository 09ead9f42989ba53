package sqlite_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/sqlite"
)

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

func entry(sample string) store.Entry {
	return store.Entry{
		Batch: "batch", Group: "group", Fingerprint: "v1:a", Title: "Disk full", Reason: "same subject", Host: "web-1",
		Recipients: []string{"ops@example.com"}, Received: noon,
		Window: store.Window{Wait: 30 * time.Second, MaxWait: 5 * time.Minute}, Sample: []byte(sample),
	}
}

func record(t *testing.T, s *sqlite.Store, entries ...store.Entry) {
	t.Helper()
	if err := s.Record(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
}

func wantMails(t *testing.T, s *sqlite.Store, want int) {
	t.Helper()
	if p, err := s.Pending(t.Context()); err != nil || p.Mails != want {
		t.Fatalf("got %d mails (%v), want %d", p.Mails, err, want)
	}
}

// refused expects Open to fail with an OpenError whose text has all of want.
func refused(t *testing.T, path string, want ...string) {
	t.Helper()
	s, err := sqlite.Open(path, store.Limits{})
	if err == nil {
		s.Close()
		t.Fatal("the store was opened")
	}
	var openError *sqlite.OpenError
	if !errors.As(err, &openError) {
		t.Fatalf("got a %T, want an *OpenError: %v", err, err)
	}
	if openError.Path != path || openError.Hint == "" || openError.Err == nil || !errors.Is(err, openError.Err) {
		t.Errorf("incomplete: %#v", openError)
	}
	for _, w := range append(want, filepath.Base(path), openError.Hint) {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error lacks %q: %v", w, err)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error is more than a line: %q", err)
	}
}

func TestASecondOpenIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "failmail.db")
	s := open(t, path, store.Limits{})
	refused(t, path, "another process has it open", "stop the other failmail")

	record(t, s, entry("one"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wantMails(t, open(t, path, store.Limits{}), 1)
}

func TestARestartMayOverlap(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "failmail.db")
	old := open(t, path, store.Limits{})
	record(t, old, entry("one"))
	opened := make(chan error, 1)
	go func() {
		s, err := sqlite.Open(path, store.Limits{})
		if err == nil {
			err = s.Close()
		}
		opened <- err
	}()
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-opened; err != nil {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	letter := bytes.Repeat([]byte("Dear diary, this is no database.\n"), 200)
	text := filepath.Join(dir, "diary.txt")
	if err := os.WriteFile(text, letter, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path string
		want       []string
	}{
		{"a file that is no database", text, []string{"not a database", "move the file away"}},
		{"a folder", dir, []string{"directory"}},
		{"a folder that is a file", filepath.Join(text, "failmail.db"), []string{"not a directory", "writable by this user"}},
		{"a folder below a file", filepath.Join(text, "a", "b", "failmail.db"), []string{"not a directory"}},
		{"a folder that takes no files", "/proc/failmail/failmail.db", []string{"/proc/failmail"}},
		{"no name", "", nil},
		{"a name too long", filepath.Join(dir, strings.Repeat("x", 300)), []string{"name too long"}},
		{"a name with NUL", filepath.Join(dir, "fail\x00mail.db"), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.Contains(c.path, "\x00") || c.path == "" {
				var openError *sqlite.OpenError
				if _, err := sqlite.Open(c.path, store.Limits{}); !errors.As(err, &openError) || openError.Path != c.path {
					t.Errorf("got %v, want an *OpenError", err)
				}
				return
			}
			refused(t, c.path, c.want...)
		})
	}
	if after, err := os.ReadFile(text); err != nil || !bytes.Equal(after, letter) {
		t.Errorf("the file that is no database was changed (%v)", err)
	}
}

func TestOpenRefusesAFileOfANewerVersion(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "failmail.db")
	s := open(t, path, store.Limits{})
	record(t, s, entry("one"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	setVersion := func(statement string) {
		conn, err := sqlite3.Open(path)
		if err == nil {
			err = errors.Join(conn.Exec(statement), conn.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	setVersion("PRAGMA user_version = 99")
	refused(t, path, "newer failmail", "99", "run that version")
	setVersion("PRAGMA user_version = 10")
	wantMails(t, open(t, path, store.Limits{}), 1)
}

func TestFilesAreReadableByTheirOwnerOnly(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "var", "failmail")
	path := filepath.Join(folder, "failmail.db")
	record(t, open(t, path, store.Limits{}), entry("secret"))
	for file, want := range map[string]os.FileMode{folder: 0o700, path: 0o600, path + "-wal": 0o600} {
		info, err := os.Stat(file)
		if err != nil {
			t.Error(err)
		} else if info.Mode().Perm() != want {
			t.Errorf("%s: mode %o, want %o", filepath.Base(file), info.Mode().Perm(), want)
		}
	}
}

func TestAnyFileNameIsTaken(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"with space.db", "100%.db", "%2e%2fescaped.db", "what?.db", "?mode=memory&vfs=none", "#1.db", "a#b?c%41.db",
		"quote's\".db", "back\\slash.db", "new\nline.db", "tab\t.db", "&=;+.db", "\u65e5\u672c.db", "\xff\xfe.db",
		":memory:", "file:failmail.db", "~", "-", ".hidden", "no-extension", "many/folders/deep/failmail.db",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), name)
			s := open(t, path, store.Limits{})
			record(t, s, entry("one"))
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(path); err != nil || info.Size() == 0 {
				t.Fatalf("the store is not in the file that was named (%v)", err)
			}
			if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 1 {
				t.Errorf("files left after Close: %v (%v)", files, err)
			}
			wantMails(t, open(t, path, store.Limits{}), 1)
		})
	}
}

// Relative names reach SQLite without a slash before them, where some mean
// something else than a file.
func TestAnyRelativeNameIsTaken(t *testing.T) {
	for _, name := range []string{"failmail.db", ":memory:", "?mode=memory", "./failmail.db", "folder/failmail.db"} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			s := open(t, name, store.Limits{})
			record(t, s, entry("one"))
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			wantMails(t, open(t, name, store.Limits{}), 1)
		})
	}
}

func TestADoubledSlashIsTaken(t *testing.T) {
	t.Parallel()
	path := "/" + filepath.Join(t.TempDir(), "failmail.db")
	record(t, open(t, path, store.Limits{}), entry("one"))
}

func TestASymbolicLinkIsFollowed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	link := filepath.Join(dir, "link.db")
	if err := os.Symlink(filepath.Join(dir, "failmail.db"), link); err != nil {
		t.Fatal(err)
	}
	s := open(t, link, store.Limits{})
	record(t, s, entry("one"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wantMails(t, open(t, filepath.Join(dir, "failmail.db"), store.Limits{}), 1)
}
