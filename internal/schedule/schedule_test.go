package schedule_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/internal/schedule"
)

var errDown = errors.New("the store is down")

// A plan is work for a Loop that notes when it is called. Its methods run on
// the Loop's goroutine.
type plan struct {
	mu    sync.Mutex
	start time.Time
	due   []time.Time     // what is to be done; empty means never
	nexts []time.Duration // calls of Next since the start
	steps []time.Duration // calls of Step since the start
	slow  time.Duration   // how long a Next takes
	fails func(step bool) error
}

func (p *plan) next(context.Context) (time.Time, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.nexts = append(p.nexts, time.Since(p.start))
	answer := p.start.Add(1000 * time.Hour)
	if len(p.due) > 0 {
		answer = slices.MinFunc(p.due, time.Time.Compare)
	}
	if slow := p.slow; slow > 0 {
		p.mu.Unlock()
		<-time.After(slow)
		p.mu.Lock()
	}
	if p.fails != nil {
		if err := p.fails(false); err != nil {
			return time.Time{}, err
		}
	}
	return answer, nil
}

func (p *plan) step(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.steps = append(p.steps, time.Since(p.start))
	if p.fails != nil {
		if err := p.fails(true); err != nil {
			return err
		}
	}
	now := time.Now()
	p.due = slices.DeleteFunc(p.due, func(t time.Time) bool { return !t.After(now) })
	return nil
}

// add plans work d after the start, as a mail would that is recorded.
func (p *plan) add(d time.Duration) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.due = append(p.due, p.start.Add(d))
	return p.start.Add(d)
}

// calls returns what Next and Step were called since the last time.
func (p *plan) calls() (nexts, steps []time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	nexts, steps = p.nexts, p.steps
	p.nexts, p.steps = nil, nil
	return nexts, steps
}

// run runs test beside a Loop over p inside a bubble of fake time.
func run(t *testing.T, p *plan, test func(t *testing.T, l *schedule.Loop)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p.start = time.Now()
		l := &schedule.Loop{Next: p.next, Step: p.step, Name: "work", Logger: slog.New(slog.DiscardHandler)}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); l.Run(ctx) }()
		synctest.Wait()
		test(t, l)
		cancel()
		<-done
	})
}

// until lets the fake time pass up to d after the start.
func (p *plan) until(d time.Duration) {
	<-time.After(time.Until(p.start.Add(d)))
	synctest.Wait()
}

func expect(t *testing.T, what string, got []time.Duration, want ...time.Duration) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s at %v, want %v", what, got, want)
	}
}

const second = time.Second

func TestTheLoopStepsWhenNextSays(t *testing.T) {
	p := &plan{}
	run(t, p, func(t *testing.T, l *schedule.Loop) {
		nexts, _ := p.calls()
		expect(t, "first look", nexts, 0)
		l.DueAt(p.add(5 * second))
		l.DueAt(p.add(9 * second))
		p.until(20 * second)
		_, steps := p.calls()
		expect(t, "steps", steps, 5*second, 9*second)
	})
}

func TestWorkThatIsDueAlreadyIsDoneAtOnce(t *testing.T) {
	p := &plan{due: []time.Time{time.Unix(0, 0)}}
	run(t, p, func(t *testing.T, l *schedule.Loop) {
		_, steps := p.calls()
		expect(t, "steps", steps, 0)
		p.until(3 * second)
		l.DueAt(p.add(second)) // in the past
		synctest.Wait()
		_, steps = p.calls()
		expect(t, "steps", steps, 3*second)
	})
}

func TestDueAtWakesTheLoopOnlyForSomethingEarlier(t *testing.T) {
	p := &plan{}
	run(t, p, func(t *testing.T, l *schedule.Loop) {
		l.DueAt(p.add(20 * second))
		synctest.Wait()
		p.calls()
		for range 1000 {
			l.DueAt(p.add(25 * second))
			l.DueAt(p.start.Add(20 * second))
		}
		p.until(second)
		nexts, _ := p.calls()
		expect(t, "looks for something later", nexts)

		l.DueAt(p.add(3 * second))
		p.until(4 * second)
		_, steps := p.calls()
		expect(t, "steps for something earlier", steps, 3*second)

		p.until(26 * second)
		_, steps = p.calls()
		expect(t, "steps afterwards", steps, 20*second, 25*second)
	})
}

func TestAFloodDuringASlowLookCausesNoFurtherOne(t *testing.T) {
	p := &plan{slow: 2 * second}
	run(t, p, func(t *testing.T, l *schedule.Loop) {
		p.until(second) // inside the first look
		for range 1000 {
			l.DueAt(p.add(10 * second))
			l.DueAt(p.add(12 * second))
		}
		p.until(9 * second)
		nexts, _ := p.calls()
		expect(t, "looks", nexts, 0)
		// What the first look could not see is still found in time.
		p.until(11 * second)
		nexts, _ = p.calls()
		expect(t, "looks", nexts, 10*second)
		p.until(12 * second)
		_, steps := p.calls()
		expect(t, "steps", steps, 12*second)
	})
}

func TestTheLoopSleepsAtMostHalfAMinute(t *testing.T) {
	p := &plan{}
	run(t, p, func(t *testing.T, _ *schedule.Loop) {
		p.until(100 * second)
		nexts, steps := p.calls()
		expect(t, "looks", nexts, 0, 30*second, 60*second, 90*second)
		expect(t, "steps", steps)
	})
}

