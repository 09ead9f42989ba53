//go:build linux

package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/recent"
)

// A sample is what a node takes at an instant.
type sample struct {
	at         time.Duration // since the start of the run
	pid        int           // of which process
	rss, heap  int64         // bytes; heap as the runtime has it, with what is not collected yet
	store      int64         // bytes of the database and its log
	goroutines int
	fds        int
	mails      int64 // sent so far
}

// Figures of a sample, by the names that the report has for them.
var figures = []struct {
	name string
	of   func(sample) int64
	show func(int64) string
}{
	{"RSS", func(s sample) int64 { return s.rss }, showMiB},
	{"heap", func(s sample) int64 { return s.heap }, showMiB},
	{"goroutines", func(s sample) int64 { return int64(s.goroutines) }, showNumber},
	{"fds", func(s sample) int64 { return int64(s.fds) }, showNumber},
	{"store", func(s sample) int64 { return s.store }, showMiB},
}

func showMiB(n int64) string    { return fmt.Sprintf("%.1f MiB", mib(n)) }
func showNumber(n int64) string { return fmt.Sprint(n) }

func (s sample) String() string {
	var out strings.Builder
	for i, f := range figures {
		if i > 0 {
			out.WriteString(", ")
		}
		fmt.Fprintf(&out, "%s %s", f.name, f.show(f.of(s)))
	}
	return out.String()
}

// take returns false while the node does not answer, as in a restart.
func take(n *node) (s sample, ok bool) {
	s = sample{pid: n.pid(), rss: n.memory("VmRSS"), fds: n.descriptors(), store: sizeOf(filepath.Join(n.folder, "failmail.db*"))}
	s.goroutines = n.gauge("go_goroutines")
	s.heap = int64(n.gauge("go_memstats_heap_alloc_bytes"))
	return s, s.goroutines > 0 && s.heap > 0 && s.rss > 0 && s.fds > 0
}

// least returns the smallest of each figure: what is there for a moment, such as a
// heap before its collection, is no leak.
func least(samples []sample) (s sample) {
	if len(samples) == 0 {
		return s
	}
	s = samples[len(samples)-1]
	for _, other := range samples {
		s.rss, s.heap, s.store = min(s.rss, other.rss), min(s.heap, other.heap), min(s.store, other.store)
		s.goroutines, s.fds = min(s.goroutines, other.goroutines), min(s.fds, other.fds)
	}
	return s
}

// most returns the largest of each figure.
func most(samples []sample) (s sample) {
	for _, other := range samples {
		s.rss, s.heap, s.store = max(s.rss, other.rss), max(s.heap, other.heap), max(s.store, other.store)
		s.goroutines, s.fds = max(s.goroutines, other.goroutines), max(s.fds, other.fds)
	}
	return s
}

// What a process may take more at the end of the second half than at the end of the
// first, when both are quiet. A leak of one for each outage, connection or mail is
// far above: a half hour has dozens, thousands and a million of them.
const (
	// A connection to the relay that is kept, or not, and one of a scrape, each with
	// the goroutines that serve it.
	moreGoroutines = 4
	moreFDs        = 2
	// What is left by a collection; what came in since the last one is in it as well.
	// Of these, 8 MiB are for the texts of errors that are learned meanwhile, of which
	// there are 5,000 at most.
	moreHeap = 12 << 20
	// The heap grows to three times what a collection leaves, some 10 MiB, and gives
	// its pages back one by one, so a state has no one size.
	moreRSS = 32 << 20
	// The store keeps the history of what it has shown, the problems, which are the same ones
	// in each storm, and what the last summaries say; and its log is cut to 4 MiB.
	quietStore = 16<<20 + recent.MaxBytes
	// While the relay is away, each storm keeps its samples.
	maxSoakStore = 64<<20 + recent.MaxBytes
)

// compare says what is higher at the second quiet end than at the first.
func compare(first, second sample) error {
	var higher []error
	if first.pid != second.pid {
		higher = append(higher, fmt.Errorf("process %d became %d between the quiet ends", first.pid, second.pid))
	}
	for _, f := range []struct {
		name          string
		before, after int64
		more          int64
		show          func(int64) string
	}{
		{"RSS", first.rss, second.rss, moreRSS, showMiB},
		{"heap", first.heap, second.heap, moreHeap, showMiB},
		{"goroutines", int64(first.goroutines), int64(second.goroutines), moreGoroutines, showNumber},
		{"fds", int64(first.fds), int64(second.fds), moreFDs, showNumber},
	} {
		if f.after > f.before+f.more {
			higher = append(higher, fmt.Errorf("%s: %s when the first half was over, %s when the second was, more than %s above", f.name, f.show(f.before), f.show(f.after), f.show(f.more)))
		}
	}
	for _, s := range []sample{first, second} {
		higher = append(higher, within("store when all is quiet", s.store, quietStore))
	}
	return errors.Join(higher...)
}

// table shows the run in so many parts, with the range of each figure in it.
func table(samples []sample, parts int) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%-14s %10s", "minutes", "mails")
	for _, f := range figures {
		fmt.Fprintf(&out, " %15s", f.name)
	}
	out.WriteByte('\n')
	var before int64
	for part := range slices.Chunk(samples, max((len(samples)+parts-1)/parts, 1)) {
		first, last := part[0], part[len(part)-1]
		fmt.Fprintf(&out, "%5.1f to %5.1f %10d", first.at.Minutes(), last.at.Minutes(), last.mails-before)
		before = last.mails
		low, high := least(part), most(part)
		for _, f := range figures {
			fmt.Fprintf(&out, " %15s", strings.ReplaceAll(f.show(f.of(low)), " MiB", "")+"–"+f.show(f.of(high)))
		}
		out.WriteByte('\n')
	}
	return out.String()
}
