package testutil

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
)

// A Shape is a family of inputs that differ in length only.
type Shape struct {
	Prefix string
	Open   string // repeated
	Close  string // repeated as often, behind all of Open
	Suffix string
}

// Grow returns the input of about size bytes.
func (s Shape) Grow(size int) string {
	n := max(1, (size-len(s.Prefix)-len(s.Suffix))/max(1, len(s.Open)+len(s.Close)))
	return s.Prefix + strings.Repeat(s.Open, n) + strings.Repeat(s.Close, n) + s.Suffix
}

const (
	// FuzzSize is the length that a fuzz target grows its inputs to: long enough to
	// show a cost that is quadratic, short enough for hundreds of inputs a second.
	FuzzSize = 16 << 10

	// maxGrowth is how much more four times the input may cost. Linear is 4,
	// n log n below 5, quadratic 16.
	maxGrowth = 6
	// maxSteps is how often the cost of reading a byte as plainly as possible a
	// byte may cost: 7 ns each on a server of 2024, more under the race detector.
	maxSteps = 1000
	// floor is what costs too little to be compared.
	floor = 2 * time.Millisecond
	tries = 5
	// A cost over undisturbed that grows by more than clearGrowth is none of which a busy
	// machine could be the reason.
	undisturbed = 50 * time.Millisecond
	clearGrowth = 10
)

// CheckLinear fails t if what read does with inputs of up to 4 × size bytes costs
// clearly more than four times what it does with a quarter of each, or far more
// than inputs of that length should. It measures the CPU time of the thread, so read
// must work in the goroutine that calls it. grow is mostly Shape.Grow. With the race detector, whose
// memory may cost more than what is measured, it only has the largest input read.
func CheckLinear(t testing.TB, size int, grow func(size int) string, read func(input string)) {
	t.Helper()
	if isRace {
		read(grow(4 * size))
		return
	}
	err := costError(size, grow, read)
	if err != nil {
		// A machine that is busy for a tenth of a second disturbs all tries of a size,
		// though hardly twice.
		err = costError(size, grow, read)
	}
	if err != nil {
		t.Error(err)
	}
}

// costError compares from a smaller size on, so that a cost which explodes is seen
// while it is still small. Only two sizes in a row are proof: a machine that is
// busy disturbs one comparison, and caches that overflow another.
func costError(size int, grow func(size int) string, read func(input string)) error {
	if len(grow(size)) < size/2 {
		return nil // what does not grow says nothing
	}
	once := func(size int) (time.Duration, int) {
		input := grow(size)
		return cost(1, func() { read(input) }), len(input)
	}
	const rounds = 2 // below size
	var growth []string
	for largest, size := size, max(1, size>>(2*rounds)); ; size *= 4 {
		small, big, length := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64), 0
		grows := func() bool { return big > floor && big > maxGrowth*small }
		isClear := func() bool { return small > undisturbed && big > clearGrowth*small }
		for try := range tries {
			var took time.Duration
			took, length = once(4 * size)
			if big = min(big, took); big < floor {
				break
			}
			took, _ = once(size)
			if small = min(small, took); !grows() || try > 0 && isClear() {
				break // what disturbs adds
			}
		}
		if steps := big / max(1, step()*time.Duration(length)/1024); big > 10*floor && steps > maxSteps {
			return fmt.Errorf("%d bytes cost %v of CPU time, as much as %d steps for each byte: %.60q…", length, big, steps, grow(size))
		}
		if !grows() {
			growth = nil
		} else if growth = append(growth, fmt.Sprintf("%d bytes %v, four times as many %v", size, small, big)); len(growth) == 2 || isClear() {
			return fmt.Errorf("costs more than in proportion to its length: %s: %.60q…", strings.Join(growth, "; "), grow(size))
		}
		if size >= largest && growth == nil || size > largest {
			return nil
		}
	}
}

// step returns what it costs to read 1024 bytes as plainly as possible.
var step = sync.OnceValue(func() time.Duration {
	const length = 256 << 10
	text := Shape{Open: "Größe 1 "}.Grow(length)
	return max(1, cost(tries, func() {
		var out strings.Builder
		for _, r := range text {
			out.WriteRune(unicode.ToLower(r))
		}
	})*1024/length)
})

// measuring has one cost measured at a time: the garbage collector is the
// process's.
var measuring sync.Mutex

// cost returns the least CPU time that do takes in n runs, without that of the
// garbage collector.
func cost(n int, do func()) time.Duration {
	measuring.Lock()
	defer measuring.Unlock()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	least := time.Duration(math.MaxInt64)
	for range n {
		least = min(least, func() time.Duration {
			defer debug.SetGCPercent(debug.SetGCPercent(-1))
			start := cpuTime()
			do()
			return cpuTime() - start
		}())
	}
	return least
}
