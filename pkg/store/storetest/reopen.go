package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

func foldChecks() []check {
	tight := store.Limits{GroupsPerBatch: 2, VariantsPerGroup: 2, HostsPerGroup: 2, SampleBytes: 8}
	return []check{
		{sentence: "Reopen opens the batch again as it was", run: foldAlone},
		{sentence: "Reopen merges with the batch that was opened meanwhile", run: foldMerges},
		{sentence: "Reopen keeps title, reason and sample of what came first", run: foldFirst},
		{sentence: "Reopen within limits keeps what is open and counts the rest", limits: tight, run: foldLimits},
		{sentence: "Reopen counts nothing twice", run: foldCountsOnce},
		{sentence: "mails after Reopen are added to the batch and move its window", run: foldAdds},
		{sentence: "a reopened batch stays held since the earliest time", run: foldHeld},
		{sentence: "a batch that Reopen opens without a time is not held", run: foldUnheld},
		{sentence: "a reopened batch stays due when it was due first", run: foldDue},
		{sentence: "two summaries of one key fold into one batch in any order", run: foldTwo},
		{sentence: "a group that is open stays muted or loud", run: foldMuted},
		{sentence: "Reopen gives up the leases of summary and batch", run: foldLeases},
		{sentence: "Reopen keeps what was flushed or muted due", run: foldDueBy},
		{sentence: "a claimant from before Reopen cannot seal the batch", run: foldStale},
		{sentence: "Reopen of a summary that is not there fails with ErrNotClaimed", run: foldUnknown},
		{sentence: "Reopen of a mail that comes from no batch fails with ErrNotClaimed", run: foldEnqueued},
		{sentence: "Reopen of one of several summaries fails with ErrNotClaimed", run: foldSeveral},
	}
}

// sealOne records entries and puts the summary of their batch into the outbox.
func (s *subject) sealOne(id string, entries ...store.Entry) {
	s.t.Helper()
	s.record(entries...)
	s.seal(s.claim(later).ID, summary(id, 0))
}

// rich are entries in which every count differs.
func rich(begin time.Duration) []store.Entry {
	return []store.Entry{
		mail(begin, saying("old title", "old reason", "old sample"), having("1")),
		mail(begin+time.Second, of("group", "v1:b"), from("web-2"), to("dev@example.com"), having("2")),
		mail(begin+2*time.Second, of("group", "v1:b"), from("web-2"), having("3")),
		mail(begin+time.Minute, of("other", "v1:a"), from("web-3"), to("boss@example.com", "ops@example.com")),
		mail(begin+2*time.Minute, of("muted", "v1:m"), mutedUntil(time.Hour)),
	}
}

// reopened returns what Merge, the definition of folding, makes of a claimed batch
// and the entries recorded since.
func reopened(limits store.Limits, since time.Time, old *store.Batch, entries ...store.Entry) *store.Batch {
	b := &store.Batch{}
	for i := range entries {
		b.Add(&entries[i], limits.WithDefaults())
	}
	old = old.Clone()
	old.HeldSince = since
	b.Merge(old, limits.WithDefaults())
	b.Due = old.Due
	b.Sort()
	return b
}

func foldAlone(t *testing.T, s *subject) {
	s.sealOne("m1", rich(0)...)
	want := expect(store.Limits{}, rich(0)...)
	s.fold(s.send(later).ID, later)
	s.sendNothing(later.Add(lease))
	s.wantPending(store.Pending{Batches: 1, Mails: 5})
	s.wantNextDue(want.Due)
	s.claimNothing(want.Due.Add(-time.Microsecond))
	want.HeldSince = later
	s.wantBatch(s.claim(want.Due), want)
	s.claimNothing(want.Due)
}

func foldMerges(t *testing.T, s *subject) {
	s.sealOne("m1", rich(0)...)
	since := append(rich(10*time.Minute), mail(11*time.Minute, of("new", "v1:n"), from("web-9"), to("new@example.com")))
	for i := range since {
		since[i].Title, since[i].Sample = "new title", []byte("new sample")
	}
	s.record(since...)
	s.fold(s.send(later).ID, later)
	s.sendNothing(later.Add(lease))
	s.wantPending(store.Pending{Batches: 1, Mails: 11})
	old := expect(store.Limits{}, rich(0)...)
	s.wantNextDue(old.Due)
	s.wantBatch(s.claim(later), reopened(store.Limits{}, later, old, since...))
	s.claimNothing(later)
}

