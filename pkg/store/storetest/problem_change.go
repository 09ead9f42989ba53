package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

func problemMerged(t *testing.T, s *subject) {
	a, b, other := mail(0, wrong("v2:a"), from("web-2")), mail(time.Minute, wrong("v2:b")), mail(0, wrong("v2:c"))
	a.Sample, b.Sample = []byte("sample a"), []byte("sample b")
	s.record(a, b, b, other)
	_, err := s.store.ChangeProblem(t.Context(), idOf(b), func(p *store.Problem) error { return p.Do(store.Owned, "ann", "bob", after(0)) })
	s.must("ChangeProblem", err)
	s.must("MergeProblems", s.store.MergeProblems(t.Context(), map[string]string{"v2:a": "v2:family", "v2:b": "v2:family", "v2:x": "v2:family"}, after(time.Hour)))
	family := mail(0, wrong("v2:family"))
	s.record(mail(2*time.Minute, wrong("v2:family")))
	for _, id := range []string{idOf(a), idOf(b), idOf(family)} {
		p := s.problem(id)
		if p.ID != idOf(family) || p.Fingerprint != "v2:family" || p.Count != 4 || p.Owner != "bob" || !p.First.Equal(after(0)) ||
			!p.Last.Equal(after(2*time.Minute)) || len(p.Hosts) != 2 || !strings.HasSuffix(events(p), "merged") {
			t.Errorf("%s: %+v", id, p)
		}
	}
	if ids, total := s.problems(store.ProblemQuery{Now: later}); total != 2 {
		t.Errorf("%d problems: %v", total, ids)
	}
	known, err := s.store.KnownProblems(t.Context(), []string{idOf(a), idOf(family), "none"})
	s.must("KnownProblems", err)
	for _, id := range []string{idOf(a), idOf(family)} {
		if p := known[id]; p == nil || p.ID != idOf(family) || len(known) != 2 {
			t.Errorf("of %s is known %+v, among %d", id, p, len(known))
		}
	}
	_, samples, err := s.store.Problem(t.Context(), idOf(a))
	s.must("Problem", err)
	if len(samples) == 0 || samples[0].Problem != idOf(family) {
		t.Errorf("samples %+v", samples)
	}
}

func problemMergedAgain(t *testing.T, s *subject) {
	a := mail(0, wrong("v2:a"))
	s.record(a)
	for _, into := range []map[string]string{{"v2:a": "v2:b"}, {"v2:b": "v2:c"}, {"v2:c": "v2:c"}, {"v2:a": "v2:c"}} {
		s.must("MergeProblems", s.store.MergeProblems(t.Context(), into, after(0)))
	}
	s.record(a) // of a node that does not know it yet
	if p := s.problem(idOf(a)); p.Fingerprint != "v2:c" || p.Count != 2 {
		t.Errorf("%d mails of %s", p.Count, p.Fingerprint)
	}
	// Split off, it is a problem of its own.
	s.must("MergeProblems", s.store.MergeProblems(t.Context(), map[string]string{"v2:a": "v2:a"}, after(0)))
	if p := s.problem(idOf(a)); p.Fingerprint != "v2:a" || p.Count != 0 || events(p) != "split" {
		t.Errorf("%d mails of %s, %s", p.Count, p.Fingerprint, events(p))
	}
	s.record(a)
	if p := s.problem(idOf(a)); p.Fingerprint != "v2:a" || p.Count != 1 {
		t.Errorf("%d mails of %s", p.Count, p.Fingerprint)
	}
}

func problemChanged(t *testing.T, s *subject) {
	e := mail(0, wrong("v2:a"))
	s.record(e)
	no := errors.New("no")
	if p, err := s.store.ChangeProblem(t.Context(), idOf(e), func(p *store.Problem) error { p.Owner = "ann"; return no }); p != nil || !errors.Is(err, no) {
		t.Errorf("%+v, %v", p, err)
	}
	if p := s.problem(idOf(e)); p.Owner != "" {
		t.Errorf("its owner is %q", p.Owner)
	}
	p, err := s.store.ChangeProblem(t.Context(), idOf(e), func(p *store.Problem) error { return p.Do(store.Acked, "ann", "looks at it", after(time.Minute)) })
	s.must("ChangeProblem", err)
	for _, p := range []*store.Problem{p, s.problem(idOf(e))} {
		if p.AckedBy != "ann" || events(p) != "began acked" || p.History[1].By != "ann" || p.History[1].Text != "looks at it" || !p.History[1].At.Equal(after(time.Minute)) {
			t.Errorf("%+v", p)
		}
	}
	acked := true
	if ids, _ := s.problems(store.ProblemQuery{Now: later, Acked: &acked}); len(ids) != 1 {
		t.Errorf("acknowledged are %v", ids)
	}
}

