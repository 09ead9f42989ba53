package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

// lease is what the checks claim for, unless the lease is what they are about.
const lease = time.Minute

// A subject is the store under test. Its methods fail the test where the
// store's return errors, so that a check reads as what it is about.
type subject struct {
	t     *testing.T
	store store.Store
	open  func() store.Store // for durable engines
	// openAt is the path that open opens.
	openAt string
	// shared says that opening leaves what is leased to the other nodes.
	shared bool
}

func newSubject(t *testing.T, s store.Store) *subject {
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return &subject{t: t, store: s}
}

// reopen closes the store and opens what it kept.
func (s *subject) reopen() {
	s.t.Helper()
	s.must("Close", s.store.Close())
	s.store = newSubject(s.t, s.open()).store
}

// node opens another store on what the first one has open.
func (s *subject) node() *subject {
	s.t.Helper()
	n := newSubject(s.t, s.open())
	n.open, n.shared = s.open, s.shared
	return n
}

// released returns when what was leased at t is free after reopening.
func (s *subject) released(t time.Time) time.Time {
	if s.shared {
		return t.Add(lease)
	}
	return t
}

func (s *subject) must(method string, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%s: %v", method, err)
	}
}

func (s *subject) record(entries ...store.Entry) {
	s.t.Helper()
	s.must("Record", s.store.Record(s.t.Context(), entries))
}

// claim expects a batch to be due at now.
func (s *subject) claim(now time.Time) *store.Batch {
	s.t.Helper()
	b, err := s.store.Claim(s.t.Context(), now, lease)
	s.must("Claim", err)
	if b == nil {
		s.t.Fatalf("Claim at %s: no batch, want one", stamp(now))
	}
	return b
}

func (s *subject) claimNothing(now time.Time) {
	s.t.Helper()
	b, err := s.store.Claim(s.t.Context(), now, lease)
	s.must("Claim", err)
	if b != nil {
		s.t.Fatalf("Claim at %s: want none, got\n%s", stamp(now), describe(b))
	}
}

func (s *subject) seal(batch int64, summaries ...store.Outgoing) {
	s.t.Helper()
	s.must("Seal", s.store.Seal(s.t.Context(), batch, summaries))
}

// fill puts summaries into the empty store's outbox.
func (s *subject) fill(summaries ...store.Outgoing) {
	s.t.Helper()
	s.record(mail(0))
	s.seal(s.claim(later).ID, summaries...)
}

// send expects a summary to be claimable at now.
func (s *subject) send(now time.Time) *store.Outgoing {
	s.t.Helper()
	o, err := s.store.ClaimOutgoing(s.t.Context(), now, lease)
	s.must("ClaimOutgoing", err)
	if o == nil {
		s.t.Fatalf("ClaimOutgoing at %s: no summary, want one", stamp(now))
	}
	o.Attempts-- // the tests speak of those before this one
	return o
}

func (s *subject) sendNothing(now time.Time) {
	s.t.Helper()
	o, err := s.store.ClaimOutgoing(s.t.Context(), now, lease)
	s.must("ClaimOutgoing", err)
	if o != nil {
		s.t.Fatalf("ClaimOutgoing at %s: want none, got\n%s", stamp(now), describeOutgoing(o))
	}
}

func (s *subject) postpone(o *store.Outgoing) {
	s.t.Helper()
	s.must("Postpone", s.store.Postpone(s.t.Context(), o))
}

func (s *subject) finish(id int64) {
	s.t.Helper()
	s.must("Finish", s.store.Finish(s.t.Context(), id))
}

func (s *subject) fold(id int64, since time.Time) {
	s.t.Helper()
	s.must("Reopen", s.store.Reopen(s.t.Context(), id, since))
}

func (s *subject) foldFails(id int64) {
	s.t.Helper()
	if err := s.store.Reopen(s.t.Context(), id, after(0)); !errors.Is(err, store.ErrNotClaimed) {
		s.t.Fatalf("Reopen of %d: got %v, want ErrNotClaimed", id, err)
	}
}

func (s *subject) enqueue(mails ...store.Outgoing) {
	s.t.Helper()
	s.must("Enqueue", s.store.Enqueue(s.t.Context(), mails))
}

func (s *subject) opened() []*store.Batch {
	s.t.Helper()
	batches, err := s.store.Open(s.t.Context())
	s.must("Open", err)
	return batches
}

func (s *subject) outgoing() []store.Outgoing {
	s.t.Helper()
	all, err := s.store.Outgoing(s.t.Context())
	s.must("Outgoing", err)
	return all
}

func (s *subject) flush(batch int64, now time.Time, want int) {
	s.t.Helper()
	got, err := s.store.Flush(s.t.Context(), batch, now)
	s.must("Flush", err)
	if got != want {
		s.t.Fatalf("Flush of %d: %d are due, want %d", batch, got, want)
	}
}

func (s *subject) retry(id int64, now time.Time, want int) {
	s.t.Helper()
	got, err := s.store.Retry(s.t.Context(), id, now)
	s.must("Retry", err)
	if got != want {
		s.t.Fatalf("Retry of %d: %d are due, want %d", id, got, want)
	}
}

func (s *subject) mute(m store.Mute) int64 {
	s.t.Helper()
	id, err := s.store.Mute(s.t.Context(), m)
	s.must("Mute", err)
	return id
}

func (s *subject) beat(name string, at time.Time) {
	s.t.Helper()
	s.must("NoteHeartbeat", s.store.NoteHeartbeat(s.t.Context(), name, at))
}

func (s *subject) forget(before time.Time) {
	s.t.Helper()
	s.must("Forget", s.store.Forget(s.t.Context(), before))
}

func (s *subject) wantNextDue(want time.Time) {
	s.t.Helper()
	got, err := s.store.NextDue(s.t.Context())
	s.must("NextDue", err)
	if !got.Equal(want) {
		s.t.Fatalf("NextDue: got %s, want %s", stamp(got), stamp(want))
	}
}

func (s *subject) wantNextSend(want time.Time) {
	s.t.Helper()
	got, err := s.store.NextSend(s.t.Context())
	s.must("NextSend", err)
	if !got.Equal(want) {
		s.t.Fatalf("NextSend: got %s, want %s", stamp(got), stamp(want))
	}
}

func (s *subject) wantPending(want store.Pending) {
	s.t.Helper()
	got, err := s.store.Pending(s.t.Context())
	s.must("Pending", err)
	if got != want {
		s.t.Fatalf("Pending: got %+v, want %+v", got, want)
	}
}

// wantBatch compares everything but the IDs.
func (s *subject) wantBatch(got, want *store.Batch) {
	s.t.Helper()
	if g, w := describe(got), describe(want); g != w {
		s.t.Fatalf("got batch\n%s\nwant\n%s", g, w)
	}
}

// wantOutgoing compares everything but the IDs.
func (s *subject) wantOutgoing(got, want *store.Outgoing) {
	s.t.Helper()
	if g, w := describeOutgoing(got), describeOutgoing(want); g != w {
		s.t.Fatalf("got summary\n%s\nwant\n%s", g, w)
	}
}

func wantStrings(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
}
