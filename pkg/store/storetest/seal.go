package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

func sealChecks() []check {
	return []check{
		{sentence: "Seal replaces the batch by its summaries", run: sealReplaces},
		{sentence: "Seal without summaries removes the batch", run: sealNothing},
		{sentence: "Seal assigns the summaries' IDs", run: sealAssignsIDs},
		{sentence: "Seal copies the summaries", run: sealCopies},
		{sentence: "Seal of an open batch fails and leaves the outbox empty", run: sealOpen},
		{sentence: "Seal of a batch that is not there fails and leaves the outbox empty", run: sealUnknown},
		{sentence: "Seal by the second of two claimants fails with ErrNotClaimed", run: sealSecond},
		{sentence: "Seal succeeds after the lease if nobody took the batch over", run: sealLate},
		{sentence: "Seal leaves other batches alone", run: sealOthers},
	}
}

// sealFails expects ErrNotClaimed.
func sealFails(s *subject, batch int64, summaries ...store.Outgoing) {
	s.t.Helper()
	if err := s.store.Seal(s.t.Context(), batch, summaries); !errors.Is(err, store.ErrNotClaimed) {
		s.t.Fatalf("Seal: got %v, want ErrNotClaimed", err)
	}
}

func sealReplaces(t *testing.T, s *subject) {
	s.record(mail(0))
	first, second := summary("m1", time.Minute), summary("m2", 2*time.Minute)
	second.Attempts, second.LastError = 4, "450 busy"
	s.seal(s.claim(later).ID, first, second)
	s.wantPending(store.Pending{Outbox: 2})
	s.claimNothing(later.Add(24 * time.Hour))
	s.wantOutgoing(s.send(later), &first)
	s.wantOutgoing(s.send(later), &second)
}

func sealNothing(t *testing.T, s *subject) {
	s.record(mail(0))
	s.seal(s.claim(later).ID)
	s.wantPending(store.Pending{})
	s.claimNothing(later.Add(lease))
}

func sealAssignsIDs(t *testing.T, s *subject) {
	same := summary("m", 0)
	same.ID = 12345
	s.fill(same, same)
	s.fill(same)
	ids := []int64{s.send(later).ID, s.send(later).ID, s.send(later).ID}
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) != 3 || ids[0] <= 0 {
		t.Errorf("IDs are not positive and distinct: %d", ids)
	}
}

func sealCopies(t *testing.T, s *subject) {
	o := summary("m1", 0)
	s.fill(o)
	clear(o.To)
	clear(o.Mail)
	want := folding(summary("m1", 0))
	s.wantOutgoing(s.send(later), &want)
}

func sealOpen(t *testing.T, s *subject) {
	s.record(mail(0))
	id := s.claim(later).ID
	s.seal(id)
	open := mail(time.Second, of("group", "v1:b"))
	s.record(open)
	for candidate := range id + 20 { // IDs an engine may have given the open batch
		sealFails(s, candidate, summary("m1", 0))
	}
	s.wantPending(store.Pending{Batches: 1, Mails: 1})
	s.sendNothing(later)
	s.wantBatch(s.claim(later), expect(store.Limits{}, open))
}

func sealUnknown(t *testing.T, s *subject) {
	for _, id := range []int64{0, -1, 1, 1 << 40} {
		sealFails(s, id, summary("m1", 0))
		sealFails(s, id)
	}
	s.wantPending(store.Pending{})
	s.sendNothing(later)
}

func sealSecond(t *testing.T, s *subject) {
	s.record(mail(0))
	slow := s.claim(later)
	fast := s.claim(later.Add(lease))
	s.seal(fast.ID, summary("fast", 0))
	sealFails(s, slow.ID, summary("slow", 0))

	// A new batch must not be taken for the old one either.
	s.record(mail(0))
	fresh := s.claim(later)
	sealFails(s, slow.ID, summary("slow", 0))
	s.seal(fresh.ID)

	s.wantPending(store.Pending{Outbox: 1})
	if o := s.send(later); o.MessageID != "fast@failmail.example.com" {
		t.Errorf("outbox has %q", o.MessageID)
	}
}

func sealLate(t *testing.T, s *subject) {
	s.record(mail(0))
	b := s.claim(after(time.Minute))
	s.claimNothing(after(time.Minute))
	s.seal(b.ID, summary("m1", 0))
	s.claimNothing(later)
	s.wantPending(store.Pending{Outbox: 1})
}

func sealOthers(t *testing.T, s *subject) {
	s.record(mail(0, in("a")), mail(time.Second, in("b")), mail(2*time.Second, in("c")))
	a, b := s.claim(after(time.Minute)), s.claim(after(time.Minute))
	s.record(mail(time.Minute, in("a")))
	s.seal(a.ID, summary("m1", 0))
	s.wantPending(store.Pending{Batches: 3, Mails: 3, Outbox: 1})

	s.wantBatch(s.claim(later), expect(store.Limits{}, mail(time.Second, in("b"))))
	s.wantBatch(s.claim(later), expect(store.Limits{}, mail(2*time.Second, in("c"))))
	s.wantBatch(s.claim(later), expect(store.Limits{}, mail(time.Minute, in("a"))))
	s.seal(b.ID)
}
