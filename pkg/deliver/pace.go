package deliver

import (
	"context"
	"sync"
	"time"
)

// A pace lets no more than a number of mails begin in any minute, which is how
// providers put it. A token bucket (golang.org/x/time/rate) lets twice the
// number through in the minute after a pause, or else no two at once.
type pace struct {
	mu    sync.Mutex
	begun []time.Time // in the last minute, oldest first
}

// wait returns when a mail may begin, or ctx's error. Without a limit it returns
// at once.
func (p *pace) wait(ctx context.Context, limit int) error {
	if limit <= 0 {
		return nil
	}
	for {
		delay := p.begin(time.Now(), limit)
		if delay <= 0 {
			return nil
		}
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// begin counts a mail at now, or returns how long none may begin.
func (p *pace) begin(now time.Time, limit int) (delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.begun) > 0 && now.Sub(p.begun[0]) >= time.Minute {
		p.begun = p.begun[1:]
	}
	if len(p.begun) >= limit {
		return p.begun[0].Add(time.Minute).Sub(now)
	}
	p.begun = append(p.begun, now)
	return 0
}
