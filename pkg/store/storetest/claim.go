package storetest

import (
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

func claimChecks() []check {
	return []check{
		{sentence: "Claim returns nothing when nothing is due", run: claimNotDue},
		{sentence: "Claim closes the batch and later mails open a new one", run: claimCloses},
		{sentence: "Claim returns the batch that is due the longest first", run: claimOrder},
		{sentence: "Claim orders groups and variants by count and then by first mail", run: claimSorted},
		{sentence: "a claimed batch comes up again when its lease has run out", run: claimLease},
		{sentence: "a batch whose lease has run out takes its turn by its due time", run: claimLeaseOrder},
		{sentence: "a reopened batch takes its turn by when it was due first", run: claimReopenedOrder},
		{sentence: "a batch may be claimed again and again", run: claimRepeatedly},
		{sentence: "what Claim returns belongs to the caller", run: claimOwned},
		{sentence: "Pending counts open and claimed batches, their mails and the outbox", run: pendingCounts},
	}
}

func claimNotDue(t *testing.T, s *subject) {
	s.claimNothing(later)
	s.record(mail(0))
	s.claimNothing(after(0))
	s.claimNothing(after(-time.Hour))
	s.wantPending(store.Pending{Batches: 1, Mails: 1})
}

func claimCloses(t *testing.T, s *subject) {
	s.record(mail(0), mail(time.Second))
	closed := s.claim(after(time.Minute))
	s.record(mail(2 * time.Second)) // even one received before the claim

	opened := s.claim(after(time.Minute))
	if closed.ID == opened.ID {
		t.Errorf("both batches have ID %d", closed.ID)
	}
	s.wantBatch(closed, expect(store.Limits{}, mail(0), mail(time.Second)))
	s.wantBatch(opened, expect(store.Limits{}, mail(2*time.Second)))
}

func claimOrder(t *testing.T, s *subject) {
	s.record(
		mail(3*time.Second, in("third")), mail(time.Second, in("first")), mail(4*time.Second, in("fourth")),
		mail(0, in("second"), within(32*time.Second, time.Hour)))
	for _, key := range []string{"first", "second", "third", "fourth"} {
		if b := s.claim(later); b.Key != key {
			t.Fatalf("got %q, want %q", b.Key, key)
		}
	}
}

func claimSorted(t *testing.T, s *subject) {
	s.record(
		mail(4*time.Second, of("rare and late", "v1:a")),
		mail(3*time.Second, of("rare and early", "v1:a")),
		mail(5*time.Second, of("frequent", "v1:late")),
		mail(2*time.Second, of("frequent", "v1:early")),
		mail(6*time.Second, of("frequent", "v1:frequent")))
	s.record(mail(7*time.Second, of("frequent", "v1:frequent")))
	s.record(mail(8*time.Second, of("frequent", "v1:frequent")))

	var order []string
	for _, g := range s.claim(later).Groups {
		order = append(order, g.Key)
		for _, v := range g.Variants {
			order = append(order, v.Fingerprint)
		}
	}
	wantStrings(t, order, "frequent", "v1:frequent", "v1:early", "v1:late",
		"rare and early", "v1:a", "rare and late", "v1:a")
}

func claimLease(t *testing.T, s *subject) {
	s.record(mail(0))
	now := after(time.Minute)
	held := s.claim(now)
	s.claimNothing(now)
	s.claimNothing(now.Add(-time.Hour))
	s.claimNothing(now.Add(lease - time.Microsecond))
	s.wantNextDue(now.Add(lease))

	again := s.claim(now.Add(lease))
	if again.ID != held.ID {
		t.Errorf("came up again as %d, was %d", again.ID, held.ID)
	}
	s.wantBatch(again, expect(store.Limits{}, mail(0)))
	s.claimNothing(now.Add(2*lease - time.Microsecond))
}

func claimLeaseOrder(t *testing.T, s *subject) {
	s.record(mail(10*time.Second, in("left behind")))
	s.claim(after(time.Minute))
	s.record(mail(0, in("before")), mail(20*time.Second, in("after")))
	for _, key := range []string{"before", "left behind", "after"} {
		if b := s.claim(later); b.Key != key {
			t.Fatalf("got %q, want %q", b.Key, key)
		}
	}
}

// claimReopenedOrder has a batch that mails make due later again. It is still the one that
// is given up first while the relay is down.
func claimReopenedOrder(t *testing.T, s *subject) {
	s.sealOne("m1", mail(0, in("reopened")))
	s.fold(s.send(later).ID, later)
	s.record(mail(4*time.Minute, in("reopened")), mail(time.Minute, in("other")))
	s.wantNextDue(after(90 * time.Second))
	for _, key := range []string{"reopened", "other"} {
		if b := s.claim(later); b.Key != key {
			t.Fatalf("got %q, want %q", b.Key, key)
		}
	}
}

func claimRepeatedly(t *testing.T, s *subject) {
	s.record(mail(0), mail(time.Second, of("other", "v1:b")))
	want := expect(store.Limits{}, mail(0), mail(time.Second, of("other", "v1:b")))
	for i := range 5 {
		s.wantBatch(s.claim(later.Add(time.Duration(i)*lease)), want)
	}
	s.wantPending(store.Pending{Batches: 1, Mails: 2})
}

// claimOwned stands for a renderer that masks passwords in place and dies.
func claimOwned(t *testing.T, s *subject) {
	s.record(mail(0))
	b := s.claim(later)
	b.Count = 99
	b.Recipients["mallory@example.com"] = 1
	clear(b.Groups[0].Hosts)
	clear(b.Groups[0].Variants[0].Sample)
	b.Groups[0].Variants = nil
	s.wantBatch(s.claim(later.Add(lease)), expect(store.Limits{}, mail(0)))
}

func pendingCounts(t *testing.T, s *subject) {
	s.wantPending(store.Pending{})
	s.record(mail(0, in("a")), mail(time.Second, in("a")), mail(2*time.Second, in("b")))
	s.wantPending(store.Pending{Batches: 2, Mails: 3})
	a := s.claim(later)
	s.wantPending(store.Pending{Batches: 2, Mails: 3})
	s.record(mail(3*time.Second, in("a")))
	s.wantPending(store.Pending{Batches: 3, Mails: 4})
	s.seal(a.ID, summary("m1", 0), summary("m2", time.Second))
	s.wantPending(store.Pending{Batches: 2, Mails: 2, Outbox: 2})
	o := s.send(later)
	s.wantPending(store.Pending{Batches: 2, Mails: 2, Outbox: 2})
	s.finish(o.ID)
	s.wantPending(store.Pending{Batches: 2, Mails: 2, Outbox: 1})
}
