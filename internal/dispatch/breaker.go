package dispatch

import (
	"cmp"
	"errors"
	"sync"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
)

// A breaker knows whether the relay is down. While it is, summaries that could
// not be handed over go back into their batches, which stay open and count on,
// so that one summary tells the whole outage; and the relay is asked only now and
// then. Its rules are pure functions of the times passed in.
type breaker struct {
	mu       sync.Mutex
	since    time.Time // when the relay went down; zero while it is up
	until    time.Time // when to ask again
	reason   error     // why the last attempt failed
	failures int
	probing  time.Time // when the attempt began whose end is awaited; zero if there is none
	before   time.Time // since when it was down before this process; zero once an attempt shows how it is

	lastSince, lastUntil time.Time // of the last outage that is over
	lastReason           error
}

// probeTimeout is how long the end of an attempt is awaited before another one is
// made: longer than any attempt.
const probeTimeout = sendTimeout + time.Minute

// tripped reports whether err says that the relay is down, or wants to be left
// alone, rather than something about one mail.
func tripped(err error) bool {
	// Refused recipients are about that mail, whatever the code: one full mailbox
	// must not stop everybody's summaries.
	_, refused := errors.AsType[*deliver.RefusedError](err)
	return !refused && (deliver.IsUnreachable(err) || deliver.IsThrottled(err))
}

// allow reports whether an attempt may begin at now. When the relay is down, that
// is one attempt at a time.
func (b *breaker) allow(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.since.IsZero():
		return true
	case now.Before(b.until), !b.probing.IsZero() && now.Sub(b.probing) < probeTimeout:
		return false
	}
	b.probing = now
	return true
}

// mayGoOn reports whether an attempt that was allowed, or needs no permission,
// may be made.
func (b *breaker) mayGoOn(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.since.IsZero() || !b.probing.IsZero() || !now.Before(b.until)
}

// down returns since when the relay is down, and when it is asked again; zero
// times while it is up.
func (b *breaker) down() (since, until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.since.IsZero() {
		return time.Time{}, time.Time{}
	}
	return b.since, b.until
}

// askedUntil returns until when the end of an attempt is awaited, before which there
// is nothing to do while the relay is down; zero if there is none.
func (b *breaker) askedUntil() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.since.IsZero() || b.probing.IsZero() {
		return time.Time{}
	}
	return b.probing.Add(probeTimeout)
}

// why returns why the relay is down; nil while it is up.
func (b *breaker) why() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.reason
}

// lastly returns why the last attempt of this outage, or of the one that is over,
// failed; nil if there was none.
func (b *breaker) lastly() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return cmp.Or(b.reason, b.lastReason)
}

// failed notes an attempt at now that the relay did not take, and why. It returns
// since when the relay is down, and whether that is news.
func (b *breaker) failed(now time.Time, reason error) (since time.Time, news bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reason = reason
	if news = b.since.IsZero(); news {
		b.since, b.failures, b.before = cmp.Or(b.before, now), 0, time.Time{}
	} else if now.Before(b.until) {
		return b.since, false // it began before the one that failed first
	}
	b.failures++
	b.until, b.probing = now.Add(deliver.Backoff(b.failures)), time.Time{}
	return b.since, news
}

// worked notes that the relay answered at now. It returns since when it was down;
// zero if it was not.
func (b *breaker) worked(now time.Time) (since time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	since = b.since
	if !since.IsZero() {
		b.lastSince, b.lastUntil, b.lastReason = since, now, b.reason
	}
	b.since, b.until, b.probing, b.reason = time.Time{}, time.Time{}, time.Time{}, nil
	b.before = time.Time{}
	return since
}

// heldSince returns since when a batch that was due at due could not be
// delivered; zero if nothing was in its way. It may never have been tried.
func (b *breaker) heldSince(due, now time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !b.since.IsZero() && due.Before(now.Add(-time.Second)):
		return b.since
	case !due.Before(b.lastSince) && due.Before(b.lastUntil):
		return b.lastSince
	}
	return time.Time{}
}

// abandoned notes that the attempt that was allowed was not made.
func (b *breaker) abandoned() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = time.Time{}
}

// probe makes the next attempt due at once.
func (b *breaker) probe() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until = time.Time{}
}

// recall notes since when the relay was down before this process began.
func (b *breaker) recall(since time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.before = since
}

// known returns since when the relay is down as far as anybody knows, also before an attempt
// has shown that it still is; zero if it is up.
func (b *breaker) known() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return cmp.Or(b.since, b.before)
}
