package store

import "time"

// A Span is the time from a first to a last mail; zero if there is none.
type Span struct{ First, Last time.Time }

// and returns the span of both.
func (s Span) and(other Span) Span {
	switch {
	case s.First.IsZero():
		return other
	case other.First.IsZero():
		return s
	}
	s.First, s.Last = widen(s.First, s.Last, other.First)
	s.First, s.Last = widen(s.First, s.Last, other.Last)
	return s
}

// Loud returns the span of the mails that are not muted.
func (b *Batch) Loud() Span { return b.loud }

// DueBy returns when b is due whatever its window says: at the earliest end of a
// mute, or when somebody asked for it. Zero if that is not so.
func (b *Batch) DueBy() time.Time { return b.dueBy }

// SetDueBy tells b, which an engine has read, what Add would know.
func (b *Batch) SetDueBy(loud Span, dueBy time.Time) { b.loud, b.dueBy = loud, dueBy }

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// quietUntil returns when a batch of nothing but such mails is due; zero if that is when its
// window says.
func (e *Entry) quietUntil() time.Time {
	if !e.MutedUntil.IsZero() {
		return e.MutedUntil
	}
	return e.HeldUntil
}

// FlushBy makes b due at t, however many mails still come.
func (b *Batch) FlushBy(t time.Time) {
	b.dueBy, b.Due = earliest(b.dueBy, t), earliest(b.Due, t)
}

// dueOf returns when a batch is due: with the window of its loud mails, but not
// later than dueBy.
func dueOf(w Window, loud Span, dueBy time.Time) time.Time {
	if loud.First.IsZero() {
		return dueBy
	}
	due := w.Due(loud.First, loud.Last)
	if !dueBy.IsZero() && dueBy.Before(due) {
		return dueBy
	}
	return due
}

// earliest returns the earlier time that is not zero.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func widen(first, last, t time.Time) (time.Time, time.Time) {
	if t.Before(first) {
		first = t
	}
	if t.After(last) {
		last = t
	}
	return first, last
}
