package web

import (
	"context"
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/problem"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

// A snapshot is what there is to see at one moment.
type snapshot struct {
	now     time.Time
	problem error // why mails are refused
	unknown error // why the store cannot be read, so that what it knows is missing

	relay   deliver.State
	addr    string // where mails are taken
	minutes []int
	sent    []render.Sent

	failed    []deliver.Stored // the newest in the fail-dir
	failedAll int              // how many there are
	failedErr error            // why that is not known

	summarizing *render.Summary // no longer in open, and not yet in outbox
	open        []*render.Summary
	outbox      []store.Outgoing
	mutes       []store.Mute
	problems    []problem.Problem // those that are open, the last seen first
	problemsAll int
	expected    []expect.State
}

// maxProblems bounds the open problems that are named.
const maxProblems = 20

// look takes a snapshot.
func (h *handler) look(ctx context.Context) *snapshot {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	s := &snapshot{now: time.Now(), relay: h.proxy.Relay(), minutes: h.proxy.PerMinute(), sent: h.proxy.Recent()}
	if addr := h.proxy.Addr(); addr != nil {
		s.addr = addr.String()
	}
	s.failed, s.failedAll, s.failedErr = h.proxy.Failed(ctx)
	s.unknown = s.read(ctx, h.proxy)
	// Mails may be refused though all that is known can be read.
	if s.problem = h.proxy.Ready(ctx); s.problem == nil {
		s.problem = s.unknown
	}
	return s
}

func (s *snapshot) read(ctx context.Context, p Proxy) (err error) {
	if err = s.readOpen(ctx, p); err != nil {
		return err
	}
	if s.outbox, err = p.Outbox(ctx); err != nil {
		return err
	}
	if s.mutes, err = p.Mutes(ctx); err != nil {
		return err
	}
	if s.expected, err = p.Expected(ctx); err != nil {
		return err
	}
	s.problems, s.problemsAll, err = p.Problems(ctx, "is:open", 0, maxProblems)
	return err
}

func (s *snapshot) readOpen(ctx context.Context, p Proxy) (err error) {
	s.open, err = p.Open(ctx)
	// It is asked for last, so that none is missed, and may be in both.
	s.summarizing = p.Summarizing()
	if s.summarizing != nil && slices.ContainsFunc(s.open, func(b *render.Summary) bool { return b.BatchID == s.summarizing.BatchID }) {
		s.summarizing = nil
	}
	return err
}

// pending returns what failmail_pending_batches counts.
func (s *snapshot) pending() []*render.Summary {
	if s.summarizing == nil {
		return s.open
	}
	return append([]*render.Summary{s.summarizing}, s.open...)
}

func (s *snapshot) lastHour() (sum int) {
	for _, n := range s.minutes {
		sum += n
	}
	return sum
}

func (s *snapshot) openMails() (sum int) {
	for _, b := range s.pending() {
		sum += b.Count
	}
	return sum
}
