package storetest

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

func outboxChecks() []check {
	return []check{
		{sentence: "ClaimOutgoing returns the summary with the earliest NextAt first", run: outboxOrder},
		{sentence: "ClaimOutgoing returns nothing before NextAt", run: outboxNotYet},
		{sentence: "a claimed summary comes up again when its lease has run out, with one attempt more", run: outboxLease},
		{sentence: "what ClaimOutgoing returns belongs to the caller", run: outboxOwned},
		{sentence: "a large mail comes back whole, also after Postpone", run: outboxLarge},
		{sentence: "NextSend is the earliest of the send times and lease ends", run: nextSendEarliest},
		{sentence: "Postpone keeps To, Attempts, NextAt and LastError and nothing else", run: postponeKeeps},
		{sentence: "Postpone gives the summary back before its lease has run out", run: postponeReleases},
		{sentence: "Postpone to an earlier time changes the order", run: postponeOrder},
		{sentence: "Postpone of a summary that is not there fails with ErrNotClaimed", run: postponeUnknown},
		{sentence: "Finish removes the summary and nothing else", run: finishRemoves},
		{sentence: "Finish twice is no error", run: finishTwice},
		{sentence: "EnqueueOnce adds mails once, and none of before", run: enqueueOnce},
	}
}

func enqueueOnce(t *testing.T, s *subject) {
	for i, call := range []struct {
		name, text string
		want       bool
	}{{"report a", "2026-03-01", true}, {"report a", "2026-03-01", false}, {"report a", "2026-02-28", false}, {"report b", "2026-02-28", true}, {"report a", "2026-03-02", true}} {
		done, err := s.store.EnqueueOnce(t.Context(), call.name, call.text, []store.Outgoing{summary("m", 0)})
		if s.must("EnqueueOnce", err); done != call.want {
			t.Errorf("%d: %s of %s: done is %t", i, call.name, call.text, done)
		}
	}
	out, err := s.store.Outgoing(t.Context())
	if s.must("Outgoing", err); len(out) != 3 {
		t.Errorf("%d mails wait, want 3", len(out))
	}
}

// sends expects the summaries to be claimable at now in this order.
func sends(s *subject, now time.Time, ids ...string) {
	s.t.Helper()
	var got []string
	for range ids {
		got = append(got, s.send(now).MessageID)
	}
	for i, id := range ids {
		ids[i] = id + "@failmail.example.com"
	}
	wantStrings(s.t, got, ids...)
	s.sendNothing(now)
}

func outboxOrder(t *testing.T, s *subject) {
	s.fill(summary("m3", 3*time.Second), summary("m1", time.Second))
	s.fill(summary("m2", 2*time.Second), summary("m0", 0))
	sends(s, after(2*time.Second), "m0", "m1", "m2")
	sends(s, after(3*time.Second), "m3")
}

func outboxNotYet(t *testing.T, s *subject) {
	s.sendNothing(later)
	s.fill(summary("m1", time.Minute))
	s.sendNothing(after(time.Minute - time.Microsecond))
	sends(s, after(time.Minute), "m1")
}

func outboxLarge(t *testing.T, s *subject) {
	o := summary("m1", 0)
	o.Mail = bytes.Repeat([]byte("0123456\r\n"), 500_000)
	other := summary("m2", time.Second)
	other.Mail = bytes.Repeat([]byte("abc"), 100_000)
	s.fill(o, other)
	for _, want := range []store.Outgoing{o, other, o} {
		got := s.send(after(time.Minute))
		if !bytes.Equal(got.Mail, want.Mail) {
			t.Errorf("%s: %d bytes came back of %d", got.MessageID, len(got.Mail), len(want.Mail))
		}
		got.NextAt = got.NextAt.Add(2 * time.Second)
		if err := s.store.Postpone(t.Context(), got); err != nil {
			t.Fatal(err)
		}
	}
}

func outboxLease(t *testing.T, s *subject) {
	o := folding(summary("m1", 0))
	s.fill(o)
	now := after(time.Minute)
	held := s.send(now)
	s.sendNothing(now.Add(-time.Hour))
	s.sendNothing(now.Add(lease - time.Microsecond))

	again := s.send(now.Add(lease))
	if again.ID != held.ID {
		t.Errorf("came up again as %d, was %d", again.ID, held.ID)
	}
	o.Attempts = 1 // whoever had it may have sent it
	s.wantOutgoing(again, &o)
	s.sendNothing(now.Add(2*lease - time.Microsecond))
	s.wantPending(store.Pending{Outbox: 1})
}

