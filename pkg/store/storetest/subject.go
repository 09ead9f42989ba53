package storetest

import (
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
