package sqlite_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/store"
)

// damaged returns a closed store of some mails after harm was done to its file.
func damaged(t *testing.T, harm func([]byte) []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "failmail.db")
	s := open(t, path, store.Limits{})
	for i := range 50 {
		e := entry(strings.Repeat("x", i+1))
		e.Sample = bytes.Repeat([]byte("sample "), 1000)
		record(t, s, e)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, harm(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestADamagedFileIsSetAsideAndAFreshOneMade(t *testing.T) {
	for name, harm := range map[string]func([]byte) []byte{
		"the first page is zeros": func(b []byte) []byte { clear(b[:4096]); return b },
		"a page in the middle is garbage": func(b []byte) []byte {
			for page := 4096; page+4096 < len(b); page += 4096 {
				copy(b[page:], bytes.Repeat([]byte{0xa5}, 200))
			}
			return b
		},
		"the end is missing": func(b []byte) []byte { return b[:len(b)/2/4096*4096] },
		"half a page":        func(b []byte) []byte { return b[:5000] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := damaged(t, harm)
			s := open(t, path, store.Limits{})
			aside, reason := s.SetAside()
			if aside == "" || reason == "" {
				t.Fatal("the store does not say that its file was damaged")
			}
			if _, err := os.Stat(aside); err != nil {
				t.Errorf("the damaged file is gone: %v", err)
			}
			wantMails(t, s, 0)
			record(t, s, entry("after"))
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			again := open(t, path, store.Limits{})
			if aside, _ := again.SetAside(); aside != "" {
				t.Errorf("the fresh file was set aside too: %s", aside)
			}
			wantMails(t, again, 1)
		})
	}
}

func TestASoundFileIsNotSetAside(t *testing.T) {
	path := damaged(t, func(b []byte) []byte { return b })
	s := open(t, path, store.Limits{})
	if aside, reason := s.SetAside(); aside != "" || reason != "" {
		t.Errorf("set aside as %s: %s", aside, reason)
	}
	wantMails(t, s, 50)
}

func TestAFileOfSomebodyElseIsNotTouched(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.txt")
	text := strings.Repeat("no database\n", 1000)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, path, "not a database")
	if after, err := os.ReadFile(path); err != nil || string(after) != text {
		t.Errorf("it was changed: %v", err)
	}
}
