// Package routine learns which good mails come regularly, and keeps which of them people
// want to hear of when they do not come. What it knows is in the notebook of the store, so
// that it is the same on all nodes and after a restart.
package routine

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
)

const (
	// syncEvery is how late other nodes know of what came and was decided here, and how
	// much of what came a crash forgets.
	syncEvery = time.Minute
	// maxThings bounds what is remembered; the longest unseen goes first.
	maxThings = 1000
	// remember is how long something is remembered that no longer comes, and propose how
	// long it is proposed: that of a first Sunday comes after five weeks, or late.
	remember = 90 * 24 * time.Hour
	propose  = 36 * 24 * time.Hour
	// aheadAtMost is how far a time may lie ahead. Behind that, the clock was wrong when the
	// mail came, and a time to come would hide that none does.
	aheadAtMost = time.Hour
)

// Config is what a Book works with.
type Config struct {
	Notebook store.Notebook      // nil: what is learned is forgotten at the end
	Settings func() *expect.List // what the settings expect
	Alarm    func() bool         // what is learned is expected without being confirmed
	Redact   func(string) string // what people see of a text
	Zone     *time.Location
	Logger   *slog.Logger
}

// A Book has what comes regularly, and what was decided on that. Its methods are safe for
// concurrent use.
type Book struct {
	config Config
	list   atomic.Pointer[composed]

	syncing    sync.Mutex // held while the notebook is read and written, before mu
	unreadable bool       // that was said of the rules

	mu      sync.Mutex
	pending map[meaning.Thing]*thing // what came since the last Sync
	things  map[meaning.Thing]*thing
	rules   rules
	read    [2]string // what the notebook had at last: of things, and of rules
	full    bool      // that was said

	changes, written int // of things, and how many of them the notebook has

	version atomic.Int64 // grows with whatever List depends on
}

// composed is a List, and what it was made of.
type composed struct {
	*expect.List
	settings *expect.List
	alarm    bool
	version  int64
}

func (c *composed) isOf(settings *expect.List, alarm bool, version int64) bool {
	return c != nil && c.settings == settings && c.alarm == alarm && c.version == version
}

// New returns an empty Book; Sync reads it.
func New(config Config) *Book {
	return &Book{config: config, pending: make(map[meaning.Thing]*thing), things: make(map[meaning.Thing]*thing)}
}

