package dispatch

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/store"
)

func TestDecide(t *testing.T) {
	due := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	temporary := errors.New("connection refused")
	permanent := deliver.Permanent(errors.New("no such user"))
	both := []string{"a@example.com", "b@example.com"}
	for name, test := range map[string]struct {
		err      error
		now      time.Time
		retryFor time.Duration
		attempts int

		sent          bool
		retry, failed []string
		latest        time.Time // nextAt is not after it
	}{
		"accepted by the relay: done":                       {now: due, retryFor: time.Hour, sent: true},
		"temporary failure: tried again soon":               {err: temporary, now: due, retryFor: time.Hour, retry: both, latest: due.Add(6 * time.Second)},
		"temporary failure after many: more slowly":         {err: temporary, now: due, retryFor: time.Hour, attempts: 20, retry: both, latest: due.Add(6 * time.Minute)},
		"the last try is at the deadline":                   {err: temporary, now: due.Add(time.Hour - time.Second), retryFor: time.Hour, attempts: 9, retry: both, latest: due.Add(time.Hour)},
		"temporary failure at the deadline: given up":       {err: temporary, now: due.Add(time.Hour), retryFor: time.Hour, failed: both},
		"temporary failure without retries: given up":       {err: temporary, now: due, retryFor: 0, failed: both},
		"permanent failure: given up at once":               {err: permanent, now: due, retryFor: time.Hour, failed: both},
		"wrapped permanent failure: given up at once":       {err: fmt.Errorf("relay: %w", permanent), now: due, retryFor: time.Hour, failed: both},
		"one recipient refused for good: only that one":     {err: refused("b@example.com", permanent), now: due, retryFor: time.Hour, sent: true, failed: both[1:]},
		"one recipient refused for now: only that one":      {err: refused("b@example.com", temporary), now: due, retryFor: time.Hour, sent: true, retry: both[1:], latest: due.Add(6 * time.Second)},
		"one recipient refused for now, too late":           {err: refused("b@example.com", temporary), now: due.Add(time.Hour), retryFor: time.Hour, sent: true, failed: both[1:]},
		"both recipients refused, each in its way":          {err: refused("a@example.com", permanent, "b@example.com", temporary), now: due, retryFor: time.Hour, retry: both[1:], failed: both[:1], latest: due.Add(6 * time.Second)},
		"cut short by the shutdown: the next start goes on": {err: fmt.Errorf("%w: %w", errInterrupted, temporary), now: due.Add(2 * time.Hour), retryFor: time.Hour, retry: both, latest: due.Add(2 * time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			o := &store.Outgoing{To: both, Due: due, Attempts: test.attempts}
			out := decide(o, test.err, test.now, due.Add(test.retryFor))
			if out.sent != test.sent || !slices.Equal(out.retry, test.retry) || !slices.Equal(out.failed, test.failed) {
				t.Errorf("sent %v, retry %v, failed %v", out.sent, out.retry, out.failed)
			}
			if len(out.retry) > 0 && (out.nextAt.Before(test.now) || out.nextAt.After(test.latest)) {
				t.Errorf("next try at %v, want between %v and %v", out.nextAt, test.now, test.latest)
			}
		})
	}
}

func refused(pairs ...any) error {
	e := &deliver.RefusedError{Refused: make(map[string]error)}
	for i := 0; i < len(pairs); i += 2 {
		e.Refused[pairs[i].(string)] = pairs[i+1].(error)
	}
	return e
}
