package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/internal/dispatch"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

var (
	errDown = deliver.Unreachable(errors.New("connection refused"))
	errFull = errors.New("450 mailbox full")
)

// A world is a Dispatcher between a store and a relay that is played. It notes what the
// Observer is told, and when.
type world struct {
	*dispatch.Dispatcher
	store   *memory.Store
	policy  dispatch.Policy
	failDir *deliver.Maildir
	begin   time.Time
	end     func() // ends the Dispatcher

	mu    sync.Mutex
	relay func(m *deliver.Mail) error
	told  []string
}

// play runs test in a bubble, with a Dispatcher that runs until its end.
func play(t *testing.T, policy dispatch.Policy, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{
			store: memory.New(store.Limits{}), failDir: &deliver.Maildir{Dir: t.TempDir() + "/failed"}, begin: time.Now(),
			relay: func(*deliver.Mail) error { return nil },
		}
		policy.Sender = deliver.SenderFunc(func(_ context.Context, m *deliver.Mail) error {
			w.mu.Lock()
			relay := w.relay
			w.mu.Unlock()
			err := relay(m)
			w.note("tried %s for %s", m.MessageID, strings.Join(m.To, " "))
			return err
		})
		w.policy = policy
		w.start(t)
		defer func() { w.end() }()
		test(t, w)
	})
}

// start makes a Dispatcher, which runs until end.
func (w *world) start(t *testing.T) {
	w.Dispatcher = dispatch.New(dispatch.Config{
		Outbox: w.store, Notebook: w.store, FailDir: w.failDir, Policy: func() dispatch.Policy { return w.policy }, Observer: w, Logger: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	d := w.Dispatcher
	go func() { defer close(ended); d.Run(ctx) }()
	w.end = func() { cancel(); <-ended; d.StopResending() }
}

func (w *world) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, fmt.Sprintf("%v ", time.Since(w.begin).Round(time.Second))+fmt.Sprintf(format, args...))
}

func (w *world) answers(relay func(m *deliver.Mail) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.relay = relay
}

func (w *world) Became(o *store.Outgoing, r dispatch.Result, _ error) {
	w.note("%s %s", o.MessageID, r)
}
func (w *world) Reopened(o *store.Outgoing) { w.note("%s reopened", o.MessageID) }
func (w *world) Unkept()                    { w.note("unkept") }
func (w *world) SummarizeAt(time.Time)      {}

