package storetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

func problemChecks() []check {
	return []check{
		{sentence: "a mail counts on its problem when it is recorded", run: problemCounted},
		{sentence: "mails of a problem count once, whatever becomes of their batches", run: problemOnce},
		{sentence: "a copy of a mail for another recipient does not count again", run: problemCopies},
		{sentence: "a mail that counts on no problem leaves none", run: problemNone},
		{sentence: "a problem is over when its thing is well, and back when it is not", run: problemOver},
		{sentence: "a problem is over from the start if its recovery has overtaken it", run: problemOvertaken},
		{sentence: "a problem of several things is open while one of them is", run: problemThings},
		{sentence: "a problem of more things than are told apart is open until it is quiet", run: problemManyThings},
		{sentence: "a problem that nobody ends is over when nothing was heard of it for long", run: problemQuiet},
		{sentence: "a problem that began before it was kept goes on from its history", run: problemHistory},
		{sentence: "the first, the last, and one sample a week are kept of a problem", run: problemSamples},
		{sentence: "problems that become one are found under all of their IDs", run: problemMerged},
		{sentence: "what becomes one later goes on in what it became", run: problemMergedAgain},
		{sentence: "a change of a problem is made as a whole or not at all", run: problemChanged},
		{sentence: "all changes that are made at the same time are kept", run: problemChangedTogether},
		{sentence: "what a person resolved is open again with the next mail, whatever the clock of its sender", run: problemResolved},
		{sentence: "ForgetProblems removes what is over and was not seen for long", run: forgetProblems},
		{sentence: "ForgetProblems removes as many as there are too many", limits: store.Limits{Problems: 2}, run: forgetTooMany},
	}
}

func durableProblemChecks() []check {
	return []check{
		{sentence: "what is known of a problem outlives Close, and counts once", run: problemDurable},
	}
}

// wrong makes an entry one of a problem with a fingerprint.
func wrong(fingerprint string) func(*store.Entry) {
	return func(e *store.Entry) {
		e.Group, e.Fingerprint, e.Occurrence.Fingerprint = fingerprint, fingerprint, fingerprint
	}
}

// thing makes an entry one of a monitored thing.
func thing(object string, status meaning.Status) func(*store.Entry) {
	return func(e *store.Entry) {
		m := meaning.Meaning{Status: status, Severity: "error", Source: "nagios", Sender: "nagios@mon1", Object: object}
		e.Meaning, e.Group, e.Fingerprint = m, object, object+" "+string(status)
		e.Occurrence = store.Occurrence{OfThing: true, Recovers: true}
	}
}

func idOf(e store.Entry) string { return e.Occurrence.ID(e.Meaning) }

// problem returns the one with the ID.
func (s *subject) problem(id string) *store.Problem {
	s.t.Helper()
	p, _, err := s.store.Problem(s.t.Context(), id)
	s.must("Problem", err)
	if p == nil {
		s.t.Fatalf("there is no problem %s", id)
	}
	return p
}

// problems returns the IDs that q finds.
func (s *subject) problems(q store.ProblemQuery) (ids []string, total int) {
	s.t.Helper()
	if q.Limit == 0 {
		q.Limit = 1000
	}
	list, total, err := s.store.Problems(s.t.Context(), q)
	s.must("Problems", err)
	for _, p := range list {
		ids = append(ids, p.ID)
	}
	return ids, total
}

// events returns what happened to p.
func events(p *store.Problem) string {
	var kinds []string
	for _, e := range p.History {
		kinds = append(kinds, string(e.Kind))
	}
	return strings.Join(kinds, " ")
}

// isOpen expects the problem to be open at a time since another; a zero one says that it is
// over.
func (s *subject) isOpen(id string, at, since time.Time) {
	s.t.Helper()
	p := s.problem(id)
	if got := p.Since(at); !got.Equal(since) || p.IsOpen(at) == since.IsZero() || p.OverAt(at).IsZero() == since.IsZero() {
		s.t.Fatalf("at %s: open since %s, over since %s, want since %s", stamp(at), stamp(got), stamp(p.OverAt(at)), stamp(since))
	}
	isOpen := true
	ids, _ := s.problems(store.ProblemQuery{Now: at, Open: &isOpen})
	if slices.Contains(ids, p.ID) == since.IsZero() {
		s.t.Fatalf("at %s: those that are open are %v", stamp(at), ids)
	}
}

