package overdue

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/internal/routine"
	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

// A kind of job says when its runs begin, and how late their mails are.
type kind struct {
	name   string
	next   func(at time.Time) time.Time // when the run after that at a time begins
	jitter func(r *rand.Rand, n int) time.Duration
	// within is how late a gap is told at most; 0 of what has no routine.
	within time.Duration
}

func normal(r *rand.Rand, spread time.Duration) time.Duration {
	return time.Duration(math.Abs(r.NormFloat64()) * float64(spread))
}

// longTail is mostly minutes, and now and then an hour or two.
func longTail(r *rand.Rand, middle time.Duration) time.Duration {
	return time.Duration(math.Exp(r.NormFloat64()*0.7) * float64(middle))
}

func eachDay(at time.Time) time.Time { return at.AddDate(0, 0, 1) }

func onDays(days ...time.Weekday) func(at time.Time) time.Time {
	return nextDay(func(day time.Time) bool { return slices.Contains(days, day.Weekday()) })
}

func after(d time.Duration) func(at time.Time) time.Time {
	return func(at time.Time) time.Time { return at.Add(d) }
}

var workdays = onDays(time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday)

var kinds = []kind{
	{"daily", eachDay, func(r *rand.Rand, _ int) time.Duration { return 5*time.Minute + normal(r, 10*time.Minute) }, 10 * time.Hour},
	{"daily, spread", eachDay, func(r *rand.Rand, _ int) time.Duration { return 20*time.Minute + normal(r, 30*time.Minute) }, 10 * time.Hour},
	{"daily, long tail", eachDay, func(r *rand.Rand, _ int) time.Duration { return longTail(r, 20*time.Minute) }, 10 * time.Hour},
	{"daily, slower each day", eachDay, func(r *rand.Rand, n int) time.Duration {
		return time.Duration(n)*2*time.Minute + normal(r, 5*time.Minute)
	}, 10 * time.Hour},
	{"workdays", workdays, func(r *rand.Rand, _ int) time.Duration { return longTail(r, 10*time.Minute) }, 10 * time.Hour},
	{"all but Sundays", onDays(time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday), func(r *rand.Rand, _ int) time.Duration { return normal(r, 10*time.Minute) }, 10 * time.Hour},
	{"weekly", onDays(time.Sunday), func(r *rand.Rand, _ int) time.Duration { return 2*time.Hour + longTail(r, 20*time.Minute) }, 10 * time.Hour},
	{"every 6 h", after(6 * time.Hour), func(r *rand.Rand, _ int) time.Duration { return normal(r, 8*time.Minute) }, 6 * time.Hour},
	{"every hour", after(time.Hour), func(r *rand.Rand, _ int) time.Duration { return normal(r, 2*time.Minute) }, time.Hour},
	{"now and then", func(at time.Time) time.Time {
		return at.Add(time.Duration(5+rand.New(rand.NewPCG(uint64(at.Unix()), 0)).IntN(97)) * time.Hour)
	}, func(r *rand.Rand, _ int) time.Duration { return normal(r, time.Hour) }, 0},
}

// nextDay returns the first day after at that is one of those.
func nextDay(is func(day time.Time) bool) func(at time.Time) time.Time {
	return func(at time.Time) time.Time {
		for at = eachDay(at); !is(at); {
			at = eachDay(at)
		}
		return at
	}
}

var monthly = []kind{
	{"on a day of the month", func(at time.Time) time.Time { return at.AddDate(0, 1, 0) }, func(r *rand.Rand, _ int) time.Duration { return longTail(r, 20*time.Minute) }, 20 * time.Hour},
	{"on the last day", nextDay(func(day time.Time) bool { return eachDay(day).Day() == 1 }), func(r *rand.Rand, _ int) time.Duration { return normal(r, 30*time.Minute) }, 20 * time.Hour},
	{"on the first Sunday", nextDay(func(day time.Time) bool { return day.Weekday() == time.Sunday && day.Day() <= 7 }), func(r *rand.Rand, _ int) time.Duration { return time.Hour + longTail(r, 20*time.Minute) }, 9 * 24 * time.Hour},
	{"on the last Friday", nextDay(func(day time.Time) bool { return day.Weekday() == time.Friday && day.AddDate(0, 0, 7).Day() <= 7 }), func(r *rand.Rand, _ int) time.Duration { return normal(r, 30*time.Minute) }, 9 * 24 * time.Hour},
	{"every 4 weeks", after(28 * 24 * time.Hour), func(r *rand.Rand, _ int) time.Duration { return normal(r, 10*time.Minute) }, 0},
}

