package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

func problemQueryChecks() []check {
	return []check{
		{sentence: "problems come the last seen first, so many from a place on", run: problemPages},
		{sentence: "a question finds the problems that it is about", run: problemQueries},
	}
}

func problemPages(t *testing.T, s *subject) {
	var want []string
	for i := range 7 {
		e := mail(time.Duration(-i)*time.Minute, wrong(fmt.Sprint("v2:", i)))
		s.record(e)
		want = append(want, idOf(e))
	}
	for _, page := range []struct{ offset, limit int }{{0, 3}, {3, 3}, {6, 3}, {9, 3}, {0, 100}} {
		ids, total := s.problems(store.ProblemQuery{Now: later, Offset: page.offset, Limit: page.limit})
		if total != 7 || !slices.Equal(ids, want[min(page.offset, 7):min(page.offset+page.limit, 7)]) {
			t.Errorf("%d from %d on: %v of %d", page.limit, page.offset, ids, total)
		}
	}
}

// problemQueries asks engines what [store.ProblemQuery.Match] knows.
func problemQueries(t *testing.T, s *subject) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(texts ...string) string { return texts[random.IntN(len(texts))] }
	for i := range 40 {
		e := mail(time.Duration(random.IntN(96))*time.Hour, wrong(fmt.Sprint("v2:", i)), from(pick("web-1", "web-1.example.com", "db_1", "Web-10", "")),
			saying(pick("Disk full on web1", "50% of 100_000", `back\slash`, "ÄRGER mit Öl"), pick("timeout", "no space"), "sample"))
		e.Meaning = meaning.Meaning{Status: meaning.Problem, Source: pick("nagios", "app@web", "Zabbix"), Object: pick("", "db1/Disk /var", "DB2")}
		e.Occurrence.Recovers = random.IntN(2) == 0
		s.record(e)
		if random.IntN(3) == 0 {
			_, err := s.store.ChangeProblem(t.Context(), idOf(e), func(p *store.Problem) error {
				p.MutedUntil = after(time.Duration(random.IntN(96)) * time.Hour)
				p.Owner = pick("Ann", "bob")
				return p.Do(store.Noted, "ann", pick("see ticket OPS-17", "known"), after(0))
			})
			s.must("ChangeProblem", err)
		}
	}
	var all []*store.Problem
	ids, _ := s.problems(store.ProblemQuery{Now: later})
	for _, id := range ids {
		all = append(all, s.problem(id))
	}
	is := func() *bool {
		if random.IntN(4) > 0 {
			return nil
		}
		yes := random.IntN(2) == 0
		return &yes
	}
	some := func(texts ...string) string {
		if random.IntN(4) > 0 {
			return ""
		}
		return pick(texts...)
	}
	found := 0
	for range 300 {
		q := store.ProblemQuery{
			Host: some("web-1", "WEB-1", "db_1", "db-1", "web", "example.com"), Source: some("nagios", "app@", "zab"),
			Object: some("disk", "db2", "/var"), Owner: some("ann", "BOB"),
			Open: is(), New: is(), Muted: is(), Acked: is(), Now: after(time.Duration(random.IntN(120)) * time.Hour),
		}
		if random.IntN(3) == 0 {
			q.Since = after(time.Duration(random.IntN(96)) * time.Hour)
		}
		for range random.IntN(3) {
			q.Words = append(q.Words, pick("disk", "FULL", "%", "_", `\`, "ärger", "ops-17", "time", "web1", "'", "v2:3"))
		}
		var want []string
		for _, p := range all {
			if q.Match(p) {
				want = append(want, p.ID)
			}
		}
		got, total := s.problems(q)
		if total != len(want) || !slices.Equal(got, want) {
			t.Fatalf("%+v finds %d: %v, want %v", q, total, got, want)
		}
		found += total
	}
	if found == 0 {
		t.Fatal("the questions find nothing")
	}
}
