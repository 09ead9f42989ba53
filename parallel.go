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

// maxUnderWay is how many bytes of mails may be on their way before another one is
// read from the store. A large one, relayed as it is, goes alone: several of them
// would take the memory that Config.MaxInFlight grants to those that come in.
const maxUnderWay = 8 << 20

// A crew delivers mails beside each other.
type crew struct {
	mu      sync.Mutex
	changed *sync.Cond
	running int
	bytes   int // of their mails
}

func newCrew() *crew {
	c := &crew{}
	c.changed = sync.NewCond(&c.mu)
	return c
}

// enter waits until less than limit deliveries run, and not too many bytes are on
// their way.
func (c *crew) enter(limit int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.running >= limit || c.bytes >= maxUnderWay {
		c.changed.Wait()
	}
}

// do runs f when less than limit functions run, and returns after it.
func (c *crew) do(limit int, f func()) {
	c.join(limit, 0)
	defer c.leave(0)
	f()
}

// run returns when f, which delivers a mail of so many bytes, has begun, which is
// when less than limit functions run.
func (c *crew) run(limit, bytes int, f func()) {
	c.join(limit, bytes)
	go func() {
		defer c.leave(bytes)
		f()
	}()
}

func (c *crew) join(limit, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.running >= limit {
		c.changed.Wait()
	}
	c.running++
	c.bytes += bytes
}

func (c *crew) leave(bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running--
	c.bytes -= bytes
	c.changed.Broadcast()
}

// wait returns when none runs.
func (c *crew) wait() { c.enter(1) }
