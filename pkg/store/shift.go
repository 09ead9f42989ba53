package store

import "time"

// Moved returns t by so much later, or earlier; times that stand for none stay.
func Moved(t time.Time, by time.Duration) time.Time {
	if t.IsZero() || !t.Before(Never) {
		return t
	}
	return t.Add(by)
}

// Moved returns what was seen by so much later, or earlier.
func (s Seen) Moved(by time.Duration) Seen {
	s.First, s.Last = Moved(s.First, by), Moved(s.Last, by)
	return s
}

// Shift moves every time of b. Minutes move by whole ones.
func (b *Batch) Shift(by time.Duration) {
	for _, t := range []*time.Time{&b.First, &b.Last, &b.Due, &b.HeldSince, &b.loud.First, &b.loud.Last, &b.dueBy} {
		*t = Moved(*t, by)
	}
	for _, g := range b.Groups {
		g.shift(by)
	}
}

func (g *Group) shift(by time.Duration) {
	g.First, g.Last = Moved(g.First, by), Moved(g.Last, by)
	minutes := make(map[int64]int, len(g.Minutes))
	for minute, count := range g.Minutes {
		minutes[minute+ShiftedMinutes(by)] = count
	}
	g.Minutes = minutes
	for _, v := range g.Variants {
		v.First, v.Last, v.Seen = Moved(v.First, by), Moved(v.Last, by), v.Seen.Moved(by)
	}
}

// ShiftedMinutes returns by how many minutes the keys of Group.Minutes move.
func ShiftedMinutes(by time.Duration) int64 { return int64(by.Round(time.Minute) / time.Minute) }