func problemCounted(t *testing.T, s *subject) {
	e := mail(0, wrong("v2:a"), from("web-2"))
	e.Meaning = meaning.Meaning{Status: meaning.Warning, Severity: "warning", Source: "app@web"}
	e.Values = []store.Value{{Label: "order <num>", Text: "4711"}}
	again := mail(time.Minute, wrong("v2:a"), saying("Title", "reason", "sample"))
	again.Meaning = meaning.Meaning{Status: meaning.Problem, Severity: "critical", Source: "app@web"}
	other := e
	other.Values = []store.Value{{Label: "order <num>", Text: "4712"}}
	s.record(e, other)
	s.record(again)
	p := s.problem(idOf(e))
	if p.ID != idOf(e) || p.Fingerprint != "v2:a" || p.Count != 3 || !p.First.Equal(after(0)) || !p.Last.Equal(after(time.Minute)) {
		t.Errorf("%s, fingerprint %q, %d mails from %s to %s", p.ID, p.Fingerprint, p.Count, stamp(p.First), stamp(p.Last))
	}
	if p.Meaning != again.Meaning && p.Meaning.Source != "app@web" {
		t.Errorf("it means %+v", p.Meaning)
	}
	if !slices.Equal(p.Hosts, []string{"web-2", "web-1"}) {
		t.Errorf("hosts %q", p.Hosts)
	}
	if len(p.Days) != 1 || len(p.Weeks) != 1 || !slices.Equal(slices.Collect(maps.Values(p.Days)), []int{3}) || !slices.Equal(slices.Collect(maps.Values(p.Weeks)), []int{3}) {
		t.Errorf("days %v, weeks %v", p.Days, p.Weeks)
	}
	for day := range p.Days {
		if got := store.Day(day).Format(time.DateOnly); got != after(0).Local().Format(time.DateOnly) {
			t.Errorf("the day is %s", got)
		}
	}
	if v := p.Varying.Variations(); len(v) != 1 || v[0].Top[0].Text != "4711" || v[0].Distinct != 2 {
		t.Errorf("varying %+v", v)
	}
	if events(p) != "began" || !p.History[0].At.Equal(after(0)) {
		t.Errorf("history %+v", p.History)
	}
}

func problemOnce(t *testing.T, s *subject) {
	e := mail(0, wrong("v2:a"))
	s.record(e, e)
	s.seal(s.claim(later).ID, summary("m1", 0))
	s.record(e)
	s.fold(s.send(later).ID, later)
	s.record(e)
	s.seal(s.claim(later).ID, summary("m2", 0))
	s.finish(s.send(later).ID)
	s.record(e)
	if p := s.problem(idOf(e)); p.Count != 5 {
		t.Errorf("%d mails, want 5", p.Count)
	}
}

func problemCopies(t *testing.T, s *subject) {
	e := mail(0, wrong("v2:a"))
	clone := e
	clone.Batch, clone.Copy = "other", true
	other := e
	other.Batch = "other"
	s.record(e, clone, other)
	s.record(other, clone)
	if p := s.problem(idOf(e)); p.Count != 3 {
		t.Errorf("%d mails, want 3", p.Count)
	}
}

