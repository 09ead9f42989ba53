package web

import (
	"context"
	"errors"
	"html/template"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhoWatchesSharesOneLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var looks atomic.Int32
		slow := time.Duration(0)
		l := newLive(func(ctx context.Context) *snapshot {
			looks.Add(1)
			time.Sleep(slow)
			return &snapshot{now: time.Now(), problem: ctx.Err()}
		}, func(s *snapshot) (*rendering, error) {
			return &rendering{now: s.now, sections: map[string]template.HTML{}}, s.problem
		})
		expect := func(when string, want int32) {
			t.Helper()
			if _, err := l.current(t.Context()); err != nil {
				t.Errorf("%s: %v", when, err)
			}
			if got := looks.Load(); got != want {
				t.Errorf("%s: looked %d times, want %d", when, got, want)
			}
		}
		expect("first", 1)
		expect("at once again", 1)
		time.Sleep(lookEvery)
		expect("a second later", 2)
		l.changed()
		expect("after a change", 3)
		expect("after the change was seen", 3)

		slow = 700 * time.Millisecond
		time.Sleep(lookEvery)
		expect("slowly", 4)
		time.Sleep(6 * time.Second)
		expect("while a look costs much", 4)
		time.Sleep(time.Second)
		expect("when it was long ago", 5)
	})
}

func TestALookSurvivesTheOneWhoAskedForIt(t *testing.T) {
	t.Parallel()
	l := newLive(func(ctx context.Context) *snapshot { return &snapshot{now: time.Now(), problem: ctx.Err()} },
		func(s *snapshot) (*rendering, error) { return &rendering{}, s.problem })
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.current(gone); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := l.current(t.Context()); err != nil {
		t.Errorf("the next one sees the end of the first: %v", err)
	}
}
