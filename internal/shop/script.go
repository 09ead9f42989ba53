// Package shop plays the days of a shop and its machines, in a time that is compressed: who
// sends which mail when, and what people do about it. The live demo shows it.
package shop

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/hut8labs/failmail/internal/storm"
	"github.com/hut8labs/failmail/pkg/store"
)

// An Event is a mail, something that somebody does, or only something to tell.
type Event struct {
	At     time.Duration // since the day began, in the time of the shop
	Says   string        // to whoever watches; mostly nothing
	Letter *storm.Letter
	Deed   *Deed
	rng    *rand.Rand // of the Letter
}

// A Deed is what somebody does about the problems that a question finds. It acts, or mutes
// them for so long.
type Deed struct {
	By, About string
	Action    store.EventKind
	Mute      time.Duration // in the time of the shop
	Text      string
}

const wholeDay = 24 * time.Hour

// Day returns all that happens on a day, in its order, which follows from the seed. Days are
// counted from 0.
func Day(seed uint64, day int) []Event {
	rng := rand.New(rand.NewPCG(seed, uint64(day)))
	var events []Event
	for _, r := range rows {
		if r.in.has(day) {
			events = append(events, r.events(rng)...)
		}
	}
	slices.SortStableFunc(events, func(a, b Event) int { return cmp.Compare(a.At, b.At) })
	for i := range events {
		events[i].rng = rand.New(rand.NewPCG(rng.Uint64(), 0))
	}
	return events
}

// events returns what becomes of r on a day.
func (r row) events(rng *rand.Rand) (events []Event) {
	begins := r.at
	for turn := 0; ; turn++ {
		at := begins
		if r.every > 0 { // nothing happens by the clock
			at += time.Duration(rng.Int64N(int64(r.every - r.lasts)))
		}
		events = append(events, Event{At: sinceOpening(at), Says: r.says, Letter: r.letter(turn, false), Deed: r.deed})
		if r.lasts > 0 {
			events = append(events, Event{At: sinceOpening(at + r.lasts), Letter: r.letter(turn, true)})
		}
		if begins += r.every; begins >= r.until {
			return events
		}
	}
}

func (r row) letter(turn int, over bool) *storm.Letter {
	if r.mail == "" {
		return nil
	}
	return &storm.Letter{Template: r.mail, Host: r.hosts[turn%len(r.hosts)], Sender: r.sender, To: r.to, Facts: r.facts, Over: over}
}

// sinceOpening turns a time of day into one since the day began, which ends when the next
// one begins.
func sinceOpening(at time.Duration) time.Duration { return (at - opens + wholeDay) % wholeDay }
