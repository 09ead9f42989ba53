package store

import (
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
)

// An Entry is one mail, or one part of a digest, as its batch counts it. The strings are one line of
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
	// Said is when the mail says that it is so, if that is known: of mails about one thing
	// that overtook each other, the one that says it last is the one that counts.
	Said time.Time
	// Window says when the batch is due.
	Window Window
	// MutedUntil, if it is set, makes Group one of muted mails. A batch of
	// nothing else is due then; otherwise they go along with the others.
	MutedUntil time.Time
	// HeldUntil, if it is set, makes a mail go along with others: a batch of nothing else is
	// due then.
	HeldUntil time.Time
	// Quiet, if it is set, makes the first mail of a group that was not seen
	// for longer a batch of its own, which is due at once. First mails of
	// several groups may share it. Muted mails are not seen.
	Quiet time.Duration
	// Meaning is what the mail says. Of a variant it is that of its first entry.
	Meaning meaning.Meaning
	// Occurrence says on which problem it counts, unless it is a Copy of one that another
	// batch counts.
	Occurrence Occurrence
	Copy       bool
	// Part says that it is another part of the mail of the entry in front, which is in the
	// same batch: that counts the mail.
	Part bool
	// Values are what varies from mail to mail of a variant. Those with the same
	// label belong together, the first ones, the second ones and so on.
	Values []Value
	// Sample is the whole mail, or what of it is about the part. The store copies what it keeps.
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
