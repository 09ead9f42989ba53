package failmail

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// An Event tells Config.OnSummary what became of a summary.
type Event struct {
	Event     string      `json:"event"` // "sent", or "failed": it is in the fail-dir
	Time      time.Time   `json:"time"`
	MessageID string      `json:"message_id"`
	Batch     string      `json:"batch"`
	Subject   string      `json:"subject"`
	To        []string    `json:"to"`
	Count     int         `json:"count"`  // mails it stands for
	Groups    int         `json:"groups"` // headlines
	Error     string      `json:"error,omitempty"`
	Headlines []EventLine `json:"headlines"` // empty for a summary made before the last start
}

// An EventLine is one headline of a summary.
type EventLine struct {
	Title string    `json:"title"`
	State string    `json:"state"` // NEW, ONGOING or BACK
	Count int       `json:"count"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
}

// maxEvents bounds the events that wait for a hook that is slow.
const maxEvents = 100

// hooks tell somebody of events, one at a time and in their order.
type hooks struct {
	call   func(ctx context.Context, e Event) error
	errors prometheus.Counter
	log    *slog.Logger
	done   chan struct{} // closed when run has ended
	left   atomic.Int64  // events that are waiting or with the hook
	life   context.Context
	end    context.CancelFunc

	mu     sync.Mutex
	closed bool
	events chan Event
}

// newHooks returns hooks that call call, until close.
func newHooks(call func(ctx context.Context, e Event) error, errors prometheus.Counter, log *slog.Logger) *hooks {
	h := &hooks{call: call, errors: errors, log: log, done: make(chan struct{}), events: make(chan Event, maxEvents)}
	h.life, h.end = context.WithCancel(context.Background())
	return h
}

// tell queues e. It never blocks: a hook must not hold deliveries up.
func (h *hooks) tell(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		select {
		case h.events <- e:
			h.left.Add(1)
			return
		default:
		}
	}
	h.errors.Inc()
	h.log.Error("the hook is too slow and was not called for a summary; make it quicker, or lower its timeout",
		"message_id", e.MessageID, "waiting", len(h.events))
}

// run calls the hook for each event, until close.
func (h *hooks) run() {
	defer close(h.done)
	defer h.end()
	for ; ; h.left.Add(-1) {
		e, more := <-h.events
		if !more {
			return
		}
		if h.life.Err() != nil {
			h.errors.Inc() // close says how many there are
			continue
		}
		err := doWithin(h.life, "hook", func() error { return h.call(h.life, e) })
		if err != nil {
			h.errors.Inc()
			h.log.Error("the hook failed; the summary is not affected", "message_id", e.MessageID, "error", err)
		}
	}
}

// close waits until the hook was called for everything that was told; or until ctx
// ends, with an error that says for how much it was not.
func (h *hooks) close(ctx context.Context) error {
	h.mu.Lock()
	if !h.closed {
		h.closed = true
		close(h.events)
	}
	h.mu.Unlock()
	select {
	case <-h.done:
		return nil
	case <-ctx.Done():
	}
	left := h.left.Load()
	h.end() // a program is ended with what it has started
	select {
	case <-h.done:
	case <-time.After(endGrace / 2):
	}
	if left == 0 {
		return nil
	}
	return fmt.Errorf("%w: the hook was ended, or not called, for %d summaries", ctx.Err(), left)
}

// tell tells Config.OnSummary what became of a summary.
func (p *Proxy) tell(o *Outgoing, result string, err error) {
	if p.conf().OnSummary == nil || o.Batch == "" && o.Groups == 0 && !o.Folds {
		return
	}
	e := Event{
		Event: result, Time: time.Now(), MessageID: o.MessageID, Batch: o.Batch, To: o.To, Count: o.Count, Groups: o.Groups,
		Headlines: p.recent.headlines(o.MessageID),
	}
	e.Subject = p.conf().Redactor.Text(subjectOf(o.Mail))
	if err != nil {
		e.Error = err.Error()
	}
	p.hooks.tell(e)
}

// onSummary calls the hook that is in force.
func (p *Proxy) onSummary(ctx context.Context, e Event) error {
	if call := p.conf().OnSummary; call != nil {
		return call(ctx, e)
	}
	return nil
}
