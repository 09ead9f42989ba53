package postgres_test

import (
	"os"
	"sync"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/postgres"
	"github.com/hut8labs/failmail/pkg/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(testutil.Main(m)) }

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, limits store.Limits) store.Store {
		return open(t, testutil.StartPostgres(t), limits)
	})
}

func TestStoreIsShared(t *testing.T) {
	var schemas sync.Map // of paths
	storetest.RunShared(t, func(t *testing.T, path string, limits store.Limits) store.Store {
		url, isKnown := schemas.Load(path)
		if !isKnown {
			url = testutil.StartPostgres(t)
			schemas.Store(path, url)
		}
		return open(t, url.(string), limits)
	})
}

func open(t *testing.T, url string, limits store.Limits) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), url, limits)
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
