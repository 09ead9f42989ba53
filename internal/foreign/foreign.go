// Package foreign calls code that others gave us: a Grouper, a Renderer, a Sender, a
// hook. Neither its panics nor its patience may become ours.
package foreign

import (
	"context"
	"fmt"
	"time"
)

// Grace is how long a call may take to return after its context has ended, so that
// what it has to say is heard.
const Grace = time.Second

// Call calls f and takes a panic for an error, which names who. It does not wait for
// an f that goes on after ctx has ended: nothing may keep a Proxy from stopping.
func Call[T any](ctx context.Context, who string, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	results := make(chan result, 1)
	go func() {
		var r result
		defer func() { results <- r }()
		defer Recover(&r.err, who)
		r.err = fmt.Errorf("%s ended its goroutine", who) // unless it returns
		r.value, r.err = f()
	}()
	select {
	case r := <-results:
		return r.value, r.err
	case <-ctx.Done():
	}
	grace := time.NewTimer(Grace)
	defer grace.Stop()
	select {
	case r := <-results:
		return r.value, r.err
	case <-grace.C:
		var none T
		return none, fmt.Errorf("%s did not return in time: %w", who, ctx.Err())
	}
}

// Do is Call for what returns nothing else.
func Do(ctx context.Context, who string, f func() error) error {
	_, err := Call(ctx, who, func() (struct{}, error) { return struct{}{}, f() })
	return err
}

// Recover makes a panic of who an error. Defer it.
func Recover(err *error, who string) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%s panicked at %s: %v", who, Site(), r)
	}
}
