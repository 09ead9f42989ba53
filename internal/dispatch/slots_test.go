package dispatch

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

func TestALargeMailIsOnItsWayAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const short, large = 1 << 20, 30 << 20
		s, release := newSlots(), map[int]chan struct{}{short: make(chan struct{}), large: make(chan struct{})}
		running := func() int {
			synctest.Wait()
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.running
		}
		go func() {
			for _, size := range []int{short, short, large, short, short} {
				s.await(3)
				s.run(3, size, func() { <-release[size] })
			}
		}()
		if n := running(); n != 3 {
			t.Errorf("%d mails are on their way, want two short ones and the large one", n)
		}
		release[short] <- struct{}{}
		release[short] <- struct{}{}
		if n := running(); n != 1 {
			t.Errorf("%d mails are on their way beside the large one", n-1)
		}
		release[large] <- struct{}{}
		if n := running(); n != 2 {
			t.Errorf("%d short mails are on their way after the large one, want 2", n)
		}
		close(release[short])
		s.wait()
	})
}

func TestWhoWaitsForATurnGoesWhenItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, release, result := newSlots(), make(chan struct{}), make(chan error)
		one := func() int { return 1 }
		s.run(1, 0, func() { <-release })
		ctx, cancel := context.WithCancel(t.Context())
		go func() { result <- s.do(ctx, one, func() error { t.Error("it had its turn"); return nil }) }()
		synctest.Wait()
		cancel()
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		close(release)
		if err := s.do(t.Context(), one, func() error { return errors.New("done") }); err == nil {
			t.Error("what was done does not say so")
		}
		s.wait()
	})
}
