package store_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

// A table is what an engine keeps of problems: here in memory, and without samples.
type table map[string]*store.Problem

func (t table) Load(ids []string) (map[string]*store.Problem, error) {
	found := make(map[string]*store.Problem)
	for _, id := range ids {
		if p := t[id]; p != nil {
			found[id] = p.Clone()
		}
	}
	return found, nil
}

func (t table) About(things []meaning.Thing) (ids []string, err error) {
	for id, p := range t {
		if slices.ContainsFunc(p.Things, func(of store.ProblemThing) bool { return slices.Contains(things, of.Thing) }) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (t table) Save(problems []*store.Problem, _ []store.ProblemSample) error {
	for _, p := range problems {
		t[p.ID] = p
	}
	return nil
}

func (t table) Remove(id, _ string) error { delete(t, id); return nil }

func (table) Release(string) error                            { return nil }
func (table) History([]string) (map[string]store.Seen, error) { return nil, nil }

// alert is a mail of a monitor about a disk.
func alert(status meaning.Status, after time.Duration) store.Entry {
	e := entry(after)
	e.Meaning = meaning.Meaning{Status: status, Source: "nagios", Object: "db1/Disk"}
	e.Occurrence, e.Fingerprint = store.Occurrence{Recovers: true}, "v2:"+string(status)
	return e
}

// Engines count what a commit brings on its problems, and people act on these.
func ExampleCountProblems() {
	t := make(table)
	count := func(entries ...store.Entry) {
		if err := store.CountProblems(t, store.Additions(entries, nil, store.Limits{}.Unbounded()), 24*time.Hour); err != nil {
			fmt.Println(err)
		}
	}
	count(alert(meaning.Problem, 0), alert(meaning.Problem, time.Minute))
	var id string
	for id = range t {
		fmt.Println(t[id].Count, t[id].IsOpen(night.Add(time.Hour)))
	}
	p, err := store.ChangeProblem(t, id, func(p *store.Problem) error {
		return p.Do(store.Acked, "ann", "looks at it", night.Add(2*time.Minute))
	})
	fmt.Println(p.AckedBy, err)
	count(alert(meaning.Recovery, 3*time.Minute))
	fmt.Println(t[id].IsOpen(night.Add(time.Hour)))
	for _, e := range t[id].History {
		fmt.Printf("%s %s %q\n", e.At.Format(time.TimeOnly), e.Kind, e.Text)
	}
	// Output:
	// 2 true
	// ann <nil>
	// false
	// 03:17:00 began ""
	// 03:19:00 acked "looks at it"
	// 03:20:00 over ""
}

// What is found to be one error becomes one problem.
func ExampleMergeProblems() {
	one, other := entry(0), entry(time.Minute)
	one.Occurrence.Fingerprint, other.Fingerprint, other.Occurrence.Fingerprint = "v2:1", "v2:2", "v2:2"
	t := make(table)
	if err := store.CountProblems(t, store.Additions([]store.Entry{one, other}, nil, store.Limits{}.Unbounded()), 24*time.Hour); err != nil {
		fmt.Println(err)
	}
	fmt.Println(len(t))
	err := store.MergeProblems(t, []string{other.Occurrence.ID(other.Meaning)}, map[string]string{"v2:2": "v2:1"}, night)
	fmt.Println(len(t), t[one.Occurrence.ID(one.Meaning)].Count, err)
	// Output:
	// 2
	// 1 2 <nil>
}

// Engines keep problems as text, and return those that were seen last first.
func ExampleDecodeProblem() {
	var list []*store.Problem
	for i, headline := range []string{"disk full", "login refused"} {
		encoded, err := store.EncodeProblem(&store.Problem{ID: fmt.Sprint(i), Headline: headline, Seen: store.Seen{Last: night.AddDate(0, 0, i)}})
		if err != nil {
			fmt.Println(err)
		}
		p, err := store.DecodeProblem(encoded, 24*time.Hour)
		if err != nil {
			fmt.Println(err)
		}
		list = append(list, p)
	}
	slices.SortFunc(list, store.CompareProblems)
	fmt.Println(list[0].Headline)
	// Output: login refused
}

func ExampleSortSamples() {
	samples := []store.ProblemSample{{Slot: "last", At: night}, {Slot: "2026-W10", At: night}, {Slot: "first", At: night.AddDate(0, 0, -9)}}
	store.SortSamples(samples)
	for _, s := range samples {
		fmt.Println(s.Slot)
	}
	// Output:
	// first
	// 2026-W10
	// last
}

// Days are counted from the first of 1970.
func ExampleDay() {
	fmt.Println(store.Day(20_786).Format(time.DateOnly))
	// Output: 2026-11-29
}
