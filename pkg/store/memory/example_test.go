package memory_test

import (
	"fmt"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

// With other limits than failmail.NewMemoryStore has.
func ExampleNew() {
	_, err := failmail.New(failmail.Config{
		Store:       memory.New(store.Limits{SampleBytes: 16 << 10}),
		FlushOnExit: true, // what is not sent by the end would be lost
	})
	fmt.Println(err)
	// Output: <nil>
}
