package storetest

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

// abilityChecks are about what an engine may be able to do; those of an ability that
// it lacks have nothing to check.
func abilityChecks() []check {
	return []check{
		{sentence: "Shift moves all that is kept, so that its age and its distance stay", run: shifts},
		{sentence: "Shift back undoes Shift", run: shiftsBack},
		{sentence: "Newest is when the last thing happened", run: newest},
		{sentence: "Probe succeeds and leaves nothing behind, however large", run: probes},
		{sentence: "a note is kept under its name, replaced, and removed", run: notes},
		{sentence: "what is known of a fingerprint is known of its heir, once", run: inherits},
		{sentence: "a copy has what was recorded", run: copies},
	}
}

// scenery has something of every kind.
func scenery(s *subject) {
	s.fill(summary("waiting", time.Second))
	s.record(mail(0, in("claimed"), quiet(time.Hour)), mail(time.Second, in("open")))
	s.claim(after(0))
	s.beat("backup", after(time.Minute))
	s.mute(muteFor("mute", time.Hour))
	s.must("Learn", s.store.Learn(s.t.Context(), []store.Lesson{text("v2:a", "x")}))
}

func shifts(t *testing.T, s *subject) {
	engine, ok := s.store.(store.Shifter)
	if !ok {
		return
	}
	scenery(s)
	const by = -2*time.Hour - 20*time.Second
	s.must("Shift", engine.Shift(t.Context(), by))

	s.wantNextDue(after(31*time.Second + by))
	s.wantNextSend(after(time.Second + by))
	s.wantBeats(store.Heartbeat{Name: "backup", Last: after(time.Minute + by), Count: 1})
	m := muteFor("mute", time.Hour)
	m.Created, m.Until = m.Created.Add(by), m.Until.Add(by)
	s.wantMutes(after(by), m)
	lesson := text("v2:a", "x")
	lesson.At = lesson.At.Add(by)
	s.wantLessons(0, lesson)
	s.claimNothing(after(31*time.Second + by - time.Microsecond))
	b := s.claim(after(31*time.Second + by))
	if !b.First.Equal(after(time.Second+by)) || !b.Groups[0].First.Equal(b.First) || !b.Groups[0].Variants[0].Last.Equal(b.First) {
		t.Errorf("the mail of the batch did not move along: %s", describe(b))
	}
	if minute := after(time.Second+by).Unix() / 60; b.Groups[0].Minutes[minute] != 1 && b.Groups[0].Minutes[minute+1] != 1 {
		t.Errorf("got minutes %v, want about %d", b.Groups[0].Minutes, minute)
	}
	sends(s, after(time.Second+by), "waiting")
	// The group of the early batch was seen as long ago as before.
	s.record(mail(time.Hour+by-time.Second, in("claimed"), quiet(time.Hour)))
	for _, b := range s.opened() {
		if b.Early {
			t.Errorf("the group was forgotten: %s", describe(b))
		}
	}
}

func shiftsBack(t *testing.T, s *subject) {
	engine, ok := s.store.(store.Shifter)
	if !ok {
		return
	}
	scenery(s)
	s.must("Shift", engine.Shift(t.Context(), 72*time.Hour))
	s.must("Shift", engine.Shift(t.Context(), -72*time.Hour))
	s.wantNextDue(after(31 * time.Second))
	s.wantBatch(s.claim(after(31*time.Second)), expect(store.Limits{}, mail(time.Second, in("open"))))
	sends(s, after(time.Second), "waiting")
}

func newest(t *testing.T, s *subject) {
	engine, ok := s.store.(store.Shifter)
	if !ok {
		return
	}
	got, err := engine.Newest(t.Context())
	s.must("Newest", err)
	if !got.IsZero() {
		t.Errorf("got %s of an empty store", stamp(got))
	}
	if s.open == nil {
		return // what does not outlive a process need not know
	}
	s.record(mail(0))
	s.record(mail(time.Minute, in("other")))
	got, err = engine.Newest(t.Context())
	s.must("Newest", err)
	if !got.Equal(after(time.Minute)) {
		t.Errorf("got %s, want that of the last mail", stamp(got))
	}
}

func probes(t *testing.T, s *subject) {
	engine, ok := s.store.(store.Prober)
	if !ok {
		return
	}
	for _, bytes := range []int{0, 1, 1 << 20} {
		s.must("Probe", engine.Probe(t.Context(), bytes))
	}
	s.wantPending(store.Pending{})
	s.wantNextDue(store.Never)
	s.claimNothing(later)
	s.record(mail(0))
	s.must("Probe", engine.Probe(t.Context(), 1))
	s.wantPending(store.Pending{Batches: 1, Mails: 1})
	s.must("Close", s.store.Close())
	if err := engine.Probe(t.Context(), 1); err == nil {
		t.Errorf("Probe of a closed store: got %v", err)
	}
}

func inherits(t *testing.T, s *subject) {
	engine, ok := s.store.(store.Heir)
	if !ok {
		return
	}
	s.record(mail(0), mail(time.Minute), mail(2*time.Minute, of("group", "v1:b")))
	s.seal(s.claim(later).ID)
	for range 2 {
		s.must("Inherit", engine.Inherit(t.Context(), "v1:a", "v2:a"))
		s.must("Inherit", engine.Inherit(t.Context(), "v1:unknown", "v2:c"))
		s.must("Inherit", engine.Inherit(t.Context(), "v1:a", "v1:b"))
	}
	wantSeen(s, "v1:a", seenAt(2, 0, time.Minute))
	wantSeen(s, "v2:a", seenAt(2, 0, time.Minute))
	wantSeen(s, "v1:b", seenAt(2, 0, 2*time.Minute))
	wantSeen(s, "v2:c", store.Seen{})
}

func notes(t *testing.T, s *subject) {
	book, ok := s.store.(store.Notebook)
	if !ok {
		return
	}
	want := func(name, want string) {
		t.Helper()
		got, err := book.Noted(t.Context(), name)
		s.must("Noted", err)
		if got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	want("a", "")
	for _, text := range []string{"one", strings.Repeat("\u00e4 long ", 10_000), "two"} {
		s.must("Note", book.Note(t.Context(), "a", text))
		want("a", text)
	}
	want("b", "")
	s.must("Note", book.Note(t.Context(), "b", "other"))
	s.must("Note", book.Note(t.Context(), "a", ""))
	s.must("Note", book.Note(t.Context(), "a", ""))
	want("a", "")
	want("b", "other")
}

func copies(t *testing.T, s *subject) {
	engine, ok := s.store.(store.Copier)
	if !ok || s.open == nil {
		return
	}
	s.record(mail(0))
	path := filepath.Join(t.TempDir(), "copy.db")
	s.must("Copy", engine.Copy(t.Context(), path))
	if err := engine.Copy(t.Context(), path); err == nil {
		t.Errorf("Copy to a file that exists: got %v", err)
	}
	s.record(mail(time.Second))
	s.wantPending(store.Pending{Batches: 1, Mails: 2})
	s.openAt = path
	s.reopen()
	s.wantPending(store.Pending{Batches: 1, Mails: 1})
	s.record(mail(time.Second))
	s.wantBatch(s.claim(later), expect(store.Limits{}, mail(0), mail(time.Second)))
}
