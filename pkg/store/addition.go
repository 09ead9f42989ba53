package store

import "time"

// An Addition is what one call of Record adds to one open batch. An engine that
// talks to a database adds these instead of entries: a commit of 500 equal mails
// then costs what a commit of one does.
type Addition struct {
	*Batch
	// Window is that of the last mail that is not muted; it says nothing about a
	// batch whose Loud is zero.
	Window Window
}

// Additions merges the entries that go to the same open batch, in the order in
// which they came. Those at the indices that early has open batches of their own,
// see Entry.Quiet. limits are Unbounded: what is new, the engine finds out.
func Additions(entries []Entry, early map[int]bool, limits Limits) []*Addition {
	type lane struct {
		key   string
		early bool
	}
	var additions []*Addition
	byLane := make(map[lane]*Addition, 1)
	for i := range entries {
		e := entries[i]
		l := lane{e.Batch, early[i]}
		if l.early {
			e.Window = Window{}
		}
		a := byLane[l]
		if a == nil {
			a = &Addition{Batch: &Batch{Early: l.early}}
			byLane[l] = a
			additions = append(additions, a)
		}
		if e.MutedUntil.IsZero() {
			a.Window = e.Window
		}
		a.Add(&e, limits)
	}
	return additions
}

// WantsQuiet reports whether the store must note when the group of e was seen
// last: a muted mail is no news, and so never the first of a group.
func (e *Entry) WantsQuiet() bool { return e.Quiet > 0 && e.MutedUntil.IsZero() }

// IsEarly reports whether e is the first mail of a group that was quiet and last
// seen at the time given; zero if it never was.
func (e *Entry) IsEarly(lastSeen time.Time) bool {
	return e.WantsQuiet() && (lastSeen.IsZero() || e.Received.Sub(lastSeen) > e.Quiet)
}
