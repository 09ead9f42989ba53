package simulate

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/testutil/brittledisk"
)

// An event is something that happens to a world. What its numbers mean is said where it
// happens, see world.happen.
type event struct {
	after time.Duration // the event before it
	what  string
	name  string // a subject, or a mood of the relay
	n     int
	last  time.Duration
}

func (e event) String() string {
	text := fmt.Sprintf("%8v later: %s", e.after, e.what)
	if e.name != "" {
		text += " " + e.name
	}
	if e.n != 0 {
		text += fmt.Sprintf(" %d", e.n)
	}
	if e.last != 0 {
		text += fmt.Sprintf(" for %v", e.last)
	}
	return text
}

// A script is all that happens.
type script []event

func (s script) String() string {
	var b strings.Builder
	for _, e := range s {
		fmt.Fprintln(&b, e)
	}
	return b.String()
}

func (s script) days() float64 {
	var all time.Duration
	for _, e := range s {
		all += e.after
	}
	return all.Hours() / 24
}

// subjects are those of the errors that applications report. No two share a fingerprint.
var subjects = []string{
	"payment gateway refused", "queue stalled", "certificate expires", "replica lags behind", "nightly import broken", "cart is empty",
}

const (
	silent = "takes and is silent" // a relay that takes a mail and does not answer

	slow        = "is slow"
	slowAndDown = "is slow and down"
	slowAndBusy = "is slow and busy"

	powerCut  = "power cut"
	diskFails = "disk fails"
)

// moods are what the relay may do with a mail.
var moods = []string{"down", "throttles", "refuses one", "refuses one for good", "refuses all", slow, slowAndDown, slowAndBusy, silent, "finds it too large"}

// whileFull is what else is the matter when a disk becomes full: nothing, a summary is with
// the relay, or the clock is set.
var whileFull = []string{"", slow, slowAndDown, slowAndBusy, "step"}

// A kind is one of the things that happen, as often as its weight says.
type kind struct {
	weight int
	make   func(r *rand.Rand) event
}

// between returns a duration of that order. It is so odd that two things hardly ever happen
// at the same instant, when nobody decides which comes first.
func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return (least + time.Duration(r.Int64N(int64(most-least)+1))).Round(time.Microsecond)
}

func subject(r *rand.Rand) string { return subjects[r.IntN(len(subjects))] }

// kinds is a table, so that what comes later is added in one place.
var kinds = []kind{
	// Applications: one mail, a storm, one that sends each twice, one whose connection breaks.
	{20, func(r *rand.Rand) event { return event{what: "mail", name: subject(r), n: 1} }},
	{12, func(r *rand.Rand) event {
		return event{what: "mail", name: subject(r), n: 2 + r.IntN(20), last: between(r, time.Second, 10*time.Minute)}
	}},
	{3, func(r *rand.Rand) event { return event{what: "pass", name: subject(r)} }},
	{8, func(r *rand.Rand) event { return event{what: "cut", name: subject(r), n: 1 + r.IntN(400)} }},
	// The relay.
	{12, func(r *rand.Rand) event {
		return event{what: "relay", name: moods[r.IntN(len(moods))], last: between(r, time.Second, 10*time.Minute)}
	}},
	{1, func(r *rand.Rand) event {
		return event{what: "relay", name: "down", last: between(r, 20*time.Minute, 2*time.Hour)}
	}},
	// The process and its disk: n is the call to the store, any or one of a kind, at which it
	// happens.
	{15, func(r *rand.Rand) event {
		return event{what: storeFaults[r.IntN(len(storeFaults))], n: 1 + r.IntN(8), last: between(r, 0, time.Minute)}
	}},
	{9, func(r *rand.Rand) event {
		return event{what: storeFaults[r.IntN(len(storeFaults))], name: storeCalls[r.IntN(len(storeCalls))], n: 1, last: between(r, 0, time.Minute)}
	}},
	{3, func(r *rand.Rand) event {
		return event{what: "full", name: subject(r), n: r.IntN(len(whileFull)), last: between(r, time.Second, 10*time.Minute)}
	}},
	// The same, where n is the call of a kind to the disk of SQLite.
	{8, func(r *rand.Rand) event {
		op := diskOps[r.IntN(len(diskOps))]
		return event{what: powerCut, name: op, n: 1 + r.IntN(nth(op)), last: between(r, 0, time.Minute)}
	}},
	{6, func(r *rand.Rand) event {
		op := diskOps[r.IntN(len(diskOps))]
		return event{what: diskFails, name: op, n: 1 + r.IntN(nth(op))}
	}},
	{4, func(r *rand.Rand) event { return event{what: "step", name: subject(r), n: r.IntN(2*86400) - 86400} }},
	{1, func(r *rand.Rand) event {
		return event{what: "set back while dead", name: subject(r), n: 1 + r.IntN(23), last: between(r, 0, time.Minute)}
	}},
	// People.
	{3, func(*rand.Rand) event { return event{what: "restart"} }},
	{2, func(r *rand.Rand) event {
		return event{what: "restart", name: string(brittledisk.Read), n: 1 + r.IntN(20)}
	}},
	{2, func(r *rand.Rand) event { return event{what: "upgrade", name: subject(r)} }},
	{2, func(r *rand.Rand) event {
		return event{what: "hook", name: "fails", last: between(r, time.Second, 10*time.Minute)}
	}},
	{2, func(r *rand.Rand) event {
		return event{what: "hook", name: slow, last: between(r, time.Second, 10*time.Minute)}
	}},
	{3, func(*rand.Rand) event { return event{what: "flush"} }},
	{2, func(*rand.Rand) event { return event{what: "retry"} }},
	{2, func(*rand.Rand) event { return event{what: "resend"} }},
	{2, func(r *rand.Rand) event {
		return event{what: "mute", name: subject(r), last: between(r, time.Second, 3*time.Hour)}
	}},
	{3, func(r *rand.Rand) event { return event{what: "note", name: subject(r)} }},
	{2, func(r *rand.Rand) event { return event{what: "resolve", name: subject(r)} }},
	{2, func(r *rand.Rand) event { return event{what: "reload", n: 5 + r.IntN(120)} }},
}

// newScript returns n events that follow from the seed.
func newScript(seed uint64, n int) script {
	r := rand.New(rand.NewPCG(seed, 0))
	sum := 0
	for _, k := range kinds {
		sum += k.weight
	}
	s := make(script, n)
	for i := range s {
		pick := r.IntN(sum)
		for _, k := range kinds {
			if pick -= k.weight; pick < 0 {
				s[i] = k.make(r)
				break
			}
		}
		// Most things come together, and at times nothing happens for hours.
		switch r.IntN(10) {
		case 0:
			s[i].after = between(r, time.Hour, 24*time.Hour)
		case 1, 2:
			s[i].after = between(r, time.Minute, time.Hour)
		default:
			s[i].after = between(r, 0, 40*time.Second)
		}
	}
	return s
}

// A setting is where a script is played.
type setting struct {
	engine engineKind
	begins time.Time // by the wall clock
}

func (s setting) String() string {
	return fmt.Sprintf("on %s from %s", s.engine.name, s.begins.Format(time.DateOnly))
}

// starts are when worlds begin, in turn: in winter, and before daylight saving begins and
// ends.
var starts = []time.Time{
	time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC),
	time.Date(2000, time.March, 25, 0, 0, 0, 0, time.UTC),
	time.Date(2000, time.October, 28, 0, 0, 0, 0, time.UTC),
}

func newSetting(seed uint64) setting {
	return setting{engines[seed%uint64(len(engines))], starts[seed%uint64(len(starts))]}
}
