package storetest

import (
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

func listingChecks() []check {
	return []check{
		{sentence: "Open returns the open batches without samples, the first due first", run: openLists},
		{sentence: "Open leaves out what is claimed or sealed", run: openOnly},
		{sentence: "what Open returns belongs to the caller", run: openOwned},
		{sentence: "Flush makes one batch due", run: flushOne},
		{sentence: "Flush of 0 makes all batches due", run: flushAll},
		{sentence: "a flushed batch stays due when mails come after it", run: flushStays},
		{sentence: "Flush leaves a batch that was due before where it is", run: flushDue},
		{sentence: "Flush of what is not open makes nothing due", run: flushUnknown},
		{sentence: "Enqueue puts mails that do not fold into the outbox", run: enqueues},
		{sentence: "Enqueue copies the mails", run: enqueueCopies},
		{sentence: "Outgoing returns the outbox without the mails, the next one first", run: outgoingLists},
		{sentence: "Retry makes one summary due", run: retryOne},
		{sentence: "Retry of 0 makes all summaries due", run: retryAll},
		{sentence: "Retry leaves claimed summaries alone until their lease has run out", run: retryClaimed},
	}
}

// bare returns b without samples.
func bare(b *store.Batch) *store.Batch {
	for _, g := range b.Groups {
		for _, v := range g.Variants {
			v.Sample = nil
		}
	}
	return b
}

func openLists(t *testing.T, s *subject) {
	if all := s.opened(); len(all) != 0 {
		t.Fatalf("an empty store has %d open batches", len(all))
	}
	second, third := rich(10*time.Second), rich(20*time.Second)
	for i := range second {
		second[i].Batch, third[i].Batch = "second", "third"
	}
	s.record(third...)
	s.record(second...)
	s.record(mail(0, in("third"), quiet(time.Hour)))
	all := s.opened()
	if len(all) != 3 {
		t.Fatalf("got %d batches, want 3", len(all))
	}
	s.wantBatch(all[0], bare(early(mail(0, in("third")))))
	s.wantBatch(all[1], bare(expect(store.Limits{}, second...)))
	s.wantBatch(all[2], bare(expect(store.Limits{}, third...)))
	for _, b := range all[1:] {
		if b.Groups[0].Variants[0].SampleSize == 0 {
			t.Errorf("no sample size in\n%s", describe(b))
		}
	}
}

func openOnly(t *testing.T, s *subject) {
	s.record(mail(0, in("sealed")), mail(time.Second, in("claimed")), mail(2*time.Second, in("open")))
	s.seal(s.claim(after(30*time.Second)).ID, summary("m1", 0))
	s.claim(after(31 * time.Second))
	all := s.opened()
	if len(all) != 1 || all[0].Key != "open" {
		t.Errorf("got %d batches, want the open one", len(all))
	}
	s.wantPending(store.Pending{Batches: 2, Mails: 2, Outbox: 1})
}

func openOwned(t *testing.T, s *subject) {
	s.record(mail(0))
	b := s.opened()[0]
	b.Count = 99
	clear(b.Recipients)
	clear(b.Groups[0].Hosts)
	b.Groups[0].Variants = nil
	s.wantBatch(s.claim(later), expect(store.Limits{}, mail(0)))
}

func flushOne(t *testing.T, s *subject) {
	s.record(mail(0, in("a")), mail(time.Second, in("b")))
	for _, b := range s.opened() {
		if b.Key == "b" {
			s.flush(b.ID, after(10*time.Second), 1)
		}
	}
	s.wantNextDue(after(10 * time.Second))
	b := s.claim(after(10 * time.Second))
	if b.Key != "b" || !b.Due.Equal(after(10*time.Second)) {
		t.Errorf("got batch %q due %s", b.Key, stamp(b.Due))
	}
	s.claimNothing(after(10 * time.Second))
}

func flushAll(t *testing.T, s *subject) {
	s.flush(0, after(0), 0)
	s.record(mail(0, in("a")), mail(time.Second, in("b")), mail(2*time.Second, in("c"), mutedUntil(time.Hour)))
	s.flush(0, after(10*time.Second), 3)
	for range 3 {
		s.claim(after(10 * time.Second))
	}
	s.claimNothing(after(10 * time.Second))
	s.flush(0, after(10*time.Second), 0)
}

func flushStays(t *testing.T, s *subject) {
	s.record(mail(0))
	s.flush(0, after(time.Second), 1)
	s.record(mail(2*time.Second), mail(3*time.Second, mutedUntil(time.Hour)))
	s.record(mail(4 * time.Second))
	s.wantNextDue(after(time.Second))
	if b := s.claim(after(4 * time.Second)); b.Count != 4 {
		t.Errorf("got %d mails, want 4", b.Count)
	}
	// The next batch has a window again.
	s.record(mail(5 * time.Second))
	s.wantNextDue(after(35 * time.Second))
}

func flushDue(t *testing.T, s *subject) {
	s.record(mail(0))
	s.flush(0, after(time.Minute), 1)
	s.wantNextDue(after(30 * time.Second))
	s.flush(0, after(10*time.Second), 1)
	s.flush(0, after(20*time.Second), 1)
	s.wantNextDue(after(10 * time.Second))
}

func flushUnknown(t *testing.T, s *subject) {
	s.record(mail(0), mail(0, in("open")))
	claimed := s.claim(after(30 * time.Second))
	for _, id := range []int64{claimed.ID, -1, 1 << 40} {
		s.flush(id, after(0), 0)
	}
	s.wantNextDue(after(30 * time.Second)) // that of the other batch
}

func enqueues(t *testing.T, s *subject) {
	one, two := summary("m1", time.Second), summary("m2", 0)
	one.Attempts, one.LastError, one.CanReopen, one.ID = 2, "450 busy", true, 12345
	s.enqueue(one, two)
	s.enqueue()
	s.wantPending(store.Pending{Outbox: 2})
	one.CanReopen = false
	s.wantOutgoing(s.send(later), &two)
	s.wantOutgoing(s.send(later), &one)
	s.sendNothing(later)
}

func enqueueCopies(t *testing.T, s *subject) {
	o := summary("m1", 0)
	s.enqueue(o)
	clear(o.To)
	clear(o.Mail)
	want := summary("m1", 0)
	s.wantOutgoing(s.send(later), &want)
}

func outgoingLists(t *testing.T, s *subject) {
	if all := s.outgoing(); len(all) != 0 {
		t.Fatalf("an empty store has %d summaries", len(all))
	}
	s.enqueue(summary("m3", 3*time.Second), summary("m1", time.Second))
	s.sealOne("m0", mail(0))
	claimed := s.send(after(0))
	all := s.outgoing()
	want := []store.Outgoing{folding(summary("m0", 0)), summary("m1", time.Second), summary("m3", 3*time.Second)}
	want[0].Attempts = 1 // the one that goes on
	if len(all) != len(want) {
		t.Fatalf("got %d summaries, want %d", len(all), len(want))
	}
	for i := range want {
		want[i].Mail = nil
		s.wantOutgoing(&all[i], &want[i])
	}
	if all[0].ID != claimed.ID {
		t.Errorf("the claimed one has ID %d, in the list %d", claimed.ID, all[0].ID)
	}
	clear(all[1].To)
	fresh := summary("m1", time.Second)
	s.wantOutgoing(s.send(after(time.Second)), &fresh)
}

func retryOne(t *testing.T, s *subject) {
	s.enqueue(summary("m1", time.Hour), summary("m2", 2*time.Hour))
	id := s.outgoing()[1].ID
	s.retry(id, after(0), 1)
	s.retry(1<<40, after(0), 0)
	s.retry(-1, after(0), 0)
	s.wantNextSend(after(0))
	sends(s, after(0), "m2")
}

func retryAll(t *testing.T, s *subject) {
	s.retry(0, after(0), 0)
	s.enqueue(summary("m1", time.Hour), summary("m2", 2*time.Hour), summary("m0", -time.Hour))
	s.retry(0, after(0), 3)
	s.wantNextSend(after(-time.Hour)) // it was due before
	for range 3 {
		s.send(after(0))
	}
}

func retryClaimed(t *testing.T, s *subject) {
	s.enqueue(summary("m1", 0))
	o := s.send(after(0))
	s.retry(0, after(0), 0)
	s.retry(o.ID, after(lease-time.Microsecond), 0)
	s.sendNothing(after(lease - time.Microsecond))
	s.retry(o.ID, after(lease), 1)
	s.send(after(lease))
}
