package simulate

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// What does not end says nothing of the promises, and not which seed it is. Either nothing
// happens any more in a bubble though time passes, or no time passes though things happen.

// patience is far more time than a script takes, with all that it waits for.
const patience = 100 * 24 * time.Hour

// mostAtOnce is far more calls to the store than a process has a reason for at one instant.
const mostAtOnce = 20000

// watch calls stuck if the timer is not stopped before patience has ended.
func watch(stuck func(why string)) *time.Timer {
	return time.AfterFunc(patience, func() { stuck(fmt.Sprintf("has not ended after %v", patience)) })
}

// A pulse counts the calls of a process to its store at one instant.
type pulse struct {
	stuck func(why string)

	mu    sync.Mutex
	at    time.Time
	calls int
}

func (p *pulse) beat() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); !now.Equal(p.at) {
		p.at, p.calls = now, 0
	}
	if p.calls++; p.calls > mostAtOnce {
		p.stuck(fmt.Sprintf("calls a store more than %d times while no time passes", mostAtOnce))
	}
}

func (p *plug) NextDue(ctx context.Context) (time.Time, error) {
	p.pulse.beat()
	return p.kept.NextDue(ctx)
}

func (p *plug) NextSend(ctx context.Context) (time.Time, error) {
	p.pulse.beat()
	return p.kept.NextSend(ctx)
}
