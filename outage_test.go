package failmail_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/receive"
)

var errDown = deliver.Unreachable(errors.New("connection refused"))

// countIn returns what the header of a summary says.
func countIn(m *failmail.Mail) string {
	return failmail.NewMessage("", nil, m.Raw).Header.Get("X-Failmail-Count")
}

func downUntil(s *recordingSender, end time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = func(int, *failmail.Mail) error {
		if time.Since(s.start) < end {
			return errDown
		}
		return nil
	}
}

func TestAnOutageOfTheRelayEndsInOneSummaryOfAllOfIt(t *testing.T) {
	inBubble(t, failmail.Config{RetryFor: time.Hour}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
		downUntil(s, 10*time.Minute)
		for range 600 { // ten minutes of storm
			submitAt(t, p, s.start, time.Since(s.start)+time.Second)
		}
		<-time.After(time.Hour)
		s.mu.Lock()
		defer s.mu.Unlock()
		var taken []*failmail.Mail
		for i, at := range s.times {
			if at >= 10*time.Minute {
				taken = append(taken, s.mails[i])
			}
		}
		if len(taken) != 1 || countIn(taken[0]) != "600" {
			t.Fatalf("%d summaries were taken; want one of 600", len(taken))
		}
		if len(s.times) > 12 {
			t.Errorf("the relay that was down was asked %d times, at %v", len(s.times), s.times)
		}
		text := failmail.NewMessage("", nil, taken[0].Raw).Body()
		if !strings.Contains(text, "The relay could not be reached from ") || !strings.Contains(text, "covers all of it") {
			t.Errorf("the summary does not tell of the outage:\n%.300s", text)
		}
	})
}

func TestABatchThatIsHeldTooLongIsGivenUpWhileTheRelayStaysDown(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "failed")
	inBubble(t, failmail.Config{RetryFor: 10 * time.Minute, FailDir: dir}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
		downUntil(s, 1000*time.Hour)
		submitAt(t, p, s.start, 0, time.Second, 40*time.Second)
		<-time.After(time.Until(s.start.Add(9 * time.Minute)))
		if files, _ := os.ReadDir(filepath.Join(dir, "cur")); len(files) > 0 {
			t.Errorf("%d summaries were given up too early", len(files))
		}
		<-time.After(3 * time.Minute)
		files, err := os.ReadDir(filepath.Join(dir, "cur"))
		if err != nil || len(files) != 1 {
			t.Fatalf("the fail-dir holds %d summaries (%v), want 1", len(files), err)
		}
		raw, err := os.ReadFile(filepath.Join(dir, "cur", files[0].Name()))
		if err != nil || !strings.Contains(string(raw), "X-Failmail-Count: 3\n") {
			t.Errorf("it is not the summary of all 3: %v\n%.600s", err, raw)
		}
	})
}

func TestWhoMayHaveASummaryAlreadyGetsNoSecondOneOfTheSame(t *testing.T) {
	uncertain := deliver.Throttled(deliver.Uncertain(errors.New("no answer after the final dot")))
	inBubble(t, failmail.Config{RetryFor: time.Hour}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
		s.answer = func(attempt int, _ *failmail.Mail) error {
			if attempt == 1 {
				return uncertain
			}
			return nil
		}
		submitAt(t, p, s.start, 0, time.Minute)
		<-time.After(time.Hour)
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.mails) != 3 || s.mails[0].MessageID != s.mails[1].MessageID && s.mails[0].MessageID != s.mails[2].MessageID {
			t.Errorf("%d attempts; the first summary must come again with its Message-ID", len(s.mails))
		}
	})
}

func TestARelayThatThrottlesIsLeftAlone(t *testing.T) {
	inBubble(t, failmail.Config{RetryFor: time.Hour, EachRecipient: true}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
		s.answer = func(int, *failmail.Mail) error {
			if time.Since(s.start) < 5*time.Minute {
				return deliver.Throttled(errors.New("421 try later"))
			}
			return nil
		}
		m := message()
		m.To = []string{"a@example.com", "b@example.com", "c@example.com", "d@example.com"}
		if err := p.Submit(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Hour)
		asked, taken := 0, 0
		for _, at := range s.offered() {
			if at < 5*time.Minute {
				asked++
			} else {
				taken++
			}
		}
		if asked > 8 || taken != 4 {
			t.Errorf("asked %d times while throttled, %d summaries taken; want a few and 4", asked, taken)
		}
	})
}

