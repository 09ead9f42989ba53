package overdue

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/internal/routine"
	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

// A world is one store, on which processes come and go.
type world struct {
	t      *testing.T
	engine store.Store
	list   *expect.List

	mu     sync.Mutex
	told   []string // status and subject of what was told
	to     []string
	broken error
}

func newWorld(t *testing.T, expectations ...expect.Expectation) *world {
	list, err := expect.New(expectations, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, engine: memory.New(store.Limits{}), list: list}
}

// start runs a Watch until stop.
func (w *world) start() (watch *Watch, stop func()) {
	watch = New(Config{
		Store: w.engine, Engine: w.engine, List: func() *expect.List {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.list
		},
		Last: func(*expect.Job) routine.Last { return routine.Last{} },
		From: func() string { return "failmail@example.net" }, Logger: slog.New(slog.DiscardHandler),
		Submit: func(_ context.Context, m *message.Message) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.broken != nil {
				return w.broken
			}
			w.told = append(w.told, m.Header.Get("X-Failmail-Status")+" "+m.Subject())
			w.to = m.To
			return nil
		},
	})
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan struct{})
	go func() { watch.Run(ctx); close(ended) }()
	return watch, func() { cancel(); <-ended }
}

func (w *world) came(watch *Watch, subject string) {
	w.t.Helper()
	m := message.New("backup@example.net", []string{"ops@example.net"}, []byte("Subject: "+subject+"\r\n\r\n"))
	m.Received = time.Now()
	if err := watch.Came(w.t.Context(), m, w.list.Of(m)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) want(told ...string) {
	w.t.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if got := strings.Join(w.told, "\n"); got != strings.Join(told, "\n") {
		w.t.Fatalf("told\n%s\nwant\n%s", got, strings.Join(told, "\n"))
	}
}

func (w *world) wantTo(addresses ...string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.to, addresses) {
		w.t.Errorf("told to %q, want %q", w.to, addresses)
	}
}

func (w *world) setBroken(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = err
}

// daily is due at two and may be three hours late. A bubble begins on a Saturday at
// midnight UTC.
var daily = expect.Expectation{Name: "backup srv7", Match: []string{`subject=~"Backup of srv7.*"`}, Every: "daily 02:00", Within: 3 * time.Hour}

func TestAMailThatDoesNotComeIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, daily)
		watch, stop := w.start()
		defer stop()
		time.Sleep(2*time.Hour + 7*time.Minute)
		w.came(watch, "Backup of srv7: done")
		time.Sleep(26 * time.Hour) // 4:07 on Sunday
		w.want()
		time.Sleep(54 * time.Minute)
		missing := "problem MISSING: backup srv7, last came Sat 2000-01-01 02:07 UTC"
		w.want(missing)
		w.wantTo("ops@example.net")
		states, err := watch.States(t.Context())
		if err != nil || len(states) != 1 || !states[0].Missing {
			t.Errorf("%+v, %v", states, err)
		}
		time.Sleep(20 * time.Hour) // until the next one is late
		w.want(missing)
		time.Sleep(4 * time.Hour)
		w.want(missing, missing)
	})
}

func TestWhatStaysMissingIsToldAgainOnceADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, expect.Expectation{Name: "beat", Match: []string{`subject="beat"`}, Every: "1m", Within: time.Minute})
		watch, stop := w.start()
		defer stop()
		w.came(watch, "beat")
		time.Sleep(23 * time.Hour)
		w.want("problem MISSING: beat, last came Sat 2000-01-01 00:00 UTC")
		time.Sleep(25 * time.Hour)
		w.want("problem MISSING: beat, last came Sat 2000-01-01 00:00 UTC", "problem MISSING: beat, last came Sat 2000-01-01 00:00 UTC", "problem MISSING: beat, last came Sat 2000-01-01 00:00 UTC")
	})
}

func TestItIsToldWhenItComesAfterAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, daily)
		watch, stop := w.start()
		defer stop()
		w.came(watch, "Backup of srv7: done")
		time.Sleep(48 * time.Hour)
		missing := "problem MISSING: backup srv7, last came Sat 2000-01-01 00:00 UTC"
		w.want(missing)
		w.came(watch, "Backup of srv8: done")
		time.Sleep(time.Minute)
		w.want(missing)
		w.came(watch, "Backup of srv7: failed")
		time.Sleep(time.Minute)
		w.want(missing, "ok backup srv7 has come")
		time.Sleep(time.Hour)
		w.want(missing, "ok backup srv7 has come")
	})
}

