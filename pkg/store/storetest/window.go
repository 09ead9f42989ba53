package storetest

import (
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

func windowChecks() []check {
	return []check{
		{sentence: "a batch is due when no mail came for Wait", run: dueWhenQuiet},
		{sentence: "a batch is due after MaxWait however many mails follow", run: dueAtLatest},
		{sentence: "a batch is claimed at its due time and not a microsecond before", run: dueExactly},
		{sentence: "a mail that arrives late moves the first time and MaxWait with it", run: dueLateArrival},
		{sentence: "a clock that jumps back does not shorten the quiet", run: dueClockBack},
		{sentence: "the window of the last mail decides", run: dueLastWindow},
		{sentence: "NextDue is the earliest of the due times and lease ends", run: nextDueEarliest},
		{sentence: "NextDue and NextSend of an empty store are Never", run: nextNever},
	}
}

// recordsAndWantsDue records mails at the given times in one call each.
func recordsAndWantsDue(s *subject, due time.Duration, received ...time.Duration) {
	s.t.Helper()
	for _, d := range received {
		s.record(mail(d))
	}
	s.wantNextDue(after(due))
	if b := s.claim(later); !b.Due.Equal(after(due)) {
		s.t.Fatalf("Due: got %s, want %s", stamp(b.Due), stamp(after(due)))
	}
}

func dueWhenQuiet(t *testing.T, s *subject) {
	recordsAndWantsDue(s, 50*time.Second, 0, 10*time.Second, 20*time.Second)
}

func dueAtLatest(t *testing.T, s *subject) {
	recordsAndWantsDue(s, 5*time.Minute, 0, 2*time.Minute, 4*time.Minute+45*time.Second, 10*time.Minute)
}

func dueExactly(t *testing.T, s *subject) {
	s.record(mail(0))
	s.claimNothing(after(30*time.Second - time.Microsecond))
	s.claim(after(30 * time.Second))
}

func dueLateArrival(t *testing.T, s *subject) {
	s.record(mail(0), mail(time.Second, of("other group", "v1:a")))
	s.record(mail(-4*time.Minute - 50*time.Second))
	s.wantNextDue(after(10 * time.Second))
	s.wantBatch(s.claim(later), expect(store.Limits{},
		mail(0), mail(time.Second, of("other group", "v1:a")), mail(-4*time.Minute-50*time.Second)))
}

func dueClockBack(t *testing.T, s *subject) {
	recordsAndWantsDue(s, 50*time.Second, 20*time.Second, 5*time.Second, 19*time.Second)
}

func dueLastWindow(t *testing.T, s *subject) {
	s.record(mail(0, within(30*time.Second, time.Hour)))
	s.record(mail(10*time.Second, within(time.Second, time.Minute)))
	s.wantNextDue(after(11 * time.Second))
	s.record(mail(5*time.Second, within(10*time.Minute, 3*time.Minute)), mail(6*time.Second, within(10*time.Minute, 2*time.Minute)))
	s.wantNextDue(after(2 * time.Minute))
}

func nextDueEarliest(t *testing.T, s *subject) {
	s.record(mail(20*time.Second, in("second")), mail(0, in("first")), mail(40*time.Second, in("third")))
	s.wantNextDue(after(30 * time.Second))

	first := s.claim(after(30 * time.Second))
	s.wantNextDue(after(50 * time.Second)) // the second batch's, before the lease's end at 1:30

	s.claim(after(50 * time.Second))
	s.claim(after(70 * time.Second))
	s.wantNextDue(after(90 * time.Second)) // the first lease's end

	s.seal(first.ID)
	s.wantNextDue(after(110 * time.Second))
}

func nextNever(t *testing.T, s *subject) {
	s.wantNextDue(store.Never)
	s.wantNextSend(store.Never)

	s.fill(summary("m1", 0))
	s.wantNextDue(store.Never)
	s.finish(s.send(later).ID)
	s.wantNextSend(store.Never)
}
