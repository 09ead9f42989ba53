package failmail

import "sync"

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

// A crew runs functions beside each other.
type crew struct {
	mu      sync.Mutex
	changed *sync.Cond
	running int
}

func newCrew() *crew {
	c := &crew{}
	c.changed = sync.NewCond(&c.mu)
	return c
}

// enter waits until less than limit functions run.
func (c *crew) enter(limit int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.running >= limit {
		c.changed.Wait()
	}
}

func (c *crew) run(f func()) {
	c.mu.Lock()
	c.running++
	c.mu.Unlock()
	go func() {
		defer func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.running--
			c.changed.Broadcast()
		}()
		f()
	}()
}

// wait returns when none runs.
func (c *crew) wait() { c.enter(1) }