func TestFlushNowSendsWhatIsOpenAndAsksARelayThatWasDown(t *testing.T) {
	inBubble(t, failmail.Config{RetryFor: time.Hour}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
		downUntil(s, 40*time.Second)
		submitAt(t, p, s.start, 0)
		<-time.After(42 * time.Second) // after two attempts, waiting for the next one
		if n, err := p.Flush(t.Context(), 0); n != 1 || err != nil {
			t.Fatalf("Flush = %d, %v", n, err)
		}
		<-time.After(time.Second)
		if sent := s.offered(); sent[len(sent)-1] != 42*time.Second {
			t.Errorf("offered at %v, want the last one at 42 s", sent)
		}
		if open, err := p.Open(t.Context()); len(open) != 0 || err != nil {
			t.Errorf("%d batches are still open, %v", len(open), err)
		}
	})
}

func TestSummariesAreSentBesideEachOtherWhereTheRelayMayBeUsedSo(t *testing.T) {
	relay := startSink(t)
	var together sync.WaitGroup
	together.Add(3)
	relay.Refuse(func(*receive.Message) *receive.Refusal {
		together.Done()
		together.Wait() // for ever, if they come one after the other
		return nil
	})
	p := startProxy(t, failmail.Config{Relay: relay.Addr(), Wait: soon, EachRecipient: true,
		RelayOptions: failmail.RelayOptions{Limits: deliver.Limits{MaxConns: 3}}})
	m := message()
	m.To = []string{"a@example.com", "b@example.com", "c@example.com"}
	if err := p.Submit(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if _, err := relay.WaitFor(t.Context(), func(mails []*receive.Message) bool { return len(mails) == 3 }); err != nil {
		t.Error(err)
	}
}

func TestOneFullMailboxDoesNotStopTheSummariesOfOthers(t *testing.T) {
	inBubble(t, failmail.Config{RetryFor: time.Hour, EachRecipient: true}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
		s.answer = func(_ int, m *failmail.Mail) error {
			if m.To[0] == "full@example.com" {
				return &deliver.RefusedError{Refused: map[string]error{"full@example.com": deliver.Throttled(errors.New("452 4.2.2 mailbox full"))}}
			}
			return nil
		}
		m := message()
		m.To = []string{"full@example.com", "good@example.com"}
		if err := p.Submit(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Minute)
		s.mu.Lock()
		defer s.mu.Unlock()
		for i, m := range s.mails {
			if m.To[0] == "good@example.com" && s.times[i] == 30*time.Second {
				return
			}
		}
		t.Errorf("the summary for the others was not sent at once; offered at %v", s.times)
	})
}

func TestBatchesThatWereNeverTriedAreGivenUpInTimeAndTellOfTheOutage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "failed")
	inBubble(t, failmail.Config{RetryFor: 10 * time.Minute, FailDir: dir, EachRecipient: true}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
		downUntil(s, 1000*time.Hour)
		for i, to := range []string{"a@example.com", "b@example.com", "c@example.com"} {
			m := message()
			m.To = []string{to}
			<-time.After(time.Until(s.start.Add(time.Duration(i) * 10 * time.Second)))
			if err := p.Submit(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		<-time.After(time.Until(s.start.Add(11*time.Minute + 30*time.Second)))
		files, _ := os.ReadDir(filepath.Join(dir, "cur"))
		if len(files) != 3 {
			t.Fatalf("%d of 3 summaries were given up", len(files))
		}
		for _, f := range files {
			raw, err := os.ReadFile(filepath.Join(dir, "cur", f.Name()))
			if err != nil || !strings.Contains(string(raw), "The relay could not be reached from") {
				t.Errorf("a summary does not tell of the outage: %v", err)
			}
		}
	})
}

