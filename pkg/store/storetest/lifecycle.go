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
	mute    int64
}

func newScene(s *subject) scene {
	s.fill(summary("sending", 0))
	s.enqueue(summary("waiting", time.Second))
	s.record(mail(0, in("claimed")), mail(time.Second, in("open")))
	s.beat("backup", after(0))
	return scene{s.claim(after(30 * time.Second)), s.send(after(0)), s.mute(muteFor("mute", time.Hour))}
}

// A call is one of a method, which would change what the scene shows.
type call func(ctx context.Context) error

// only makes a call of one that returns something as well.
func only[T any](method func(ctx context.Context) (T, error)) call {
	return func(ctx context.Context) error { _, err := method(ctx); return err }
}

// calls returns a call of every method.
func (c scene) calls(s store.Store) map[string]call {
	return map[string]call{
		"Record": func(ctx context.Context) error {
			return s.Record(ctx, []store.Entry{mail(0, in("open"), quiet(time.Hour))})
		},
		"NextDue": only(s.NextDue),
		"Claim":   only(func(ctx context.Context) (*store.Batch, error) { return s.Claim(ctx, later, lease) }),
		"Seal": func(ctx context.Context) error {
			return s.Seal(ctx, c.claimed.ID, []store.Outgoing{summary("never", 0)})
		},
		"Open":          only(s.Open),
		"Flush":         only(func(ctx context.Context) (int, error) { return s.Flush(ctx, 0, after(0)) }),
		"Enqueue":       func(ctx context.Context) error { return s.Enqueue(ctx, []store.Outgoing{summary("never", 0)}) },
		"NextSend":      only(s.NextSend),
		"ClaimOutgoing": only(func(ctx context.Context) (*store.Outgoing, error) { return s.ClaimOutgoing(ctx, later, lease) }),
		"Postpone": func(ctx context.Context) error {
			return s.Postpone(ctx, &store.Outgoing{ID: c.sending.ID, NextAt: after(0)})
		},
		"Reopen":        func(ctx context.Context) error { return s.Reopen(ctx, c.sending.ID, after(0)) },
		"Finish":        func(ctx context.Context) error { return s.Finish(ctx, c.sending.ID) },
		"Outgoing":      only(s.Outgoing),
		"Retry":         only(func(ctx context.Context) (int, error) { return s.Retry(ctx, 0, after(0)) }),
		"Mute":          only(func(ctx context.Context) (int64, error) { return s.Mute(ctx, muteFor("never", time.Hour)) }),
		"Unmute":        only(func(ctx context.Context) (bool, error) { return s.Unmute(ctx, c.mute) }),
		"Mutes":         only(func(ctx context.Context) ([]store.Mute, error) { return s.Mutes(ctx, after(0)) }),
		"NoteHeartbeat": func(ctx context.Context) error { return s.NoteHeartbeat(ctx, "backup", after(0)) },
		"Heartbeats":    only(s.Heartbeats),
		"Forget":        func(ctx context.Context) error { return s.Forget(ctx, later) },
		"Pending":       only(s.Pending),
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
	s.wantMutes(after(0), muteFor("mute", time.Hour))
	s.wantBeats(store.Heartbeat{Name: "backup", Last: after(0), Count: 1})
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
	if err := s.store.Enqueue(t.Context(), nil); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Enqueue of no mails: got %v, want ErrClosed", err)
	}
}

func closedTwice(t *testing.T, s *subject) {
	s.record(mail(0))
	s.must("Close", s.store.Close())
	s.must("Close", s.store.Close())
}
