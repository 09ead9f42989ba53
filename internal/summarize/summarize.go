// Package summarize makes summaries of the batches that are due and puts them into the
// outbox. While the relay is down batches stay open, so that one summary tells the whole
// outage.
package summarize

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hut8labs/failmail/internal/schedule"
	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/family"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

// claimLease outlives the work it protects, so that another process takes over only
// what a dead one left.
const claimLease = 5 * time.Minute

// Config is what a Summarizer works with.
type Config struct {
	Batches store.Batches
	Relay   Relay
	Policy  func() Policy // the one in force
	Made    func(s *render.Summary, mail *message.Mail)
	// Learn makes Families know what came until now.
	Learn    func(ctx context.Context) error
	Families *family.Families
	Problems store.Problems
	Logger   *slog.Logger
}

// A Policy says how summaries are written.
type Policy struct {
	Origin   render.Origin
	Renderer render.Renderer
	Redactor *render.Redactor
	First    time.Duration // how long a group was quiet whose first mail goes at once
}

// A Relay is what a summary depends on.
type Relay interface {
	// MayTake reports whether the relay may be given a summary at now; NotTried says
	// that it was not.
	MayTake(now time.Time) bool
	NotTried()
	// AsksAt returns when it may be given one again; zero if that is now.
	AsksAt() time.Time
	// RetryUntil returns when a summary is given up, also while the relay is down.
	RetryUntil(due time.Time) time.Time
	// HeldSince returns since when the relay was in the way of a batch; zero if it was
	// not. Trouble says for people what it was.
	HeldSince(due, now time.Time) time.Time
	Trouble() string
	// MaxBytes returns how large the summary of a batch may be; 0 for any size.
	MaxBytes(batch string, now time.Time) int
	// DueAt is told that there is a summary to deliver.
	DueAt(t time.Time)
}

// A Summarizer makes summaries. Its methods are safe for concurrent use.
type Summarizer struct {
	config    Config
	log       *slog.Logger
	loop      *schedule.Loop
	making    sync.Mutex                  // one summary at a time; guards open
	claimed   atomic.Pointer[store.Batch] // but not yet sealed; never changed
	open      map[string]bool             // IDs of the problems that its mails say are open
	ahead     ahead
	incidents incidents
}

// New returns a Summarizer that makes nothing until Run.
func New(config Config) *Summarizer {
	s := &Summarizer{config: config, log: config.Logger}
	s.loop = &schedule.Loop{Name: "flush due batches", Next: s.next, Step: s.flush, Logger: s.log}
	return s
}

// Run makes a summary of each batch when it is due, until ctx ends.
func (s *Summarizer) Run(ctx context.Context) { s.loop.Run(ctx) }

// DueAt says that a batch may be due at t.
func (s *Summarizer) DueAt(t time.Time) { s.loop.DueAt(t) }

// flush turns every batch that is due into a summary in the outbox.
func (s *Summarizer) flush(ctx context.Context) error {
	for {
		now := time.Now()
		if may, err := s.may(ctx, now); err != nil || !may {
			return err
		}
		done, err := s.one(ctx, now)
		if err != nil || done {
			s.config.Relay.NotTried()
			return err
		}
	}
}

// All makes summaries of all batches, due or not, whatever the relay does.
func (s *Summarizer) All(ctx context.Context) error {
	for {
		if done, err := s.one(ctx, store.Never.Add(-time.Hour)); err != nil || done {
			return err
		}
	}
}

// one turns one batch that is due at now into a summary; done says that there was none.
func (s *Summarizer) one(ctx context.Context, now time.Time) (done bool, err error) {
	s.making.Lock()
	defer s.making.Unlock()
	// One that could not be summarised is still claimed: it comes first.
	b := s.claimed.Load()
	if b == nil {
		if b, err = s.config.Batches.Claim(ctx, now, claimLease); err != nil || b == nil {
			return true, err
		}
		if err := s.config.Learn(ctx); err != nil {
			// The summary is made with what was known before.
			s.log.Warn("cannot learn which errors are one", "error", err)
		}
		s.open = batch.OpenProblems(b, s.config.Families)
		b = batch.Present(b, s.config.Families)
		s.claimed.Store(b)
	}
	if err := s.summarize(ctx, b); err != nil {
		return false, err
	}
	s.claimed.Store(nil)
	return false, nil
}