// foldFirst folds an older batch into a newer one, and then a newer one into that.
func foldFirst(t *testing.T, s *subject) {
	s.record(mail(0))
	s.seal(s.claim(later).ID) // known from here on
	s.sealOne("m1", mail(time.Minute, saying("first title", "first reason", "first sample")))
	s.record(mail(2*time.Minute, saying("later title", "later reason", "later sample, which is longer")))
	s.fold(s.send(later).ID, later)
	wantFirst := func(b *store.Batch, count int) {
		t.Helper()
		g := b.Groups[0]
		v := g.Variants[0]
		if g.Title != "first title" || g.Reason != "first reason" || v.Reason != "first reason" || v.Count != count ||
			string(v.Sample) != "first sample" || v.SampleSize != len("first sample") || v.Seen.Count != 1 {
			t.Errorf("not what came first:\n%s", describe(b))
		}
	}
	b := s.claim(later)
	wantFirst(b, 2)
	s.seal(b.ID, summary("m2", 0))
	newer := s.send(later).ID
	s.record(mail(30*time.Second, saying("first title", "first reason", "first sample")))
	s.fold(newer, later)
	wantFirst(s.claim(later), 3)
}

func foldLimits(t *testing.T, s *subject) {
	limits := store.Limits{GroupsPerBatch: 2, VariantsPerGroup: 2, HostsPerGroup: 2, SampleBytes: 8}
	var old, since []store.Entry
	for i := range 30 {
		e := mail(time.Duration(i*i)*time.Second, of(fmt.Sprint("group ", i%4), fmt.Sprint("v1:", i%3)), from(fmt.Sprint("web-", i%5)),
			to(fmt.Sprintf("user%d@example.com", i%7)))
		e.Sample = []byte(fmt.Sprint("sample ", i))
		if i < 17 {
			old = append(old, e)
		} else {
			since = append(since, e)
		}
	}
	s.sealOne("m1", old...)
	s.record(since...)
	s.fold(s.send(later).ID, later)
	want := reopened(limits, later, expect(limits, old...), since...)
	s.wantPending(store.Pending{Batches: 1, Mails: 30})
	s.wantBatch(s.claim(later), want)
	if want.Omitted() == 0 || want.Groups[0].Omitted() == 0 {
		t.Errorf("the limits were not reached:\n%s", describe(want))
	}
}

func foldCountsOnce(t *testing.T, s *subject) {
	for i := range 5 {
		s.sealOne("m1", mail(time.Duration(2*i)*time.Minute))
		s.record(mail(time.Duration(2*i+1) * time.Minute))
		s.wantPending(store.Pending{Batches: 1, Mails: 1, Outbox: 1})
		s.fold(s.send(later).ID, later)
		s.wantPending(store.Pending{Batches: 1, Mails: 2*i + 2})
	}
	if b := s.claim(later); b.Count != 10 || b.Groups[0].Variants[0].Count != 10 || b.Recipients["ops@example.com"] != 10 {
		t.Errorf("want 10 mails; got\n%s", describe(b))
	}
}

func foldAdds(t *testing.T, s *subject) {
	s.sealOne("m1", mail(0, within(30*time.Second, time.Hour)))
	s.fold(s.send(later).ID, after(time.Minute))
	s.wantNextDue(after(30 * time.Second))
	added := mail(2*time.Minute, within(30*time.Second, time.Hour), from("web-2"))
	s.record(added)
	s.wantNextDue(after(150 * time.Second))
	s.record(mail(time.Minute, of("muted", "v1:m"), mutedUntil(145*time.Second)))
	s.wantNextDue(after(145 * time.Second))
	want := expect(store.Limits{}, mail(0), added, mail(time.Minute, of("muted", "v1:m"), mutedUntil(time.Hour)))
	want.Due, want.HeldSince = after(30*time.Second), after(time.Minute)
	s.wantBatch(s.claim(later), want)
}

func foldHeld(t *testing.T, s *subject) {
	s.record(mail(0))
	for _, c := range []struct{ since, want time.Duration }{
		{2 * time.Hour, 2 * time.Hour}, {3 * time.Hour, 2 * time.Hour}, {time.Hour, time.Hour}, {4 * time.Hour, time.Hour},
	} {
		s.seal(s.claim(later).ID, summary("m1", 0))
		if c.since > 2*time.Hour { // merged rather than opened
			s.record(mail(0))
		}
		s.fold(s.send(later).ID, after(c.since))
		if b := s.opened()[0]; !b.HeldSince.Equal(after(c.want)) {
			t.Fatalf("held since %s, want %s", stamp(b.HeldSince), stamp(after(c.want)))
		}
	}
}

func foldUnheld(t *testing.T, s *subject) {
	s.record(mail(0))
	for _, c := range []struct {
		merged      bool
		since, want time.Time
	}{
		{false, time.Time{}, time.Time{}}, {true, time.Time{}, time.Time{}}, {true, later, later},
		{false, time.Time{}, later}, {true, time.Time{}, later},
	} {
		s.seal(s.claim(later).ID, summary("m1", 0))
		if c.merged {
			s.record(mail(0))
		}
		s.fold(s.send(later).ID, c.since)
		if b := s.opened()[0]; !b.HeldSince.Equal(c.want) {
			t.Fatalf("held since %s, want %s", stamp(b.HeldSince), stamp(c.want))
		}
	}
}

