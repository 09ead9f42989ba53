package storetest

import (
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

func historyChecks() []check {
	return []check{
		{sentence: "a fingerprint that is new has not been seen", run: seenNew},
		{sentence: "a fingerprint is history when the last summary of its batch is finished", run: seenFinished},
		{sentence: "a fingerprint is history when its batch is sealed without a summary", run: seenSealed},
		{sentence: "history adds up over groups and batches", run: seenAddsUp},
		{sentence: "what is learnt while a batch is open is known when it is shown", run: seenMeanwhile},
		{sentence: "finishing twice is not seen twice", run: seenOnce},
		{sentence: "a mail that comes from no batch makes no history", run: seenEnqueued},
		{sentence: "what is reopened is history when it is delivered and counted once", run: seenFolded},
		{sentence: "Forget removes what was last seen before and nothing else", run: forgetSeen},
		{sentence: "Forget lets a group be the first again", run: forgetQuiet},
		{sentence: "Forget leaves open batches and the outbox alone", run: forgetLeaves},
	}
}

// wantSeen records a mail with the fingerprint and expects what is known of it.
func wantSeen(s *subject, fingerprint string, want store.Seen) {
	s.t.Helper()
	s.record(mail(0, in("probe"), of("probe", fingerprint)))
	for _, b := range s.opened() {
		if b.Key == "probe" {
			for _, v := range b.Groups[0].Variants {
				if v.Fingerprint == fingerprint && seen(v.Seen) != seen(want) {
					s.t.Fatalf("%s: %s, want %s", fingerprint, seen(v.Seen), seen(want))
				}
			}
		}
	}
}

func seenAt(count int, first, last time.Duration) store.Seen {
	return store.Seen{First: after(first), Last: after(last), Count: count}
}

func seenNew(t *testing.T, s *subject) {
	s.record(mail(0), mail(time.Second))
	b := s.claim(later)
	s.wantBatch(b, expect(store.Limits{}, mail(0), mail(time.Second)))
	wantSeen(s, "v1:a", store.Seen{})
}

func seenFinished(t *testing.T, s *subject) {
	s.record(mail(0), mail(time.Minute))
	b := s.claim(later)
	s.record(mail(time.Hour)) // while it is claimed
	s.seal(b.ID, summary("m1", 0), summary("m2", time.Second))
	s.finish(s.send(later).ID)
	s.record(mail(time.Hour, of("other", "v1:a"))) // while one is in the outbox
	s.wantBatch(s.claim(later), expect(store.Limits{}, mail(time.Hour), mail(time.Hour, of("other", "v1:a"))))

	s.finish(s.send(later).ID)
	wantSeen(s, "v1:a", seenAt(2, 0, time.Minute))
	s.record(mail(2 * time.Hour))
	want := expect(store.Limits{}, mail(2*time.Hour))
	want.Groups[0].Variants[0].Seen = seenAt(2, 0, time.Minute)
	for {
		if b := s.claim(later.Add(time.Hour)); b.Key == "batch" && b.First.Equal(after(2*time.Hour)) {
			s.wantBatch(b, want)
			return
		}
	}
}

func seenSealed(t *testing.T, s *subject) {
	s.record(mail(0), mail(time.Minute))
	s.seal(s.claim(later).ID)
	wantSeen(s, "v1:a", seenAt(2, 0, time.Minute))
}

func seenAddsUp(t *testing.T, s *subject) {
	s.record(mail(time.Minute), mail(2*time.Minute, of("other", "v1:a")), mail(0, of("group", "v1:b")))
	s.seal(s.claim(later).ID)
	s.record(mail(-time.Hour), mail(time.Second))
	s.seal(s.claim(later).ID)
	wantSeen(s, "v1:a", seenAt(4, -time.Hour, 2*time.Minute))
	wantSeen(s, "v1:b", seenAt(1, 0, 0))
	wantSeen(s, "v1:c", store.Seen{})
}

func seenMeanwhile(t *testing.T, s *subject) {
	s.record(mail(time.Hour, in("open")))
	s.record(mail(0))
	s.seal(s.claim(after(time.Minute)).ID)
	s.record(mail(time.Hour, in("open")), mail(time.Hour, in("open"), of("other", "v1:a")))
	want := expect(store.Limits{}, mail(time.Hour, in("open")), mail(time.Hour, in("open")), mail(time.Hour, in("open"), of("other", "v1:a")))
	want.Groups[0].Variants[0].Seen, want.Groups[1].Variants[0].Seen = seenAt(1, 0, 0), seenAt(1, 0, 0)
	s.wantBatch(s.claim(later), want)
}

func seenOnce(t *testing.T, s *subject) {
	s.fill(summary("m1", 0), summary("m2", time.Second))
	one, two := s.send(later).ID, s.send(later).ID
	for _, id := range []int64{one, one, two, two, one} {
		s.finish(id)
	}
	wantSeen(s, "v1:a", seenAt(1, 0, 0))
}

func seenEnqueued(t *testing.T, s *subject) {
	s.record(mail(0))
	s.claim(later)
	s.enqueue(summary("m1", 0))
	s.finish(s.send(later).ID)
	wantSeen(s, "v1:a", store.Seen{})
	s.wantPending(store.Pending{Batches: 2, Mails: 2})
}

func seenFolded(t *testing.T, s *subject) {
	s.record(mail(0))
	s.seal(s.claim(later).ID, summary("m1", 0))
	s.record(mail(time.Minute), mail(time.Minute, of("group", "v1:b")))
	s.fold(s.send(later).ID, later)
	b := s.claim(later)
	if v := b.Groups[0].Variants[0]; v.Count != 2 || v.Seen != (store.Seen{}) {
		t.Errorf("want 2 mails, not seen before; got\n%s", describe(b))
	}
	s.seal(b.ID, summary("m1", 0))
	s.finish(s.send(later).ID)
	wantSeen(s, "v1:a", seenAt(2, 0, time.Minute))
	wantSeen(s, "v1:b", seenAt(1, time.Minute, time.Minute))
}

func forgetSeen(t *testing.T, s *subject) {
	s.record(mail(0), mail(time.Second, of("group", "v1:b")))
	s.seal(s.claim(later).ID)
	s.forget(after(time.Second))
	wantSeen(s, "v1:a", store.Seen{})
	wantSeen(s, "v1:b", seenAt(1, time.Second, time.Second))
}

func forgetQuiet(t *testing.T, s *subject) {
	for _, c := range []struct {
		forget time.Duration
		early  bool
	}{{0, true}, {0, false}, {time.Microsecond, true}} {
		s.forget(after(c.forget))
		s.record(mail(0, quiet(time.Hour)))
		if b := s.claim(later); b.Early != c.early {
			t.Errorf("after Forget of %s: early is %t", stamp(after(c.forget)), b.Early)
		}
	}
}

func forgetLeaves(t *testing.T, s *subject) {
	s.fill(summary("m1", 0))
	s.record(mail(0))
	s.forget(later)
	s.wantPending(store.Pending{Batches: 1, Mails: 1, Outbox: 1})
	s.wantBatch(s.claim(later), expect(store.Limits{}, mail(0)))
	s.fold(s.send(later).ID, later)
	want := expect(store.Limits{}, mail(0))
	want.HeldSince = later
	s.wantBatch(s.claim(later), want)
}
