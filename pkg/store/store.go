// Package store defines what Failmail keeps on disk and the seam behind which
// it is kept.
//
// A store does not keep mails, it counts them: an Entry adds one to a variant
// of a group of a batch, and brings its mail along only as a sample. A storm of
// equal mails therefore costs one row and one sample, however long it lasts.
//
// The life of a batch: Record opens it and adds to it; when it is due, Claim
// closes it and hands it out for rendering; Seal replaces it by its rendered
// summaries in the outbox, in one step; ClaimOutgoing hands these out for
// delivery; Finish removes what was delivered. A process that dies between two
// of these steps loses nothing: a claim is a lease, and what is leased comes up
// again when the lease has run out.
//
// Engines are in the subpackages; storetest is the suite all of them pass.
package store

import (
	"context"
	"errors"
	"math"
	"time"
)

// ErrClosed is returned by every method of a Store after Close.
var ErrClosed = errors.New("store is closed")

// ErrNotClaimed is returned for a batch or summary that is not there: another
// process took it over when its lease had run out.
var ErrNotClaimed = errors.New("not claimed: its lease has run out")

// Never is a due time that does not come; Next methods return it when nothing
// waits.
var Never = time.Unix(1<<40, 0).UTC()

// A Store keeps open batches and the outbox. All methods are safe for
// concurrent use. A method that returns an error has changed nothing, unless
// the error came from the connection to a remote database, in which case the
// change may or may not have been made. Every error is worth a retry except
// ErrClosed. What a method returns belongs to the caller, and what it is given is
// copied.
type Store interface {
	// Record adds entries to the open batches they belong to, all of them or
	// none. They are durable when it returns nil.
	Record(ctx context.Context, entries []Entry) error

	// NextDue returns the earliest time at which Claim may have a batch, or
	// Never.
	NextDue(ctx context.Context) (time.Time, error)

	// Claim closes the batch that is due the longest at now and returns it;
	// nil if none is due. Later mails with its key open a new batch. No other
	// Claim returns the batch until now plus lease.
	Claim(ctx context.Context, now time.Time, lease time.Duration) (*Batch, error)

	// Seal removes a claimed batch and puts summaries into the outbox, in one
	// step. The summaries' IDs are assigned by the store. It fails with
	// ErrNotClaimed if the batch is no longer there.
	Seal(ctx context.Context, batch int64, summaries []Outgoing) error

	// NextSend returns the earliest time at which ClaimOutgoing may have a
	// summary, or Never.
	NextSend(ctx context.Context) (time.Time, error)

	// ClaimOutgoing returns the summary whose NextAt is the earliest and not
	// after now; nil if there is none. No other call returns it until now plus
	// lease.
	ClaimOutgoing(ctx context.Context, now time.Time, lease time.Duration) (*Outgoing, error)

	// Postpone gives a claimed summary back with o's To, Attempts, NextAt and
	// LastError. It fails with ErrNotClaimed if the summary is no longer there.
	Postpone(ctx context.Context, o *Outgoing) error

	// Finish removes a claimed summary from the outbox. Finishing it twice is
	// no error.
	Finish(ctx context.Context, id int64) error

	// Pending counts what is kept.
	Pending(ctx context.Context) (Pending, error)

	// Close releases the store. Closing twice is no error.
	Close() error
}

// Pending counts what a store keeps.
type Pending struct {
	Batches int // open or claimed
	Mails   int // counted in these batches
	Outbox  int // summaries waiting for delivery
}

// An Entry is one mail as its batch counts it. The strings are one line of
// valid UTF-8 without control characters; recipients and the sample are as
// received.
type Entry struct {
	// Batch is the batch key: entries with the same key share a summary.
	Batch string
	// Group is the group key: entries with the same key share a headline.
	Group string
	// Fingerprint identifies the content within the group.
	Fingerprint string
	// Title is the headline of the group, taken from its first entry.
	Title string
	// Reason says in words what the entries of the group or variant share.
	Reason string
	// Host is the machine the mail came from.
	Host string
	// Recipients are the envelope's recipients.
	Recipients []string
	// Received is when the mail came.
	Received time.Time
	// Window says when the batch is due.
	Window Window
	// Sample is the whole mail. The store copies what it keeps.
	Sample []byte
}

// A Window says how long a batch collects.
type Window struct {
	Wait    time.Duration // after the last mail
	MaxWait time.Duration // after the first mail, however many follow
}

// Due returns when a batch is due whose first and last mails came at first and
// last.
func (w Window) Due(first, last time.Time) time.Time {
	quiet, latest := last.Add(w.Wait), first.Add(w.MaxWait)
	if quiet.Before(latest) {
		return quiet
	}
	return latest
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
}

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
		&l.SampleBytes:      256 << 10,
		&l.BatchBytes:       16 << 20,
	} {
		if *value == 0 {
			*value = fallback
		}
	}
	return l
}

// An Outgoing is a rendered summary on its way to the relay.
type Outgoing struct {
	ID        int64
	Batch     string    // the key of the batch it was rendered from
	MessageID string    // without angle brackets; the same for every attempt
	From      string    // reverse-path
	To        []string  // recipients not yet served
	Mail      []byte    // RFC 5322, CRLF line ends
	Count     int       // mails it stands for
	Groups    int       // groups it shows
	Due       time.Time // when its batch was due: retries are counted from here
	NextAt    time.Time // when to try next
	Attempts  int       // tries so far
	LastError string    // why the last try failed
}
