// Package overdue tells when a mail does not come that must, and when it has come after
// all. What it knows is in the store, so that a restart changes nothing and of several
// nodes one tells it.
package overdue

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/hut8labs/failmail/internal/routine"
	"github.com/hut8labs/failmail/internal/schedule"
	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
)

// Field is the header field of the mails that a Watch writes: the name of what is missing.
const Field = "X-Failmail-Expect"

// Config is what a Watch works with.
type Config struct {
	Store  Store
	Engine store.Store         // behind Store
	List   func() *expect.List // the one in force
	// Last returns the last mail of what was learned, which Came may not have been told.
	Last func(j *expect.Job) routine.Last
	// Submit counts a mail as if it had come.
	Submit func(ctx context.Context, m *message.Message) error
	From   func() string
	Logger *slog.Logger
}

// A Store keeps when mails came.
type Store interface {
	NoteHeartbeat(ctx context.Context, name string, at time.Time) error
	Heartbeats(ctx context.Context) ([]store.Heartbeat, error)
}

// A Watch tells. Its methods are safe for concurrent use.
type Watch struct {
	config   Config
	notebook store.Notebook // nil if the engine has none
	loop     *schedule.Loop
	started  time.Time
	after    time.Duration // the other nodes, which see the same

	mu       sync.Mutex
	planned  map[string]plan   // by name
	ahead    look              // what the last one has found
	contacts map[string]string // as text, by the note, as far as they are known
}

// New returns a Watch that tells nothing until Run.
func New(config Config) *Watch {
	w := &Watch{config: config, started: time.Now(), planned: make(map[string]plan), contacts: make(map[string]string)}
	w.notebook, _ = config.Engine.(store.Notebook)
	if _, shared := config.Engine.(store.Clock); shared {
		w.after = rand.N(maxAfter)
	}
	w.loop = &schedule.Loop{Name: "look for mails that are missing", Next: w.next, Step: w.step, Logger: config.Logger}
	return w
}

// maxAfter is how far nodes on one store are apart in telling what is missing, so that
// all but the first see that it was told.
const maxAfter = 10 * time.Second

// Run tells until ctx ends.
func (w *Watch) Run(ctx context.Context) { w.loop.Run(ctx) }

// What is kept of an expectation, each a heartbeat. As patterns for the subjects of
// heartbeats they would not compile.
const (
	since   = "(since "   // when it was expected first
	came    = "(came "    // the last mail
	missing = "(missing " // when it was told that it is missing
	among   = "(among "   // when it was told that it is missing, as one of several of a sender
	over    = "(over "    // when it was told that it came after all
)