func TestARestartNeitherForgetsNorRepeatsNorHurries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, daily)
		watch, stop := w.start()
		w.came(watch, "Backup of srv7: done")
		time.Sleep(28 * time.Hour) // 4:00 on Sunday: an hour is left
		stop()
		time.Sleep(10 * time.Hour) // no process runs
		_, stop = w.start()
		time.Sleep(2*time.Hour + 59*time.Minute)
		w.want() // clients have had no time to send it again
		time.Sleep(2 * time.Minute)
		missing := "problem MISSING: backup srv7, last came Sat 2000-01-01 00:00 UTC"
		w.want(missing)
		stop()
		watch, stop = w.start()
		defer stop()
		time.Sleep(4 * time.Hour)
		w.want(missing)
		w.came(watch, "Backup of srv7: done")
		time.Sleep(time.Minute)
		w.want(missing, "ok backup srv7 has come")
	})
}

func TestWhatCannotBeToldIsToldLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, daily)
		watch, stop := w.start()
		defer stop()
		w.came(watch, "Backup of srv7: done")
		w.setBroken(errors.New("the store is down"))
		time.Sleep(30 * time.Hour)
		w.want()
		w.setBroken(nil)
		time.Sleep(time.Minute)
		w.want("problem MISSING: backup srv7, last came Sat 2000-01-01 00:00 UTC")
	})
}

func TestAMailThatNeverCameIsToldToThoseWhoAreNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		named := daily
		named.To = []string{"dba@example.net"}
		w := newWorld(t, named)
		_, stop := w.start()
		defer stop()
		time.Sleep(6 * time.Hour)
		w.want("problem MISSING: backup srv7, never came")
		w.wantTo("dba@example.net")
	})
}

func TestAMailThatNeverCameIsMissingOnceEachTimeThoughNobodyIsKnownWhoWouldHear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, daily)
		_, stop := w.start()
		time.Sleep(6 * time.Hour)
		missing := "problem MISSING: backup srv7, never came"
		w.want(missing)
		w.wantTo()
		stop()
		var watch *Watch
		watch, stop = w.start()
		defer stop()
		time.Sleep(time.Hour)
		w.want(missing)
		time.Sleep(24 * time.Hour)
		w.want(missing, missing)
		w.came(watch, "Backup of srv7: done")
		time.Sleep(time.Minute)
		w.want(missing, missing, "ok backup srv7 has come")
		w.wantTo("ops@example.net")
	})
}

// Forty jobs, each with a jitter of its own, for ninety days: none is told as missing that
// came, and each gap is.
func TestNinetyDaysOfFortyJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all []expect.Expectation
		for i := range 40 {
			name := string(rune('a'+i/10)) + string(rune('0'+i%10))
			e := expect.Expectation{Name: name, Match: []string{`subject="job ` + name + `"`}, Every: "daily 02:00", Within: 3 * time.Hour, To: []string{"ops@example.net"}}
			if i%4 == 0 {
				e.Every, e.Within = "6h", time.Hour
			}
			all = append(all, e)
		}
		w := newWorld(t, all...)
		watch, stop := w.start()
		defer stop()
		end := time.Now().Add(90 * 24 * time.Hour)
		gaps := 0
		var jobs sync.WaitGroup
		for i, e := range all {
			skip := 0
			if i%3 == 0 {
				skip = 20 + i // the number of the one that does not come
				gaps++
			}
			jobs.Go(func() {
				period, begin := 24*time.Hour, 2*time.Hour
				if e.Every == "6h" {
					period, begin = 6*time.Hour, 0
				}
				at := time.Now().Add(begin)
				last := time.Now()
				for n := 1; at.Before(end); n++ {
					jitter := time.Duration((n*7919+i*104729)%50) * time.Minute
					if e.Every == "6h" {
						at = last.Add(period)
						jitter /= 2
					}
					time.Sleep(time.Until(at.Add(jitter)))
					last = time.Now()
					if n != skip {
						w.came(watch, "job "+e.Name)
					}
					at = at.Add(period)
				}
			})
		}
		jobs.Wait()
		synctest.Wait()
		missing := 0
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, told := range w.told {
			if strings.HasPrefix(told, "problem MISSING: ") {
				missing++
			}
		}
		if missing != gaps {
			t.Errorf("%d told as missing, of %d gaps\n%s", missing, gaps, strings.Join(w.told, "\n"))
		}
	})
}
