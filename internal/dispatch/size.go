package dispatch

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/store"
)

// What happens to a summary that is too large for the relay: it is made again,
// smaller.

const (
	// sizeMargin is left, in bytes, for the fields that a relay adds before it measures.
	sizeMargin = 1 << 10
	// leastSummary is less than the smallest summary has, in bytes.
	leastSummary = 4 << 10
	// boundFor is how long it is remembered that a summary was too large.
	boundFor = time.Hour
)

// sizeBounds are how large the next summary of a batch key may be, for those of which
// one was too large. They are forgotten at a restart, which costs an attempt.
type sizeBounds struct {
	mu     sync.Mutex
	bounds map[string]sizeBound
}

type sizeBound struct {
	bytes int
	until time.Time
}

// of returns the bound in bytes, 0 if there is none.
func (s *sizeBounds) of(batch string, now time.Time) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.bounds[batch]; now.Before(b.until) {
		return b.bytes
	}
	return 0
}

// lower notes that a summary of size bytes was refused by a relay that takes at most
// declared bytes, 0 if it does not say. It reports whether a smaller one is worth an
// attempt. Each is smaller than the one before: a summary that was refused although
// it had to be smaller already, and is not, is the smallest there is.
func (s *sizeBounds) lower(batch string, size, declared int, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.bounds, func(_ string, b sizeBound) bool { return !now.Before(b.until) })
	if b, known := s.bounds[batch]; known && size > b.bytes {
		return false
	}
	next := size / 2
	switch {
	case declared > 0 && declared < size:
		next = declared
	case next < leastSummary:
		return false
	}
	if s.bounds == nil {
		s.bounds = make(map[string]sizeBound)
	}
	s.bounds[batch] = sizeBound{next, now.Add(boundFor)}
	return true
}

// declared returns how large a mail the relay takes, as far as it says so; 0 if it does
// not.
func (d *Dispatcher) declared() int {
	if limiter, ok := d.config.Policy().Sender.(deliver.SizeLimiter); ok {
		if size := limiter.MaxSize(); size > 0 {
			return max(size-sizeMargin, 1)
		}
	}
	return 0
}

// MaxBytes returns how large the next summary of the batch may be for the relay; 0 if
// nothing is known that bounds it.
func (d *Dispatcher) MaxBytes(batch string, now time.Time) int {
	declared, learned := d.declared(), d.sizes.of(batch, now)
	if declared == 0 || learned > 0 && learned < declared {
		return learned
	}
	return declared
}

// shrink opens the batch of a summary again that was refused as too large, so that a
// smaller one is made at once. It reports false if none is to be made.
func (d *Dispatcher) shrink(ctx context.Context, o *store.Outgoing, out outcome) (done bool, err error) {
	now := time.Now()
	if out.sent || !reopenable(o) || !deliver.IsTooLarge(out.err) || !d.sizes.lower(o.Batch, len(o.Mail), d.declared(), now) {
		return false, nil
	}
	d.log.Warn("a summary is too large for the relay, making a smaller one", "batch", o.Batch, "mails", o.Count,
		"bytes", len(o.Mail), "max_bytes", d.sizes.of(o.Batch, now), "error", out.err)
	return true, d.reopen(ctx, o, time.Time{}, now)
}
