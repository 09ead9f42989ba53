package deliver

import (
	"context"
	"slices"
	"sync"
	"time"
)

// A pool keeps connections between mails. With slots it also bounds how many
// there are: a Send holds a slot while it holds a connection, and opens one only
// when none is kept, so there are never more than slots.
type pool struct {
	mu      sync.Mutex
	idle    []*connection // the one used last at the end
	closed  bool
	slots   chan struct{}  // as many values as Sends hold
	leaving sync.WaitGroup // connections that a timer is closing
}

// enter waits for a slot, of which there are maximum, or any number if that is 0.
func (p *pool) enter(ctx context.Context, maximum int) error {
	if maximum <= 0 {
		return nil
	}
	p.mu.Lock()
	if p.slots == nil {
		p.slots = make(chan struct{}, maximum)
	}
	slots := p.slots
	p.mu.Unlock()
	select {
	case slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pool) leave() {
	p.mu.Lock()
	slots := p.slots
	p.mu.Unlock()
	if slots != nil {
		<-slots
	}
}

// take returns a kept connection, or nil. The one used last is the most likely
// to be alive, and those that are not needed grow old.
func (p *pool) take() *connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.idle) - 1
	if last < 0 {
		return nil
	}
	c := p.idle[last]
	p.idle = slices.Delete(p.idle, last, last+1)
	c.expiry.Stop() // if it is too late, drop finds nothing to close
	return c
}

// put keeps c for idle, after which quit closes it. It reports false if the pool
// is closed.
func (p *pool) put(c *connection, idle time.Duration, quit func(*connection)) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	c.expiry = time.AfterFunc(idle, func() {
		if p.drop(c) {
			quit(c)
			p.leaving.Done()
		}
	})
	p.idle = append(p.idle, c)
	return true
}

// drop takes c out and has close wait for leaving.Done, if c is still kept.
func (p *pool) drop(c *connection) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.Index(p.idle, c)
	if i < 0 {
		return false
	}
	p.idle = slices.Delete(p.idle, i, i+1)
	p.leaving.Add(1)
	return true
}

// close closes what is kept, all at once, as each may take the time of a QUIT.
func (p *pool) close(quit func(*connection)) {
	p.mu.Lock()
	p.closed = true
	idle := p.idle
	p.idle = nil
	for _, c := range idle {
		c.expiry.Stop()
	}
	p.mu.Unlock()
	for _, c := range idle {
		p.leaving.Go(func() { quit(c) })
	}
	p.leaving.Wait()
}