// A season is a time in which jobs run: days in which they teach what they do, and days in
// which each of them has two gaps.
type season struct {
	kinds             []kind
	jobs, teach, days int
}

// A plant has jobs that run, and a proxy that is sometimes down, on one store.
type plant struct {
	t      *testing.T
	zone   *time.Location
	engine store.Store

	mu    sync.Mutex
	watch *Watch // nil while no process runs
	book  *routine.Book
	list  *expect.List // of the settings
	up    chan struct{}
	told  []told
	down  []time.Time // when a process ended
}

type told struct {
	at      time.Time
	subject string
}

// run has a process from now on until stop.
func (p *plant) run() (stop func()) {
	book := routine.New(routine.Config{
		Notebook: p.engine.(store.Notebook), Settings: func() *expect.List { return p.list }, Alarm: func() bool { return true },
		Redact: func(text string) string { return text }, Zone: p.zone, Logger: slog.New(slog.DiscardHandler),
	})
	if err := book.Sync(p.t.Context()); err != nil {
		p.t.Error(err)
	}
	watch := New(Config{
		Store: p.engine, Engine: p.engine, List: book.List, Last: book.Last,
		From: func() string { return "failmail@example.net" }, Logger: slog.New(slog.DiscardHandler),
		Submit: func(_ context.Context, m *message.Message) error {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.told = append(p.told, told{time.Now(), m.Subject()})
			return nil
		},
	})
	ctx, cancel := context.WithCancel(p.t.Context())
	var loops sync.WaitGroup
	loops.Go(func() { book.Run(ctx) })
	loops.Go(func() { watch.Run(ctx) })
	p.mu.Lock()
	defer p.mu.Unlock()
	p.book, p.watch = book, watch
	close(p.up)
	return func() {
		p.mu.Lock()
		p.watch, p.up = nil, make(chan struct{})
		p.down = append(p.down, time.Now())
		p.mu.Unlock()
		cancel()
		loops.Wait()
	}
}

// mail brings a good mail of a job; a client waits as long as no process runs, and some
// minutes more.
func (p *plant) mail(job, sender string, retry time.Duration) {
	for {
		p.mu.Lock()
		watch, book, up := p.watch, p.book, p.up
		p.mu.Unlock()
		if watch == nil {
			<-up
			time.Sleep(retry)
			continue
		}
		m := message.New(sender, []string{"ops@example.net"}, []byte("From: "+sender+"\r\nSubject: "+job+" ok\r\n\r\n"))
		m.Received = time.Now()
		m.Meaning = meaning.Meaning{Status: meaning.OK, Source: sender, Object: job}
		jobs := book.List().Of(m)
		book.Came(m, jobs)
		if err := watch.Came(p.t.Context(), m, jobs); err != nil {
			p.t.Error(err)
		}
		return
	}
}

// A gap is a mail that does not come.
type gap struct {
	job    string
	due    time.Time
	within time.Duration
}

// seeds is how many times the ninety days pass, each with another jitter.
const seeds = uint64(1)

// Jobs for ninety days after some that have taught what they do, in which the clock is set to
// summer time. What is learned raises no false alarm, and each gap is told in time,
// also over restarts and while the proxy was down for hours.
func TestNinetyDaysOfLearnedSchedules(t *testing.T) {
	for name, s := range map[string]season{"jobs": {kinds, 40, 45, 75}, "monthly jobs": {monthly, 10, 160, 150}} {
		for seed := range seeds {
			t.Run(fmt.Sprint(name, ", seed ", seed), func(t *testing.T) { synctest.Test(t, func(t *testing.T) { s.pass(t, seed) }) })
		}
	}
}

