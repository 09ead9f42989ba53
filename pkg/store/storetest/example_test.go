package storetest_test

import (
	"path/filepath"
	"testing"

	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
	"github.com/hut8labs/failmail/pkg/store/postgres"
	"github.com/hut8labs/failmail/pkg/store/sqlite"
	"github.com/hut8labs/failmail/pkg/store/storetest"
)

// Every engine is tested so.
func ExampleRun() {
	_ = func(t *testing.T) {
		storetest.Run(t, func(_ *testing.T, limits store.Limits) store.Store { return memory.New(limits) })
	}
}

// An engine that outlives the process is opened again at the same path.
func ExampleRunDurable() {
	_ = func(t *testing.T) {
		storetest.RunDurable(t, func(t *testing.T, path string, limits store.Limits) store.Store {
			s, err := sqlite.Open(path, limits)
			if err != nil {
				t.Fatal(err)
			}
			return s
		})
	}
}

// An engine that several nodes use at a time is opened while it is open.
func ExampleRunShared() {
	_ = func(t *testing.T) {
		storetest.RunShared(t, func(t *testing.T, path string, limits store.Limits) store.Store {
			url := "postgres://localhost/test?search_path=" + filepath.Base(path)
			s, err := postgres.Open(t.Context(), url, limits)
			if err != nil {
				t.Fatal(err)
			}
			return s
		})
	}
}
