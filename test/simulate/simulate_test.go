// Package simulate plays the life of a Proxy, with every fault at any instant, against a
// model. Time is that of a bubble, so that a year costs what happens in it. A seed decides
// what happens; goroutines that are ready at the same instant still run in an order that
// nobody decides.
package simulate

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

var (
	days = flag.Float64("days", 20, "simulate so many `days`")
	seed = flag.Uint64("seed", 1, "begin with this `seed`")
)

// eventsPerSeed is how long a script is: long enough to have faults meet, short enough to
// be shrunk.
const eventsPerSeed = 60

func TestSimulatedYearsKeepThePromises(t *testing.T) {
	var seen reached
	var played float64
	t.Run("seed", func(t *testing.T) {
		for s := *seed; played < *days; s++ {
			events, in := newScript(s, eventsPerSeed), newSetting(s)
			played += events.days()
			t.Run(fmt.Sprint(s), func(t *testing.T) {
				t.Parallel()
				if testing.Short() && seen.broken.Load() {
					return // one is enough
				}
				l := events.run(t, in, &seen)
				if seen.add(l.mails); len(l.violations) == 0 {
					return
				}
				seen.broken.Store(true)
				if testing.Short() {
					t.Fatalf("breaks promises %s:\n  %s", in, strings.Join(l.violations, "\n  "))
				}
				short := events.shrink(func(part script) bool { return len(part.run(t, in, &reached{}).violations) > 0 })
				again := short.run(t, in, &reached{})
				t.Errorf("breaks promises %s:\n  %s\nin short:\n%s  %s\ntrace:\n  %s", in, strings.Join(l.violations, "\n  "), short,
					strings.Join(again.violations, "\n  "), strings.Join(again.told, "\n  "))
			})
		}
	})
	faults := 0
	for _, key := range slices.SortedFunc(maps.Keys(seen.faults), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		t.Logf("%-12s at %-15s %6d", key[0], key[1], seen.faults[key])
		faults += seen.faults[key]
	}
	if !t.Failed() {
		fmt.Printf("%.0f days, %d mails, %d faults, 0 violations\n", played, seen.mails, faults)
	}
}

// reached is what the worlds of several seeds have come to.
type reached struct {
	broken atomic.Bool // some promise

	mu     sync.Mutex
	mails  int
	faults map[[2]string]int // by the fault and the call to the store at which it happened
}

func (r *reached) add(mails int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mails += mails
}

func (r *reached) fault(fault, stage string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.faults == nil {
		r.faults = make(map[[2]string]int)
	}
	r.faults[[2]string{fault, stage}]++
}

// shrink returns a shorter script that fails, from which no event can be left out.
func (s script) shrink(fails func(script) bool) script {
	for size := len(s) / 2; size > 0; size /= 2 {
		for from := 0; from+size <= len(s); {
			part := slices.Concat(s[:from], s[from+size:])
			if fails(part) {
				s = part
			} else {
				from += size
			}
		}
	}
	return s
}
