package steady_test

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
	"github.com/hut8labs/failmail/pkg/store/steady"
)

// A Proxy puts its store behind one of these. Others who keep times in a store do it
// themselves, and may set the clock in a test.
func ExampleNew() {
	s := steady.New(memory.New(store.Limits{}), steady.Options{
		Wall:   func(now time.Time) time.Time { return now.Add(-2 * time.Hour) }, // it is behind
		Logger: slog.New(slog.DiscardHandler),
	})
	defer s.Close()
	if err := s.Start(context.Background()); err != nil {
		fmt.Println(err)
	}
	next, err := s.NextDue(context.Background())
	fmt.Println(next.Equal(store.Never), err)
	// Output: true <nil>
}
