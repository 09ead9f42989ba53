// Package ratewatch says when more mails come than a limit allows, and when that is
// over, across restarts.
package ratewatch

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// slices is how finely the window moves.
const slices = 60

// A Watch counts mails in a window that moves with the time. It is safe for
// concurrent use. Its rules are pure functions of the times passed in, of which it
// compares monotonic readings where there are any, so that a wall clock that is set
// neither starts nor hides a storm.
type Watch struct {
	wake chan struct{}

	mu      sync.Mutex
	limit   int // mails; 0 for none
	window  time.Duration
	start   time.Time   // of slice 0
	counts  [slices]int // mails of each slice of the window, as a ring
	newest  int64       // number of the newest slice
	storm   *Storm      // nil while all is quiet and all was told
	changed bool        // since State
}

// A Storm is the time in which more mails came than the limit allows.
type Storm struct {
	Since time.Time
	Until time.Time // zero while it goes on
	Mails int
	Told  bool // that it has begun
}

// Over reports whether s has ended.
func (s Storm) Over() bool { return !s.Until.IsZero() }

// New returns a Watch for more than limit mails within window; 0 for none.
func New(limit int, window time.Duration, now time.Time) *Watch {
	w := &Watch{wake: make(chan struct{}, 1)}
	w.Set(limit, window, now)
	return w
}

// Set changes limit and window. What was counted in another window is forgotten.
func (w *Watch) Set(limit int, window time.Duration, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.limit = limit
	if window != w.window {
		w.window, w.start, w.newest, w.counts = window, now, 0, [slices]int{}
	}
	w.changed = true
	w.signal()
}

func (w *Watch) signal() {
	select {
	case w.wake <- struct{}{}:
	default: // somebody is being woken already
	}
}

// Idle reports whether there is nothing to watch until Begun receives.
func (w *Watch) Idle() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.limit <= 0 && w.storm == nil
}

// Limit returns the limit and the window.
func (w *Watch) Limit() (mails int, window time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.limit, w.window
}

// Count counts one mail at now.
func (w *Watch) Count(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.limit <= 0 {
		return
	}
	w.move(now)
	w.counts[w.newest%slices]++
	w.changed = true
	if w.storm != nil {
		if !w.storm.Over() {
			w.storm.Mails++
		}
		return
	}
	if total := w.total(); total > w.limit {
		w.storm = &Storm{Since: now, Mails: total}
		w.signal()
	}
}

// Begun receives when a storm may have begun, or the limit was set.
func (w *Watch) Begun() <-chan struct{} { return w.wake }

// News returns the storm that somebody has to be told of at now: that it has begun,
// or that it is over. It is returned until Told was called.
func (w *Watch) News(now time.Time) (s Storm, news bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.move(now)
	if w.storm == nil {
		return Storm{}, false
	}
	if w.storm.Told && !w.storm.Over() && w.total() <= w.limit {
		w.storm.Until, w.changed = now, true
	}
	return *w.storm, !w.storm.Told || w.storm.Over()
}

// Told notes that somebody was told what News returned.
func (w *Watch) Told() {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.storm == nil:
		return
	case !w.storm.Told:
		w.storm.Told = true
	default:
		w.storm = nil
	}
	w.changed = true
}

// move forgets the slices that have left the window.
func (w *Watch) move(now time.Time) {
	newest := int64(now.Sub(w.start) / (w.window / slices))
	for n := max(w.newest+1, newest-slices+1); n <= newest; n++ {
		w.counts[n%slices] = 0
	}
	w.newest = max(w.newest, newest)
}

// Recount makes up for what was counted in the last seconds before a process was
// killed: mails are those that a store has of each minute, by its number since 1970. If
// they are more than w has counted within the window, they are what counts.
func (w *Watch) Recount(mails map[int64]int, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.move(now)
	var counts [slices]int
	sum := 0
	for minute, n := range mails {
		ago := now.Sub(time.Unix(minute*60+59, 0)) // of its end
		if slice := w.newest - int64(max(ago, 0)/(w.window/slices)); slice > w.newest-slices {
			counts[slice%slices] += n
			sum += n
		}
	}
	if sum > w.total() {
		w.counts, w.changed = counts, true
	}
}

func (w *Watch) total() (sum int) {
	for _, n := range w.counts {
		sum += n
	}
	return sum
}

// A state is what Restore needs.
type state struct {
	At     time.Time
	Window time.Duration
	Counts []int // of the slices of the window, the newest last
	Storm  *Storm
}

// State returns, as text for Restore, what w knows at now; false if that is what it
// was at the last call.
func (w *Watch) State(now time.Time) (text string, changed bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.changed || w.limit <= 0 && w.storm == nil {
		return "", false, nil
	}
	w.move(now)
	s := state{At: now, Window: w.window, Storm: w.storm}
	for n := w.newest + 1; n <= w.newest+slices; n++ {
		s.Counts = append(s.Counts, w.counts[n%slices])
	}
	encoded, err := json.Marshal(s)
	w.changed = err != nil
	return string(encoded), true, err
}

// Restore makes w know what State has written before a restart. What it knew of
// another window is left out, but a storm that was told of ends with a word.
func (w *Watch) Restore(text string, now time.Time) error {
	if text == "" {
		return nil
	}
	var s state
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return fmt.Errorf("read what was counted before the restart: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.storm = s.Storm
	if s.Window != w.window || len(s.Counts) != slices {
		return nil
	}
	// A clock that was set back meanwhile hides how long that took.
	away := max(now.Round(0).Sub(s.At.Round(0)), 0)
	w.start, w.newest = now.Add(-away-w.window), slices
	for i, n := range s.Counts {
		w.counts[(slices+1+i)%slices] = n
	}
	w.move(now)
	return nil
}
