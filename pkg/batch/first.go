package batch

import (
	"sync"
	"time"
)

const (
	// maxFirst is how many first mails may be sent at once within firstWindow: a
	// storm of errors that all differ must not become a storm of summaries.
	maxFirst    = 10
	firstWindow = 5 * time.Minute
	// maxFirstKeys bounds what is remembered of groups.
	maxFirstKeys = 10_000
)

// firsts decides which mails may be the first of their group. It knows what this
// process has seen, by the masked key, so that "order 17 failed" and "order 18
// failed" are one; the store, asked for the rest, knows what was seen before the
// last start and by others.
type firsts struct {
	mu     sync.Mutex
	seen   map[string]time.Time
	grants []time.Time
}

// isFirst reports whether a mail with key that came at now is the first after so long a
// quiet.
func (f *firsts) isFirst(key string, now time.Time, quiet time.Duration) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	last, known := f.seen[key]
	if f.seen == nil || len(f.seen) >= maxFirstKeys && !known {
		f.seen = make(map[string]time.Time)
	}
	if now.After(last) {
		f.seen[key] = now
	}
	return !known || now.Sub(last) > quiet
}

// grant reports whether another mail may be sent at once.
func (f *firsts) grant(now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.grants) > 0 && now.Sub(f.grants[0]) > firstWindow {
		f.grants = f.grants[1:]
	}
	if len(f.grants) >= maxFirst {
		return false
	}
	f.grants = append(f.grants, now)
	return true
}
