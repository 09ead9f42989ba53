package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

func durableChecks() []check {
	return []check{
		{sentence: "an empty store is empty when it is opened again", run: reopenEmpty},
		{sentence: "all that was recorded survives", run: reopenBatches},
		{sentence: "mails after reopening are added to the open batch", run: reopenAdds},
		{sentence: "limits count what was there before", limits: store.Limits{GroupsPerBatch: 2, VariantsPerGroup: 2, HostsPerGroup: 2}, run: reopenLimits},
		{sentence: "a claim left behind comes up again with all its content", run: reopenClaims},
		{sentence: "a summary being sent comes up again", run: reopenSending},
		{sentence: "the outbox survives with attempts and last error", run: reopenOutbox},
		{sentence: "what was sealed or finished stays gone", run: reopenGone},
		{sentence: "IDs are not used again", run: reopenIDs},
		{sentence: "muted and early batches survive with their due times", run: reopenDue},
		{sentence: "a flushed batch is due and stays due", run: reopenFlushed},
		{sentence: "a reopened batch survives with its due time and since when it was held", run: reopenFolded},
		{sentence: "what folds is still known after reopening", run: reopenFolds},
		{sentence: "history, quiet and what varies survive", run: reopenHistory},
		{sentence: "mutes, heartbeats and lessons survive, and what was forgotten stays gone", run: reopenPast},
		{sentence: "what was enqueued or retried survives", run: reopenEnqueued},
		{sentence: "what was acknowledged before Close is counted exactly", run: reopenBusy},
	}
}

func reopenEmpty(t *testing.T, s *subject) {
	s.reopen()
	s.wantPending(store.Pending{})
	s.wantNextDue(store.Never)
	s.wantNextSend(store.Never)
	s.reopen()
	s.claimNothing(later)
}

func reopenBatches(t *testing.T, s *subject) {
	batches := map[string][]store.Entry{}
	for i := range 90 {
		key := fmt.Sprint("batch ", i%3)
		e := mail(time.Duration(i)*time.Second, in(key), of(fmt.Sprint("group ", i%4), fmt.Sprint("v1:", i%5)),
			from(fmt.Sprint("web-", i%7)), to("ops@example.com", fmt.Sprintf("user%d@example.com", i%6)),
			saying(fmt.Sprint("title ", i), fmt.Sprint("reason ", i), fmt.Sprint("sample \x00\xff ", i)))
		batches[key] = append(batches[key], e)
		s.record(e)
	}
	s.reopen()
	s.wantPending(store.Pending{Batches: 3, Mails: 90})
	s.wantNextDue(after(117 * time.Second))
	for i := range 3 {
		s.wantBatch(s.claim(later), expect(store.Limits{}, batches[fmt.Sprint("batch ", i)]...))
	}
}

func reopenAdds(t *testing.T, s *subject) {
	s.record(mail(0))
	s.reopen()
	s.record(mail(time.Second))
	s.reopen()
	s.record(mail(2*time.Second, of("other", "v1:b")))
	s.wantBatch(s.claim(later), expect(store.Limits{}, mail(0), mail(time.Second), mail(2*time.Second, of("other", "v1:b"))))
}

func reopenLimits(t *testing.T, s *subject) {
	var entries []store.Entry
	for i := range 24 {
		entries = append(entries, mail(time.Duration(i)*time.Second,
			of(fmt.Sprint("group ", i%3), fmt.Sprint("v1:", i%4)), from(fmt.Sprint("web-", i%8))))
	}
	for len(entries) > 0 {
		s.record(entries[:4]...)
		entries = entries[4:]
		s.reopen()
	}
	b := s.claim(later)
	if len(b.Groups) != 2 || b.Omitted() != 8 {
		t.Fatalf("want 2 groups and 8 mails omitted; got\n%s", describe(b))
	}
	for _, g := range b.Groups {
		if len(g.Variants) != 2 || g.Omitted() != 4 || len(g.Hosts) != 2 {
			t.Fatalf("want 2 variants, 2 hosts and 4 mails omitted; got\n%s", describe(b))
		}
	}
}

