package schedule

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Bounds on how long a Loop sleeps.
const (
	// maxSleep is how late a change of the wall clock, or work left by another
	// process on the same store, is noticed.
	maxSleep = 30 * time.Second
	// maxBackoff is how late the end of a failure is noticed.
	maxBackoff = 15 * time.Second
	minBackoff = 100 * time.Millisecond
	// maxRush is how often a Loop looks without a pause, and rush in what time. What is due
	// may stay due whatever Step does: another node has locked it, two loops give each other
	// work, two rules disagree. Without the pause that takes a core for as long as it lasts.
	maxRush = 10
	rush    = 100 * time.Millisecond
)

// A Loop runs Step whenever the time that Next returned has come. A Step that
// fails is logged and tried again, ever more slowly up to every 15 s. Whatever Next
// returns and DueAt is told, it looks at most ten times in 100 ms.
type Loop struct {
	// Next returns when there will be something to do.
	Next func(ctx context.Context) (time.Time, error)
	// Step does all that there is to do.
	Step func(ctx context.Context) error
	// Name says what the loop does, in the log.
	Name   string
	Logger *slog.Logger

	mu      sync.Mutex
	wake    chan struct{} // nil until Run
	planned time.Time     // when the loop looks next; zero while it is looking
	hint    time.Time     // the earliest time told to DueAt while it was looking
}

// Run returns when ctx ends.
func (l *Loop) Run(ctx context.Context) {
	wake := l.start()
	timer := time.NewTimer(0)
	defer timer.Stop()
	backoff := minBackoff
	var pace pace
	for {
		if wait := pace.turn(time.Now()); wait > 0 {
			timer.Reset(wait)
			select {
			case <-ctx.Done():
				return
			case <-timer.C: // a wake does not end the pause: Next sees what it was for
			}
		}
		l.look()
		next, err := l.Next(ctx)
		due := err == nil && !next.After(time.Now())
		if due {
			err = l.Step(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			backoff = minBackoff
			if due {
				continue
			}
		default:
			l.Logger.Error("cannot "+l.Name+", will try again", "error", err, "retry_in", backoff)
			next = time.Now().Add(backoff)
			backoff = min(2*backoff, maxBackoff)
		}
		timer.Reset(min(time.Until(l.plan(next)), maxSleep))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-wake:
		}
	}
}

// A pace bounds how often a Loop looks.
type pace struct {
	began time.Time // of the rush
	turns int       // since then
}

// turn returns how long to wait with a look that could be made at now.
func (p *pace) turn(now time.Time) time.Duration {
	end := p.began.Add(rush)
	switch {
	case !now.Before(end):
		p.began, p.turns = now, 1
	case p.turns < maxRush:
		p.turns++
	default:
		p.began, p.turns = end, 1
		return end.Sub(now)
	}
	return 0
}

func (l *Loop) start() chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wake = make(chan struct{}, 1)
	return l.wake
}

// look says that what DueAt is told from now on may be missed by Next.
func (l *Loop) look() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.planned, l.hint = time.Time{}, time.Time{}
}

// plan decides when to look again: at next, or earlier when DueAt said so
// meanwhile.
func (l *Loop) plan(next time.Time) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.planned = next
	if !l.hint.IsZero() && l.hint.Before(next) {
		l.planned = l.hint
	}
	return l.planned
}

// DueAt tells the loop that there will be something to do at t. It costs next
// to nothing when the loop looks by then anyway, which in a flood is nearly
// always so.
func (l *Loop) DueAt(t time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.wake == nil: // Run begins with a look
	case l.planned.IsZero():
		if l.hint.IsZero() || t.Before(l.hint) {
			l.hint = t
		}
	case t.Before(l.planned):
		l.planned = t
		select {
		case l.wake <- struct{}{}:
		default: // it is being woken already
		}
	}
}
