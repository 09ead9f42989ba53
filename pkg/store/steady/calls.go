package steady

import (
	"context"
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

var _ store.Store = (*Store)(nil)

// Record implements store.Store.
func (s *Store) Record(ctx context.Context, entries []store.Entry) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	entries = slices.Clone(entries)
	for i := range entries {
		e := &entries[i]
		e.Received, e.Said, e.MutedUntil = s.toEngine(e.Received), s.toEngine(e.Said), s.waits(e.MutedUntil)
		e.HeldUntil = s.waits(e.HeldUntil)
	}
	return s.Store.Record(ctx, entries)
}

// NextDue implements store.Store.
func (s *Store) NextDue(ctx context.Context) (time.Time, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return time.Time{}, err
	}
	defer leave()
	next, err := s.Store.NextDue(ctx)
	return s.fromEngine(next), err
}

// Claim implements store.Store.
func (s *Store) Claim(ctx context.Context, now time.Time, lease time.Duration) (*store.Batch, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	b, err := s.Store.Claim(ctx, s.toEngine(now), lease)
	if b != nil {
		s.batch(b)
	}
	return b, err
}

// batch converts the times of b that decisions depend on. The others say when mails
// came, and are shown.
func (s *Store) batch(b *store.Batch) {
	b.Due, b.HeldSince = s.fromEngine(b.Due), s.fromEngine(b.HeldSince)
}

// Seal implements store.Store.
func (s *Store) Seal(ctx context.Context, batch int64, summaries []store.Outgoing) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return s.Store.Seal(ctx, batch, s.outgoing(summaries))
}

// outgoing returns mails with the engine's times.
func (s *Store) outgoing(mails []store.Outgoing) []store.Outgoing {
	mails = slices.Clone(mails)
	for i := range mails {
		// What is past its time as a batch must be so as a summary, or it is given back
		// and made again for ever: Due is not rounded up.
		mails[i].Due, mails[i].NextAt = s.toEngine(mails[i].Due), s.waits(mails[i].NextAt)
	}
	return mails
}

// Open implements store.Store.
func (s *Store) Open(ctx context.Context) ([]*store.Batch, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	batches, err := s.Store.Open(ctx)
	for _, b := range batches {
		s.batch(b)
	}
	return batches, err
}

// Flush implements store.Store.
func (s *Store) Flush(ctx context.Context, batch int64, now time.Time) (int, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return 0, err
	}
	defer leave()
	return s.Store.Flush(ctx, batch, s.toEngine(now))
}

// Enqueue implements store.Store.
func (s *Store) Enqueue(ctx context.Context, mails []store.Outgoing) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return s.Store.Enqueue(ctx, s.outgoing(mails))
}

// EnqueueOnce implements store.Store.
func (s *Store) EnqueueOnce(ctx context.Context, name, text string, mails []store.Outgoing) (bool, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	return s.Store.EnqueueOnce(ctx, name, text, s.outgoing(mails))
}

// NextSend implements store.Store.
func (s *Store) NextSend(ctx context.Context) (time.Time, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return time.Time{}, err
	}
	defer leave()
	next, err := s.Store.NextSend(ctx)
	return s.fromEngine(next), err
}

// ClaimOutgoing implements store.Store.
func (s *Store) ClaimOutgoing(ctx context.Context, now time.Time, lease time.Duration) (*store.Outgoing, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	o, err := s.Store.ClaimOutgoing(ctx, s.toEngine(now), lease)
	if o != nil {
		o.Due, o.NextAt = s.fromEngine(o.Due), s.fromEngine(o.NextAt)
	}
	return o, err
}

// Postpone implements store.Store.
func (s *Store) Postpone(ctx context.Context, o *store.Outgoing) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return s.Store.Postpone(ctx, &s.outgoing([]store.Outgoing{*o})[0])
}

// Reopen implements store.Store.
func (s *Store) Reopen(ctx context.Context, id int64, since time.Time) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return s.Store.Reopen(ctx, id, s.toEngine(since))
}

// Outgoing implements store.Store.
func (s *Store) Outgoing(ctx context.Context) ([]store.Outgoing, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	mails, err := s.Store.Outgoing(ctx)
	for i := range mails {
		mails[i].Due, mails[i].NextAt = s.fromEngine(mails[i].Due), s.fromEngine(mails[i].NextAt)
	}
	return mails, err
}

// Retry implements store.Store.
func (s *Store) Retry(ctx context.Context, id int64, now time.Time) (int, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return 0, err
	}
	defer leave()
	return s.Store.Retry(ctx, id, s.toEngine(now))
}

// Mute implements store.Store.
func (s *Store) Mute(ctx context.Context, m store.Mute) (int64, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return 0, err
	}
	defer leave()
	m.Created, m.Until = s.toEngine(m.Created), s.toEngine(m.Until)
	return s.Store.Mute(ctx, m)
}

// Mutes implements store.Store.
func (s *Store) Mutes(ctx context.Context, now time.Time) ([]store.Mute, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	mutes, err := s.Store.Mutes(ctx, s.toEngine(now))
	for i := range mutes {
		mutes[i].Created, mutes[i].Until = s.fromEngine(mutes[i].Created), s.fromEngine(mutes[i].Until)
	}
	return mutes, err
}

// NoteHeartbeat implements store.Store.
func (s *Store) NoteHeartbeat(ctx context.Context, name string, at time.Time) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return s.Store.NoteHeartbeat(ctx, name, s.toEngine(at))
}

// Learn implements store.Store.
func (s *Store) Learn(ctx context.Context, lessons []store.Lesson) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	lessons = slices.Clone(lessons)
	for i := range lessons {
		lessons[i].At = s.toEngine(lessons[i].At)
	}
	return s.Store.Learn(ctx, lessons)
}

// Heartbeats implements store.Store. The one that says that a process is alive is nobody
// else's.
func (s *Store) Heartbeats(ctx context.Context) ([]store.Heartbeat, error) {
	all, err := s.Store.Heartbeats(ctx)
	return slices.DeleteFunc(all, func(h store.Heartbeat) bool { return h.Name == alive }), err
}

// Forget implements store.Store.
func (s *Store) Forget(ctx context.Context, before time.Time) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return s.Store.Forget(ctx, s.toEngine(before))
}

// Problems implements store.Store.
func (s *Store) Problems(ctx context.Context, q store.ProblemQuery) ([]*store.Problem, int, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer leave()
	q.Since, q.Now = s.toEngine(q.Since), s.toEngine(q.Now)
	return s.Store.Problems(ctx, q)
}

// MergeProblems implements store.Store.
func (s *Store) MergeProblems(ctx context.Context, into map[string]string, at time.Time) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return s.Store.MergeProblems(ctx, into, s.toEngine(at))
}

// ForgetProblems implements store.Store.
func (s *Store) ForgetProblems(ctx context.Context, before, now time.Time) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return s.Store.ForgetProblems(ctx, s.toEngine(before), s.toEngine(now))
}
