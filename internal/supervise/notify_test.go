//go:build unix

package supervise

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
)

func TestNotifyStarvesTheWatchdogWhileTheProxyTakesNoMails(t *testing.T) {
	m := testutil.StartSystemd(t)
	t.Setenv("NOTIFY_SOCKET", m.Path)
	t.Setenv("WATCHDOG_USEC", "4000")
	s, err := supervise("", false, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	down, checks := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	s.start(ctx, func(ctx context.Context) error {
		select {
		case <-down:
			select {
			case checks <- struct{}{}:
			case <-ctx.Done():
			}
			return errors.New("the store is down")
		default:
			return nil
		}
	}, func() error { return nil })
	m.Expect("READY=1")
	m.Expect("WATCHDOG=1")
	close(down)
	// What was on its way comes before this, and then silence.
	<-checks
	m.Say("from here on")
	m.Expect("from here on")
	for range 3 {
		<-checks
	}
	m.Say("to here")
	if said := m.Next("WATCHDOG=1"); said != "to here" {
		t.Fatalf("says %q while the store is down", said)
	}
	cancel()
	m.Expect("STOPPING=1")
	m.Expect("WATCHDOG=1") // the end is timed by systemd itself
	s.close()
}
