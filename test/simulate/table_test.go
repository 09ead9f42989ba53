package simulate

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil/brittledisk"
)

// reached is what the worlds of several seeds have come to.
type reached struct {
	broken atomic.Bool // some promise

	mu     sync.Mutex
	mails  int
	faults map[cell]int
}

// A cell is a fault and the call, to the store or to the disk, at which it happens.
type cell struct{ fault, call string }

func (r *reached) add(mails int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mails += mails
}

func (r *reached) fault(fault, call string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.faults == nil {
		r.faults = make(map[cell]int)
	}
	r.faults[cell{fault, call}]++
}

// Faults that may be armed, and the calls at which they happen.
var (
	storeFaults = []string{"fail", "kill before", "kill after"}
	storeCalls  = []string{"record", "claim", "seal", "claim outgoing", "postpone", "reopen", "finish", "enqueue", "mute", "shift"}
	diskOps     = []string{
		string(brittledisk.Open), string(brittledisk.Read), string(brittledisk.Write),
		string(brittledisk.Truncate), string(brittledisk.Sync), string(brittledisk.Delete),
	}
)

// table is every fault with the calls at which it could happen.
var table = []struct{ faults, calls []string }{
	{append([]string{"full"}, storeFaults...), storeCalls},
	{[]string{powerCut, diskFails}, diskOps},
	{[]string{"full"}, []string{string(brittledisk.Write)}},
}

// empty says why a cell is.
var empty = map[cell]string{
	{"full", "seal"}: "what cannot be claimed is not sealed, and between the two no time passes",
}

// enough is after how many days no cell may be empty without a reason.
const enough = 1000

// tell logs the table, and returns how many faults there were.
func (r *reached) tell(t *testing.T, days float64) (faults int) {
	for _, part := range table {
		for _, fault := range part.faults {
			for _, call := range part.calls {
				c := cell{fault, call}
				n, reason := r.faults[c], empty[c]
				t.Logf("%-12s at %-15s %6d  %s", fault, call, n, reason)
				if n == 0 && reason == "" && days >= enough {
					t.Errorf("nobody saw the fault %q at the call %q; the world lacks something", fault, call)
				}
				faults += n
			}
		}
	}
	return faults
}

// nth is how many of the calls of a kind a fault of the disk waits for at most: a store that
// is open reads and opens little.
func nth(op string) int {
	if slices.Contains([]string{string(brittledisk.Write), string(brittledisk.Sync), string(brittledisk.Read)}, op) {
		return 20
	}
	return 1
}