// Came notes a mail that was recognised, which jobs expect.
func (b *Book) Came(m *message.Message, jobs []*expect.Job) {
	about := m.Meaning.Thing()
	if m.Meaning.Status != meaning.OK || about == (meaning.Thing{}) {
		return
	}
	by := ""
	for _, j := range jobs {
		if j.Kind == expect.Configured || j.Kind == expect.Added {
			by = j.Name
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.pending[about]
	if t == nil {
		if len(b.pending) >= maxThings {
			b.sayFull()
			return
		}
		about = meaning.Thing{Source: strings.Clone(about.Source), Sender: strings.Clone(about.Sender), Object: strings.Clone(about.Object)}
		t = &thing{Thing: about}
		b.pending[about] = t
	}
	if t.Add(m.Received) {
		t.Sample = sampleOf(m)
		t.By = by
	}
}

// sayFull says once that not all is learned. The caller holds mu.
func (b *Book) sayFull() {
	if !b.full {
		b.full = true
		b.config.Logger.Warn("no more regular mails are learned than that; the longest unseen are forgotten", "limit", maxThings)
	}
}

// Run syncs until ctx ends, and then once more.
func (b *Book) Run(ctx context.Context) {
	ticker := time.NewTicker(syncEvery)
	defer ticker.Stop()
	failed := false
	for done := false; !done; {
		work := ctx
		select {
		case <-ctx.Done():
			var cancel context.CancelFunc
			work, cancel = context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			done = true
		case <-ticker.C:
		}
		err := b.Sync(work)
		if err != nil && !failed {
			b.config.Logger.Warn("cannot keep which mails come regularly, will try again", "error", err)
		}
		failed = err != nil
	}
}

// List returns all that is expected: what the settings expect, and then what people added
// and confirmed, or what was learned if that is to alarm.
func (b *Book) List() *expect.List {
	settings, alarm := b.config.Settings(), b.config.Alarm()
	if c := b.list.Load(); c.isOf(settings, alarm, b.version.Load()) { // asked of each mail
		return c.List
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	version := b.version.Load()
	before := make(map[string]*expect.Job)
	if c := b.list.Load(); c != nil {
		for _, j := range c.Jobs() {
			before[j.Name] = j
		}
	}
	taken := make(map[string]bool)
	for _, j := range settings.Jobs() {
		taken[j.Name] = true
	}
	var jobs []*expect.Job
	for _, e := range b.expectations(alarm) {
		if taken[e.Name] {
			continue // the settings have it now
		}
		taken[e.Name] = true
		if j := before[e.Name]; j != nil && same(j.Expectation, e) {
			jobs = append(jobs, j)
		} else if j, err := expect.NewJob(e, b.config.Zone); err == nil { // what is not right is not read
			jobs = append(jobs, j)
		}
	}
	b.list.Store(&composed{settings.With(jobs), settings, alarm, version})
	return b.list.Load().List
}

// same reports whether a Job of one is also one of the other.
func same(a, b expect.Expectation) bool {
	return a.Kind == b.Kind && a.Thing == b.Thing && a.Every == b.Every && a.Within == b.Within && slices.Equal(a.Match, b.Match) && slices.Equal(a.To, b.To)
}

// expectations returns those that are not of the settings. The caller holds mu.
func (b *Book) expectations(alarm bool) (all []expect.Expectation) {
	for _, r := range b.rules.list {
		switch {
		case r.Kind == expect.Added:
			all = append(all, r.expectation(nil))
		case r.Kind == expect.Confirmed:
			all = append(all, r.expectation(b.things[r.Thing]))
		}
	}
	if !alarm {
		return all
	}
	for _, t := range b.sorted() {
		if t.Learned.Sure && !b.isDecided(t) {
			all = append(all, t.expectation(expect.AsLearned))
		}
	}
	return all
}

// isDecided reports whether nothing is to be proposed of t. The caller holds mu.
func (b *Book) isDecided(t *thing) bool {
	if t.By != "" && (b.rules.named(t.By) != nil || b.isConfigured(t.By)) {
		return true
	}
	return b.rules.about(t.Thing) != nil
}

// sorted returns what was learned, by name. The caller holds mu.
func (b *Book) sorted() (all []*thing) {
	for _, t := range b.things {
		if t.Learned.Every != "" {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b *thing) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// Proposals returns what was learned and alarms nobody, by name.
func (b *Book) Proposals() (states []expect.State) {
	now, alarm := time.Now(), b.config.Alarm()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.take(b.read[0])
	for _, t := range b.sorted() {
		if !t.fits || now.Sub(t.Last()) > propose || alarm && t.Learned.Sure || b.isDecided(t) {
			continue
		}
		j, err := expect.NewJob(t.expectation(expect.Proposed), b.config.Zone)
		if err != nil {
			continue
		}
		s := j.State()
		s.Last, s.Times = t.Last(), slices.Clone(t.Times)
		s.Due, s.Late = j.Next(s.Last)
		states = append(states, s)
	}
	return states
}

// A Last is the last mail of something.
type Last struct {
	At   time.Time // zero if none is known
	From string
	To   []string
}

// Last returns the last good mail of j, which the store may not know as such yet.
func (b *Book) Last(j *expect.Job) Last {
	if j.Thing == (meaning.Thing{}) {
		return Last{}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.things[j.Thing]
	if t == nil {
		return Last{}
	}
	return Last{t.Last(), t.Sample.From, t.Sample.To}
}