func problemChangedTogether(t *testing.T, s *subject) {
	e := mail(0, wrong("v2:a"))
	s.record(e)
	const people = 8
	var wg sync.WaitGroup
	errs := make([]error, people)
	for i := range people {
		wg.Go(func() {
			_, errs[i] = s.store.ChangeProblem(t.Context(), idOf(e), func(p *store.Problem) error {
				return p.Do(store.Noted, fmt.Sprint("person ", i), "sees it", after(0))
			})
		})
	}
	wg.Wait()
	s.must("ChangeProblem", errors.Join(errs...))
	by := make(map[string]bool)
	for _, e := range s.problem(idOf(e)).History {
		by[e.By] = true
	}
	if len(by) != people+1 {
		t.Errorf("the history has those of %v", by)
	}
}

func problemResolved(t *testing.T, s *subject) {
	written := func(d time.Duration) func(*store.Entry) { return func(e *store.Entry) { e.Said = after(d) } }
	bad := func(arrives, says time.Duration) store.Entry {
		return mail(arrives, thing("db1/Disk", meaning.Problem), written(says))
	}
	id := idOf(bad(0, 0))
	// Who writes them has a clock that is 20 minutes slow.
	s.record(bad(20*time.Minute, time.Minute))
	p, err := s.store.ChangeProblem(t.Context(), id, func(p *store.Problem) error { return p.Do(store.Resolved, "ann", "", after(30*time.Minute)) })
	s.must("ChangeProblem", err)
	if at := p.OverAt(after(time.Hour)); !at.Equal(after(30 * time.Minute)) {
		t.Errorf("it is over since %s", stamp(at))
	}
	s.record(bad(31*time.Minute, 30*time.Second)) // an old one, which was late
	s.isOpen(id, after(time.Hour), time.Time{})
	s.record(bad(32*time.Minute, 12*time.Minute))
	if p = s.problem(id); !p.IsOpen(after(time.Hour)) || !p.CameBack(after(32*time.Minute)) || p.CameBack(after(33*time.Minute)) {
		t.Errorf("%+v", p)
	}
}

func forgetProblems(t *testing.T, s *subject) {
	quiet, open, seen := mail(0, wrong("v2:a")), mail(0, thing("db1/Disk", meaning.Problem)), mail(48*time.Hour, wrong("v2:b"))
	s.record(quiet, open, seen)
	forget := func(before time.Duration, want ...string) {
		t.Helper()
		s.must("ForgetProblems", s.store.ForgetProblems(t.Context(), after(before), after(100*time.Hour)))
		ids, _ := s.problems(store.ProblemQuery{Now: later})
		if slices.Sort(ids); !slices.Equal(ids, slices.Sorted(slices.Values(want))) {
			t.Fatalf("after it forgot what is older than %s: %v, want %v", before, ids, want)
		}
	}
	forget(0, idOf(quiet), idOf(open), idOf(seen))
	// A recovery without a problem is remembered for two days: it may have overtaken that.
	late := mail(53*time.Hour, thing("db2/Disk", meaning.Problem), func(e *store.Entry) { e.Said = after(51 * time.Hour) })
	s.record(mail(52*time.Hour, thing("db2/Disk", meaning.Recovery)), mail(0, thing("db3/Disk", meaning.Recovery)))
	forget(0, idOf(quiet), idOf(open), idOf(seen))
	s.record(late)
	s.isOpen(idOf(late), after(100*time.Hour), time.Time{})
	s.record(mail(time.Hour, thing("db3/Disk", meaning.Problem), func(e *store.Entry) { e.Said = after(-time.Hour) }))
	of3 := idOf(mail(0, thing("db3/Disk", meaning.Problem)))
	s.isOpen(of3, after(100*time.Hour), after(-time.Hour))
	forget(time.Hour, idOf(open), idOf(seen), idOf(late), of3)
	s.record(quiet)
	if p := s.problem(idOf(quiet)); p.Count != 1 {
		t.Errorf("%d mails", p.Count)
	}
}

func forgetTooMany(t *testing.T, s *subject) {
	open, old, young := mail(0, thing("db1/Disk", meaning.Problem)), mail(time.Hour, wrong("v2:a")), mail(2*time.Hour, wrong("v2:b"))
	s.record(open, old, young)
	s.must("ForgetProblems", s.store.ForgetProblems(t.Context(), after(0), after(100*time.Hour)))
	if ids, total := s.problems(store.ProblemQuery{Now: later}); total != 2 || !slices.Contains(ids, idOf(open)) || !slices.Contains(ids, idOf(young)) {
		t.Errorf("left are %v", ids)
	}
}

func problemDurable(t *testing.T, s *subject) {
	e := mail(0, wrong("v2:a"))
	s.record(e)
	s.reopen()
	s.record(e)
	s.problem(idOf(e))
	s.reopen()
	if p := s.problem(idOf(e)); p.Count != 2 || events(p) != "began" {
		t.Errorf("%d mails, %s", p.Count, events(p))
	}
}
