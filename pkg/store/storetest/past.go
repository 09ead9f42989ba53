package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

func pastChecks() []check {
	return []check{
		{sentence: "Mutes returns what was muted, the first one first", run: mutesOrder},
		{sentence: "a mute ends when its time has come", run: mutesEnd},
		{sentence: "Unmute removes one mute", run: unmutes},
		{sentence: "any text is kept in a mute", run: mutesText},
		{sentence: "a mute keeps what it is about", run: mutesAll},
		{sentence: "heartbeats are counted by name and returned in order", run: beats},
		{sentence: "a heartbeat that arrives late is counted and not the last", run: beatsLate},
		{sentence: "lessons are kept in their order, and each text once", run: lessons},
		{sentence: "lessons outlive Forget", run: lessonsStay},
		{sentence: "Forget removes mutes that ended and heartbeats that stopped", run: forgetPast},
	}
}

func muteFor(reason string, until time.Duration) store.Mute {
	return store.Mute{Fingerprint: "v1:a", Pattern: "^disk .*", Reason: reason, Created: after(0), Until: after(until)}
}

func (s *subject) wantMutes(now time.Time, want ...store.Mute) {
	s.t.Helper()
	got, err := s.store.Mutes(s.t.Context(), now)
	s.must("Mutes", err)
	if g, w := describeMutes(got), describeMutes(want); g != w {
		s.t.Fatalf("got mutes\n%s\nwant\n%s", g, w)
	}
}

func describeMutes(mutes []store.Mute) (out string) {
	for _, m := range mutes {
		out += fmt.Sprintf("%q %q %q from %s until %s\n", m.Fingerprint, m.Pattern, m.Reason, stamp(m.Created), stamp(m.Until))
	}
	return out
}

func mutesOrder(t *testing.T, s *subject) {
	s.wantMutes(after(0))
	var all []store.Mute
	ids := make(map[int64]bool)
	for i, until := range []time.Duration{3 * time.Hour, time.Hour, 2 * time.Hour, time.Hour} {
		m := muteFor(fmt.Sprint("reason ", i), until)
		m.Created = after(-time.Duration(i) * time.Hour)
		id := s.mute(m)
		if id <= 0 || ids[id] {
			t.Errorf("ID %d is not positive and new", id)
		}
		ids[id] = true
		all = append(all, m)
	}
	s.wantMutes(after(0), all...)
	got, err := s.store.Mutes(t.Context(), after(0))
	s.must("Mutes", err)
	for _, m := range got {
		if !ids[m.ID] {
			t.Errorf("ID %d was not returned by Mute", m.ID)
		}
	}
}

func mutesEnd(t *testing.T, s *subject) {
	long, short := muteFor("long", 2*time.Hour), muteFor("short", time.Hour)
	s.mute(long)
	s.mute(short)
	s.wantMutes(after(time.Hour-time.Microsecond), long, short)
	s.wantMutes(after(time.Hour), long)
	s.wantMutes(after(2 * time.Hour))
}

func unmutes(t *testing.T, s *subject) {
	one, two := muteFor("one", time.Hour), muteFor("two", time.Hour)
	id := s.mute(one)
	s.mute(two)
	for i, c := range []struct {
		id   int64
		want bool
	}{{id, true}, {id, false}, {0, false}, {1 << 40, false}} {
		got, err := s.store.Unmute(t.Context(), c.id)
		s.must("Unmute", err)
		if got != c.want {
			t.Errorf("call %d: got %t, want %t", i, got, c.want)
		}
		s.wantMutes(after(0), two)
	}
}

func mutesText(t *testing.T, s *subject) {
	var all []store.Mute
	for _, text := range []string{"", "'; DROP TABLE mutes; --", "\u65e5\u672c\u8a9e \U0001F4A5", noise(10_000)} {
		m := store.Mute{Fingerprint: text, Pattern: text, Reason: text, Created: after(0), Until: after(time.Hour)}
		s.mute(m)
		all = append(all, m)
	}
	s.wantMutes(after(0), all...)
}

func mutesAll(t *testing.T, s *subject) {
	want := store.Mute{
		Problem: "0123456789abcdef", Name: "disk full", Reason: "new disks", Created: after(0), Until: after(time.Hour), UntilOver: true, UntilCount: 7,
		Things: []meaning.Thing{{Source: "nagios", Sender: "n@mon1", Object: "db1/Disk /var"}, {}, {Source: "a@x", Object: "\u65e5\u672c\u8a9e \" ' , \n"}},
	}
	want.ID = s.mute(want)
	got, err := s.store.Mutes(t.Context(), after(0))
	s.must("Mutes", err)
	if len(got) != 1 {
		t.Fatalf("got %d mutes", len(got))
	}
	got[0].Created, got[0].Until = want.Created, want.Until // as other checks compare them
	if !reflect.DeepEqual(got[0], want) {
		t.Errorf("got\n%+v\nwant\n%+v", got[0], want)
	}
}