func reopenClaims(t *testing.T, s *subject) {
	entries := []store.Entry{mail(0), mail(time.Second, of("other", "v1:b"), from("web-2")), mail(2 * time.Second)}
	s.record(entries...)
	s.claim(later)
	s.record(mail(time.Minute)) // opens a new batch beside the claimed one
	s.reopen()
	s.wantPending(store.Pending{Batches: 2, Mails: 4})
	if s.shared {
		s.wantBatch(s.claim(later), expect(store.Limits{}, mail(time.Minute)))
		s.wantBatch(s.claim(later.Add(lease)), expect(store.Limits{}, entries...))
	} else {
		s.wantBatch(s.claim(later), expect(store.Limits{}, entries...))
		s.wantBatch(s.claim(later), expect(store.Limits{}, mail(time.Minute)))
	}
	s.claimNothing(later)
}

func reopenSending(t *testing.T, s *subject) {
	s.fill(summary("m1", 0))
	s.send(later)
	s.reopen()
	if s.shared {
		s.sendNothing(later)
	}
	sends(s, s.released(later), "m1")
}

func reopenOutbox(t *testing.T, s *subject) {
	want := summary("m1", 0) // one of two, so it does not fold
	want.Mail = []byte("Subject: \xff\x00\r\n\r\n")
	s.fill(want, summary("m2", time.Hour))
	o := s.send(after(0))
	want.To, want.Attempts, want.NextAt, want.LastError = []string{"dev@example.com"}, 3, after(time.Minute), "451 try later"
	o.To, o.Attempts, o.NextAt, o.LastError = want.To, want.Attempts, want.NextAt, want.LastError
	s.postpone(o)
	s.reopen()
	s.wantPending(store.Pending{Outbox: 2})
	s.wantNextSend(after(time.Minute))
	s.wantOutgoing(s.send(after(time.Minute)), &want)
	sends(s, later, "m1", "m2")
}

func reopenGone(t *testing.T, s *subject) {
	s.fill(summary("m1", 0))
	s.reopen()
	s.claimNothing(later)
	s.finish(s.send(later).ID)
	s.reopen()
	s.sendNothing(later)
	s.wantPending(store.Pending{})
}

// reopenIDs stands for a claimant that slept while the store was replaced:
// its Seal and Finish must not hit what others claimed since.
func reopenIDs(t *testing.T, s *subject) {
	s.record(mail(0))
	batch := s.claim(later).ID
	s.seal(batch, summary("m1", 0))
	sent := s.send(later).ID
	s.finish(sent)
	s.reopen()
	s.record(mail(0))
	s.claim(later)
	sealFails(s, batch, summary("m2", 0))
	s.reopen()
	s.seal(s.claim(s.released(later)).ID, summary("m3", 0))
	s.finish(sent)
	sends(s, later, "m3")
}

func reopenBusy(t *testing.T, s *subject) {
	busy, acknowledged := recordUntilClosed(s)
	<-busy
	s.must("Close", s.store.Close())
	count := acknowledged()
	s.reopen()
	if b := s.claim(later); b.Count != count || b.Groups[0].Variants[0].Count != count {
		t.Errorf("%d mails were acknowledged, got\n%s", count, describe(b))
	}
}

func reopenDue(t *testing.T, s *subject) {
	muted := mail(0, in("muted"), mutedUntil(time.Hour))
	loud := []store.Entry{mail(0, in("loud")), mail(time.Second, in("loud"), mutedUntil(time.Hour), within(0, 0))}
	first := mail(2*time.Second, in("first"), quiet(time.Hour))
	s.record(muted, loud[0], first)
	s.reopen()
	s.record(loud[1])
	s.reopen()
	s.wantNextDue(after(2 * time.Second))
	s.wantBatch(s.claim(later), early(first))
	s.wantBatch(s.claim(later), expect(store.Limits{}, loud...))
	s.wantBatch(s.claim(later), expect(store.Limits{}, muted))
}

