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
	"testing"
)

var (
	days = flag.Float64("days", 50, "simulate so many `days`")
	seed = flag.Uint64("seed", 1, "begin with this `seed`")
)

// eventsPerSeed is how long a script is: long enough to have faults meet, short enough to
// be shrunk.
const eventsPerSeed = 60

func TestSimulatedYearsKeepThePromises(t *testing.T) {
	reach := make(map[[2]string]int)
	var played float64
	mails, seeds := 0, 0
	for s := *seed; played < *days; s++ {
		events := newScript(s, eventsPerSeed)
		violations, l := events.run(t, reach)
		played, seeds, mails = played+events.days(), seeds+1, mails+l.mails
		if len(violations) > 0 {
			short := events.shrink(func(part script) bool { v, _ := part.run(t, map[[2]string]int{}); return len(v) > 0 })
			again, trace := short.run(t, map[[2]string]int{})
			t.Fatalf("seed %d breaks promises:\n  %s\nin short:\n%s  %s\ntrace:\n  %s", s, strings.Join(violations, "\n  "), short,
				strings.Join(again, "\n  "), strings.Join(trace.told, "\n  "))
		}
	}
	faults := 0
	for _, key := range slices.SortedFunc(maps.Keys(reach), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		t.Logf("%-12s at %-15s %6d", key[0], key[1], reach[key])
		faults += reach[key]
	}
	fmt.Printf("%.0f days, %d mails, %d faults, 0 violations\n", played, mails, faults)
}

// Without this nobody could look for what a seed has found.
func TestTheSameSeedIsTheSameRun(t *testing.T) {
	for s := range uint64(10) {
		_, first := newScript(s, eventsPerSeed).run(t, make(map[[2]string]int))
		_, second := newScript(s, eventsPerSeed).run(t, make(map[[2]string]int))
		for i := range min(len(first.told), len(second.told)) {
			if first.told[i] != second.told[i] {
				t.Fatalf("seed %d, line %d:\n  %s\n  %s", s, i, first.told[i], second.told[i])
			}
		}
	}
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