func TestLogAndSummarySayWhatTroubleTheRelayIsIn(t *testing.T) {
	for name, tt := range map[string]struct {
		err        error
		says, note string
	}{
		"nobody answers":   {errDown, "the relay is down; batches stay open", "The relay could not be reached from "},
		"a wrong password": {deliver.Unreachable(deliver.Misconfigured(errors.New("535 no; correct the password"))), "the relay cannot be used as configured; batches stay open", "The relay could not be used as configured from "},
		"too many mails":   {deliver.Throttled(errors.New("421 slow down")), "the relay is deferring mail; batches stay open", "The relay was deferring mail from "},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			config := failmail.Config{RetryFor: time.Hour, Logger: slog.New(slog.NewTextHandler(&log, nil))}
			inBubble(t, config, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
				s.answer = func(attempt int, _ *failmail.Mail) error {
					if attempt < 3 {
						return tt.err
					}
					return nil
				}
				submitAt(t, p, s.start, 0)
				<-time.After(10 * time.Minute)
				for _, want := range []string{tt.says, "the relay takes summaries again"} {
					if strings.Count(log.String(), want) != 1 {
						t.Errorf("the log does not say %q once:\n%s", want, log.String())
					}
				}
				s.mu.Lock()
				defer s.mu.Unlock()
				if text := failmail.NewMessage("", nil, s.mails[len(s.mails)-1].Raw).Body(); !strings.Contains(text, tt.note) {
					t.Errorf("the summary does not say %q:\n%.300s", tt.note, text)
				}
			})
		})
	}
}

// A process may end between the relay's taking a summary and its answer. What counts
// in a summary that somebody has must not count on in another one.
func TestWhatTheRelayMayHaveIsNotCountedInAnotherSummary(t *testing.T) {
	taken := func(s *recordingSender) (mails int) {
		seen := make(map[string]bool)
		s.mu.Lock()
		defer s.mu.Unlock()
		for i, m := range s.mails {
			if down := s.times[i] > time.Minute && s.times[i] < 10*time.Minute; !down && !seen[m.MessageID] {
				seen[m.MessageID] = true
				n, err := strconv.Atoi(countIn(m))
				if err != nil {
					t.Fatal(err)
				}
				mails += n
			}
		}
		return mails
	}
	for name, end := range map[string]func(t *testing.T, p *failmail.Proxy, s failmail.Store){
		"after SIGTERM": func(t *testing.T, p *failmail.Proxy, _ failmail.Store) {
			if err := p.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
		"after SIGKILL": func(t *testing.T, p *failmail.Proxy, s failmail.Store) {
			// What a process that is killed leaves: a claim.
			end := time.Now()
			if err := p.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			o, err := s.ClaimOutgoing(t.Context(), end, time.Minute)
			if err != nil || o == nil {
				t.Fatalf("%v, %v", o, err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, store := &recordingSender{start: time.Now()}, failmail.NewMemoryStore()
				start := func(answer func() error) *failmail.Proxy {
					p, err := failmail.New(failmail.Config{
						Bind: failmail.NoListener, Store: store, FailDir: filepath.Join(t.TempDir(), "failed"), RetryFor: time.Hour,
						Sender: failmail.SenderFunc(func(ctx context.Context, m *failmail.Mail) error {
							s.Send(ctx, m)
							if answer == nil { // it has the mail, and does not say so
								<-ctx.Done()
								return ctx.Err()
							}
							return answer()
						}),
					})
					if err == nil {
						err = p.Start(t.Context())
					}
					if err != nil {
						t.Fatal(err)
					}
					return p
				}
				p := start(nil)
				submitAt(t, p, s.start, 0, time.Second, 2*time.Second)
				<-time.After(50 * time.Second)
				end(t, p, store)
				<-time.After(20 * time.Second)
				p = start(func() error {
					if time.Since(s.start) < 10*time.Minute {
						return errDown
					}
					return nil
				})
				submitAt(t, p, s.start, 2*time.Minute, 5*time.Minute)
				<-time.After(time.Hour)
				if n := taken(s); n != 5 {
					t.Errorf("the summaries stand for %d mails, want 5", n)
				}
				if err := p.Shutdown(t.Context()); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}
