package steady_test

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/internal/testutil/brittledisk"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
	"github.com/hut8labs/failmail/pkg/store/sqlite"
	"github.com/hut8labs/failmail/pkg/store/steady"
	"github.com/hut8labs/failmail/pkg/store/storetest"
)

func TestAStoreBehindItKeepsEveryPromise(t *testing.T) {
	storetest.Run(t, func(t *testing.T, limits store.Limits) store.Store {
		return steady.New(memory.New(limits), steady.Options{})
	})
}

// A wall is a clock on the wall that somebody sets.
type wall struct{ ahead time.Duration }

func (w *wall) shows(now time.Time) time.Time { return now.Add(w.ahead) }

func entry(at time.Time) store.Entry {
	return store.Entry{Batch: "b", Group: "g", Fingerprint: "v1:a", Received: at, Window: store.Window{Wait: 30 * time.Second, MaxWait: 5 * time.Minute}}
}

// claimedAfter returns how long after now the batch of s can be claimed.
func claimedAfter(t *testing.T, s store.Store) time.Duration {
	t.Helper()
	for began := time.Now(); time.Since(began) < time.Hour; <-time.After(time.Second) { // in the bubble
		next, err := s.NextDue(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.Claim(t.Context(), time.Now(), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if early := next.After(time.Now()); early == (b != nil) {
			t.Fatalf("NextDue says in %s, and Claim has a batch: %t", time.Until(next), b != nil)
		}
		if b != nil {
			return time.Since(began)
		}
	}
	t.Fatal("the batch is not due for an hour")
	return 0
}

func TestASummaryIsDueWhenItWasWhateverTheWallClockDoes(t *testing.T) {
	for _, c := range []struct {
		clock string
		steps []time.Duration // one after each second
	}{
		{"is not set", nil},
		{"is set back by two hours", []time.Duration{-2 * time.Hour}},
		{"is set forward by two hours", []time.Duration{2 * time.Hour}},
		{"was at the epoch and is set right", []time.Duration{56 * 365 * 24 * time.Hour}},
		{"goes to and fro", []time.Duration{-time.Hour, 2 * time.Hour, -time.Hour, 5 * time.Second, -7 * time.Second}},
		{"is slewed", []time.Duration{400 * time.Millisecond, 400 * time.Millisecond, 400 * time.Millisecond, 400 * time.Millisecond}},
	} {
		t.Run(c.clock, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var w wall
				s := steady.New(memory.New(store.Limits{}), steady.Options{Wall: w.shows})
				defer s.Close()
				if err := s.Record(t.Context(), []store.Entry{entry(time.Now())}); err != nil {
					t.Fatal(err)
				}
				for _, step := range c.steps {
					<-time.After(time.Second)
					w.ahead += step
				}
				want := 30*time.Second - time.Duration(len(c.steps))*time.Second
				if got := claimedAfter(t, s); (got - want).Abs() > time.Second {
					t.Errorf("due after %s, want %s", got, want)
				}
			})
		})
	}
}

func TestMailsAroundAStepMakeOneBatchWithOneWindow(t *testing.T) {
	for _, step := range []time.Duration{-2 * time.Hour, 2 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			var w wall
			s := steady.New(memory.New(store.Limits{}), steady.Options{Wall: w.shows})
			defer s.Close()
			for range 3 {
				received := time.Now() // before the step, recorded after it
				w.ahead += step
				<-time.After(10 * time.Second)
				if err := s.Record(t.Context(), []store.Entry{entry(received)}); err != nil {
					t.Fatal(err)
				}
			}
			if got := claimedAfter(t, s); got != 20*time.Second {
				t.Errorf("due after %s, want 20s", got)
			}
		})
	}
}

