package expect_test

import (
	"fmt"
	"time"

	"github.com/hut8labs/failmail/pkg/expect"
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
