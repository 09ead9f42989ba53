package summarize_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/internal/summarize"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

// relay is a Relay that is up unless it has a time at which it asks again.
type relay struct {
	asks     atomic.Pointer[time.Time]
	retryFor time.Duration
	maxBytes int
}

func (r *relay) down(until time.Time) { r.asks.Store(&until) }

func (r *relay) AsksAt() time.Time {
	if at := r.asks.Load(); at != nil {
		return *at
	}
	return time.Time{}
}
func (r *relay) MayTake(now time.Time) bool             { return !now.Before(r.AsksAt()) }
func (r *relay) NotTried()                              {}
func (r *relay) RetryUntil(due time.Time) time.Time     { return due.Add(r.retryFor) }
func (r *relay) HeldSince(due, now time.Time) time.Time { return time.Time{} }
func (r *relay) Trouble() string                        { return "" }
func (r *relay) MaxBytes(string, time.Time) int         { return r.maxBytes }
func (r *relay) DueAt(time.Time)                        {}

// play runs test in a bubble with a Summarizer that runs until its end. made has when
// summaries were made, since the beginning, and what they are.
func play(t *testing.T, r *relay, renderer render.Renderer, test func(t *testing.T, s *summarize.Summarizer, st store.Store, made chan *render.Summary)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		st, made := memory.New(store.Limits{}), make(chan *render.Summary, 100)
		s := summarize.New(summarize.Config{
			Batches: st, Relay: r, Logger: slog.New(slog.DiscardHandler),
			Policy: func() summarize.Policy {
				return summarize.Policy{Renderer: renderer, Origin: render.Origin{From: "failmail@example.com", Hostname: "mx"}, First: time.Hour}
			},
			Learn:    func(context.Context) error { return nil },
			Problems: st,
			Made:     func(s *render.Summary, _ *message.Mail) { made <- s },
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); s.Run(ctx) }()
		defer func() { cancel(); <-ended }()
		test(t, s, st, made)
	})
}

