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

	mu         sync.Mutex
	planned    map[string]plan   // by name
	ahead      look              // what the last one has found
	recipients map[string]string // of the last mails, one on a line, by name, as far as they are known
	complained map[string]bool   // nobody could be told of it
}

// New returns a Watch that tells nothing until Run.
func New(config Config) *Watch {
	w := &Watch{config: config, started: time.Now(), planned: make(map[string]plan), recipients: make(map[string]string), complained: make(map[string]bool)}
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
	over    = "(over "    // when it was told that it came after all
)

// IsOwn reports whether a heartbeat is kept by a Watch, and nobody else's.
func IsOwn(name string) bool {
	for _, prefix := range [...]string{since, came, missing, over} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// Came notes m, which was recognised, with all that expect it. An error says that it may
// be told as missing.
func (w *Watch) Came(ctx context.Context, m *message.Message) error {
	for _, j := range w.config.List().Of(m) {
		if err := w.config.Store.NoteHeartbeat(ctx, came+j.Name, m.Received); err != nil {
			return fmt.Errorf("note that %q came: %w", j.Name, err)
		}
		w.noteRecipients(ctx, j.Name, m.To)
		w.mu.Lock()
		w.ahead = look{}
		w.mu.Unlock()
		w.loop.DueAt(time.Now()) // it may have been missing
	}
	return nil
}

// noteRecipients keeps who hears of it when no further one comes.
func (w *Watch) noteRecipients(ctx context.Context, name string, to []string) {
	text := strings.Join(to, "\n")
	w.mu.Lock()
	known := w.recipients[name] == text
	w.recipients[name] = text
	w.mu.Unlock()
	if known || w.notebook == nil {
		return
	}
	if err := w.notebook.Note(ctx, "expect "+name, text); err != nil {
		w.config.Logger.Warn("cannot note who is to hear when a mail is missing", "name", name, "error", err)
	}
}

// to returns who hears of it.
func (w *Watch) to(ctx context.Context, j *expect.Job) []string {
	if len(j.To) > 0 {
		return j.To
	}
	w.mu.Lock()
	text := w.recipients[j.Name]
	w.mu.Unlock()
	if text == "" && w.notebook != nil {
		text, _ = w.notebook.Noted(ctx, "expect "+j.Name) // tried again at the next look
	}
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
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

// state returns how it is with j.
func (w *Watch) state(j *expect.Job, t times) expect.State {
	last, told := t[came+j.Name], t[missing+j.Name]
	// When it was told, the one that is missing was due as long ago as it may be late.
	from := latest(t[since+j.Name], last)
	if !told.IsZero() {
		from = latest(from, told.Add(-j.Within))
	}
	if from.IsZero() {
		from = w.started
	}
	s := expect.State{Name: j.Name, Every: j.Every, Last: last, Missing: told.After(last)}
	s.Due, s.Late = w.plan(j, from, last.IsZero() && told.IsZero())
	// While no process ran, none could come; clients send again what they kept.
	s.Late = latest(s.Late, w.started.Add(j.Within)).Add(w.after)
	return s
}

// A plan is what the schedule of a job says after a time: to find that out costs more than
// all else, and is asked at each look.
type plan struct {
	job             *expect.Job
	from, due, late time.Time
	first           bool
}

func (w *Watch) plan(j *expect.Job, from time.Time, first bool) (due, late time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.planned[j.Name]
	if p.job != j || p.first != first || !p.from.Equal(from) {
		p = plan{job: j, from: from, first: first}
		if p.due, p.late = j.Next(from); first {
			p.due, p.late = j.First(from)
		}
		w.planned[j.Name] = p
	}
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
	for _, j := range list.Jobs() {
		s := w.state(j, t)
		at := s.Late
		switch {
		case t[since+j.Name].IsZero(), w.isBack(j, t):
			at = time.Now()
		case w.isSilent(j.Name):
			continue // nobody can be told until it comes
		}
		if at.Before(next) {
			next = at
		}
	}
	return next, nil
}

// isBack reports whether j was missing and has come, which was not told yet.
func (w *Watch) isBack(j *expect.Job, t times) bool {
	told := t[missing+j.Name]
	return !told.IsZero() && t[came+j.Name].After(told) && told.After(t[over+j.Name])
}

func (w *Watch) isSilent(name string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.complained[name] && w.recipients[name] == ""
}

// step tells all that there is to tell.
func (w *Watch) step(ctx context.Context) error {
	t, err := w.times(ctx)
	if err != nil {
		return err
	}
	for _, j := range w.config.List().Jobs() {
		if err := w.tell(ctx, j, t); err != nil {
			return err
		}
	}
	return nil
}
