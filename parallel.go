package failmail

import (
	"errors"
	"sync"
)

// parallel returns how many summaries may be on their way at a time. While the
// relay is down that is the one that asks it, and a Sender of somebody else's is
// promised one call at a time.
func (p *Proxy) parallel() int {
	since, _ := p.breaker.down()
	if config := p.conf(); config.Sender == nil && since.IsZero() {
		return max(config.RelayOptions.Limits.MaxConns, 1)
	}
	return 1
}

// A group runs functions beside each other, and stops at the first error.
type group struct {
	mu      sync.Mutex
	changed *sync.Cond
	running int
	errs    []error
}

// enter waits until less than limit functions run; false says that one failed.
func (g *group) enter(limit int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.changed == nil {
		g.changed = sync.NewCond(&g.mu)
	}
	for g.running >= limit {
		g.changed.Wait()
	}
	return len(g.errs) == 0
}

func (g *group) run(f func() error) {
	g.mu.Lock()
	g.running++
	g.mu.Unlock()
	go func() {
		err := f()
		g.mu.Lock()
		defer g.mu.Unlock()
		g.running--
		if err != nil {
			g.errs = append(g.errs, err)
		}
		g.changed.Broadcast()
	}()
}

// leave waits until none runs, and returns the errors.
func (g *group) leave() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.running > 0 {
		g.changed.Wait()
	}
	return errors.Join(g.errs...)
}
