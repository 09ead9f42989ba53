package dispatch

import (
	"context"
	"sync"
)

// maxUnderWay is how many bytes of mails may be on their way before another one is
// read from the store. A large one, relayed as it is, goes alone: several of them
// would take the memory that Config.MaxInFlight grants to those that come in.
const maxUnderWay = 8 << 20

// slots bound how many mails are on their way at a time.
type slots struct {
	mu      sync.Mutex
	changed *sync.Cond
	running int
	bytes   int // of their mails
}

func newSlots() *slots {
	s := &slots{}
	s.changed = sync.NewCond(&s.mu)
	return s
}

// await waits until less than limit deliveries run, and not too many bytes are on
// their way.
func (s *slots) await(limit int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.running >= limit || s.bytes >= maxUnderWay {
		s.changed.Wait()
	}
}

// do runs f when less functions run than limit says, and returns after it; or with an
// error when ctx ends before that.
func (s *slots) do(ctx context.Context, limit func() int, f func() error) error {
	defer context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.changed.Broadcast()
	})()
	s.mu.Lock()
	for s.running >= limit() && ctx.Err() == nil {
		s.changed.Wait()
	}
	if err := ctx.Err(); err != nil {
		s.mu.Unlock()
		return err
	}
	s.running++
	s.mu.Unlock()
	defer s.leave(0)
	return f()
}

// run returns when f, which delivers a mail of so many bytes, has begun, which is
// when less than limit functions run.
func (s *slots) run(limit, bytes int, f func()) {
	s.join(limit, bytes)
	go func() {
		defer s.leave(bytes)
		f()
	}()
}

func (s *slots) join(limit, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.running >= limit {
		s.changed.Wait()
	}
	s.running++
	s.bytes += bytes
}

func (s *slots) leave(bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	s.bytes -= bytes
	s.changed.Broadcast()
}

// wait returns when none runs.
func (s *slots) wait() { s.await(1) }
