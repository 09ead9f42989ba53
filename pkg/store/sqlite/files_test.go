package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/store"
)

func TestWhatHappensToTheFilesOfAStoreInUseIsNoticedByTheNextMailAndMended(t *testing.T) {
	t.Parallel()
	away := func(name string) func(string) error {
		return func(path string) error { return os.Rename(path+name, path+".elsewhere") }
	}
	foreign := func(path string) error {
		return errors.Join(os.Rename(path, path+".elsewhere"), os.WriteFile(path, []byte("SQLite format 3\x00 of somebody"), 0o600))
	}
	for _, c := range []struct {
		happens string
		do      func(path string) error
		says    string
		undo    func(path string) error // what Repair asks for; nil if it can do without
	}{
		{happens: "the database is removed", do: os.Remove, says: "was removed while in use"},
		{happens: "the database is renamed", do: away(""), says: "was removed while in use"},
		{happens: "the log is removed", do: func(path string) error { return os.Remove(path + "-wal") }, says: `-wal" was removed while in use`},
		{happens: "the log is renamed", do: away("-wal"), says: `-wal" was removed while in use`},
		{happens: "both are removed", do: func(path string) error { return errors.Join(os.Remove(path), os.Remove(path+"-wal")) }, says: "was removed while in use"},
		{happens: "the log is replaced", do: func(path string) error {
			return errors.Join(os.Remove(path+"-wal"), os.WriteFile(path+"-wal", make([]byte, 100_000), 0o600))
		}, says: `-wal" was replaced by another file while in use`},
		{happens: "the database is truncated, while the log has it all", do: func(path string) error { return os.Truncate(path, 0) }, says: "was truncated or written to"},
		{happens: "the database is overwritten", do: func(path string) error { return os.WriteFile(path, make([]byte, 500_000), 0o600) }, says: "was truncated or written to"},
		{happens: "the log is truncated", do: func(path string) error { return os.Truncate(path+"-wal", 100) }, says: `-wal" was truncated or written to`},
		{happens: "the database is replaced, and the other one moved away", do: foreign, says: "was replaced by another file while in use", undo: os.Remove},
		{happens: "the database is replaced, and put back", do: foreign, says: "was replaced by another file while in use",
			undo: func(path string) error { return os.Rename(path+".elsewhere", path) }},
	} {
		t.Run(c.happens, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "failmail.db")
			s, err := Open(path, store.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { s.Close() }()
			if err := s.Record(t.Context(), entries(4, 10)); err != nil {
				t.Fatal(err)
			}
			if err := c.do(path); err != nil {
				t.Fatal(err)
			}
			if err := s.Record(t.Context(), entries(4, 10)); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("Record: got %v, want %q", err, c.says)
			}
			if err := s.Probe(t.Context(), 1); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("Probe: got %v, want %q", err, c.says)
			}
			did, err := s.Repair(t.Context())
			if c.undo != nil {
				if err == nil || !strings.Contains(err.Error(), "put back the file") {
					t.Fatalf("Repair of a replaced file: got %q, %v", did, err)
				}
				if err := c.undo(path); err != nil {
					t.Fatal(err)
				}
				did, err = s.Repair(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(did, "LOST") {
				t.Errorf("Repair says %q", did)
			}
			if err := s.Record(t.Context(), entries(2, 10)); err != nil {
				t.Fatalf("Record after Repair: %v", err)
			}
			want := store.Pending{Batches: 2, Mails: 6}
			wantPending(t, s, want)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if s, err = Open(path, store.Limits{}); err != nil {
				t.Fatal(err)
			}
			wantPending(t, s, want)
		})
	}
}

func TestAStoreThatShrinksItsOwnFilesIsNotTruncated(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "failmail.db")
	for range 3 {
		s, err := Open(path, store.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			big := make([]store.Outgoing, 8)
			for i := range big {
				big[i] = store.Outgoing{MessageID: "m", Mail: make([]byte, 1<<20), NextAt: noon}
			}
			if err := s.Enqueue(t.Context(), big); err != nil {
				t.Fatal(err)
			}
			for range big {
				o, err := s.ClaimOutgoing(t.Context(), noon, 0)
				if err != nil || o == nil {
					t.Fatalf("ClaimOutgoing: %v, %v", o, err)
				}
				if err := s.Finish(t.Context(), o.ID); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Probe(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatWasRemovedIsWrittenAgainAtTheEnd(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "failmail.db")
	s, err := Open(path, store.Limits{})
	if err == nil {
		err = s.Record(t.Context(), entries(4, 10))
	}
	if err == nil {
		err = errors.Join(os.Remove(path), os.Remove(path+"-wal"), s.Close())
	}
	if err == nil {
		s, err = Open(path, store.Limits{})
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	wantPending(t, s, store.Pending{Batches: 2, Mails: 4})
}

// filled opens a store with more than its log holds.
func filled(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(path, store.Limits{})
	for i := 0; i < 200 && err == nil; i++ {
		err = s.Record(t.Context(), entries(4, 10_000))
	}
	if err == nil {
		_, err = s.Pending(t.Context())
	}
	if err == nil {
		err = s.conn.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	}
	if err != nil {
		t.Fatal(err)
	}
	s.files.note()
	return s
}

// Of a small store SQLite has everything in memory; of a large one not.
func TestALogThatIsCutCostsOnlyWhatWasInIt(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "failmail.db")
	s := filled(t, path)
	defer func() { s.Close() }()
	if err := s.Record(t.Context(), entries(4, 10)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.conn.Exec("PRAGMA shrink_memory"), os.Truncate(path+"-wal", 40)); err != nil {
		t.Fatal(err)
	}
	did, err := s.Repair(t.Context())
	if err != nil || !strings.Contains(did, "a part of what was counted is LOST") {
		t.Fatalf("Repair: %q, %v", did, err)
	}
	wantPending(t, s, store.Pending{Batches: 2, Mails: 800})
}

func TestWhatIsHeldWhenTheStoreWasReplacedIsLeftBesideItAtTheEnd(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, other := filepath.Join(folder, "failmail.db"), filepath.Join(folder, "other.db")
	o, err := Open(other, store.Limits{})
	if err == nil {
		err = errors.Join(o.Record(t.Context(), entries(2, 10)), o.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	s := filled(t, path)
	if err := errors.Join(s.Record(t.Context(), entries(4, 10)), os.Rename(other, path)); err != nil {
		t.Fatal(err)
	}
	if err := s.Record(t.Context(), entries(4, 10)); err == nil {
		t.Fatal("a mail is counted in a store that was replaced")
	}
	err = s.Close()
	kept, _ := filepath.Glob(path + ".held-*")
	if err == nil || len(kept) != 1 || !strings.Contains(err.Error(), kept[0]) {
		t.Fatalf("Close: %v; kept %q", err, kept)
	}
	for file, want := range map[string]int{path: 2, kept[0]: 804} {
		s, err := Open(file, store.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Pending(t.Context()); err != nil || got.Mails != want {
			t.Errorf("%s: %+v, %v; want %d mails", file, got, err, want)
		}
		if aside, _ := s.SetAside(); aside != "" {
			t.Errorf("%s was taken for damaged", file)
		}
		s.Close()
	}
}