// IsOwn reports whether a heartbeat is kept by a Watch, and nobody else's.
func IsOwn(name string) bool {
	for _, prefix := range [...]string{since, came, missing, among, over} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// Came notes m with jobs, which expect it. An error says that it may be told as missing.
func (w *Watch) Came(ctx context.Context, m *message.Message, jobs []*expect.Job) error {
	for _, j := range jobs {
		if err := w.config.Store.NoteHeartbeat(ctx, came+j.Name, m.Received); err != nil {
			return fmt.Errorf("note that %q came: %w", j.Name, err)
		}
		w.noteContact(ctx, contactNote+j.Name, contact{m.From, m.To})
		w.Look() // it may have been missing
	}
	return nil
}

// Look looks at once, since something has changed.
func (w *Watch) Look() {
	w.mu.Lock()
	w.ahead = look{}
	w.mu.Unlock()
	w.loop.DueAt(time.Now())
}

// times are those kept of all expectations.
type times map[string]time.Time

func (w *Watch) times(ctx context.Context) (times, error) {
	beats, err := w.config.Store.Heartbeats(ctx)
	if err != nil {
		return nil, err
	}
	all := make(times)
	for _, b := range beats {
		if IsOwn(b.Name) {
			all[b.Name] = b.Last
		}
	}
	return all, nil
}

// last returns when the last mail of j came.
func (w *Watch) last(j *expect.Job, t times) time.Time {
	return latest(t[came+j.Name], w.config.Last(j).At)
}

// told returns when it was told that j is missing.
func (t times) told(j *expect.Job) time.Time { return latest(t[missing+j.Name], t[among+j.Name]) }

// state returns how it is with j.
func (w *Watch) state(j *expect.Job, t times) expect.State {
	last, told := w.last(j, t), t.told(j)
	// When it was told, the one that is missing was due as long ago as it may be late.
	from := last
	if !told.IsZero() {
		from = latest(from, told.Add(-j.Within))
	}
	s := j.State()
	s.Last, s.Missing = last, told.After(last)
	s.Due, s.Late = w.plan(j, from, t[since+j.Name])
	if s.Missing {
		s.Late = latest(s.Late, told.Add(remindAfter))
	}
	// While no process ran, none could come; clients send again what they kept, within a day.
	s.Late = together(latest(s.Late, w.started.Add(min(j.Within, 24*time.Hour))), j.Within).Add(w.after)
	return s
}

// remindAfter is how long a job that is missing stays so before that is told again, which the next
// look rounds up: once a day.
const remindAfter = 23 * time.Hour

// together puts late off to the next round time, so that jobs that report one after the other
// are missing at the same look.
func together(late time.Time, within time.Duration) time.Time {
	step := min(max(within/2, time.Minute), maxStep).Truncate(time.Minute)
	if round := late.Truncate(step); round.Before(late) {
		return round.Add(step)
	}
	return late
}

const maxStep = 5 * time.Minute

// A plan is what the schedule of a job says after a time: to find that out costs more than
// all else, and is asked at each look.
type plan struct {
	job                    *expect.Job
	from, since, due, late time.Time
}

// plan returns what comes after from, which is zero if nothing ever came; what was late
// before it was expected is not missing.
func (w *Watch) plan(j *expect.Job, from, since time.Time) (due, late time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.planned[j.Name]
	if p.job == j && p.from.Equal(from) && p.since.Equal(since) {
		return p.due, p.late
	}
	p = plan{job: j, from: from, since: since}
	if !from.IsZero() {
		p.due, p.late = j.Next(from)
	}
	if p.late.IsZero() || p.late.Before(since) {
		if since.IsZero() {
			since = w.started
		}
		p.due, p.late = j.First(since)
	}
	w.planned[j.Name] = p
	return p.due, p.late
}

func latest(times ...time.Time) (last time.Time) {
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}
	return last
}

// States returns how it is with all that is expected, in the order given.
func (w *Watch) States(ctx context.Context) ([]expect.State, error) {
	t, err := w.times(ctx)
	if err != nil {
		return nil, err
	}
	var states []expect.State
	for _, j := range w.config.List().Jobs() {
		states = append(states, w.state(j, t))
	}
	return states, nil
}

// A look has found when there is something to tell; mails that come to other nodes make
// that only later.
type look struct {
	list *expect.List
	at   time.Time
}

// next returns when there is something to tell.
func (w *Watch) next(ctx context.Context) (next time.Time, err error) {
	list := w.config.List()
	w.mu.Lock()
	ahead := w.ahead
	w.mu.Unlock()
	if ahead.list == list && ahead.at.After(time.Now()) {
		return ahead.at, nil
	}
	if next, err = w.earliest(ctx, list); err == nil {
		w.mu.Lock()
		w.ahead = look{list, next}
		w.mu.Unlock()
	}
	return next, err
}

func (w *Watch) earliest(ctx context.Context, list *expect.List) (time.Time, error) {
	next := store.Never
	if len(list.Jobs()) == 0 {
		return next, nil
	}
	t, err := w.times(ctx)
	if err != nil {
		return next, err
	}
	awaited := w.awaited(ctx, list, t)
	for _, j := range list.Jobs() {
		s := w.state(j, t)
		at := s.Late
		if t[since+j.Name].IsZero() || w.isBack(ctx, j, t, awaited) {
			at = time.Now()
		}
		if at.Before(next) {
			next = at
		}
	}
	return next, nil
}
