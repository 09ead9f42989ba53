// Package hook tells somebody else's code what became of summaries.
package hook

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hut8labs/failmail/internal/foreign"
	"github.com/hut8labs/failmail/pkg/render"
)

// maxEvents bounds the events that wait for a hook that is slow.
const maxEvents = 100

// A Queue calls a hook for each event, one at a time and in their order. Its methods are
// safe for concurrent use.
type Queue struct {
	call   func(ctx context.Context, e render.Event) error
	missed func() // the hook failed for an event, or was not called
	log    *slog.Logger
	done   chan struct{} // closed when Run has ended
	left   atomic.Int64  // events that are waiting or with the hook
	life   context.Context
	end    context.CancelFunc

	mu     sync.Mutex
	closed bool
	events chan render.Event
}

// New returns a Queue that calls call, and missed for each event for which that fails or
// is not done.
func New(call func(ctx context.Context, e render.Event) error, missed func(), log *slog.Logger) *Queue {
	q := &Queue{call: call, missed: missed, log: log, done: make(chan struct{}), events: make(chan render.Event, maxEvents)}
	q.life, q.end = context.WithCancel(context.Background())
	return q
}

// Tell queues e. It never blocks: a hook must not hold deliveries up.
func (q *Queue) Tell(e render.Event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		select {
		case q.events <- e:
			q.left.Add(1)
			return
		default:
		}
	}
	q.missed()
	q.log.Error("the hook is too slow and was not called for a summary; make it quicker, or lower its timeout",
		"message_id", e.MessageID, "waiting", len(q.events))
}

// Run calls the hook for each event, until Close.
func (q *Queue) Run() {
	defer close(q.done)
	defer q.end()
	for ; ; q.left.Add(-1) {
		e, more := <-q.events
		if !more {
			return
		}
		if q.life.Err() != nil {
			q.missed() // Close says how many there are
			continue
		}
		err := foreign.Do(q.life, "hook", func() error { return q.call(q.life, e) })
		if err != nil {
			q.missed()
			q.log.Error("the hook failed; the summary is not affected", "message_id", e.MessageID, "error", err)
		}
	}
}

// Close waits until the hook was called for everything that was told; or until ctx
// ends, with an error that says for how much it was not.
func (q *Queue) Close(ctx context.Context) error {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		close(q.events)
	}
	q.mu.Unlock()
	select {
	case <-q.done:
		return nil
	case <-ctx.Done():
	}
	left := q.left.Load()
	q.end() // a program is ended with what it has started
	select {
	case <-q.done:
	case <-time.After(foreign.Grace / 2):
	}
	if left == 0 {
		return nil
	}
	return fmt.Errorf("%w: the hook was ended, or not called, for %d summaries", ctx.Err(), left)
}
