// Package lifetime is the life of something that is started once and stopped once, in
// steps that are undone in the opposite order.
package lifetime

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/hut8labs/failmail/internal/foreign"
)

// A Life begins once and ends once. Its methods are safe for concurrent use; Undo is for
// the function that Begin calls.
type Life struct {
	running atomic.Bool // what Begin has called is done, and End was not called

	mu    sync.Mutex // held while it begins
	stage stage
	undos []undo
	ended chan struct{} // closed when the end is reached
	err   error         // how it ended
}

type stage int

const (
	unborn stage = iota
	begun
	ending
)

type undo struct {
	name string
	run  func(context.Context) error
}

// New returns a Life that has not begun.
func New() *Life { return &Life{ended: make(chan struct{})} }

// Begin calls start, and what that returns once the life is running, so that whoever is served
// from then on finds it so. When start fails, what it did is undone, and the life is over. Begin
// reports false, and does nothing, when Begin or End was called before.
func (l *Life) Begin(ctx context.Context, start func() (serve func(), err error)) (began bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stage != unborn {
		return false, nil
	}
	l.stage = begun
	serve, err := start()
	if err != nil {
		l.stage, l.err = ending, err
		err = errors.Join(err, l.undo(context.WithoutCancel(ctx)))
		close(l.ended)
		return true, err
	}
	l.running.Store(true)
	serve()
	return true, nil
}

// Undo has run called at the end, before all that was told to Undo earlier.
func (l *Life) Undo(name string, run func(context.Context) error) {
	l.undos = append(l.undos, undo{name, run})
}

// Running reports whether the life has begun and its end has not.
func (l *Life) Running() bool { return l.running.Load() }

// Ended is closed when the end is reached.
func (l *Life) Ended() <-chan struct{} { return l.ended }

// Err returns how the life ended, once Ended is closed.
func (l *Life) Err() error { return l.err }

// End undoes what was done since the beginning: all of it, whatever fails. What does not
// end when ctx does is left behind, and named in the error. Every call waits for the end
// or for its ctx, and returns the same error; first is true for the one that ends it.
func (l *Life) End(ctx context.Context) (first bool, err error) {
	l.mu.Lock()
	first = l.stage != ending
	l.stage = ending
	l.running.Store(false)
	l.mu.Unlock()
	if !first {
		select {
		case <-l.ended:
			return false, l.err
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	// No lock is held: others may ask while it ends.
	l.err = l.undo(ctx)
	close(l.ended)
	return true, l.err
}

func (l *Life) undo(ctx context.Context) error {
	var errs []error
	for _, u := range slices.Backward(l.undos) {
		if err := foreign.Do(ctx, u.name, func() error { return u.run(ctx) }); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", u.name, err))
		}
	}
	l.undos = nil
	return errors.Join(errs...)
}
