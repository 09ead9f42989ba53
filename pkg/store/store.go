// Package store defines what Failmail keeps on disk and the seam behind which
// it is kept.
//
//	s, err := sqlite.Open("/var/lib/shop/alerts.db", store.Limits{})
//	if err != nil {
//		return err
//	}
//	defer s.Close()
//	p, err := failmail.New(failmail.Config{Store: s})
//
// To embed a Proxy, an engine of the subpackages is all that is needed; what else is here
// is for writing one. A store does not keep mails, it counts them: an [Entry] adds one to a
// variant of a group of a [Batch], and brings its mail along only as a sample. Record opens
// a batch and adds to it; Claim closes one that is due; Seal puts its summary into the
// outbox; ClaimOutgoing hands that out; Finish removes what was delivered, and Reopen makes
// an open batch of what could not be. A claim is a lease, and comes up again when it has
// run out, so a process that dies in between loses nothing.
//
// What a method did is durable when it returns nil. The methods of a [Store] are safe for
// concurrent use. storetest is the suite that all engines pass.
package store

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
)

// ErrClosed is returned by every method of a Store after Close.
var ErrClosed = errors.New("store is closed")

// ErrNotClaimed is returned for a batch or summary that is not there: another
// process took it over when its lease had run out.
var ErrNotClaimed = errors.New("not claimed: its lease has run out")

// ErrInDoubt is returned when the connection to a database was lost between a commit
// and its answer: the change may have been made, so who makes it again may make it
// twice.
var ErrInDoubt = errors.New("it is not known whether this was stored")

// Never is a due time that does not come; Next methods return it when nothing
// waits.
var Never = time.Unix(1<<40, 0).UTC()

// A Store keeps open batches, the outbox, and what is known of the past. All
// methods are safe for concurrent use. A method that returns an error has
// changed nothing, unless the error is ErrInDoubt. Every error is worth a retry
// except ErrClosed; after ErrInDoubt that is for those to decide who asked for the
// change. What a method returns belongs to the caller,
// and what it is given is copied.
type Store interface {
	Batches
	Outbox
	Memory
	Problems
	Sent

	// Pending counts what is kept.
	Pending(ctx context.Context) (Pending, error)

	// Close releases the store. Closing twice is no error.
	Close() error
}

// Batches are what collects.
type Batches interface {
	// Record adds entries to the open batches they belong to, all of them or
	// none. They are durable when it returns nil.
	Record(ctx context.Context, entries []Entry) error

	// NextDue returns the earliest time at which Claim may have a batch, or
	// Never.
	NextDue(ctx context.Context) (time.Time, error)

	// Claim closes the batch that is due at now and returns it, the one with the
	// earliest Batch.Due if there are several; nil if none is due. Later mails with
	// its key open a new batch. No other Claim returns the batch until now plus lease.
	Claim(ctx context.Context, now time.Time, lease time.Duration) (*Batch, error)

	// Seal puts the summaries of a claimed batch into the outbox, in one step;
	// without any the batch is removed. The summaries' IDs are assigned by the
	// store. It fails with ErrNotClaimed if the batch is no longer there.
	Seal(ctx context.Context, batch int64, summaries []Outgoing) error

	// Open returns the open batches, without samples, the first due first.
	Open(ctx context.Context) ([]*Batch, error)

	// Flush makes the open batch with the ID due at now, or all of them for 0,
	// however many mails still come. It returns how many that are.
	Flush(ctx context.Context, batch int64, now time.Time) (int, error)
}

// Outbox is what waits for delivery.
type Outbox interface {
	// Enqueue adds mails that come from no batch. Their IDs are assigned by the
	// store. They are durable when it returns nil.
	Enqueue(ctx context.Context, mails []Outgoing) error

	// EnqueueOnce does what Enqueue does and notes text under name, as a Notebook does, in
	// one step, unless that is noted already, or one that sorts behind it; then it does
	// nothing and reports so.
	EnqueueOnce(ctx context.Context, name, text string, mails []Outgoing) (done bool, err error)

	// NextSend returns the earliest time at which ClaimOutgoing may have a
	// summary, or Never.
	NextSend(ctx context.Context) (time.Time, error)

	// ClaimOutgoing returns the summary whose NextAt is the earliest and not
	// after now; nil if there is none. No other call returns it until now plus
	// lease. Its Attempts count this one, durably: whoever claims it after a crash
	// knows that somebody may have it already.
	ClaimOutgoing(ctx context.Context, now time.Time, lease time.Duration) (*Outgoing, error)

	// Postpone gives a claimed summary back with o's To, Attempts, NextAt and
	// LastError. It fails with ErrNotClaimed if the summary is no longer there.
	Postpone(ctx context.Context, o *Outgoing) error

	// Reopen removes a summary from the outbox and opens its batch again, under a
	// new ID or merged with the one that was opened with its key meanwhile. It is
	// due when it was due first, and held since the time given, or since an
	// earlier one; a zero time says that it was not held. Reopen fails with ErrNotClaimed if the summary is no longer
	// there, came from no batch, or is one of several of its batch, since others
	// may have been delivered.
	Reopen(ctx context.Context, id int64, since time.Time) error

	// Finish removes a claimed summary from the outbox. With the last one of a
	// batch, its fingerprints become part of the history. Finishing it twice is
	// no error.
	Finish(ctx context.Context, id int64) error

	// Outgoing returns what is in the outbox, without the mails, the next one
	// first.
	Outgoing(ctx context.Context) ([]Outgoing, error)

	// Retry makes the summary with the ID due at now, or all of them for 0,
	// unless it is claimed. It returns how many that are.
	Retry(ctx context.Context, id int64, now time.Time) (int, error)
}

