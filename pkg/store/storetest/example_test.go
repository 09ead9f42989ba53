package storetest_test

import (
	"testing"

	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
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
	_ = func(t *testing.T) { storetest.RunDurable(t, open) }
}

// An engine that several nodes use at a time is opened while it is open.
func ExampleRunShared() {
	_ = func(t *testing.T) { storetest.RunShared(t, open) }
}

func open(t *testing.T, path string, limits store.Limits) store.Store {
	s, err := sqlite.Open(path, limits)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