func (s *subject) wantBeats(want ...store.Heartbeat) {
	s.t.Helper()
	got, err := s.store.Heartbeats(s.t.Context())
	s.must("Heartbeats", err)
	describe := func(beats []store.Heartbeat) (out string) {
		for _, b := range beats {
			out += fmt.Sprintf("%q %d times, last %s\n", b.Name, b.Count, stamp(b.Last))
		}
		return out
	}
	if g, w := describe(got), describe(want); g != w {
		s.t.Fatalf("got heartbeats\n%s\nwant\n%s", g, w)
	}
}

func beats(t *testing.T, s *subject) {
	s.wantBeats()
	names := []string{"", "Backup", "a b", "backup", "\u00e4", "\U0001F4A5", noise(10_000)}
	for i := range 3 {
		for j := range names {
			s.beat(names[len(names)-1-j], after(time.Duration(i)*time.Minute))
		}
	}
	s.beat("backup", after(time.Hour))
	var want []store.Heartbeat
	for _, name := range slices.Sorted(slices.Values(names)) {
		h := store.Heartbeat{Name: name, Last: after(2 * time.Minute), Count: 3}
		if name == "backup" {
			h.Last, h.Count = after(time.Hour), 4
		}
		want = append(want, h)
	}
	s.wantBeats(want...)
}

func beatsLate(t *testing.T, s *subject) {
	s.beat("backup", after(time.Hour))
	s.beat("backup", after(0))
	s.wantBeats(store.Heartbeat{Name: "backup", Last: after(time.Hour), Count: 2})
}

func forgetPast(t *testing.T, s *subject) {
	one, two := muteFor("one", time.Hour), muteFor("two", 2*time.Hour)
	s.mute(one)
	s.mute(two)
	s.beat("one", after(time.Hour))
	s.beat("two", after(2*time.Hour))
	s.forget(after(time.Hour))
	s.wantMutes(after(0), one, two)
	s.forget(after(2 * time.Hour))
	s.wantMutes(after(0), two)
	s.wantBeats(store.Heartbeat{Name: "two", Last: after(2 * time.Hour), Count: 1})
}

func text(fingerprint string, lines ...string) store.Lesson {
	return store.Lesson{Kind: store.LessonText, Fingerprint: fingerprint, Lines: lines, At: after(time.Hour)}
}

func (s *subject) wantLessons(beyond int64, want ...store.Lesson) (last int64) {
	s.t.Helper()
	got, err := s.store.Lessons(s.t.Context(), beyond)
	s.must("Lessons", err)
	last = beyond
	for _, l := range got {
		if l.ID <= last {
			s.t.Errorf("ID %d comes after %d", l.ID, last)
		}
		last = l.ID
	}
	if g, w := describeLessons(got), describeLessons(want); g != w {
		s.t.Fatalf("got lessons\n%s\nwant\n%s", g, w)
	}
	return last
}

func describeLessons(lessons []store.Lesson) (out string) {
	for _, l := range lessons {
		out += fmt.Sprintf("%s %q %q %q at %s\n", l.Kind, l.Fingerprint, l.Other, l.Lines, stamp(l.At))
	}
	return out
}

func lessons(t *testing.T, s *subject) {
	s.wantLessons(0)
	one, two, three := text("v2:a", "job <num> failed", "ünïcode"), text("v2:b", ""), text("v2:c", "x")
	merge := store.Lesson{Kind: store.LessonMerge, Fingerprint: "v2:a", Other: "v2:b", At: after(2 * time.Hour)}
	split := store.Lesson{Kind: store.LessonSplit, Fingerprint: "v2:a", At: after(3 * time.Hour)}
	two.Lines = []string{"a b", ""}
	s.must("Learn", s.store.Learn(t.Context(), []store.Lesson{one, two}))
	last := s.wantLessons(0, one, two)
	s.must("Learn", s.store.Learn(t.Context(), []store.Lesson{merge, text("v2:a", "another text"), three, split, merge}))
	s.wantLessons(last, merge, three, split, merge)
	last = s.wantLessons(0, one, two, merge, three, split, merge)
	s.wantLessons(last)
}

func lessonsStay(t *testing.T, s *subject) {
	one := text("v2:a", "job <num> failed")
	s.must("Learn", s.store.Learn(t.Context(), []store.Lesson{one}))
	s.must("Forget", s.store.Forget(t.Context(), after(1000*time.Hour)))
	s.wantLessons(0, one)
}
