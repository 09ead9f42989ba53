package expect

import (
	"slices"
	"time"
)

// Bounds on what is learned.
const (
	// MaxTimes is how many times a Record keeps: four weeks of what comes daily, so that a
	// day of the week counts as one on which nothing comes only when it was told three times.
	MaxTimes = 28

	minDaily    = 4
	minWeekly   = 3
	minMonthly  = 3
	minInterval = 8 // mails, of what comes more often, and for at least minSteady

	minSteady  = 24 * time.Hour // longer than a pause at night
	week       = 7 * 24 * time.Hour
	shortest   = 10 * time.Minute // interval that is learned
	longest    = 2 * week
	same       = 3 * time.Minute // what comes within that is one mail and its copies
	pauseTimes = 2.5             // of the usual time between two is a pause, and not one that was missed
)

// A Record is when the mails of one thing came. The zero value is ready to use.
type Record struct {
	Times  []time.Time // the last MaxTimes, in their order
	Steady time.Time   // when the last long pause ended, or the first came
}

// Add notes a mail, which may be older than others. It reports whether that changed r:
// further mails within minutes count as one.
func (r *Record) Add(at time.Time) bool {
	i, found := slices.BinarySearchFunc(r.Times, at, time.Time.Compare)
	switch {
	case found,
		i > 0 && at.Sub(r.Times[i-1]) < same,
		i < len(r.Times) && r.Times[i].Sub(at) < same,
		i == 0 && len(r.Times) == MaxTimes:
		return false
	}
	if i == len(r.Times) && r.pauseBefore(at) {
		r.Steady = at
	}
	r.Times = slices.Insert(r.Times, i, at)
	if over := len(r.Times) - MaxTimes; over > 0 {
		r.Times = slices.Delete(r.Times, 0, over)
	}
	return true
}

// Forget drops what came after a time, as a clock says that was wrong. It reports whether
// there was any.
func (r *Record) Forget(after time.Time) bool {
	n := len(r.Times)
	for n > 0 && r.Times[n-1].After(after) {
		n--
	}
	if n == len(r.Times) {
		return false
	}
	r.Times = r.Times[:n]
	if r.Steady.After(after) {
		r.Steady = r.Last()
	}
	return true
}

func (r *Record) pauseBefore(at time.Time) bool {
	if len(r.Times) == 0 {
		return true
	}
	usual := median(gaps(r.Times))
	return usual > 0 && float64(at.Sub(r.Last())) > pauseTimes*float64(usual)
}

// Last returns when the last one came; zero if none did.
func (r *Record) Last() time.Time {
	if len(r.Times) == 0 {
		return time.Time{}
	}
	return r.Times[len(r.Times)-1]
}

// A Learned is a schedule that mails keep to. The zero value is none.
type Learned struct {
	Every  string // as in Expectation
	Within time.Duration
	// Sure says that a whole week was seen: no day of it, and no night, is a guess.
	Sure bool
}

// Learn returns the schedule that the mails of r keep to, in the time of zone; false if
// they keep to none. A few that were missed, late, early or doubled change nothing. The
// window is generous: a false alarm is worse than a late one.
func (r *Record) Learn(zone *time.Location) (Learned, bool) {
	if l, ok := learnDays(r.Times, zone); ok {
		return l, true
	}
	// The schedule may have changed. A guess from the last few is none.
	for n := MaxTimes / 2; n >= minDaily; n /= 2 {
		if len(r.Times) <= n {
			continue
		}
		if l, ok := learnDays(r.Times[len(r.Times)-n:], zone); ok && l.Sure {
			return l, true
		}
	}
	return r.learnInterval()
}

// learnInterval finds one time between two mails, which is counted from the last.
func (r *Record) learnInterval() (l Learned, ok bool) {
	steady := r.Last().Sub(r.Steady)
	if len(r.Times) < minInterval || steady < minSteady {
		return l, false
	}
	all := gaps(r.Times)
	usual := median(all)
	if usual < shortest || usual > longest {
		return l, false
	}
	regular, late := 0, time.Duration(0)
	for _, gap := range all {
		if gap >= usual*3/4 && gap <= usual*5/4 {
			regular++
		}
		if gap < usual*9/5 { // otherwise one was missed
			late = max(late, gap-usual)
		}
	}
	if regular*10 < len(all)*9 { // what comes at random does so now and then
		return l, false
	}
	every := round(usual)
	within := max(usual/2, late*3/2)
	// One that is missed must be told before the next could hide it.
	within = min(within, usual*4/5).Round(time.Minute)
	return Learned{Every: short(every), Within: within, Sure: steady >= week}, true
}

// round returns the interval that somebody has probably set.
func round(usual time.Duration) time.Duration {
	for _, nice := range [...]time.Duration{
		10 * time.Minute, 15 * time.Minute, 20 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour,
		4 * time.Hour, 6 * time.Hour, 8 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour, week, 2 * week,
	} {
		if (usual - nice).Abs() <= nice/20 {
			return nice
		}
	}
	return (usual + time.Minute - 1).Truncate(time.Minute)
}

func gaps(times []time.Time) []time.Duration {
	var all []time.Duration
	for i := 1; i < len(times); i++ {
		all = append(all, times[i].Sub(times[i-1]))
	}
	return all
}

// median returns the one in the middle; 0 for none.
func median(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}
