package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/sqlite"
	"github.com/hut8labs/failmail/pkg/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, limits store.Limits) store.Store {
		return open(t, filepath.Join(t.TempDir(), "failmail.db"), limits)
	})
}

func TestStoreIsDurable(t *testing.T) {
	storetest.RunDurable(t, func(t *testing.T, path string, limits store.Limits) store.Store {
		return open(t, path, limits)
	})
}

func open(t *testing.T, path string, limits store.Limits) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(path, limits)
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