// summary seals a summary, longer by some bytes, as it would be made now.
func (w *world) summary(t *testing.T, id string, longer int) {
	t.Helper()
	now := time.Now()
	err := w.store.Record(t.Context(), []store.Entry{{
		Batch: id, Group: "g", Fingerprint: "v2:f", Title: "disk full", Recipients: []string{"ops@example.com"}, Received: now,
	}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := w.store.Claim(t.Context(), now, time.Minute)
	if err != nil || b == nil {
		t.Fatal("nothing to claim:", err)
	}
	o := mail(id, slices.Sorted(maps.Keys(b.Recipients))...)
	o.Mail = append(o.Mail, make([]byte, longer)...)
	if err := w.store.Seal(t.Context(), b.ID, []store.Outgoing{o}); err != nil {
		t.Fatal(err)
	}
	w.DueAt(now)
}

func mail(id string, to ...string) store.Outgoing {
	now := time.Now()
	return store.Outgoing{
		Batch: id, MessageID: id, From: "failmail@example.com", To: to, Mail: []byte("Subject: " + id + "\r\n\r\nx\r\n"), Count: 1, Groups: 1, Due: now, NextAt: now,
	}
}

// expect compares what was told since the last expect.
func (w *world) expect(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.told, want) {
		t.Errorf("told\n  %s\nwant\n  %s", strings.Join(w.told, "\n  "), strings.Join(want, "\n  "))
	}
	w.told = nil
}

func (w *world) pending(t *testing.T) store.Pending {
	t.Helper()
	p, err := w.store.Pending(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestASummaryIsDeliveredAtOnceAndThenGone(t *testing.T) {
	play(t, dispatch.Policy{}, func(t *testing.T, w *world) {
		w.summary(t, "a", 0)
		w.expect(t, "0s tried a for ops@example.com", "0s a sent")
		if p := w.pending(t); p != (store.Pending{}) {
			t.Errorf("kept: %+v", p)
		}
	})
}

func TestASummaryOfAnOutageIsReopenedAndTheRelayAskedEverMoreSlowly(t *testing.T) {
	play(t, dispatch.Policy{RetryFor: time.Hour}, func(t *testing.T, w *world) {
		w.answers(func(*deliver.Mail) error { return errDown })
		w.summary(t, "a", 0)
		w.expect(t, "0s tried a for ops@example.com", "0s a reopened")
		if p := w.pending(t); p.Batches != 1 || p.Outbox != 0 {
			t.Errorf("kept: %+v", p)
		}
		if s := w.State(); s.Up() || s.Error != errDown.Error() || w.Trouble() != "could not be reached" {
			t.Errorf("state: %+v, trouble %q", s, w.Trouble())
		}
		var pauses []time.Duration
		for range 4 {
			asks := w.AsksAt()
			pauses = append(pauses, time.Until(asks))
			if w.MayTake(asks.Add(-time.Millisecond)) {
				t.Error("the relay is asked before its time")
			}
			time.Sleep(time.Until(asks))
			if !w.MayTake(asks) || w.MayTake(asks) {
				t.Error("one summary asks whether the relay is up")
			}
			w.summary(t, "a", 0)
			synctest.Wait()
		}
		for i := 1; i < len(pauses); i++ {
			if pauses[i] <= pauses[i-1] {
				t.Errorf("pauses: %v", pauses)
			}
		}
		w.told = nil
		w.answers(func(*deliver.Mail) error { return nil })
		time.Sleep(time.Until(w.AsksAt()))
		w.MayTake(time.Now())
		at := time.Since(w.begin).Round(time.Second).String()
		w.summary(t, "a", 0)
		w.expect(t, at+" tried a for ops@example.com", at+" a sent")
		if !w.State().Up() || !w.AsksAt().IsZero() {
			t.Error("it is not up")
		}
	})
}

func TestWhatIsNoSummaryIsPostponedUntilTheRelayIsAskedAgain(t *testing.T) {
	play(t, dispatch.Policy{RetryFor: time.Minute}, func(t *testing.T, w *world) {
		w.answers(func(*deliver.Mail) error { return errDown })
		if err := w.Enqueue(t.Context(), mail("pass", "a@example.com")); err != nil {
			t.Fatal(err)
		}
		w.expect(t, "0s tried pass for a@example.com", "0s pass postponed")
		w.answers(func(*deliver.Mail) error { return nil })
		time.Sleep(time.Minute)
		synctest.Wait()
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.told) != 2 || !strings.HasSuffix(w.told[1], "pass sent") {
			t.Errorf("told %q", w.told)
		}
	})
}

func TestOnlyThoseAreTriedAgainWhoWereNotServed(t *testing.T) {
	play(t, dispatch.Policy{RetryFor: time.Hour}, func(t *testing.T, w *world) {
		w.answers(func(*deliver.Mail) error {
			return &deliver.RefusedError{Refused: map[string]error{"b@example.com": errFull, "c@example.com": deliver.Permanent(errFull)}}
		})
		if err := w.Enqueue(t.Context(), mail("m", "a@example.com", "b@example.com", "c@example.com")); err != nil {
			t.Fatal(err)
		}
		w.expect(t, "0s tried m for a@example.com b@example.com c@example.com", "0s m sent", "0s m failed", "0s m postponed")
		failed, _, err := w.failDir.List(10)
		if err != nil || len(failed) != 1 || !slices.Equal(failed[0].To, []string{"c@example.com"}) {
			t.Errorf("in the fail-dir: %+v, %v", failed, err)
		}
		w.answers(func(*deliver.Mail) error { return nil })
		time.Sleep(10 * time.Second)
		synctest.Wait()
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.told) != 2 || !strings.HasSuffix(w.told[0], "tried m for b@example.com") {
			t.Errorf("told %q", w.told)
		}
	})
}

func TestASummaryThatIsTooLargeIsMadeAgainSmallerUntilItCannotBe(t *testing.T) {
	play(t, dispatch.Policy{RetryFor: time.Hour}, func(t *testing.T, w *world) {
		w.answers(func(*deliver.Mail) error { return deliver.Permanent(deliver.TooLarge(errors.New("552 5.3.4 too big"))) })
		w.summary(t, "a", 100<<10)
		w.expect(t, "0s tried a for ops@example.com", "0s a reopened")
		bound := w.MaxBytes("a", time.Now())
		if bound <= 0 || bound > 60<<10 || w.MaxBytes("b", time.Now()) != 0 {
			t.Errorf("at most %d bytes", bound)
		}
		w.summary(t, "a", 100<<10) // it could not be made smaller
		w.expect(t, "0s tried a for ops@example.com", "0s a failed")
		time.Sleep(2 * time.Hour)
		if n := w.MaxBytes("a", time.Now()); n != 0 {
			t.Errorf("at most %d bytes two hours later", n)
		}
	})
}

func TestAtTheEndWhatTheRelayDoesNotTakeGoesToTheFailDir(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{store: memory.New(store.Limits{}), failDir: &deliver.Maildir{Dir: t.TempDir() + "/failed"}, begin: time.Now()}
		sender := deliver.SenderFunc(func(_ context.Context, m *deliver.Mail) error {
			if m.MessageID == "b" {
				return errFull
			}
			return nil
		})
		d := dispatch.New(dispatch.Config{
			Outbox: w.store, FailDir: w.failDir, Policy: func() dispatch.Policy { return dispatch.Policy{Sender: sender, RetryFor: time.Hour} },
			Observer: w, Logger: slog.New(slog.DiscardHandler),
		})
		late := mail("a", "a@example.com")
		late.NextAt = late.NextAt.Add(time.Hour)
		if err := w.store.Enqueue(t.Context(), []store.Outgoing{late}); err != nil {
			t.Fatal(err)
		}
		made := false
		err := d.Drain(t.Context(), func(ctx context.Context) error {
			if made {
				return nil
			}
			made = true
			return w.store.Enqueue(ctx, []store.Outgoing{mail("b", "b@example.com")})
		})
		if err != nil {
			t.Fatal(err)
		}
		w.expect(t, "0s b failed", "0s a sent")
		if p := w.pending(t); p.Outbox != 0 {
			t.Errorf("%d are left", p.Outbox)
		}
	})
}

