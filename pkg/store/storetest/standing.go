package storetest

import (
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

func standingChecks() []check {
	return []check{
		{sentence: "what a mail means comes back with its variant", run: meaningKept},
		{sentence: "how a thing stands is known when its batch is finished", run: standingFinished},
		{sentence: "what is good ends what is bad of the same thing only", run: standingEnds},
		{sentence: "what is bad again after it was over began then", run: standingAgain},
		{sentence: "what is good without ever having been bad is not kept", run: standingNever},
		{sentence: "Forget removes how a thing stands that was last heard of before", run: forgetStanding},
		{sentence: "what is reopened takes its meaning along", run: meaningReopened},
		{sentence: "of mails that overtook each other the one that was written last counts", run: standingOvertaken},
	}
}

func about(status meaning.Status) meaning.Meaning {
	return meaning.Meaning{Status: status, Severity: "error", Source: "nagios", Object: "db1/Disk /var"}
}

// says makes an entry one of a thing that is bad or good, each with a fingerprint.
func says(m meaning.Meaning) func(*store.Entry) {
	return func(e *store.Entry) { e.Meaning, e.Group, e.Fingerprint = m, m.Object, m.Object+" "+string(m.Status) }
}

// wantStanding expects how the thing of m stands.
func wantStanding(s *subject, m meaning.Meaning, want store.Standing) {
	s.t.Helper()
	s.record(mail(0, in("probe"), says(m)))
	for _, b := range s.opened() {
		if b.Key != "probe" {
			continue
		}
		for _, g := range b.Groups {
			if v := g.Variants[0]; v.Meaning.Thing() == m.Thing() && stands(v.Standing) != stands(want) {
				s.t.Fatalf("%s: %s, want %s", m.Object, stands(v.Standing), stands(want))
			}
		}
	}
}

func meaningKept(t *testing.T, s *subject) {
	mails := []store.Entry{mail(0, says(about(meaning.Warning))), mail(time.Second, of("other", "v1:b"))}
	s.record(mails...)
	s.wantBatch(s.claim(later), expect(store.Limits{}, mails...))
}

func standingFinished(t *testing.T, s *subject) {
	bad := about(meaning.Problem)
	s.record(mail(0, says(bad)), mail(time.Minute, says(bad)))
	s.seal(s.claim(later).ID, summary("m1", 0))
	wantStanding(s, bad, store.Standing{})
	s.finish(s.send(later).ID)
	wantStanding(s, bad, store.Standing{Since: after(0), Bad: after(time.Minute), Count: 2})
}

func standingEnds(t *testing.T, s *subject) {
	bad, good, other := about(meaning.Problem), about(meaning.Recovery), about(meaning.Problem)
	other.Object = "db1/Disk /"
	s.record(mail(0, says(bad)), mail(time.Second, says(other)))
	s.seal(s.claim(later).ID)
	s.record(mail(time.Minute, says(good)))
	s.seal(s.claim(later).ID)
	wantStanding(s, good, store.Standing{Since: after(0), Bad: after(0), Good: after(time.Minute), Count: 1})
	wantStanding(s, other, store.Standing{Since: after(time.Second), Bad: after(time.Second), Count: 1})
}

func standingAgain(t *testing.T, s *subject) {
	bad, good := about(meaning.Problem), about(meaning.Recovery)
	s.record(mail(0, says(bad)), mail(time.Minute, says(good)))
	s.seal(s.claim(later).ID)
	s.record(mail(time.Hour, says(bad)))
	s.seal(s.claim(later).ID)
	s.record(mail(2*time.Hour, says(bad)))
	s.seal(s.claim(later).ID)
	wantStanding(s, bad, store.Standing{Since: after(time.Hour), Bad: after(2 * time.Hour), Good: after(time.Minute), Count: 3})
}

func standingNever(t *testing.T, s *subject) {
	good := about(meaning.OK)
	s.record(mail(0, says(good)))
	s.seal(s.claim(later).ID)
	wantStanding(s, good, store.Standing{})
}

func standingOvertaken(t *testing.T, s *subject) {
	said := func(d time.Duration) func(*store.Entry) { return func(e *store.Entry) { e.Said = after(d) } }
	bad, good := about(meaning.Problem), about(meaning.Recovery)
	s.record(mail(0, says(bad), said(0)), mail(2*time.Minute, says(good), said(2*time.Minute)))
	s.record(mail(5*time.Minute, says(bad), said(time.Minute)))
	s.seal(s.claim(later).ID)
	wantStanding(s, bad, store.Standing{Since: after(0), Bad: after(time.Minute), Good: after(2 * time.Minute), Count: 2})

	monitored := func(status meaning.Status, d time.Duration) func(*store.Entry) {
		return func(e *store.Entry) { thing("db1/Load", status)(e); said(d)(e) }
	}
	s.record(mail(10*time.Minute, monitored(meaning.Problem, 10*time.Minute)))
	s.record(mail(12*time.Minute, monitored(meaning.Recovery, 12*time.Minute)))
	s.record(mail(15*time.Minute, monitored(meaning.Problem, 11*time.Minute)))
	s.isOpen(idOf(mail(0, thing("db1/Load", meaning.Problem))), after(time.Hour), time.Time{})
}

func forgetStanding(t *testing.T, s *subject) {
	bad := about(meaning.Problem)
	s.record(mail(0, says(bad)))
	s.seal(s.claim(later).ID)
	s.forget(after(0))
	wantStanding(s, bad, store.Standing{Since: after(0), Bad: after(0), Count: 1})
	s.forget(after(time.Microsecond))
	wantStanding(s, bad, store.Standing{})
}

func meaningReopened(t *testing.T, s *subject) {
	old := mail(0, says(about(meaning.Warning)))
	s.record(old)
	s.seal(s.claim(later).ID, summary("m1", 0))
	young := mail(time.Minute, says(about(meaning.Warning)))
	young.Meaning.Severity = "critical"
	s.record(young)
	s.fold(s.send(later).ID, later)
	b := s.claim(later)
	if v := b.Groups[0].Variants[0]; v.Count != 2 || v.Meaning != old.Meaning {
		t.Errorf("%d mails that say %+v; want 2 that say %+v", v.Count, v.Meaning, old.Meaning)
	}
}
