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
		{sentence: "a claim left behind is available at once with all its content", run: reopenClaims},
		{sentence: "a summary being sent is available at once", run: reopenSending},
		{sentence: "the outbox survives with attempts and last error", run: reopenOutbox},
		{sentence: "what was sealed or finished stays gone", run: reopenGone},
		{sentence: "IDs are not used again", run: reopenIDs},
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
	s.wantBatch(s.claim(later), expect(store.Limits{}, entries...))
	s.wantBatch(s.claim(later), expect(store.Limits{}, mail(time.Minute)))
	s.claimNothing(later)
}

func reopenSending(t *testing.T, s *subject) {
	s.fill(summary("m1", 0))
	s.send(later)
	s.reopen()
	sends(s, later, "m1")
}

func reopenOutbox(t *testing.T, s *subject) {
	want := summary("m1", 0)
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
	s.seal(s.claim(later).ID, summary("m3", 0))
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
