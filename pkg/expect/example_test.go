package expect_test

import (
	"fmt"
	"time"

	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/meaning"
)

func ExampleNew() {
	list, err := expect.New([]expect.Expectation{{
		Name: "backup srv7", Match: []string{`subject=~"Backup of srv7.*"`}, Every: "daily 02:00", Within: 3 * time.Hour,
	}}, time.UTC)
	if err != nil {
		fmt.Println(err)
		return
	}
	due, late := list.Jobs()[0].Next(time.Date(2026, time.March, 2, 2, 7, 0, 0, time.UTC))
	fmt.Println(due, late)
	// Output: 2026-03-03 02:00:00 +0000 UTC 2026-03-03 05:00:00 +0000 UTC
}

// Read takes what a reader of TOML makes of [[expect]].
func ExampleRead() {
	expectations, err := expect.Read([]any{map[string]any{"name": "backup", "match": `from="backup@srv7"`, "every": "1d", "within": "2h"}})
	for _, e := range expectations {
		fmt.Println(e.Name, e.Every, e.Within, err)
	}
	// Output: backup 1d 2h0m0s <nil>
}

func ExampleRecord_Learn() {
	var r expect.Record
	for day := range 8 {
		r.Add(time.Date(2026, time.March, 2+day, 2, 4+day, 0, 0, time.UTC))
	}
	learned, ok := r.Learn(time.UTC)
	fmt.Println(learned.Every, learned.Within, learned.Sure, ok)
	// Output: daily 02:00 3h0m0s true true
}

func ExampleMatchThing() {
	fmt.Println(expect.MatchThing(meaning.Thing{Source: "veeam", Sender: "veeam@win1.example.com", Object: "Daily Backup"}))
	// Output: [source="veeam" sender="veeam@win1.example.com" object="Daily Backup"]
}

func ExampleList_With() {
	one := expect.Expectation{Name: "one", Match: []string{`from="a@example.com"`}, Every: "1h"}
	other := expect.Expectation{Name: "other", Thing: meaning.Thing{Source: "veeam", Object: "Daily Backup"}, Every: "daily 02:00", Kind: expect.Confirmed}
	list, err := expect.New([]expect.Expectation{one}, time.UTC)
	if err != nil {
		fmt.Println(err)
		return
	}
	job, err := expect.NewJob(other, time.UTC)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, j := range list.With([]*expect.Job{job}).Jobs() {
		s := j.State()
		fmt.Println(s.Name, s.Kind, s.Every, s.Within)
	}
	// Output:
	// one configured 1h 10m0s
	// other confirmed daily 02:00 2h24m0s
}

// When a report is due.
func ExampleParseSchedule() {
	s, err := expect.ParseSchedule("weekly Mon 07:00", time.UTC)
	fmt.Println(s.After(time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)), err)
	_, err = expect.ParseSchedule("weekly", time.UTC)
	fmt.Println(err != nil)
	// Output:
	// 2026-11-30 07:00:00 +0000 UTC <nil>
	// true
}
