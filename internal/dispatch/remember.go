package dispatch

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// noted is what the store keeps of an outage, so that a restart does not seem to begin it.
type noted struct {
	mu    sync.Mutex
	since time.Time // zero for none
}

// noteName is the name of the note: each of several on one store has its own.
func (d *Dispatcher) noteName() string { return "relay down " + d.config.Policy().Mark }

// Recall takes up since when the relay was down before the last restart. The first attempt
// shows whether it still is.
func (d *Dispatcher) Recall(ctx context.Context) error {
	if d.config.Notebook == nil {
		return nil
	}
	text, err := d.config.Notebook.Noted(ctx, d.noteName())
	if err != nil {
		return fmt.Errorf("read store: %w", err)
	}
	since, relay, _ := strings.Cut(text, " ")
	at, err := time.Parse(time.RFC3339Nano, since)
	if err != nil || relay != d.config.Policy().Relay || at.After(time.Now()) {
		return nil
	}
	d.noted.since = at
	d.breaker.recall(at)
	return nil
}

// keepOutage has the store keep since when the relay is down, if that has changed. What it
// does not take is kept after the next attempt.
func (d *Dispatcher) keepOutage(ctx context.Context) {
	d.noted.mu.Lock()
	defer d.noted.mu.Unlock()
	since, text := d.breaker.known(), ""
	if d.config.Notebook == nil || since.Equal(d.noted.since) {
		return
	}
	if !since.IsZero() {
		text = since.Format(time.RFC3339Nano) + " " + d.config.Policy().Relay
	}
	if err := d.config.Notebook.Note(ctx, d.noteName(), text); err != nil {
		d.log.Debug("cannot keep since when the relay is down, will try again", "error", err)
		return
	}
	d.noted.since = since
}
