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

// do runs f when less than limit functions run, and returns after it.
func (c *crew) do(limit int, f func()) {
	c.join(limit)
	defer c.leave()
	f()
}

// run returns when f has begun, which is when less than limit functions run.
func (c *crew) run(limit int, f func()) {
	c.join(limit)
	go func() {
		defer c.leave()
		f()
	}()
}

func (c *crew) join(limit int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.running >= limit {
		c.changed.Wait()
	}
	c.running++
}

func (c *crew) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running--
	c.changed.Broadcast()
}

// wait returns when none runs.
func (c *crew) wait() { c.enter(1) }
