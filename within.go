package failmail

import (
	"context"
	"fmt"
	"time"
)

// endGrace is how long somebody else's code may take to return after its context
// has ended, so that what it has to say is heard.
const endGrace = time.Second

// within calls f, which is somebody else's code, and takes a panic for an error. It
// does not wait for an f that goes on after ctx has ended: nothing may keep a Proxy
// from stopping.
func within[T any](ctx context.Context, who string, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	results := make(chan result, 1)
	go func() {
		var r result
		defer func() { results <- r }()
		defer recoverTo(&r.err, who)
		r.value, r.err = f()
	}()
	select {
	case r := <-results:
		return r.value, r.err
	case <-ctx.Done():
	}
	grace := time.NewTimer(endGrace)
	defer grace.Stop()
	select {
	case r := <-results:
		return r.value, r.err
	case <-grace.C:
		var none T
		return none, fmt.Errorf("%s did not return in time: %w", who, ctx.Err())
	}
}

// doWithin is within for what returns nothing else.
func doWithin(ctx context.Context, who string, f func() error) error {
	_, err := within(ctx, who, func() (struct{}, error) { return struct{}{}, f() })
	return err
}