func (s season) pass(t *testing.T, seed uint64) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	list, err := expect.New(nil, zone)
	if err != nil {
		t.Fatal(err)
	}
	p := &plant{t: t, zone: zone, engine: memory.New(store.Limits{}), list: list, up: make(chan struct{})}
	stop := p.run()
	begin := time.Now() // a Saturday
	days := s.teach + s.days
	end := begin.AddDate(0, 0, days)
	var jobs sync.WaitGroup
	var mu sync.Mutex
	var gaps []gap
	for i := range s.jobs {
		k := s.kinds[i%len(s.kinds)]
		name, sender := fmt.Sprintf("job%02d %s", i, strings.ReplaceAll(k.name, ",", "")), fmt.Sprintf("backup@srv%d.example.net", i)
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		at := time.Date(2000, time.January, 1+random.IntN(3), random.IntN(24), random.IntN(60), 0, 0, zone)
		// Two gaps of the jobs with a routine, once that was taught.
		from := begin.AddDate(0, 0, s.teach+random.IntN(20))
		twice := []time.Time{from, from.AddDate(0, 0, s.days/3)}
		jobs.Go(func() {
			for n := 0; ; n++ {
				if at = k.next(at); at.After(end) {
					return
				}
				comes := at.Add(k.jitter(random, n))
				time.Sleep(time.Until(comes))
				if len(twice) > 0 && at.After(twice[0]) && k.within > 0 {
					twice = twice[1:]
					mu.Lock()
					gaps = append(gaps, gap{name, comes, k.within})
					mu.Unlock()
					continue
				}
				p.mail(name, sender, time.Duration(random.IntN(30))*time.Minute)
			}
		})
	}
	// Restarts, and hours in which no process runs.
	for day := 10; day < days-5; day += 7 {
		time.Sleep(time.Until(begin.AddDate(0, 0, day).Add(time.Duration(day) * time.Hour % (24 * time.Hour))))
		stop()
		if day%2 == 0 {
			time.Sleep(5 * time.Hour)
		}
		stop = p.run()
	}
	jobs.Wait()
	time.Sleep(48 * time.Hour) // the jobs have ended, which is told, too
	synctest.Wait()
	stop()
	check(t, p, gaps, end)
}

// check compares what was told with the gaps there were.
func check(t *testing.T, p *plant, gaps []gap, end time.Time) {
	left := slices.Clone(gaps)
	for _, told := range p.told {
		name, missing := strings.CutPrefix(told.subject, "MISSING: ")
		if !missing || told.at.After(end) {
			continue
		}
		name, _, _ = strings.Cut(name, ",")
		i := -1 // the last before it
		for k, g := range left {
			if g.job == name && told.at.After(g.due.Add(-time.Hour)) {
				i = k
			}
		}
		if i < 0 {
			t.Errorf("false alarm at %s: %s", told.at.In(p.zone), told.subject)
			continue
		}
		if late := told.at.Sub(left[i].due); late > left[i].within && !p.wasDown(left[i]) {
			t.Errorf("told %s late: %s", late, told.subject)
		}
		left = slices.Delete(left, i, i+1)
	}
	for _, g := range left {
		if !p.wasDown(g) { // each has its window once more after that, in which the next may come
			t.Errorf("not told: %s of %s", g.job, g.due.In(p.zone))
		}
	}
	t.Logf("%d gaps, %d of them not told since the proxy was down", len(gaps), len(left))
}

// wasDown reports whether a process ended in the window of g.
func (p *plant) wasDown(g gap) bool {
	return slices.ContainsFunc(p.down, func(at time.Time) bool {
		return at.After(g.due.Add(-6*time.Hour)) && at.Before(g.due.Add(g.within))
	})
}