func outboxOwned(t *testing.T, s *subject) {
	s.fill(summary("m1", 0))
	o := s.send(later)
	clear(o.Mail)
	o.To[0] = "mallory@example.com"
	o.Attempts, o.From = 99, "mallory@example.com"
	want := folding(summary("m1", 0))
	want.Attempts = 1
	s.wantOutgoing(s.send(later.Add(lease)), &want)
}

func nextSendEarliest(t *testing.T, s *subject) {
	s.fill(summary("m2", 10*time.Second), summary("m1", 0))
	s.wantNextSend(after(0))
	first := s.send(after(0))
	s.wantNextSend(after(10 * time.Second))
	s.send(after(10 * time.Second))
	s.wantNextSend(after(60 * time.Second)) // the first lease's end
	first.NextAt = after(65 * time.Second)
	s.postpone(first)
	s.wantNextSend(after(65 * time.Second))
	s.finish(first.ID)
	s.wantNextSend(after(70 * time.Second)) // the second lease's end
}

func postponeKeeps(t *testing.T, s *subject) {
	want := folding(summary("m1", 0))
	s.fill(want)
	o := s.send(later)
	want.To, want.Attempts = []string{"dev@example.com"}, 7
	want.NextAt, want.LastError = later.Add(time.Hour), `451 4.3.0 try "later"`

	s.postpone(&store.Outgoing{
		ID: o.ID, To: want.To, Attempts: want.Attempts, NextAt: want.NextAt, LastError: want.LastError,
		Batch: "changed", MessageID: "changed", From: "changed", Mail: []byte("changed"),
		Count: 99, Groups: 99, Due: later,
	})
	s.sendNothing(want.NextAt.Add(-time.Microsecond))
	s.wantOutgoing(s.send(want.NextAt), &want)

	again := want
	again.ID, again.To, again.LastError, again.Attempts = o.ID, nil, "", 0
	s.postpone(&again)
	s.wantOutgoing(s.send(want.NextAt), &again)
}

func postponeReleases(t *testing.T, s *subject) {
	s.fill(summary("m1", 0))
	now := after(time.Minute)
	o := s.send(now)
	o.NextAt = now.Add(time.Second)
	s.postpone(o)
	s.sendNothing(now)
	sends(s, now.Add(time.Second), "m1")
}

func postponeOrder(t *testing.T, s *subject) {
	s.fill(summary("m1", time.Second), summary("m2", 2*time.Second), summary("m3", 3*time.Second))
	m1, m2 := s.send(later), s.send(later)
	m1.NextAt, m2.NextAt = after(4*time.Second), after(0)
	s.postpone(m1)
	s.postpone(m2)
	sends(s, later, "m2", "m3", "m1")
}

func postponeUnknown(t *testing.T, s *subject) {
	s.fill(summary("m1", 0))
	o := s.send(later)
	s.finish(o.ID)
	for _, id := range []int64{o.ID, o.ID + 1, 0, -1} {
		o.ID = id
		if err := s.store.Postpone(t.Context(), o); !errors.Is(err, store.ErrNotClaimed) {
			t.Errorf("Postpone of %d: got %v, want ErrNotClaimed", id, err)
		}
	}
	s.wantPending(store.Pending{})
	s.sendNothing(later.Add(lease))
}

func finishRemoves(t *testing.T, s *subject) {
	s.fill(summary("m1", 0), summary("m2", time.Second))
	s.record(mail(0))
	s.finish(s.send(later).ID)
	s.wantPending(store.Pending{Batches: 1, Mails: 1, Outbox: 1})
	sends(s, later.Add(lease), "m2")
}

func finishTwice(t *testing.T, s *subject) {
	s.fill(summary("m1", 0), summary("m2", time.Second))
	id := s.send(later).ID
	s.finish(id)
	s.finish(id)
	s.finish(1 << 40)
	s.wantPending(store.Pending{Outbox: 1})
}