// record counts a mail of a batch that is due in 30 s, or at once if it may be the first
// of its group.
func record(t *testing.T, s *summarize.Summarizer, st store.Store, batch string, quiet time.Duration) {
	t.Helper()
	now := time.Now()
	err := st.Record(t.Context(), []store.Entry{{
		Batch: batch, Group: "g", Fingerprint: "v2:f", Title: "disk full", Recipients: []string{"ops@example.com"},
		Received: now, Window: store.Window{Wait: 30 * time.Second, MaxWait: 5 * time.Minute}, Quiet: quiet, Sample: []byte("Subject: disk full\r\n\r\nx\r\n"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.DueAt(now)
}

func TestABatchBecomesASummaryWhenItIsDue(t *testing.T) {
	play(t, &relay{maxBytes: 4000}, render.Standard{}, func(t *testing.T, s *summarize.Summarizer, st store.Store, made chan *render.Summary) {
		begin := time.Now()
		record(t, s, st, "a", 0)
		synctest.Wait()
		if open, err := s.Open(t.Context()); err != nil || len(open) != 1 || open[0].Count != 1 || open[0].MaxBytes != 4000 {
			t.Errorf("open: %+v, %v", open, err)
		}
		got := <-made
		if after := time.Since(begin); after != 30*time.Second || got.Batch != "a" || got.Count != 1 {
			t.Errorf("after %v: %+v", after, got)
		}
		out, err := st.Outgoing(t.Context())
		if err != nil || len(out) != 1 || out[0].MessageID != got.MessageID || out[0].From != "failmail@example.com" {
			t.Errorf("in the outbox: %+v, %v", out, err)
		}
	})
}

func TestABatchThatNobodyWouldGetEndsWithoutASummary(t *testing.T) {
	play(t, &relay{}, render.Standard{}, func(t *testing.T, s *summarize.Summarizer, st store.Store, made chan *render.Summary) {
		now := time.Now()
		err := st.Record(t.Context(), []store.Entry{{
			Group: "g", Fingerprint: "v2:f", Title: "MISSING: backup", Received: now, Window: store.Window{Wait: 30 * time.Second, MaxWait: 5 * time.Minute},
		}})
		if err != nil {
			t.Fatal(err)
		}
		s.DueAt(now)
		time.Sleep(time.Minute)
		if pending, err := st.Pending(t.Context()); err != nil || pending != (store.Pending{}) || len(made) > 0 {
			t.Errorf("%+v, %d summaries, %v", pending, len(made), err)
		}
	})
}

func TestABatchStaysOpenWhileTheRelayIsDownUntilItIsGivenUp(t *testing.T) {
	for name, test := range map[string]struct {
		upAfter, retryFor, want time.Duration
	}{
		"the relay is back":         {5 * time.Minute, time.Hour, 5 * time.Minute},
		"its time is over":          {time.Hour, 10 * time.Minute, 10*time.Minute + 30*time.Second},
		"it is back when it is due": {30 * time.Second, time.Hour, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			r := &relay{retryFor: test.retryFor}
			play(t, r, render.Standard{}, func(t *testing.T, s *summarize.Summarizer, st store.Store, made chan *render.Summary) {
				begin := time.Now()
				r.down(begin.Add(test.upAfter))
				record(t, s, st, "a", 0)
				<-made
				if after := time.Since(begin); after < test.want || after > test.want+time.Second {
					t.Errorf("made after %v, want %v", after, test.want)
				}
			})
		})
	}
}

func TestASummaryIsMadeWithoutTheRendererThatFails(t *testing.T) {
	for name, renderer := range map[string]render.RendererFunc{
		"an error": func(context.Context, *render.Summary) (*message.Mail, error) { return nil, errors.New("no template") },
		"a panic":  func(context.Context, *render.Summary) (*message.Mail, error) { panic("no template") },
		"no mail":  func(context.Context, *render.Summary) (*message.Mail, error) { return nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			play(t, &relay{}, renderer, func(t *testing.T, s *summarize.Summarizer, st store.Store, made chan *render.Summary) {
				record(t, s, st, "a", 0)
				if got := <-made; got.Count != 1 {
					t.Errorf("%+v", got)
				}
			})
		})
	}
}

func TestABatchWhoseRendererHangsIsShownAndNotLost(t *testing.T) {
	slow := render.RendererFunc(func(ctx context.Context, s *render.Summary) (*message.Mail, error) {
		time.Sleep(time.Hour)
		return render.Standard{}.Render(ctx, s)
	})
	play(t, &relay{}, slow, func(t *testing.T, s *summarize.Summarizer, st store.Store, made chan *render.Summary) {
		record(t, s, st, "a", 0)
		time.Sleep(time.Minute)
		if c := s.Claimed(); c == nil || c.Count != 1 || len(c.Groups[0].Variants) != 1 {
			t.Errorf("claimed: %+v", c)
		}
		<-made
		synctest.Wait()
		if c := s.Claimed(); c != nil {
			t.Errorf("still claimed: %+v", c)
		}
	})
}

func TestTheSummaryOfWhatFollowsSaysWhatWasSentAtOnce(t *testing.T) {
	play(t, &relay{}, render.Standard{}, func(t *testing.T, s *summarize.Summarizer, st store.Store, made chan *render.Summary) {
		record(t, s, st, "a", time.Hour)
		first := <-made
		record(t, s, st, "a", time.Hour)
		second := <-made
		if !first.Early || second.Early || second.Groups[0].Ahead.Count != 1 {
			t.Errorf("first %+v, second %+v", first.Groups[0], second.Groups[0])
		}
	})
}

func TestTheSummariesOfAnIncidentHaveOneThread(t *testing.T) {
	play(t, &relay{}, render.Standard{}, func(t *testing.T, s *summarize.Summarizer, st store.Store, made chan *render.Summary) {
		summary := func(batch string, first time.Duration, quiet time.Duration) string {
			time.Sleep(quiet)
			record(t, s, st, batch, first)
			return (<-made).Thread
		}
		begin := summary("a", time.Hour, 0)
		for _, next := range []struct {
			name  string
			batch string
			first time.Duration
			quiet time.Duration
			same  bool
		}{
			{"what follows a first mail", "a", time.Hour, 0, true},
			{"one of another batch key", "b", 0, 0, false},
			{"one after a pause", "a", 0, 50 * time.Minute, true},
			{"one after as long again", "a", 0, 50 * time.Minute, true},
			{"one after a silence", "a", 0, 2 * time.Hour, false},
		} {
			if thread := summary(next.batch, next.first, next.quiet); (thread == begin) != next.same {
				t.Errorf("%s is in thread %s, the first one in %s", next.name, thread, begin)
			}
		}
	})
}

func TestASummaryThatIsMadeAgainKeepsItsThread(t *testing.T) {
	play(t, &relay{}, render.Standard{}, func(t *testing.T, s *summarize.Summarizer, st store.Store, made chan *render.Summary) {
		record(t, s, st, "a", 0)
		first := <-made
		synctest.Wait()
		out, err := st.ClaimOutgoing(t.Context(), time.Now(), time.Hour)
		if err != nil || out == nil {
			t.Fatalf("in the outbox: %+v, %v", out, err)
		}
		time.Sleep(3 * time.Hour) // the relay is down
		synctest.Wait()           // or the loop looks between the two steps below
		if err := st.Reopen(t.Context(), out.ID, first.Created); err != nil {
			t.Fatal(err)
		}
		record(t, s, st, "a", 0)
		if again := <-made; again.Count != 2 || again.Thread != first.Thread {
			t.Errorf("of %d mails in thread %s, before in %s", again.Count, again.Thread, first.Thread)
		}
	})
}

func TestAllMakesSummariesOfWhatIsNotDue(t *testing.T) {
	r := &relay{retryFor: time.Hour}
	play(t, r, render.Standard{}, func(t *testing.T, s *summarize.Summarizer, st store.Store, made chan *render.Summary) {
		r.down(time.Now().Add(time.Hour))
		record(t, s, st, "a", 0)
		record(t, s, st, "b", 0)
		if err := s.All(t.Context()); err != nil || len(made) != 2 {
			t.Errorf("%d were made, %v", len(made), err)
		}
	})
}
