// Package simulate plays the life of a Proxy, with every fault at any instant, against a
// model. Time is that of a bubble, so that a year costs what happens in it. A seed decides
// what happens; goroutines that are ready at the same instant still run in an order that
// nobody decides.
package simulate

import (
	"flag"
	"fmt"
	"slices"
	"strings"
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
				t.Errorf("breaks promises %s:\n  %s\n%s", in, strings.Join(l.violations, "\n  "), events.explain(l, func(part script) *ledger {
					return part.run(t, in, &reached{})
				}))
			})
		}
	})
	faults := seen.tell(t, played)
	if !t.Failed() {
		fmt.Printf("%.0f days, %d mails, %d faults, 0 violations\n", played, seen.mails, faults)
	}
}

// explain shows the shortest script that still breaks promises, and what happens in it; or
// what happened to l, which was played, if that does not happen again: nobody decides which
// goroutine is first at an instant.
func (s script) explain(l *ledger, play func(script) *ledger) string {
	fails := func(part script) bool { return len(play(part).violations) > 0 }
	for range 5 {
		if fails(s) {
			s = s.shrink(fails)
			break
		}
	}
	if again := play(s); len(again.violations) > 0 {
		l = again
	}
	return fmt.Sprintf("in short:\n%s  %s\ntrace:\n  %s", s, strings.Join(l.violations, "\n  "), strings.Join(l.told, "\n  "))
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
