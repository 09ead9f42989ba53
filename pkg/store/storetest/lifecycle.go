package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

func lifecycleChecks() []check {
	return []check{
		{sentence: "a cancelled context fails every method and changes nothing", run: cancelled},
		{sentence: "every method of a closed store returns ErrClosed", run: closed},
		{sentence: "Close twice is no error", run: closedTwice},
	}
}

// A scene has something for every method to work on.
type scene struct {
	claimed *store.Batch
	sending *store.Outgoing
}

func newScene(s *subject) scene {
	s.fill(summary("sending", 0), summary("waiting", time.Second))
	s.record(mail(0, in("claimed")), mail(time.Second, in("open")))
	return scene{s.claim(after(30 * time.Second)), s.send(after(0))}
}

// calls returns a call of every method, each of which would change what the
// scene shows.
func (c scene) calls(s store.Store) map[string]func(ctx context.Context) error {
	return map[string]func(ctx context.Context) error{
		"Record":  func(ctx context.Context) error { return s.Record(ctx, []store.Entry{mail(0, in("open"))}) },
		"NextDue": func(ctx context.Context) error { _, err := s.NextDue(ctx); return err },
		"Claim":   func(ctx context.Context) error { _, err := s.Claim(ctx, later, lease); return err },
		"Seal": func(ctx context.Context) error {
			return s.Seal(ctx, c.claimed.ID, []store.Outgoing{summary("never", 0)})
		},
		"NextSend":      func(ctx context.Context) error { _, err := s.NextSend(ctx); return err },
		"ClaimOutgoing": func(ctx context.Context) error { _, err := s.ClaimOutgoing(ctx, later, lease); return err },
		"Postpone": func(ctx context.Context) error {
			return s.Postpone(ctx, &store.Outgoing{ID: c.sending.ID, NextAt: after(0)})
		},
		"Finish":  func(ctx context.Context) error { return s.Finish(ctx, c.sending.ID) },
		"Pending": func(ctx context.Context) error { _, err := s.Pending(ctx); return err },
	}
}

func cancelled(t *testing.T, s *subject) {
	c := newScene(s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for method, call := range c.calls(s.store) {
		if err := call(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want context.Canceled", method, err)
		}
	}

	s.wantPending(store.Pending{Batches: 2, Mails: 2, Outbox: 2})
	s.wantNextDue(after(31 * time.Second))
	s.wantNextSend(after(time.Second))
	s.wantBatch(s.claim(after(31*time.Second)), expect(store.Limits{}, mail(time.Second, in("open"))))
	sends(s, after(time.Second), "waiting")
	s.wantBatch(s.claim(later), expect(store.Limits{}, mail(0, in("claimed"))))
	sends(s, later, "sending", "waiting")
}

func closed(t *testing.T, s *subject) {
	c := newScene(s)
	s.must("Close", s.store.Close())
	for method, call := range c.calls(s.store) {
		if err := call(t.Context()); !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s: got %v, want ErrClosed", method, err)
		}
	}
	if err := s.store.Record(t.Context(), nil); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Record of no entries: got %v, want ErrClosed", err)
	}
}

func closedTwice(t *testing.T, s *subject) {
	s.record(mail(0))
	s.must("Close", s.store.Close())
	s.must("Close", s.store.Close())
}
