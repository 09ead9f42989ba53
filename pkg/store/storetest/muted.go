package storetest

import (
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

func mutedChecks() []check {
	return []check{
		{sentence: "a batch of muted mails is due when the mute ends", run: mutedAlone},
		{sentence: "the earliest end of a mute decides", run: mutedEarliest},
		{sentence: "muted mails go along with loud ones", run: mutedAlong},
		{sentence: "muted mails do not move the window of the loud ones", run: mutedWindow},
		{sentence: "a batch is due at the end of a mute even when its window is longer", run: mutedEnds},
		{sentence: "a group is muted if its first mail was", run: mutedGroups},
		{sentence: "muted mails do the same in one call as in many", run: mutedSplit},
		{sentence: "mails that are held wait for others, and are not muted", run: heldAlong},
	}
}

func mutedAlone(t *testing.T, s *subject) {
	s.record(mail(0, mutedUntil(time.Hour)))
	s.record(mail(time.Minute, mutedUntil(time.Hour)))
	s.wantNextDue(after(time.Hour))
	s.claimNothing(after(time.Hour - time.Microsecond))
	b := s.claim(after(time.Hour))
	if !b.Due.Equal(after(time.Hour)) || b.Count != 2 || !b.Groups[0].Muted {
		t.Errorf("got\n%s", describe(b))
	}
}

func heldAlong(t *testing.T, s *subject) {
	held := func(e *store.Entry) { e.HeldUntil = after(time.Hour) }
	s.record(mail(0, held), mail(time.Minute, held))
	s.wantNextDue(after(time.Hour))
	s.record(mail(2*time.Minute, of("other", "v1:b")))
	s.wantNextDue(after(2*time.Minute + 30*time.Second))
	if b := s.claim(after(3 * time.Minute)); b.Count != 3 || b.Groups[0].Muted {
		t.Errorf("got\n%s", describe(b))
	}
}

func mutedEarliest(t *testing.T, s *subject) {
	for _, until := range []time.Duration{2 * time.Hour, time.Hour, 3 * time.Hour} {
		s.record(mail(0, mutedUntil(until)))
	}
	s.wantNextDue(after(time.Hour))
}

func mutedAlong(t *testing.T, s *subject) {
	muted, loud := mail(0, of("muted", "v1:a"), mutedUntil(time.Hour)), mail(10*time.Second)
	s.record(muted)
	s.record(loud)
	s.wantNextDue(after(40 * time.Second))
	s.wantBatch(s.claim(after(40*time.Second)), expect(store.Limits{}, muted, loud))
}

func mutedWindow(t *testing.T, s *subject) {
	entries := []store.Entry{
		mail(-time.Minute, of("muted", "v1:a"), mutedUntil(time.Hour)),
		mail(0),
		mail(10*time.Second, of("muted", "v1:a"), mutedUntil(time.Hour), within(0, 0)),
		mail(20*time.Second, of("muted", "v1:a"), mutedUntil(time.Hour), within(time.Hour, time.Hour)),
	}
	inOneCallAndMany(t, s, entries, func(t *testing.T, b *store.Batch) {
		if !b.Due.Equal(after(30 * time.Second)) {
			t.Errorf("due %s, want %s", stamp(b.Due), stamp(after(30*time.Second)))
		}
	})
}

func mutedEnds(t *testing.T, s *subject) {
	entries := []store.Entry{
		mail(0, within(3*time.Hour, 3*time.Hour)),
		mail(time.Second, of("muted", "v1:a"), mutedUntil(time.Hour)),
		mail(2*time.Second, within(3*time.Hour, 3*time.Hour)),
	}
	inOneCallAndMany(t, s, entries, func(t *testing.T, b *store.Batch) {
		if !b.Due.Equal(after(time.Hour)) {
			t.Errorf("due %s, want %s", stamp(b.Due), stamp(after(time.Hour)))
		}
	})
}

func mutedGroups(t *testing.T, s *subject) {
	s.record(mail(0, of("muted", "v1:a"), mutedUntil(time.Hour)), mail(time.Second, of("loud", "v1:a")))
	s.record(mail(2*time.Second, of("muted", "v1:a")), mail(3*time.Second, of("loud", "v1:a"), mutedUntil(time.Hour)))
	for _, g := range s.claim(later).Groups {
		if g.Muted != (g.Key == "muted") {
			t.Errorf("group %q: muted is %t", g.Key, g.Muted)
		}
	}
}

func mutedSplit(t *testing.T, s *subject) {
	var entries []store.Entry
	for i := range 30 {
		e := mail(time.Duration(i*3)*time.Second, within(time.Duration(10+i)*time.Second, 2*time.Minute))
		if i%3 != 1 {
			e.Group, e.MutedUntil = "muted", after(time.Duration(300-i)*time.Second)
		}
		entries = append(entries, e)
	}
	want := expect(store.Limits{}, entries...)
	for _, size := range []int{1, 4, len(entries)} {
		for i := 0; i < len(entries); i += size {
			s.record(entries[i:min(i+size, len(entries))]...)
		}
		s.wantBatch(s.claim(later), want)
	}
}
