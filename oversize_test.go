package failmail_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/deliver"
)

func (s *recordingSender) MaxSize() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size
}

// submitLarge submits mails of which a full summary takes about 200 KB.
func submitLarge(t *testing.T, p *failmail.Proxy) {
	t.Helper()
	for i := range 40 {
		text := strings.Repeat(strings.Repeat(string(rune('a'+i%26)), 60)+"\r\n", 100)
		raw := fmt.Sprintf("Subject: service %c%cx had an error\r\n\r\n%s", 'a'+i/26, 'a'+i%26, text)
		if err := p.Submit(t.Context(), failmail.NewMessage("app@example.com", []string{"ops@example.com"}, []byte(raw))); err != nil {
			t.Fatal(err)
		}
	}
}

// atMost refuses what is larger than limit as a relay does; declares says that it
// makes that known at the first mail.
func atMost(s *recordingSender, limit int, declares bool) {
	s.answer = func(_ int, m *failmail.Mail) error {
		if declares {
			s.size = limit
		}
		if len(m.Raw) > limit {
			return deliver.TooLarge(deliver.Permanent(errors.New("552 5.3.4 too large")))
		}
		return nil
	}
}

func TestASummaryThatIsTooLargeForTheRelayIsMadeAgain(t *testing.T) {
	fixed := failmail.RendererFunc(func(context.Context, *failmail.Summary) (*failmail.Mail, error) {
		return &failmail.Mail{Raw: append([]byte("Subject: s\r\n\r\n"), bytes.Repeat([]byte("x\r\n"), 10000)...)}, nil
	})
	for _, tt := range []struct {
		name     string
		limit    int
		declares bool
		renderer failmail.Renderer
		attempts int
		taken    bool
	}{
		{"the relay declares what it takes", 20000, true, nil, 2, true},
		{"it does not", 20000, false, nil, 5, true},
		{"it takes only a list of the errors", 12000, true, nil, 2, true},
		{"it takes less than that", 1000, true, nil, 2, false},
		{"it takes less than that, and does not declare it", 1000, false, nil, 6, false},
		{"a renderer does not care", 20000, true, fixed, 2, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "failed")
			var log logBook
			config := failmail.Config{RetryFor: time.Hour, FailDir: folder, Renderer: tt.renderer, Logger: log.logger()}
			inBubble(t, config, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
				atMost(s, tt.limit, tt.declares)
				submitLarge(t, p)
				<-time.After(2 * time.Hour)
				s.mu.Lock()
				defer s.mu.Unlock()
				var sizes []int
				for _, m := range s.mails {
					sizes = append(sizes, len(m.Raw))
				}
				t.Log(sizes)
				if len(s.mails) != tt.attempts {
					t.Errorf("%d attempts with mails of %v bytes, want %d", len(s.mails), sizes, tt.attempts)
				}
				for i := 1; i < len(sizes)-1; i++ {
					if sizes[i] >= sizes[i-1] {
						t.Errorf("attempt %d is no smaller: %v", i+1, sizes)
					}
				}
				if s.times[len(s.times)-1] > s.times[0]+time.Second {
					t.Errorf("attempts at %v, want them at once", s.times)
				}
				last := s.mails[len(s.mails)-1]
				if tt.renderer == nil && countIn(last) != "40" {
					t.Errorf("the last summary stands for %s mails", countIn(last))
				}
				if text := failmail.NewMessage("", nil, last.Raw).Body(); strings.Contains(text, "The relay ") {
					t.Errorf("the summary tells of an outage:\n%.300s", text)
				}
				inFailDir, _ := filepath.Glob(filepath.Join(folder, "cur", "*"))
				if (len(inFailDir) == 0) != tt.taken || len(inFailDir) > 1 {
					t.Errorf("%d mails are in the fail-dir", len(inFailDir))
				}
				log.says(t, "a summary is too large for the relay, making a smaller one", "error=\"552 5.3.4 too large\"")
				if !tt.taken {
					log.says(t, "gave up on a summary", "552 5.3.4 too large")
				}
			})
		})
	}
}

func TestLaterSummariesFitTheRelayAtOnce(t *testing.T) {
	for _, declares := range []bool{true, false} {
		inBubble(t, failmail.Config{}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
			atMost(s, 20000, declares)
			submitLarge(t, p)
			<-time.After(time.Minute)
			first := len(s.offered())
			submitLarge(t, p)
			<-time.After(time.Minute)
			if later := len(s.offered()) - first; later != 1 {
				t.Errorf("declared %t: the second summary took %d attempts", declares, later)
			}
		})
	}
}

// Others have it already, so its content must not come again in another summary.
func TestASummaryThatIsTooLargeForSomeIsNotMadeAgain(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "failed")
	inBubble(t, failmail.Config{FailDir: folder}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
		s.answer = func(int, *failmail.Mail) error {
			return &deliver.RefusedError{Refused: map[string]error{"ops@example.com": deliver.TooLarge(deliver.Permanent(errors.New("552 5.2.3 too large")))}}
		}
		m := message()
		m.To = []string{"ops@example.com", "dev@example.com"}
		if err := p.Submit(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Hour)
		if inFailDir, _ := filepath.Glob(filepath.Join(folder, "cur", "*")); len(inFailDir) != 1 || len(s.offered()) != 1 {
			t.Errorf("%d mails in the fail-dir after %d attempts, want 1 after 1", len(inFailDir), len(s.offered()))
		}
	})
}

func TestASummaryIsMadeAgainAtTheEndAsWell(t *testing.T) {
	var sender *recordingSender
	inBubble(t, failmail.Config{FlushOnExit: true}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
		sender = s
		atMost(s, 20000, true)
		submitLarge(t, p)
	})
	if n := len(sender.mails); n != 2 || len(sender.mails[1].Raw) > 20000 {
		t.Errorf("%d attempts, want one and a smaller one", n)
	}
}
