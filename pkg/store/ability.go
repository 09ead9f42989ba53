package store

import (
	"context"
	"time"
)

// What an engine may be able to do beyond Store. Who needs one of these asks for
// it, and does without where an engine lacks it.

// A Prober knows whether the next Record would succeed.
type Prober interface {
	// Probe does, durably, what Record does for one mail of so many bytes, and
	// leaves nothing behind that another method shows. Its error is the one that
	// Record would return.
	Probe(ctx context.Context, bytes int) error
}

// A Shifter has its times to itself: no other process reads or writes them.
type Shifter interface {
	// Newest returns the latest time at which something that is kept happened;
	// zero if nothing is kept.
	Newest(ctx context.Context) (time.Time, error)

	// Shift moves every time that is kept, past or due, by the same amount, in
	// one step: what was five seconds old, or due in ten, still is after the wall
	// clock was set by as much.
	Shift(ctx context.Context, by time.Duration) error
}

// A Clock has a clock that all who share the store go by.
type Clock interface {
	// Now returns what that clock shows.
	Now(ctx context.Context) (time.Time, error)
}

// A Copier makes consistent copies of itself while it is in use.
type Copier interface {
	// Copy writes a copy to a new file at path, which an engine of the same kind
	// can open. Records go on meanwhile; what they add may or may not be part of
	// the copy, each as a whole. It fails if there is a file at path.
	Copy(ctx context.Context, path string) error
}

// A Notebook keeps what components of a Proxy know over a restart.
type Notebook interface {
	// Note keeps text under name, in place of what was there; "" removes it.
	Note(ctx context.Context, name, text string) error

	// Noted returns what is kept under name; "" if nothing is.
	Noted(ctx context.Context, name string) (string, error)
}

// FromOlder is the note of an engine that was upgraded from a version with other fingerprints:
// since when, as RFC 3339 has it.
const FromOlder = "from 1.0"

// An Heir may have been upgraded, see [FromOlder].
type Heir interface {
	Notebook

	// Inherit makes what the history knows of a fingerprint part of what it knows of another
	// one. Doing it again changes nothing: of both, the earlier first time counts, the later
	// last time, and the higher count.
	Inherit(ctx context.Context, fingerprint, heir string) error
}

// A Repairer can mend what its Probe complains of.
type Repairer interface {
	// Repair mends what can be, and says in words what it did, and what was lost by
	// what had happened; "" if there was nothing to do. Its error says what somebody
	// has to do instead.
	Repair(ctx context.Context) (did string, err error)
}