func TestARestartAfterTheClockWasSetBackDelaysASummaryByItsWindowAtMost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "failmail.db")
	open := func(w *wall) *steady.Store {
		engine, err := sqlite.Open(path, store.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		s := steady.New(engine, steady.Options{Wall: w.shows})
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open(&wall{})
	if err := s.Record(t.Context(), []store.Entry{entry(time.Now())}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(&wall{ahead: -2 * time.Hour})
	defer s.Close()
	next, err := s.NextDue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(next); left > 31*time.Second || left < 0 {
		t.Errorf("due in %s, want 30s at most", left)
	}
	batches, err := s.Open(t.Context())
	if err != nil || len(batches) != 1 {
		t.Fatalf("got %d batches, %v", len(batches), err)
	}
	if age := time.Now().Add(-2 * time.Hour).Sub(batches[0].First); age < -time.Second || age > time.Minute {
		t.Errorf("the mail is %s old by the clock, want none", age)
	}
}

func TestAClockSetBackBetweenTwoProcessesIsSeenThoughNoMailCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var disk brittledisk.Disk
		var w wall
		open := func() *steady.Store {
			mount := disk.Mount()
			t.Cleanup(mount.Unmount)
			engine, err := sqlite.OpenVFS("/failmail.db", store.Limits{}, mount.Name())
			if err != nil {
				t.Fatal(err)
			}
			s := steady.New(engine, steady.Options{Wall: w.shows})
			if err := s.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			return s
		}
		s := open()
		for range 3 * 60 { // a proxy reads the mutes all the time
			if _, err := s.Mutes(t.Context(), time.Now()); err != nil {
				t.Fatal(err)
			}
			<-time.After(time.Minute)
		}
		end := time.Now().Add(time.Hour)
		if err := s.Enqueue(t.Context(), []store.Outgoing{{MessageID: "passes", Due: time.Now(), NextAt: time.Now()}}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Mute(t.Context(), store.Mute{Pattern: "x", Until: end}); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		w.ahead = -8 * time.Hour
		<-time.After(time.Minute)
		s = open()
		defer s.Close()
		if next, err := s.NextSend(t.Context()); err != nil || time.Until(next) > 2*time.Minute {
			t.Errorf("what waits for delivery is due in %s, %v", time.Until(next), err)
		}
		mutes, err := s.Mutes(t.Context(), time.Now())
		if err != nil || len(mutes) != 1 || mutes[0].Until.Sub(end).Abs() > 2*time.Minute {
			t.Errorf("got %+v, %v; want one until %s", mutes, err, end)
		}
		if beats, err := s.Heartbeats(t.Context()); err != nil || len(beats) > 0 {
			t.Errorf("heartbeats that nobody sent: %+v, %v", beats, err)
		}
	})
}

// The time of a summary would end after that of its batch otherwise: see outgoing.
func TestASummaryIsNotDueLaterThanItsBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Nanosecond)
		s := steady.New(memory.New(store.Limits{}), steady.Options{})
		defer s.Close()
		due := time.Now()
		if err := s.Enqueue(t.Context(), []store.Outgoing{{MessageID: "m", Due: due, NextAt: due}}); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Second)
		if o, err := s.ClaimOutgoing(t.Context(), time.Now(), time.Minute); err != nil || o == nil || o.Due.After(due) {
			t.Errorf("got %+v, %v; want one that was due by %s", o, err, due)
		}
	})
}

// A shared is an engine with a clock of its own.
type shared struct {
	store.Store
	ahead time.Duration
	asked int
}

func (s *shared) Now(context.Context) (time.Time, error) {
	s.asked++
	return time.Now().Add(s.ahead), nil
}

func TestAStepIsMadeUpForOnceWhenTheClockOfTheStoreIsReadNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w wall
		engine := memory.New(store.Limits{})
		defer engine.Close()
		s := steady.New(&shared{Store: struct{ store.Store }{engine}}, steady.Options{Wall: w.shows})
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, step := range []time.Duration{-8 * time.Hour, 8 * time.Hour} {
			<-time.After(2 * time.Minute) // longer than it goes without reading that clock
			w.ahead += step
			if err := s.Enqueue(t.Context(), []store.Outgoing{{MessageID: "m", NextAt: time.Now().Add(time.Second)}}); err != nil {
				t.Fatal(err)
			}
			next, err := engine.NextSend(t.Context())
			if err != nil || time.Until(next).Abs() > 2*time.Second {
				t.Errorf("after a step of %s what is due in a second is due in %s, %v", step, time.Until(next), err)
			}
			<-time.After(time.Second)
			o, err := s.ClaimOutgoing(t.Context(), time.Now(), time.Minute)
			if err != nil || o == nil {
				t.Fatalf("after a step of %s nothing can be claimed, %v", step, err)
			}
			if err := s.Finish(t.Context(), o.ID); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestNodesGoByTheClockOfAStoreTheyShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var slow, fast wall
		slow.ahead, fast.ahead = -time.Hour, time.Hour
		engine := memory.New(store.Limits{})
		defer engine.Close()
		one := steady.New(&shared{Store: struct{ store.Store }{engine}}, steady.Options{Wall: slow.shows})
		two := steady.New(&shared{Store: struct{ store.Store }{engine}}, steady.Options{Wall: fast.shows})
		for _, s := range []*steady.Store{one, two} {
			if err := s.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := one.Record(t.Context(), []store.Entry{entry(time.Now())}); err != nil {
			t.Fatal(err)
		}
		fast.ahead += time.Hour // set while nobody looks
		if got := claimedAfter(t, two); got != 30*time.Second {
			t.Errorf("due after %s, want 30s", got)
		}
	})
}