func TestFailuresAreRetriedEverMoreSlowly(t *testing.T) {
	ms := time.Millisecond
	waits := []time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms, 1600 * ms, 3200 * ms, 6400 * ms, 12800 * ms, 15 * second, 15 * second}
	for _, tt := range []struct {
		name string
		step bool
	}{{"when Next fails", false}, {"when Step fails", true}} {
		t.Run(tt.name, func(t *testing.T) {
			var failing error
			p := &plan{}
			p.fails = func(step bool) error {
				if step == tt.step {
					return failing
				}
				return nil
			}
			run(t, p, func(t *testing.T, l *schedule.Loop) {
				outage := func() {
					t.Helper()
					p.mu.Lock()
					failing = errDown
					p.mu.Unlock()
					begin := time.Since(p.start)
					p.calls()
					l.DueAt(p.add(begin))
					want, at := []time.Duration{begin}, begin
					for _, wait := range waits {
						at += wait
						want = append(want, at)
					}
					p.until(at)
					nexts, steps := p.calls()
					if tt.step {
						expect(t, "tries", steps, want...)
					} else {
						expect(t, "tries", nexts, want...)
					}
					p.mu.Lock()
					failing = nil
					p.mu.Unlock()
					p.until(at + 15*second)
					if _, steps := p.calls(); len(steps) != 1 {
						t.Errorf("steps after the outage at %v, want one", steps)
					}
				}
				outage()
				outage() // as fast again as in the first one
			})
		})
	}
}

func TestALookThatFindsNothingEndsTheBackoff(t *testing.T) {
	var failing error
	p := &plan{}
	p.fails = func(bool) error { return failing }
	run(t, p, func(t *testing.T, l *schedule.Loop) {
		fail := func(err error) {
			p.mu.Lock()
			defer p.mu.Unlock()
			failing = err
		}
		fail(errDown)
		p.until(90 * second) // long enough for the slowest pace
		fail(nil)
		p.until(180 * second)
		fail(errDown)
		p.calls()
		l.DueAt(p.start.Add(180 * second))
		p.until(180*second + 100*time.Millisecond)
		nexts, _ := p.calls()
		expect(t, "looks", nexts, 180*second, 180*second+100*time.Millisecond)
	})
}

func TestALoopThatIsNeverDonePauses(t *testing.T) {
	ready := func(context.Context) (time.Time, error) { return time.Now(), nil }
	idle := func(context.Context) (time.Time, error) { return time.Now().Add(time.Hour), nil }
	nothing := func(context.Context) error { return nil }
	for _, tt := range []struct {
		name string
		next func(context.Context) (time.Time, error)
		step func(l *schedule.Loop)
	}{
		{"since what is due stays due", ready, func(*schedule.Loop) {}},
		{"since it gives itself work", ready, func(l *schedule.Loop) { l.DueAt(time.Now()) }},
		{"since it is woken at once", idle, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				looks := 0
				l := &schedule.Loop{Name: "work", Logger: slog.New(slog.DiscardHandler), Step: nothing}
				l.Next = func(ctx context.Context) (time.Time, error) {
					looks++
					if tt.step == nil {
						l.DueAt(time.Now())
					}
					return tt.next(ctx)
				}
				if tt.step != nil {
					l.Step = func(context.Context) error { tt.step(l); return nil }
				}
				ctx, cancel := context.WithTimeout(t.Context(), 10*second-time.Millisecond)
				defer cancel()
				l.Run(ctx)
				if looks != 1000 {
					t.Errorf("looked %d times in 10 s, want 10 in 100 ms", looks)
				}
			})
		})
	}
}

// Nothing is due when a loop looks again, but is by the time that the other one has looked.
func TestLoopsThatGiveEachOtherWorkPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*second-time.Millisecond)
		defer cancel()
		var loops [2]schedule.Loop
		var due [2]atomic.Bool
		var steps atomic.Int64
		var ended sync.WaitGroup
		due[0].Store(true)
		for i := range loops {
			l, other := &loops[i], &loops[1-i]
			l.Name, l.Logger = "work", slog.New(slog.DiscardHandler)
			l.Next = func(context.Context) (time.Time, error) {
				if due[i].Load() {
					return time.Now(), nil
				}
				return time.Now().Add(time.Hour), nil
			}
			l.Step = func(context.Context) error {
				steps.Add(1)
				due[i].Store(false)
				due[1-i].Store(true)
				other.DueAt(time.Now())
				return nil
			}
			ended.Go(func() { l.Run(ctx) })
		}
		ended.Wait()
		if n := steps.Load(); n > 2000 {
			t.Errorf("%d steps in 10 s, want 20 in 100 ms at most", n)
		}
	})
}

func TestTheLoopEndsWithItsContext(t *testing.T) {
	never := func(context.Context) (time.Time, error) { return time.Now().Add(time.Hour), nil }
	now := func(context.Context) (time.Time, error) { return time.Now(), nil }
	untilEnd := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	tests := []struct {
		name string
		next func(context.Context) (time.Time, error)
		step func(context.Context) error
	}{
		{"while it sleeps", never, nil},
		{"while it looks", func(ctx context.Context) (time.Time, error) { return time.Time{}, untilEnd(ctx) }, nil},
		{"while it works", now, untilEnd},
		{"while it finishes work in spite of the end", now, func(ctx context.Context) error { <-ctx.Done(); return nil }},
		{"while it waits to try again", now, func(context.Context) error { return errDown }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second+time.Millisecond)
				defer cancel()
				begin := time.Now()
				(&schedule.Loop{Next: tt.next, Step: tt.step, Name: "work", Logger: slog.New(slog.DiscardHandler)}).Run(ctx)
				if took := time.Since(begin); took != time.Second+time.Millisecond {
					t.Errorf("Run took %v", took)
				}
			})
		})
	}
}

func TestDueAtBeforeRunDoesNothing(*testing.T) { new(schedule.Loop).DueAt(time.Now()) }
