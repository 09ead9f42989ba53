package sqlite_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/hut8labs/failmail/pkg/store"
)

// TestEqualMailsKeepTheFileSmall is the promise that a storm costs one row and
// one sample however long it lasts.
func TestEqualMailsKeepTheFileSmall(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "failmail.db")
	s := open(t, path, store.Limits{})
	round := make([]store.Entry, 500)
	for i := range round {
		round[i] = entry("")
		round[i].Sample = bytes.Repeat([]byte{byte(i)}, 4096)
	}
	for range 40 {
		record(t, s, round...)
		if size := size(t, path); size > 8<<20 {
			t.Fatalf("database and log have grown to %d bytes", size)
		}
	}
	wantMails(t, s, 20_000)
}

func size(t *testing.T, path string) (total int64) {
	t.Helper()
	for _, file := range []string{path, path + "-wal"} {
		info, err := os.Stat(file)
		if err == nil {
			total += info.Size()
		} else if !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	return total
}

// crash copies the files of a store in use, as a killed process leaves them,
// with the write-ahead log cut to the given length, or whole if it is negative.
func crash(t *testing.T, path string, logLength int) (copied string) {
	t.Helper()
	copied = filepath.Join(t.TempDir(), "crashed.db")
	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if suffix != "" && logLength >= 0 {
			content = content[:logLength]
		}
		if err := os.WriteFile(copied+suffix, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return copied
}

func TestWhatWasAcknowledgedSurvivesAKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "failmail.db")
	s := open(t, path, store.Limits{})
	for i := range 10 {
		record(t, s, entry(fmt.Sprint("sample ", i)))
		wantMails(t, open(t, crash(t, path, -1), store.Limits{}), i+1)
	}
	later := noon.AddDate(0, 0, 1)
	if b, err := s.Claim(t.Context(), later, 1<<40); err != nil || b == nil {
		t.Fatalf("Claim: %v, %v", b, err)
	}
	b, err := open(t, crash(t, path, -1), store.Limits{}).Claim(t.Context(), later, 1<<40)
	if err != nil || b == nil || b.Count != 10 || string(b.Groups[0].Variants[0].Sample) != "sample 0" {
		t.Fatalf("claim after the kill: %+v, %v", b, err)
	}
}

// TestATornLogLosesTheTornCommitOnly cuts the log anywhere, as a power cut in
// the middle of a commit does.
func TestATornLogLosesTheTornCommitOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "failmail.db")
	s := open(t, path, store.Limits{})
	var lengths []int
	for range 6 {
		record(t, s, entry("sample"))
		lengths = append(lengths, int(size(t, path)-databaseSize(t, path)))
	}
	for i, length := range lengths[1:] {
		acknowledged := i + 1 // before the commit that is torn
		for _, cut := range []int{length - 1, (lengths[i] + length) / 2, lengths[i] + 1} {
			wantMails(t, open(t, crash(t, path, cut), store.Limits{}), acknowledged)
		}
		wantMails(t, open(t, crash(t, path, length), store.Limits{}), acknowledged+1)
	}
}

func databaseSize(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
