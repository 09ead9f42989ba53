package dispatch_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/internal/dispatch"
	"github.com/hut8labs/failmail/pkg/deliver"
)

// restart has another Dispatcher take the place of w's, as a restart does.
func (w *world) restart(t *testing.T) {
	t.Helper()
	w.end()
	w.start(t)
	if err := w.Recall(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestARestartDoesNotBeginAnOutage(t *testing.T) {
	policy := dispatch.Policy{RetryFor: 100 * time.Hour, Relay: "mail.example.com:25", Mark: "m"}
	play(t, policy, func(t *testing.T, w *world) {
		// try delivers a mail and returns since when the relay is down.
		try := func(id string, err error) time.Time {
			t.Helper()
			w.answers(func(*deliver.Mail) error { return err })
			w.summary(t, id, 0)
			synctest.Wait()
			return w.State().DownSince
		}
		began := try("a", errDown)
		time.Sleep(time.Hour)
		w.restart(t)
		if !w.State().Up() {
			t.Error("it is down before an attempt shows that")
		}
		time.Sleep(time.Hour)
		w.restart(t) // nothing was tried in between
		if got := try("b", errDown); !got.Equal(began) {
			t.Errorf("down since %s, want %s", got, began)
		}
		time.Sleep(time.Until(w.AsksAt()))
		w.MayTake(time.Now())
		if got := try("c", nil); !got.IsZero() {
			t.Errorf("down since %s when it is up", got)
		}
		w.restart(t)
		if got, now := try("d", errDown), time.Now(); !got.Equal(now) {
			t.Errorf("another outage since %s, want %s", got, now)
		}
		w.restart(t)
		if got := try("e", nil); !got.IsZero() {
			t.Errorf("down since %s though it was up at once", got)
		}
		w.restart(t)
		if got, now := try("f", errDown), time.Now(); !got.Equal(now) {
			t.Errorf("a third outage since %s, want %s", got, now)
		}
	})
}
