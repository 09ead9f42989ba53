package lifetime_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/internal/lifetime"
)

var errBroken = errors.New("broken")

// serving is what a beginning that works returns.
func serving() {}

// steps notes what is undone, in its order.
type steps struct{ undone []string }

func (s *steps) add(l *lifetime.Life, name string, err error) {
	l.Undo(name, func(context.Context) error { s.undone = append(s.undone, name); return err })
}

func TestTheEndUndoesTheStepsOfTheBeginningTheLastOneFirst(t *testing.T) {
	var s steps
	l := lifetime.New()
	began, err := l.Begin(t.Context(), func() (func(), error) {
		for _, name := range []string{"store", "loops", "server"} {
			s.add(l, name, nil)
		}
		return serving, nil
	})
	if !began || err != nil || !l.Running() {
		t.Fatal("it did not begin:", err)
	}
	if first, err := l.End(t.Context()); !first || err != nil {
		t.Error("the end:", first, err)
	}
	if want := []string{"server", "loops", "store"}; !slices.Equal(s.undone, want) || l.Running() {
		t.Errorf("undone %q", s.undone)
	}
	if first, err := l.End(t.Context()); first || err != nil {
		t.Error("a second end:", first, err)
	}
	if began, _ := l.Begin(t.Context(), func() (func(), error) { panic("began again") }); began {
		t.Error("it began after its end")
	}
}

func TestABeginningThatFailsIsUndoneAsFarAsItCame(t *testing.T) {
	var s steps
	l := lifetime.New()
	began, err := l.Begin(t.Context(), func() (func(), error) {
		s.add(l, "store", errors.New("cannot close"))
		return nil, errBroken
	})
	if !began || !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "stop store: cannot close") {
		t.Error(began, err)
	}
	<-l.Ended()
	if len(s.undone) != 1 || l.Running() || !errors.Is(l.Err(), errBroken) {
		t.Error(s.undone, l.Err())
	}
}

func TestWhatFailsAtTheEndKeepsNothingElseFromEnding(t *testing.T) {
	var s steps
	l := lifetime.New()
	if _, err := l.Begin(t.Context(), func() (func(), error) {
		s.add(l, "store", nil)
		s.add(l, "server", errBroken)
		return serving, nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.End(t.Context()); err == nil || err.Error() != "stop server: broken" || len(s.undone) != 2 {
		t.Error(err, s.undone)
	}
}

func TestAStepThatHangsIsLeftBehindAndNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := make(chan struct{})
		defer close(hangs)
		var s steps
		l := lifetime.New()
		if _, err := l.Begin(t.Context(), func() (func(), error) {
			s.add(l, "store", nil)
			l.Undo("sender", func(context.Context) error { <-hangs; return nil })
			return serving, nil
		}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		ends := make(chan error, 1)
		go func() { _, err := l.End(ctx); ends <- err }()
		synctest.Wait()
		impatient, cancelled := context.WithCancel(t.Context())
		cancelled()
		if first, err := l.End(impatient); first || !errors.Is(err, context.Canceled) {
			t.Error("who does not wait for the end:", first, err)
		}
		if err := <-ends; err == nil || !strings.Contains(err.Error(), "stop sender: sender did not return in time") || len(s.undone) != 1 {
			t.Error(err, s.undone)
		}
	})
}

func TestWhoeverIsServedFindsTheLifeRunning(t *testing.T) {
	l := lifetime.New()
	served := false
	_, err := l.Begin(t.Context(), func() (func(), error) {
		if l.Running() {
			t.Error("it runs before it has begun")
		}
		return func() { served = l.Running() }, nil
	})
	if err != nil || !served {
		t.Errorf("served while it runs: %t, %v", served, err)
	}
	if _, err := l.End(t.Context()); err != nil {
		t.Error(err)
	}
}