// Memory is what outlives the batches.
type Memory interface {
	// Mute adds m and returns its ID.
	Mute(ctx context.Context, m Mute) (int64, error)

	// Unmute removes a mute; false if there is none with the ID.
	Unmute(ctx context.Context, id int64) (bool, error)

	// Mutes returns the mutes that end after now, the first one first.
	Mutes(ctx context.Context, now time.Time) ([]Mute, error)

	// NoteHeartbeat notes a heartbeat of that name.
	NoteHeartbeat(ctx context.Context, name string, at time.Time) error

	// Heartbeats returns the last of each name, ordered by name.
	Heartbeats(ctx context.Context) ([]Heartbeat, error)

	// Learn keeps lessons, in their order and for good. A text that is known is left out.
	Learn(ctx context.Context, lessons []Lesson) error

	// Lessons returns those with higher IDs than after, in their order. None comes
	// later with an ID that is not higher than the last one returned.
	Lessons(ctx context.Context, after int64) ([]Lesson, error)

	// Forget removes what was last seen before the time given, and the mutes
	// that ended before it.
	Forget(ctx context.Context, before time.Time) error
}

// A Mute says that the summaries shall not show some mails for a while. They are
// counted nevertheless.
type Mute struct {
	ID int64
	// Fingerprint names the mails to mute, or Problem, the ID of theirs, or else Pattern
	// does, a regular expression for the title or the reason.
	Fingerprint, Problem, Pattern string
	// Name is what people call what is muted; empty if the pattern says it.
	Name string
	// Things are those that a mute of a fingerprint or a problem is about: what was not seen
	// when it was made is news. None stands for all.
	Things []meaning.Thing
	// UntilOver and UntilCount end a mute of a Problem before Until: when it is over, and when
	// it has so many mails, if that is not 0.
	UntilOver  bool
	UntilCount int
	// Reason is told to the reader of the summaries.
	Reason         string
	Created, Until time.Time
}

// Objects returns the names of m.Things, each once.
func (m Mute) Objects() (names []string) {
	for _, t := range m.Things {
		if t.Object != "" && !slices.Contains(names, t.Object) {
			names = append(names, t.Object)
		}
	}
	return names
}

// A Heartbeat is a mail that only proves that the path works.
type Heartbeat struct {
	Name  string
	Last  time.Time
	Count int
}

// Pending counts what a store keeps.
type Pending struct {
	Batches int // open or claimed
	Mails   int // counted in these batches
	Outbox  int // summaries waiting for delivery
}

// Limits bound what a batch keeps. Mails beyond them are still counted, in the
// batch or the group they belong to; only their details are dropped. The zero
// value means the defaults.
type Limits struct {
	GroupsPerBatch   int // default 1,000
	VariantsPerGroup int // default 20
	HostsPerGroup    int // default 100
	SampleBytes      int // default 256 KiB
	BatchBytes       int // of all samples of a batch, default 16 MiB
	// StoreBytes bounds what a store keeps: once it is reached, counts go on, and
	// new samples stop. Default 1 GiB.
	StoreBytes int64
	// Problems is how many problems a store keeps, see Store.ForgetProblems. Default 100,000.
	Problems int
	// ResolveAfter is after how long a problem is over of which nothing was heard, where
	// nobody says when it is over. Default 24 h.
	ResolveAfter time.Duration
}

const defaultSampleBytes = 256 << 10

// Unbounded returns l without the bounds that depend on what is known. An
// engine that merges entries before it looks at what it has must not cut them
// yet: they may belong to what is known.
func (l Limits) Unbounded() Limits {
	l.GroupsPerBatch, l.VariantsPerGroup, l.HostsPerGroup = math.MaxInt, math.MaxInt, math.MaxInt
	l.BatchBytes = math.MaxInt
	return l
}

// WithDefaults returns l with the defaults in place of zeros.
func (l Limits) WithDefaults() Limits {
	for value, fallback := range map[*int]int{
		&l.GroupsPerBatch:   1000,
		&l.VariantsPerGroup: 20,
		&l.HostsPerGroup:    100,
		&l.SampleBytes:      defaultSampleBytes,
		&l.BatchBytes:       16 << 20,
		&l.Problems:         100_000,
	} {
		if *value == 0 {
			*value = fallback
		}
	}
	l.StoreBytes = cmp.Or(l.StoreBytes, 1<<30)
	l.ResolveAfter = cmp.Or(l.ResolveAfter, 24*time.Hour)
	return l
}

// An Outgoing is a rendered summary, or another mail, on its way to the relay.
type Outgoing struct {
	ID        int64
	Batch     string    // the key of the batch it was rendered from
	CanReopen bool      // Reopen can make a batch of it again; set by the store
	MessageID string    // without angle brackets; the same for every attempt
	From      string    // reverse-path
	To        []string  // recipients not yet served
	Mail      []byte    // RFC 5322, CRLF line ends
	Count     int       // mails it stands for
	Groups    int       // groups it shows
	Due       time.Time // when its batch was due: retries are counted from here
	NextAt    time.Time // when to try next
	Attempts  int       // tries so far, with the one that it is claimed for
	LastError string    // why the last try failed
}
