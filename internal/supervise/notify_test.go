//go:build unix

package supervise

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
)

func TestNotifyStarvesTheWatchdogOfAProxyThatDoesNotAnswer(t *testing.T) {
	m := testutil.StartSystemd(t)
	t.Setenv("NOTIFY_SOCKET", m.Path)
	t.Setenv("WATCHDOG_USEC", "4000")
	s, err := supervise("", false, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	full, down, checks := make(chan struct{}), make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	s.start(ctx, func(ctx context.Context) error {
		select {
		case <-down:
			select {
			case checks <- struct{}{}:
			case <-ctx.Done():
			}
			<-ctx.Done()
			return nil
		default:
		}
		select {
		case <-full:
			return errors.New("the disk is full")
		default:
			return nil
		}
	}, func() error { return nil })
	m.Expect("READY=1")
	m.Expect("WATCHDOG=1")
	close(full)
	m.Say("it is full")
	for said := ""; said != "it is full"; said = m.Next("") {
	}
	m.Expect("WATCHDOG=1") // a new start would not help
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
		t.Fatalf("says %q while the proxy does not answer", said)
	}
	cancel()
	m.Expect("STOPPING=1")
	m.Expect("WATCHDOG=1") // the end is timed by systemd itself
	s.close()
}
