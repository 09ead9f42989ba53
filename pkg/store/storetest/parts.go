package storetest

import (
	"maps"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

func partChecks() []check {
	return []check{
		{sentence: "a mail of several parts counts once in its batch and for its recipients", run: partsCountOnce},
		{sentence: "a part beyond the limits leaves no mail out", limits: store.Limits{GroupsPerBatch: 2}, run: partsOmitted},
		{sentence: "a mail of which a part is early is early as a whole", run: partsEarly},
		{sentence: "parts open and close a problem each", run: partsProblems},
		{sentence: "parts are still parts in a batch that is reopened", run: partsReopened},
	}
}

// digest is a mail of three parts, and one of a single part in a group of the first.
func digest() []store.Entry {
	return []store.Entry{
		mail(0, of("a", "v1:a")), mail(0, of("b", "v1:b"), part), mail(0, of("c", "v1:c"), part),
		mail(time.Second, of("a", "v1:a")),
	}
}

func partsCountOnce(t *testing.T, s *subject) {
	inOneCallAndMany(t, s, digest()[:3], func(t *testing.T, b *store.Batch) {
		if b.Count != 1 || len(b.Groups) != 3 || b.Omitted() != 0 || !maps.Equal(b.Recipients, map[string]int{"ops@example.com": 1}) {
			t.Errorf("want one mail in 3 groups, got\n%s", describe(b))
		}
	})
	s.record(digest()...)
	b := s.claim(later)
	s.wantBatch(b, expect(store.Limits{}, digest()...))
	if g := b.Groups[0]; g.Count != 2 || g.Mails() != 2 || b.Groups[1].Count != 1 || b.Groups[1].Mails() != 0 {
		t.Errorf("want the part in front to count the mail, got\n%s", describe(b))
	}
}

func partsOmitted(t *testing.T, s *subject) {
	// The third part finds no room, and then a whole mail does.
	entries := append(digest(), mail(2*time.Second, of("d", "v1:d")), mail(2*time.Second, of("b", "v1:b"), part))
	inOneCallAndMany(t, s, entries, func(t *testing.T, b *store.Batch) {
		if b.Count != 3 || len(b.Groups) != 2 || b.Omitted() != 1 {
			t.Errorf("want 3 mails of which one is omitted, got\n%s", describe(b))
		}
	})
}

func partsEarly(t *testing.T, s *subject) {
	known := mail(0, of("known", "v1:k"), quiet(time.Hour))
	s.record(known)
	s.claim(later)
	first, second := mail(time.Minute, of("known", "v1:k"), quiet(time.Hour)), mail(time.Minute, of("new", "v1:n"), quiet(time.Hour), part)
	third, other := mail(time.Minute, of("info", "v1:i"), part), mail(2*time.Minute, of("known", "v1:k"), quiet(time.Hour))
	s.record(first, second, third, other)
	s.wantBatch(s.claim(later), early(first, second, third))
	s.wantBatch(s.claim(later), expect(store.Limits{}, other))
}

func partsProblems(t *testing.T, s *subject) {
	s.record(mail(0, thing("db1", meaning.Problem)), mail(0, thing("db2", meaning.Problem), part))
	s.record(mail(time.Minute, thing("db3", meaning.Problem)), mail(time.Minute, thing("db1", meaning.Recovery), part))
	isOpen := true
	ids, total := s.problems(store.ProblemQuery{Open: &isOpen, Now: after(time.Hour)})
	if total != 2 {
		t.Errorf("%d problems are open (%v), want those of db2 and db3", total, ids)
	}
	for object, want := range map[string]bool{"db1": false, "db2": true, "db3": true} {
		if p := s.problem(idOf(mail(0, thing(object, meaning.Problem)))); p.Count != 1 || p.IsOpen(after(time.Hour)) != want {
			t.Errorf("%s: %d mails, open: %t", object, p.Count, !want)
		}
	}
}

func partsReopened(t *testing.T, s *subject) {
	for range 2 { // the second one is merged
		s.record(digest()...)
		b := s.claim(later)
		s.seal(b.ID, summary("one", 0))
		o := s.send(later)
		s.record(digest()...)
		s.fold(o.ID, time.Time{})
		b = s.claim(later)
		if b.Omitted() != 0 || b.Groups[0].Mails() != b.Count {
			t.Errorf("got\n%s", describe(b))
		}
	}
}
