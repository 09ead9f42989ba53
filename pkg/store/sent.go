package store

import (
	"context"
	"time"
)

// Sent is the summaries that were made, kept for people to look at again. What it keeps is
// for their eyes only: nothing is lost with it.
type Sent interface {
	// KeepSent keeps s in place of the one with its ID. Without Content, that of the one
	// before stays.
	KeepSent(ctx context.Context, s SentSummary) error

	// ListSent returns the newest ones, at most so many, without Content, the newest first.
	ListSent(ctx context.Context, most int) ([]SentSummary, error)

	// SentContent returns the Content of the one with the ID; nil if there is none.
	SentContent(ctx context.Context, id string) ([]byte, error)

	// DropSent removes the one with the ID. It is no error if there is none.
	DropSent(ctx context.Context, id string) error

	// ForgetSent removes those that were made before a time, and the oldest ones until no
	// more than so many bytes of Content are left.
	ForgetSent(ctx context.Context, before time.Time, bytes int64) error
}

// A SentSummary is a summary that was made. What Record and Content are, only those know
// who keep them.
type SentSummary struct {
	ID      string // its Message-ID
	Made    time.Time
	Record  []byte // what is known of it
	Content []byte // what it says
}