func foldDue(t *testing.T, s *subject) {
	s.record(mail(0))
	for i := range 4 {
		b := s.claim(later)
		if !b.Due.Equal(after(30 * time.Second)) {
			t.Fatalf("round %d: due %s, want %s", i, stamp(b.Due), stamp(after(30*time.Second)))
		}
		s.seal(b.ID, summary("m1", 0))
		if i%2 == 0 {
			s.record(mail(time.Duration(i+1) * time.Hour))
		}
		s.fold(s.send(later).ID, later)
		s.wantNextDue(after(30 * time.Second))
		s.record(mail(time.Duration(i+1)*time.Hour + time.Minute))
		if b := s.opened()[0]; !b.Due.Equal(after(30 * time.Second)) {
			t.Fatalf("round %d: open and due %s, want %s", i, stamp(b.Due), stamp(after(30*time.Second)))
		}
	}
}

func foldTwo(t *testing.T, s *subject) {
	for _, order := range [][]int{{0, 1}, {1, 0}} {
		first, second := rich(0), rich(20*time.Minute)
		s.sealOne("m1", first...)
		s.sealOne("m2", second...)
		sending := []int64{s.send(later).ID, s.send(later).ID}
		for _, i := range order {
			s.fold(sending[i], after(time.Duration(2+i)*time.Hour))
		}
		want := reopened(store.Limits{}, after(2*time.Hour), expect(store.Limits{}, first...), second...)
		b := s.claim(later)
		if !b.Due.Equal(want.Due) || !b.HeldSince.Equal(want.HeldSince) || b.Count != want.Count || len(b.Groups) != len(want.Groups) {
			t.Errorf("reopened in the order %d: got\n%s\nwant\n%s", order, describe(b), describe(want))
		}
		s.claimNothing(later)
		s.wantPending(store.Pending{Batches: 1, Mails: 10})
		s.seal(b.ID)
	}
}

func foldMuted(t *testing.T, s *subject) {
	s.sealOne("m1", mail(0, of("a", "v1:a"), mutedUntil(time.Hour)), mail(0, of("b", "v1:b")))
	s.record(mail(time.Minute, of("a", "v1:a")), mail(time.Minute, of("b", "v1:b"), mutedUntil(time.Hour)))
	s.fold(s.send(later).ID, later)
	for _, g := range s.claim(later).Groups {
		if g.Muted != (g.Key == "b") || g.Count != 2 {
			t.Errorf("group %q of %d mails: muted is %t", g.Key, g.Count, g.Muted)
		}
	}
}

func foldLeases(t *testing.T, s *subject) {
	s.record(mail(0))
	now := after(time.Minute)
	s.seal(s.claim(now).ID, summary("m1", 0))
	s.fold(s.send(now).ID, now) // both leases run for another minute
	s.claim(now)
	s.claimNothing(now)
}

func foldDueBy(t *testing.T, s *subject) {
	long := within(time.Hour, 2*time.Hour)
	s.record(mail(0, long))
	s.flush(0, after(time.Minute), 1)
	s.seal(s.claim(after(time.Minute)).ID, summary("m1", 0))
	s.record(mail(3*time.Minute, long))
	s.wantNextDue(after(63 * time.Minute))
	s.fold(s.send(later).ID, later)
	s.wantNextDue(after(time.Minute))
	s.record(mail(4*time.Minute, long))
	s.wantNextDue(after(time.Minute))
}

// foldStale stands for a node that renders so slowly that its lease runs out,
// while another one seals, fails to deliver and folds.
func foldStale(t *testing.T, s *subject) {
	s.record(mail(0))
	slow := s.claim(later)
	fast := s.claim(later.Add(lease))
	s.seal(fast.ID, summary("fast", 0))
	s.fold(s.send(later).ID, later)
	sealFails(s, slow.ID, summary("slow", 0))
	s.record(mail(time.Minute))
	again := s.claim(later)
	sealFails(s, slow.ID, summary("slow", 0))
	s.seal(again.ID, summary("again", 0))
	sends(s, later, "again")
}

func foldUnknown(t *testing.T, s *subject) {
	s.sealOne("m1", mail(0))
	gone := s.send(later).ID
	s.fold(gone, later)
	s.foldFails(gone)
	s.seal(s.claim(later).ID, summary("m2", 0))
	s.foldFails(gone)
	finished := s.send(later).ID
	s.finish(finished)
	for _, id := range []int64{gone, finished, finished + 1, 0, -1, 1 << 40} {
		s.foldFails(id)
	}
	s.wantPending(store.Pending{})
}

func foldEnqueued(t *testing.T, s *subject) {
	s.enqueue(summary("m1", 0))
	s.foldFails(s.send(later).ID)
	s.wantPending(store.Pending{Outbox: 1})
}

// foldSeveral would show the mails of the summary that was delivered twice.
func foldSeveral(t *testing.T, s *subject) {
	s.fill(summary("m1", 0), summary("m2", time.Second))
	one, two := s.send(later), s.send(later)
	s.foldFails(one.ID)
	s.finish(one.ID)
	s.foldFails(two.ID)
	s.wantPending(store.Pending{Outbox: 1})
	s.finish(two.ID)
	wantSeen(s, "v1:a", seenAt(1, 0, 0))
}
