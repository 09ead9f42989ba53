package sqlite

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/pkg/store"
)

// fill makes the next page the last, which is what a full disk looks like to
// SQLite; the returned function makes space again.
func fill(t *testing.T, s *Store) (drain func()) {
	t.Helper()
	exec := func(sql string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := s.conn.Exec(sql); err != nil {
			t.Fatal(err)
		}
	}
	exec("PRAGMA max_page_count = 1") // SQLite raises it to the present size
	return func() { exec("PRAGMA max_page_count = 1000000") }
}

func openFor(t *testing.T) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "failmail.db"), store.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

func entries(n, sample int) []store.Entry {
	all := make([]store.Entry, n)
	for i := range all {
		all[i] = store.Entry{
			Batch: fmt.Sprint("batch ", i%2), Group: fmt.Sprint("group ", i), Fingerprint: "v1:a",
			Received: noon, Sample: make([]byte, sample),
		}
	}
	return all
}

func wantPending(t *testing.T, s *Store, want store.Pending) {
	t.Helper()
	if got, err := s.Pending(t.Context()); err != nil || got != want {
		t.Fatalf("got %+v, %v; want %+v", got, err, want)
	}
}

func wantFull(t *testing.T, method string, err error) {
	t.Helper()
	if !errors.Is(err, sqlite3.FULL) {
		t.Fatalf("%s on a full disk: got %v, want SQLITE_FULL", method, err)
	}
}

func TestAFullDiskFailsRecordAsAWhole(t *testing.T) {
	t.Parallel()
	s := openFor(t)
	if err := s.Record(t.Context(), entries(4, 10)); err != nil {
		t.Fatal(err)
	}
	drain := fill(t, s)
	// The first entries would find room in the pages there are.
	wantFull(t, "Record", s.Record(t.Context(), append(entries(6, 10), entries(20, 10_000)[6:]...)))
	wantPending(t, s, store.Pending{Batches: 2, Mails: 4})

	if err := s.Record(t.Context(), entries(4, 10)); err != nil {
		t.Errorf("counting known mails on a full disk: %v", err)
	}
	drain()
	if err := s.Record(t.Context(), entries(20, 10_000)); err != nil {
		t.Fatalf("Record when there is space again: %v", err)
	}
	wantPending(t, s, store.Pending{Batches: 2, Mails: 28})
	for range 2 {
		b, err := s.Claim(t.Context(), noon.Add(time.Hour), time.Minute)
		if err != nil || b == nil || b.Count != 14 || len(b.Groups) != 10 || b.Omitted() != 0 {
			t.Fatalf("Claim: %+v, %v", b, err)
		}
	}
}

func TestAFullDiskFailsSealAsAWhole(t *testing.T) {
	t.Parallel()
	s := openFor(t)
	if err := s.Record(t.Context(), entries(1, 10)); err != nil {
		t.Fatal(err)
	}
	b, err := s.Claim(t.Context(), noon.Add(time.Hour), time.Minute)
	if err != nil || b == nil {
		t.Fatalf("Claim: %v, %v", b, err)
	}
	drain := fill(t, s)
	summaries := []store.Outgoing{{MessageID: "small"}, {MessageID: "large", Mail: make([]byte, 100_000)}}
	wantFull(t, "Seal", s.Seal(t.Context(), b.ID, summaries))
	wantPending(t, s, store.Pending{Batches: 1, Mails: 1})

	drain()
	if err := s.Seal(t.Context(), b.ID, summaries); err != nil {
		t.Fatalf("Seal when there is space again: %v", err)
	}
	wantPending(t, s, store.Pending{Outbox: 2})
}