func TestTheEndWaitsForNoLastAttemptAndNoTurn(t *testing.T) {
	for name, begin := range map[string]func(t *testing.T, w *world){
		"a summary is tried one last time": func(t *testing.T, w *world) {
			w.answers(func(*deliver.Mail) error { return errDown })
			w.summary(t, "a", 0)
			synctest.Wait()
			w.answers(func(*deliver.Mail) error { time.Sleep(time.Hour); return errDown })
			late := mail("late", "a@example.com")
			late.Due = late.Due.Add(-time.Hour) // it is given up, though the relay is not asked yet
			if err := w.store.Enqueue(t.Context(), []store.Outgoing{late}); err != nil {
				t.Fatal(err)
			}
			w.DueAt(time.Now())
		},
		"a mail of the fail-dir waits for its turn": func(t *testing.T, w *world) {
			w.answers(func(*deliver.Mail) error { time.Sleep(time.Hour); return nil })
			if err := w.failDir.Keep(t.Context(), &deliver.Mail{To: []string{"a@example.com"}, MessageID: "kept", Raw: []byte("Subject: x\r\n\r\n")}, errFull); err != nil {
				t.Fatal(err)
			}
			w.summary(t, "a", 0)
			synctest.Wait()
			go func() {
				if _, err := w.Resend(t.Context(), func(deliver.Resent) { t.Error("it was sent") }); err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}()
		},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, dispatch.Policy{}, func(t *testing.T, w *world) {
				began := time.Now()
				begin(t, w)
				synctest.Wait()
				w.StopResending()
				w.end()
				if took := time.Since(began); took > 10*time.Second {
					t.Errorf("the end took %v", took)
				}
				time.Sleep(2 * time.Hour) // until the Sender, which does not look at its context, has ended
			})
		})
	}
}
