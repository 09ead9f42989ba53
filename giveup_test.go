package failmail_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail"
)

// Whoever makes summaries and whoever hands them over must agree on what is past its time:
// else what one makes the other gives back, and neither comes to an end.
func TestASummaryIsGivenUpInTimeWhateverElseComesWhileTheRelayIsDown(t *testing.T) {
	const a, b = "a@example.com", "b@example.com"
	type mail struct {
		at time.Duration
		to string
	}
	for name, test := range map[string]struct {
		retryFor time.Duration
		mails    []mail // in their order
		givenUp  []time.Duration
	}{
		"mails make its batch due later":            {time.Minute, []mail{{0, a}, {50 * time.Second, a}, {80 * time.Second, a}}, []time.Duration{90 * time.Second}},
		"and another batch is due by then":          {time.Minute, []mail{{0, a}, {50 * time.Second, a}, {60 * time.Second, b}, {80 * time.Second, a}}, []time.Duration{90 * time.Second, 150 * time.Second}},
		"another batch was due before it was again": {4 * time.Minute, []mail{{0, a}, {40 * time.Second, b}, {60 * time.Second, a}}, []time.Duration{270 * time.Second, 310 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "failed")
			inBubble(t, failmail.Config{RetryFor: test.retryFor, FailDir: dir, EachRecipient: true}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
				downUntil(s, 1000*time.Hour)
				for _, m := range test.mails {
					<-time.After(time.Until(s.start.Add(m.at)))
					mail := message()
					mail.To = []string{m.to}
					if err := p.Submit(t.Context(), mail); err != nil {
						t.Fatal(err)
					}
				}
				for i, at := range test.givenUp {
					for n, after := range []time.Duration{-time.Second, time.Second} {
						<-time.After(time.Until(s.start.Add(at + after)))
						synctest.Wait()
						if files, _ := os.ReadDir(filepath.Join(dir, "cur")); len(files) != i+n {
							t.Errorf("after %v %d summaries were given up, want %d", at+after, len(files), i+n)
						}
					}
				}
				if made := len(s.offered()); made > 20 {
					t.Errorf("the relay was asked %d times", made)
				}
			})
		})
	}
}
