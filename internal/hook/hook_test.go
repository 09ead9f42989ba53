package hook_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/internal/hook"
	"github.com/hut8labs/failmail/pkg/render"
)

// play runs test in a bubble, with a Queue in front of call.
func play(t *testing.T, call func(ctx context.Context, e render.Event) error, test func(t *testing.T, q *hook.Queue, missed *atomic.Int64)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var missed atomic.Int64
		q := hook.New(call, func() { missed.Add(1) }, slog.New(slog.DiscardHandler))
		go q.Run()
		test(t, q, &missed)
	})
}

func TestEventsAreToldInTheirOrderAndAllBeforeTheEnd(t *testing.T) {
	var told []string
	play(t, func(_ context.Context, e render.Event) error {
		time.Sleep(time.Second)
		told = append(told, e.MessageID)
		switch e.MessageID {
		case "1":
			return errors.New("no such host")
		case "2":
			panic("no such index")
		}
		return nil
	}, func(t *testing.T, q *hook.Queue, missed *atomic.Int64) {
		for i := range 4 {
			q.Tell(render.Event{MessageID: fmt.Sprint(i)})
		}
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if want := []string{"0", "1", "2", "3"}; !slices.Equal(told, want) || missed.Load() != 2 {
			t.Errorf("told %q, %d missed", told, missed.Load())
		}
		q.Tell(render.Event{MessageID: "late"})
		if missed.Load() != 3 {
			t.Error("an event after the end is not counted as missed")
		}
	})
}

func TestAHookThatIsTooSlowHoldsNobodyUp(t *testing.T) {
	play(t, func(ctx context.Context, _ render.Event) error { <-ctx.Done(); return ctx.Err() }, func(t *testing.T, q *hook.Queue, missed *atomic.Int64) {
		for i := range 200 {
			q.Tell(render.Event{MessageID: fmt.Sprint(i)})
			synctest.Wait()
		}
		if n := missed.Load(); n != 99 { // one is with the hook, and a hundred wait
			t.Errorf("%d were missed", n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := q.Close(ctx); err == nil || !strings.Contains(err.Error(), "not called, for 101 summaries") {
			t.Error(err)
		}
		synctest.Wait()
		if n := missed.Load(); n != 200 {
			t.Errorf("%d were missed at the end", n)
		}
	})
}
