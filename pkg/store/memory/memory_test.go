package memory_test

import (
	"testing"

	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
	"github.com/hut8labs/failmail/pkg/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, limits store.Limits) store.Store { return memory.New(limits) })
}
