package store

import (
	"time"

	"github.com/hut8labs/failmail/internal/clockstep"
)

// Shift moves every time of b by so much, as store.Shifter does with all that is
// kept. Minutes move by whole ones.
func (b *Batch) Shift(by time.Duration) {
	clockstep.Move(by, Never, &b.First, &b.Last, &b.Due, &b.HeldSince, &b.loud.First, &b.loud.Last, &b.dueBy)
	for _, g := range b.Groups {
		g.shift(by)
	}
}

func (g *Group) shift(by time.Duration) {
	clockstep.Move(by, Never, &g.First, &g.Last)
	minutes := make(map[int64]int, len(g.Minutes))
	for minute, count := range g.Minutes {
		minutes[minute+clockstep.Minutes(by)] = count
	}
	g.Minutes = minutes
	for _, v := range g.Variants {
		clockstep.Move(by, Never, &v.First, &v.Last, &v.Varying.said.First, &v.Varying.said.Last)
	}
}