func problemNone(t *testing.T, s *subject) {
	s.record(mail(0), mail(0, thing("db1/Disk", meaning.OK)), mail(0, thing("db1/Load", meaning.Info)))
	if ids, total := s.problems(store.ProblemQuery{Now: later}); len(ids) > 0 || total > 0 {
		t.Errorf("%d problems: %v", total, ids)
	}
	if p, samples, err := s.store.Problem(t.Context(), "none"); p != nil || samples != nil || err != nil {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := s.store.ChangeProblem(t.Context(), "none", func(*store.Problem) error { return nil }); p != nil || err != nil {
		t.Errorf("%+v, %v", p, err)
	}
}

func problemOver(t *testing.T, s *subject) {
	bad, good := thing("db1/Disk", meaning.Problem), thing("db1/Disk", meaning.Recovery)
	id := idOf(mail(0, bad))
	s.record(mail(0, bad), mail(time.Second, bad))
	s.isOpen(id, after(1000*time.Hour), after(0))
	s.record(mail(time.Minute, good), mail(time.Minute, thing("db1/Load", meaning.Recovery)))
	s.isOpen(id, after(time.Hour), time.Time{})
	if over := s.problem(id).OverAt(after(time.Hour)); !over.Equal(after(time.Minute)) {
		t.Errorf("over since %s", stamp(over))
	}
	s.record(mail(2*time.Minute, good))
	s.record(mail(time.Hour, bad))
	s.record(mail(2*time.Hour, bad))
	s.isOpen(id, after(3*time.Hour), after(time.Hour))
	s.record(mail(4*time.Hour, bad), mail(5*time.Hour, good))
	s.isOpen(id, after(6*time.Hour), time.Time{})
	p := s.problem(id)
	if p.Count != 5 || events(p) != "began over back over" {
		t.Errorf("%d mails, %s", p.Count, events(p))
	}
}

func problemOvertaken(t *testing.T, s *subject) {
	said := func(d time.Duration) func(*store.Entry) { return func(e *store.Entry) { e.Said = after(d) } }
	id := idOf(mail(0, thing("db1/Disk", meaning.Problem)))
	s.record(mail(2*time.Minute, thing("db1/Disk", meaning.Recovery), said(2*time.Minute)))
	if ids, total := s.problems(store.ProblemQuery{Now: later}); total != 0 {
		t.Errorf("before anything was wrong there are %v", ids)
	}
	s.record(mail(5*time.Minute, thing("db1/Disk", meaning.Problem), said(time.Minute)))
	s.isOpen(id, after(time.Hour), time.Time{})
	if p := s.problem(id); p.Count != 1 || events(p) != "began over" {
		t.Errorf("%d mails, %s", p.Count, events(p))
	}
	s.record(mail(10*time.Minute, thing("db1/Disk", meaning.Problem), said(10*time.Minute)))
	s.isOpen(id, after(time.Hour), after(10*time.Minute))
}

// concerning makes an entry one of an error about an object.
func concerning(object string, status meaning.Status) func(*store.Entry) {
	return func(e *store.Entry) {
		e.Meaning = meaning.Meaning{Status: status, Source: "app@web", Object: object}
		e.Values = []store.Value{{Label: store.ObjectLabel, Text: object}}
		if wrong("v2:a")(e); status.IsGood() {
			wrong("v2:good")(e)
		}
	}
}

func problemThings(t *testing.T, s *subject) {
	id := idOf(mail(0, concerning("a", meaning.Problem)))
	s.record(mail(0, concerning("a", meaning.Problem)), mail(time.Second, concerning("b", meaning.Problem)))
	s.record(mail(2*time.Second, concerning("c", meaning.Problem)))
	s.record(mail(time.Minute, concerning("a", meaning.Recovery)), mail(time.Minute, concerning("c", meaning.Recovery)))
	// Which of the first two came when is not kept.
	s.isOpen(id, after(time.Hour), after(0))
	s.record(mail(2*time.Minute, concerning("b", meaning.OK)))
	s.isOpen(id, after(time.Hour), time.Time{})
	if p := s.problem(id); len(p.Things) != 3 || events(p) != "began over" {
		t.Errorf("%d things, %s", len(p.Things), events(p))
	}
}

func problemManyThings(t *testing.T, s *subject) {
	var bad []store.Entry
	for i := range 30 {
		bad = append(bad, mail(0, concerning(fmt.Sprint("disk ", i), meaning.Problem)))
	}
	s.record(bad...)
	id := idOf(bad[0])
	for i := range 30 {
		s.record(mail(time.Minute, concerning(fmt.Sprint("disk ", i), meaning.OK)))
	}
	s.isOpen(id, after(time.Hour), after(0))
	s.isOpen(id, after(25*time.Hour), time.Time{})
}

func problemQuiet(t *testing.T, s *subject) {
	e := mail(0, wrong("v2:a"))
	s.record(e, mail(time.Hour, wrong("v2:a")))
	s.isOpen(idOf(e), after(25*time.Hour-time.Second), after(0))
	s.isOpen(idOf(e), after(25*time.Hour), time.Time{})
	s.record(mail(24*time.Hour, wrong("v2:a")))
	s.isOpen(idOf(e), after(30*time.Hour), after(0))
	s.record(mail(100*time.Hour, wrong("v2:a")))
	s.isOpen(idOf(e), after(101*time.Hour), after(100*time.Hour))
	if p := s.problem(idOf(e)); events(p) != "began back" {
		t.Error(events(p))
	}
}

func problemHistory(t *testing.T, s *subject) {
	old := mail(0, of("v2:a", "v2:a"))
	s.record(old, old)
	s.seal(s.claim(later).ID)
	e := mail(time.Hour, wrong("v2:a"))
	s.record(e)
	if p := s.problem(idOf(e)); p.Count != 3 || !p.First.Equal(after(0)) || events(p) != "back" {
		t.Errorf("%d mails since %s, %s", p.Count, stamp(p.First), events(p))
	}
}

func problemSamples(t *testing.T, s *subject) {
	for i := range 6 {
		at := time.Duration(i) * 84 * time.Hour // half a week
		e := mail(at, wrong("v2:a"))
		e.Sample = fmt.Appendf(nil, "sample %d", i)
		s.record(e)
		s.seal(s.claim(after(at + time.Hour)).ID)
	}
	_, samples, err := s.store.Problem(t.Context(), idOf(mail(0, wrong("v2:a"))))
	s.must("Problem", err)
	var got []string
	for _, sample := range samples {
		got = append(got, sample.Slot+" "+string(sample.Mail))
	}
	// The first one is of Sunday, 1 March.
	want := "first sample 0, 2026-W10 sample 1, 2026-W11 sample 3, 2026-W12 sample 5, last sample 5"
	if strings.Join(got, ", ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
	s.must("ForgetProblems", s.store.ForgetProblems(t.Context(), after(240*time.Hour), after(420*time.Hour)))
	_, samples, err = s.store.Problem(t.Context(), idOf(mail(0, wrong("v2:a"))))
	if s.must("Problem", err); len(samples) != 4 || samples[1].Slot != "2026-W11" {
		t.Errorf("after ten days: %+v", samples)
	}
}
