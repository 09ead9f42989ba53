// Package login slows whoever guesses passwords, and bounds what that costs. SMTP
// and HTTP go through it, whatever then checks the password.
package login

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"time"
)

const (
	freeFailures = 3 // a person mistypes; a connection ends after as many
	firstDelay   = time.Second
	maxDelay     = 30 * time.Second
	// patience is how long an attempt waits for its turn; clients give up soon
	// after.
	patience    = 30 * time.Second
	forgetAfter = 15 * time.Minute
)

// ErrThrottled means that an attempt was not checked, because so many from the
// same address have failed.
var ErrThrottled = errors.New("too many failed logins from this address")

// A Throttle decides when a password may be checked. After some failures from an
// address, the next attempts from there wait for longer and longer. Others do not,
// nor does a login that was right from the same address before: a program with a
// stale password does not slow those beside it. Not more checks than there are cores
// run at a time, apart from those of such logins.
//
// The zero value is ready for use, and safe for concurrent use.
type Throttle struct {
	once    sync.Once
	running chan struct{}
	key     []byte

	mu       sync.Mutex
	failures recent[netip.Prefix, failures]
	known    recent[[sha256.Size]byte, struct{}] // logins that were right
	attempts map[[sha256.Size]byte]*attempt      // of logins that are not known
}

// failures are those of one address.
type failures struct {
	count int
	last  time.Time
	next  time.Time // when the next attempt may be checked
}

// Check calls check when it is time to, and returns its result. The error is
// ErrThrottled, or that of ctx, which bounds the wait; then check was not called.
func (t *Throttle) Check(ctx context.Context, client netip.Addr, user, password string, check func(user, password string) bool) (bool, error) {
	t.once.Do(func() {
		t.running = make(chan struct{}, runtime.GOMAXPROCS(0))
		t.key = make([]byte, 32)
		rand.Read(t.key) // never fails
	})
	address, login := prefixOf(client), t.digest(client, user, password)
	if t.isKnown(login) && check(user, password) {
		return true, nil
	}
	for {
		a, first := t.join(login)
		if first {
			defer t.leave(login, a) // check may panic
			a.ok, a.err = t.attempt(ctx, address, login, func() bool { return check(user, password) })
			return a.ok, a.err
		}
		select {
		case <-a.done:
		case <-ctx.Done():
			return false, ctx.Err()
		}
		if a.err == nil || errors.Is(a.err, ErrThrottled) {
			return a.ok, a.err
		} // else the client that went first is gone
	}
}

// An attempt is one login on its way, for all connections that try the same.
type attempt struct {
	done chan struct{}
	ok   bool
	err  error
}

// join returns the attempt at login that is on its way, or a new one, which the
// caller makes.
func (t *Throttle) join(login [sha256.Size]byte) (a *attempt, first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a, found := t.attempts[login]; found {
		return a, false
	}
	a = &attempt{done: make(chan struct{})}
	if t.attempts == nil {
		t.attempts = make(map[[sha256.Size]byte]*attempt)
	}
	t.attempts[login] = a
	return a, true
}

func (t *Throttle) leave(login [sha256.Size]byte, a *attempt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.attempts, login)
	close(a.done)
}

func (t *Throttle) attempt(ctx context.Context, address netip.Prefix, login [sha256.Size]byte, check func() bool) (bool, error) {
	release, err := t.turn(ctx, address)
	if err != nil {
		return false, err
	}
	defer release()
	ok := check()
	t.note(address, login, ok)
	return ok, nil
}

// turn waits until an attempt from address may be checked. That is decided with a
// place among the running checks in hand: of forty attempts at once, most see the
// failures of the first.
func (t *Throttle) turn(ctx context.Context, address netip.Prefix) (release func(), err error) {
	until := time.Now().Add(patience)
	for {
		select {
		case t.running <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		wait := t.wait(address, time.Now())
		if wait == 0 {
			return func() { <-t.running }, nil
		}
		<-t.running
		if time.Now().Add(wait).After(until) {
			return nil, ErrThrottled
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// wait returns how long an attempt from address has to wait yet. When it need not,
// those behind it wait for its turn to be over.
func (t *Throttle) wait(address netip.Prefix, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	f, found := t.failures.get(address)
	switch {
	case !found:
		return 0
	case now.Sub(f.last) > forgetAfter:
		t.failures.remove(address)
		return 0
	case f.next.After(now):
		return f.next.Sub(now)
	}
	f.next = now.Add(delay(f.count))
	t.failures.put(address, f)
	return 0
}

// note remembers the result of a check.
func (t *Throttle) note(address netip.Prefix, login [sha256.Size]byte, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ok {
		t.known.put(login, struct{}{})
		return
	}
	t.known.remove(login)
	now := time.Now()
	f, _ := t.failures.get(address)
	f.count++
	f.last, f.next = now, now.Add(delay(f.count))
	t.failures.put(address, f)
}

// delay returns how long the attempt waits that follows so many failures.
func delay(failures int) time.Duration {
	switch over := failures - freeFailures; {
	case over < 0:
		return 0
	case over > 5:
		return maxDelay
	default:
		return min(firstDelay<<over, maxDelay)
	}
}

func (t *Throttle) isKnown(login [sha256.Size]byte) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, known := t.known.get(login)
	return known
}

// digest stands for a login without telling its password.
func (t *Throttle) digest(client netip.Addr, user, password string) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, t.key)
	fmt.Fprintf(mac, "%s %d:%s%s", client, len(user), user, password)
	mac.Sum(sum[:0])
	return sum
}

// prefixOf is what counts as one client: whoever has an IPv6 address has a /64 of
// them. Unix sockets count as one.
func prefixOf(client netip.Addr) netip.Prefix {
	client = client.Unmap().WithZone("")
	bits := client.BitLen()
	if client.Is6() {
		bits = 64
	}
	prefix, err := client.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return prefix
}
