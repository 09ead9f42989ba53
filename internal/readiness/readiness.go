// Package readiness knows whether the next mail would get its 250.
//
// That depends on things that fail while nobody sends: a full disk, a folder whose
// owner was changed, a table that somebody locked. So a [Monitor] tries them every few
// seconds, as a mail would; and a mail that was refused because of one of them counts
// until they were tried again with as many bytes.
package readiness

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	// every is how often all is tried, and patience how long that may take until
	// it counts as a failure: together less than the ten seconds within which an
	// operator is promised to see one.
	every    = 4 * time.Second
	patience = 4 * time.Second
	// maxTrial bounds the bytes that are written to see whether a mail that was
	// refused would be taken now.
	maxTrial = 4 << 20
)

// errNotTried is the state before the first trial.
var errNotTried = errors.New("nothing was tried yet")

// A Dependency is what taking a mail depends on.
type Dependency struct {
	Name string
	// Try does what a mail of so many bytes needs. It may be called concurrently
	// with mails, not with itself. Its error says what fails, and what to do.
	Try func(ctx context.Context, bytes int) error
	// Repair, if it is set, mends what Try complains of, and says what it did.
	Repair func(ctx context.Context) (did string, err error)
}

// A Monitor tries dependencies, and is safe for concurrent use.
type Monitor struct {
	dependencies []Dependency
	log          *slog.Logger
	refused      chan int // wakes Run; the bytes of a mail that was refused

	mu     sync.Mutex
	reason error // why mails are refused; nil if they are not
	since  time.Time
}

// New returns a Monitor that is not ready until its first trial.
func New(log *slog.Logger, dependencies ...Dependency) *Monitor {
	return &Monitor{dependencies: dependencies, log: log, refused: make(chan int, 1), reason: errNotTried, since: time.Now()}
}

// Err returns why mails are refused now; nil if they are taken.
func (m *Monitor) Err() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.reason
}

// Refused notes that a mail was refused, and has everything tried again at once. Why
// nothing is taken the trials know better, if it is known already.
func (m *Monitor) Refused(reason error, bytes int) {
	if m.Err() == nil {
		m.set(reason)
	}
	select {
	case m.refused <- bytes:
	default: // it is going to be tried anyway
	}
}

// Try tries everything once, and returns what Err does from then on.
func (m *Monitor) Try(ctx context.Context) error {
	m.try(ctx, 1)
	return m.Err()
}

// Run tries everything now and then until ctx ends.
func (m *Monitor) Run(ctx context.Context) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	bytes := 1
	for {
		select {
		case <-ctx.Done():
			return
		case refused := <-m.refused:
			bytes = max(bytes, min(refused, maxTrial))
		case <-ticker.C:
		}
		if m.try(ctx, bytes) {
			bytes = 1
		}
	}
}

// try reports whether everything was there. A trial that takes long is awaited, since
// there must not be two, but is a failure before it has ended.
func (m *Monitor) try(ctx context.Context, bytes int) (ready bool) {
	result := make(chan error, 1)
	go func() { result <- m.all(ctx, bytes) }()
	late := time.NewTimer(patience)
	defer late.Stop()
	var err error
	select {
	case err = <-result:
	case <-late.C:
		m.set(fmt.Errorf("no answer for %s; see whether disk or database hang", patience))
		err = <-result
	}
	if ctx.Err() != nil {
		return false // the end is no failure
	}
	m.set(err)
	return err == nil
}

func (m *Monitor) all(ctx context.Context, bytes int) error {
	for _, d := range m.dependencies {
		err := d.Try(ctx, bytes)
		if err != nil && d.Repair != nil && ctx.Err() == nil {
			err = m.repair(ctx, d, bytes, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *Monitor) repair(ctx context.Context, d Dependency, bytes int, reason error) error {
	did, err := d.Repair(ctx)
	switch {
	case err != nil:
		return err
	case did == "":
		return reason
	}
	m.log.Error("mended what mails depend on", "dependency", d.Name, "was", reason, "did", did)
	return d.Try(ctx, bytes)
}

// set changes the state, and logs where that is news.
func (m *Monitor) set(reason error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before, since := m.reason, m.since
	m.reason = reason
	if (before == nil) != (reason == nil) {
		m.since = time.Now()
	}
	switch {
	case reason == nil && before == nil, reason == nil && errors.Is(before, errNotTried):
	case reason == nil:
		m.log.Info("ready: takes mails again", "after", m.since.Sub(since).Round(time.Second))
	case before == nil || errors.Is(before, errNotTried):
		m.log.Error("not ready: mails are refused with 452, so that their clients keep them", "error", reason)
	case before.Error() != reason.Error():
		m.log.Error("still not ready", "error", reason)
	}
}