// summarize puts the summary of a claimed batch into the outbox, in one step. There is none
// for a missing mail alone of which nobody is known who would hear: its problem says so.
func (s *Summarizer) summarize(ctx context.Context, b *store.Batch) error {
	if len(b.Recipients) == 0 {
		if err := s.config.Batches.Seal(ctx, b.ID, nil); !errors.Is(err, store.ErrNotClaimed) {
			return err
		}
		return nil
	}
	now := time.Now()
	if b.HeldSince.IsZero() {
		held := *b // the page may be reading b
		held.HeldSince = s.config.Relay.HeldSince(b.Due, now)
		b = &held
	}
	summary := s.describe(b, now)
	s.noteProblems(ctx, summary, now)
	mail, err := s.render(ctx, summary)
	if err != nil {
		return err
	}
	err = s.config.Batches.Seal(ctx, b.ID, []store.Outgoing{{
		Batch: b.Key, MessageID: mail.MessageID, From: mail.From, To: mail.To, Mail: mail.Raw,
		Count: b.Count, Groups: len(summary.Groups), Due: b.Due, NextAt: now,
	}})
	if errors.Is(err, store.ErrNotClaimed) {
		s.log.Warn("another process took over a batch that was claimed here for too long", "batch", b.Key)
		return nil
	}
	if err != nil {
		return err
	}
	s.log.Info("made a summary", "batch", b.Key, "mails", b.Count, "groups", len(summary.Groups), "message_id", mail.MessageID)
	if b.Early {
		s.ahead.note(b, summary.Created, s.config.Policy().First)
	} else {
		s.ahead.told(b)
	}
	s.incidents.note(summary)
	s.config.Made(summary, mail)
	s.config.Relay.DueAt(now)
	return nil
}

// may reports whether a batch that is due at now may become a summary.
func (s *Summarizer) may(ctx context.Context, now time.Time) (bool, error) {
	if s.claimed.Load() != nil || s.config.Relay.AsksAt().IsZero() {
		return s.claimed.Load() != nil || s.config.Relay.MayTake(now), nil
	}
	// Past its time a summary is given up even while the relay stays down. It is not due if
	// mails came since it was reopened; then Claim would have none, or one that the relay
	// side gives back.
	deadline, batch, err := s.firstDeadline(ctx)
	if err != nil || deadline.After(now) {
		return err == nil && s.config.Relay.MayTake(now), err
	}
	_, err = s.config.Batches.Flush(ctx, batch, now)
	return err == nil, err
}

// next is when the loop has to look: when a batch is due and the relay may be asked, and
// when one is given up while it is down.
func (s *Summarizer) next(ctx context.Context) (time.Time, error) {
	if s.claimed.Load() != nil {
		return time.Now(), nil
	}
	next, err := s.config.Batches.NextDue(ctx)
	asks := s.config.Relay.AsksAt()
	if err != nil || asks.IsZero() {
		return next, err
	}
	if asks.After(next) {
		next = asks
	}
	deadline, _, err := s.firstDeadline(ctx)
	if deadline.Before(next) {
		return deadline, err
	}
	return next, err
}

// firstDeadline returns when the first of the batches is given up, and its ID.
func (s *Summarizer) firstDeadline(ctx context.Context) (deadline time.Time, batch int64, err error) {
	batches, err := s.config.Batches.Open(ctx)
	deadline = store.Never
	for _, b := range batches {
		if until := s.config.Relay.RetryUntil(b.Due); until.Before(deadline) {
			deadline, batch = until, b.ID
		}
	}
	return deadline, batch, err
}
