package meaning_test

import (
	"fmt"

	"github.com/hut8labs/failmail/pkg/meaning"
)

func ExampleStatuses() {
	for _, status := range meaning.Statuses() {
		fmt.Println(status, status.IsBad(), status.IsGood())
	}
	// Output:
	// problem true false
	// warning true false
	// recovery false true
	// ok false true
	// info false false
}
