package login

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var (
	here  = netip.MustParseAddr("192.0.2.1")
	there = netip.MustParseAddr("192.0.2.2")
)

// checker admits everyone with the password "right" and counts.
type checker struct {
	mu                      sync.Mutex
	checks, running, atOnce int
	takes                   time.Duration
}

func (c *checker) check(_, password string) bool {
	c.mu.Lock()
	c.checks++
	c.running++
	c.atOnce = max(c.atOnce, c.running)
	c.mu.Unlock()
	time.Sleep(c.takes) // inside of a bubble
	c.mu.Lock()
	c.running--
	c.mu.Unlock()
	return password == "right"
}

// took returns how long an attempt waited.
func took(t *testing.T, throttle *Throttle, c *checker, from netip.Addr, user, password string, want error) time.Duration {
	t.Helper()
	start := time.Now()
	ok, err := throttle.Check(t.Context(), from, user, password, c.check)
	if !errors.Is(err, want) || ok != (err == nil && password == "right") {
		t.Errorf("Check of %s = %v, %v", password, ok, err)
	}
	return time.Since(start)
}

func TestEachFailureMakesTheNextAttemptFromItsAddressWaitLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var throttle Throttle
		c := &checker{}
		for i, want := range []time.Duration{0, 0, 0, 1, 2, 4, 8, 16, 30, 30, 30} {
			if got := took(t, &throttle, c, here, fmt.Sprint("user", i), "wrong", nil); got != want*time.Second {
				t.Errorf("attempt %d waited %v, want %v", i+1, got, want*time.Second)
			}
		}
		if got := took(t, &throttle, c, there, "user", "right", nil); got != 0 {
			t.Errorf("a right login from another address waited %v", got)
		}
		if got := took(t, &throttle, c, netip.MustParseAddr("::ffff:192.0.2.1"), "user", "right", nil); got != 30*time.Second {
			t.Errorf("the same address in another form waited %v", got)
		}
	})
}

func TestALoginThatWasRightDoesNotWaitForTheFailuresBesideIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var throttle Throttle
		c := &checker{}
		took(t, &throttle, c, here, "program", "right", nil)
		for range 10 {
			took(t, &throttle, c, here, "program", "stale", nil)
		}
		if got := took(t, &throttle, c, here, "program", "right", nil); got != 0 {
			t.Errorf("waited %v", got)
		}
		// It is known with its user and from its address only.
		if got := took(t, &throttle, c, here, "other", "right", nil); got == 0 {
			t.Error("another user's login did not wait")
		}
	})
}

func TestTheConnectionsOfAProgramWaitForItsFirstLoginOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var throttle Throttle
		c := &checker{}
		for range 9 {
			took(t, &throttle, c, here, "other", "stale", nil)
		}
		c.takes, c.checks = time.Second, 0
		var connections sync.WaitGroup
		for range 20 {
			connections.Go(func() {
				if got := took(t, &throttle, c, here, "program", "right", nil); got != 31*time.Second {
					t.Errorf("took %v", got)
				}
			})
		}
		connections.Wait()
		if c.checks != 1 {
			t.Errorf("%d checks", c.checks)
		}
	})
}

func TestALoginGoesOnWhenTheFirstClientThatTriedItIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var throttle Throttle
		c := &checker{}
		for range 7 {
			took(t, &throttle, c, here, "other", "stale", nil)
		}
		gone, cancel := context.WithCancel(t.Context())
		go throttle.Check(gone, here, "program", "right", c.check)
		synctest.Wait()
		time.AfterFunc(time.Second, cancel)
		if got := took(t, &throttle, c, here, "program", "right", nil); got != 16*time.Second {
			t.Errorf("waited %v", got)
		}
	})
}

func TestALoginThatIsNoLongerRightIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var throttle Throttle
		c := &checker{}
		took(t, &throttle, c, here, "user", "right", nil)
		for range 5 {
			ok, err := throttle.Check(t.Context(), here, "user", "right", func(string, string) bool { return false })
			if ok || err != nil {
				t.Fatalf("Check = %v, %v", ok, err)
			}
		}
		if got := took(t, &throttle, c, here, "user", "right", nil); got == 0 {
			t.Error("it did not wait as others do")
		}
	})
}

func TestFailuresAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var throttle Throttle
		c := &checker{}
		for range 9 {
			took(t, &throttle, c, here, "user", "wrong", nil)
		}
		time.Sleep(forgetAfter + time.Second)
		for range freeFailures {
			if got := took(t, &throttle, c, here, "user", "wrong", nil); got != 0 {
				t.Errorf("waited %v", got)
			}
		}
	})
}

func TestFortyGuessersAtOnceGetFewChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var throttle Throttle
		c := &checker{takes: 250 * time.Millisecond}
		var throttled atomic.Int64
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var guessers sync.WaitGroup
		for i := range 40 {
			guessers.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					if _, err := throttle.Check(ctx, here, "user", fmt.Sprint(i, n), c.check); errors.Is(err, ErrThrottled) {
						throttled.Add(1)
						time.Sleep(time.Second) // to connect again
					}
				}
			})
		}
		guessers.Wait()
		if most := freeFailures + 6 + 2 + runtime.GOMAXPROCS(0); c.checks > most || c.checks < freeFailures || throttled.Load() == 0 {
			t.Errorf("%d checks in a minute, want at most %d; %d attempts were turned away", c.checks, most, throttled.Load())
		}
		if c.atOnce > runtime.GOMAXPROCS(0) {
			t.Errorf("%d checks at once on %d cores", c.atOnce, runtime.GOMAXPROCS(0))
		}
	})
}

func TestChecksForManyAddressesAreBoundedToTheCores(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var throttle Throttle
		c := &checker{takes: time.Second}
		var clients sync.WaitGroup
		for i := range 50 {
			clients.Go(func() { took(t, &throttle, c, netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), "user", "right", nil) })
		}
		clients.Wait()
		if c.checks != 50 || c.atOnce > runtime.GOMAXPROCS(0) {
			t.Errorf("%d checks, %d at once on %d cores", c.checks, c.atOnce, runtime.GOMAXPROCS(0))
		}
	})
}

func TestAClientThatGoesAwayWaitsNoLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var throttle Throttle
		c := &checker{}
		for range 7 {
			took(t, &throttle, c, here, "user", "wrong", nil)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		before, start := c.checks, time.Now()
		if ok, err := throttle.Check(ctx, here, "user", "right", c.check); ok || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("Check = %v, %v after %v", ok, err, time.Since(start))
		}
		if c.checks != before {
			t.Error("it was checked all the same")
		}
		// The same while every core is busy.
		busy := &checker{takes: time.Hour}
		for i := range runtime.GOMAXPROCS(0) {
			go throttle.Check(t.Context(), netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), "user", "right", busy.check)
		}
		synctest.Wait()
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := throttle.Check(ctx, there, "user", "right", c.check); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("behind busy cores: %v", err)
		}
		time.Sleep(2 * time.Hour)
	})
}

func TestAddressesOfOneNetworkCountAsOneClient(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1": "192.0.2.1/32", "::ffff:192.0.2.1": "192.0.2.1/32", "2001:db8::1": "2001:db8::/64",
		"2001:db8::ffff:1": "2001:db8::/64", "fe80::1%eth0": "fe80::/64", "::1": "::/64",
	} {
		if got := prefixOf(netip.MustParseAddr(address)).String(); got != want {
			t.Errorf("%s counts as %s, want %s", address, got, want)
		}
	}
	if got := prefixOf(netip.Addr{}); got.IsValid() {
		t.Errorf("a Unix socket counts as %s", got)
	}
}

func TestTheMemoryOfAThrottleIsBounded(t *testing.T) {
	var throttle Throttle
	c := &checker{}
	for i := range 3*maxRecent + 1 {
		address := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		throttle.Check(t.Context(), address, "user", "wrong", c.check)
		throttle.Check(t.Context(), address, "user", "right", c.check)
	}
	for name, n := range map[string]int{
		"failures": len(throttle.failures.young) + len(throttle.failures.old),
		"logins":   len(throttle.known.young) + len(throttle.known.old),
	} {
		if n > 2*maxRecent || n < maxRecent {
			t.Errorf("%d %s are remembered", n, name)
		}
	}
}