func reopenFlushed(t *testing.T, s *subject) {
	s.record(mail(0))
	s.flush(0, after(time.Second), 1)
	s.reopen()
	s.record(mail(10 * time.Second))
	s.wantNextDue(after(time.Second))
	if b := s.claim(later); !b.Due.Equal(after(time.Second)) {
		t.Errorf("due %s, want %s", stamp(b.Due), stamp(after(time.Second)))
	}
}

func reopenFolded(t *testing.T, s *subject) {
	s.sealOne("m1", rich(0)...)
	s.fold(s.send(later).ID, after(time.Hour))
	s.reopen()
	s.record(rich(10 * time.Minute)...)
	s.sealOne("m2")
	s.reopen()
	s.record(mail(20 * time.Minute))
	s.fold(s.send(later).ID, after(2*time.Hour))
	s.reopen()
	old := expect(store.Limits{}, append(rich(0), rich(10*time.Minute)...)...)
	old.Due = expect(store.Limits{}, rich(0)...).Due
	s.wantBatch(s.claim(later), reopened(store.Limits{}, after(time.Hour), old, mail(20*time.Minute)))
	s.sendNothing(later)
}

func reopenFolds(t *testing.T, s *subject) {
	s.fill(summary("m1", 0), summary("m2", time.Second))
	s.sealOne("m3", mail(0))
	s.enqueue(summary("m4", 3*time.Second))
	s.reopen()
	for _, o := range s.outgoing() {
		if o.CanReopen != (o.MessageID == "m3@failmail.example.com") {
			t.Errorf("%s: folds is %t", o.MessageID, o.CanReopen)
		}
	}
}

func reopenHistory(t *testing.T, s *subject) {
	s.record(mail(0, having("1"), quiet(time.Hour)))
	s.seal(s.claim(after(0)).ID)
	s.reopen()
	entries := []store.Entry{mail(time.Minute, having("1")), mail(2*time.Minute, having("2"))}
	s.record(mail(time.Minute, having("1"), quiet(time.Hour)))
	s.reopen()
	s.record(entries[1])
	want := expect(store.Limits{}, entries...)
	want.Groups[0].Variants[0].Seen = seenAt(1, 0, 0)
	s.wantBatch(s.claim(later), want)
}

func reopenPast(t *testing.T, s *subject) {
	one, two := muteFor("one", time.Hour), muteFor("two", 2*time.Hour)
	id := s.mute(one)
	s.mute(two)
	s.beat("gone", after(0))
	s.beat("backup", after(time.Hour))
	lesson := text("v2:a", "job <num> failed")
	s.must("Learn", s.store.Learn(t.Context(), []store.Lesson{lesson}))
	s.reopen()
	last := s.wantLessons(0, lesson)
	s.must("Learn", s.store.Learn(t.Context(), []store.Lesson{lesson, text("v2:b", "x")}))
	s.wantLessons(last, text("v2:b", "x"))
	s.wantMutes(after(0), one, two)
	if found, err := s.store.Unmute(t.Context(), id); err != nil || !found {
		t.Errorf("Unmute: %t, %v", found, err)
	}
	s.forget(after(time.Minute))
	s.beat("backup", after(2*time.Hour))
	s.reopen()
	s.wantMutes(after(0), two)
	s.wantBeats(store.Heartbeat{Name: "backup", Last: after(2 * time.Hour), Count: 2})
}

func reopenEnqueued(t *testing.T, s *subject) {
	o := summary("m1", time.Hour)
	s.enqueue(o)
	s.reopen()
	s.retry(0, after(0), 1)
	s.reopen()
	o.NextAt = after(0)
	s.wantOutgoing(s.send(after(0)), &o)
}
