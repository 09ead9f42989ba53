package failmail_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

// recordingSender notes when each mail was offered and answers with what
// answer says.
type recordingSender struct {
	mu     sync.Mutex
	times  []time.Duration // since start
	mails  []*failmail.Mail
	start  time.Time
	answer func(attempt int, m *failmail.Mail) error
	size   int // what MaxSize returns
}

func (s *recordingSender) Send(_ context.Context, m *failmail.Mail) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.times = append(s.times, time.Since(s.start))
	s.mails = append(s.mails, m)
	if s.answer == nil {
		return nil
	}
	return s.answer(len(s.times), m)
}

func (s *recordingSender) offered() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.times)
}

// inBubble runs f with a proxy that has no sockets, in fake time.
func inBubble(t *testing.T, config failmail.Config, f func(t *testing.T, p *failmail.Proxy, s *recordingSender)) {
	synctest.Test(t, func(t *testing.T) {
		s := &recordingSender{start: time.Now()}
		config.Bind, config.Sender = failmail.NoListener, s
		config.Store = memory.New(store.Limits{})
		if config.FailDir == "" {
			config.FailDir = filepath.Join(t.TempDir(), "failed")
		}
		p, err := failmail.New(config)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		f(t, p, s)
		if err := p.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func submitAt(t *testing.T, p *failmail.Proxy, start time.Time, offsets ...time.Duration) {
	t.Helper()
	for _, offset := range offsets {
		<-time.After(time.Until(start.Add(offset)))
		if err := p.Submit(t.Context(), message()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestASummaryGoesOutWhenItIsDue(t *testing.T) {
	every := func(step, until time.Duration) (offsets []time.Duration) {
		for at := time.Duration(0); at <= until; at += step {
			offsets = append(offsets, at)
		}
		return offsets
	}
	for name, test := range map[string]struct {
		mails []time.Duration
		want  []time.Duration
	}{
		"one mail: 30 s later":                       {[]time.Duration{0}, []time.Duration{30 * time.Second}},
		"two mails: 30 s after the second":           {[]time.Duration{0, 20 * time.Second}, []time.Duration{50 * time.Second}},
		"mails without end: 5 min after the first":   {every(7*time.Second, 301*time.Second), []time.Duration{5 * time.Minute, 331 * time.Second}},
		"a pause longer than the wait: two of them":  {[]time.Duration{0, 31 * time.Second}, []time.Duration{30 * time.Second, 61 * time.Second}},
		"a second mail just in time extends the one": {[]time.Duration{0, 29 * time.Second, 58 * time.Second}, []time.Duration{88 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, failmail.Config{}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
				submitAt(t, p, s.start, test.mails...)
				<-time.After(time.Hour)
				if got := s.offered(); !slices.Equal(got, test.want) {
					t.Errorf("sent at %v, want %v", got, test.want)
				}
			})
		})
	}
}

func TestAMailAtAnOpenRelayOutageIsRetriedWithTheSameMessageIDUntilItIsTaken(t *testing.T) {
	inBubble(t, failmail.Config{RetryFor: time.Hour}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
		s.answer = func(attempt int, _ *failmail.Mail) error {
			if attempt <= 4 {
				return errors.New("connection refused")
			}
			return nil
		}
		submitAt(t, p, s.start, 0)
		<-time.After(2 * time.Hour)
		got := s.offered()
		if len(got) != 5 {
			t.Fatalf("%d attempts at %v, want 5", len(got), got)
		}
		for i := 2; i < len(got); i++ {
			if earlier, later := got[i-1]-got[i-2], got[i]-got[i-1]; later < earlier {
				t.Errorf("attempts at %v come faster and faster", got)
			}
		}
		for _, m := range s.mails {
			if m.MessageID != s.mails[0].MessageID || !strings.Contains(string(m.Raw), m.MessageID) {
				t.Errorf("Message-ID %s, the first was %s", m.MessageID, s.mails[0].MessageID)
			}
		}
	})
}

func TestASummaryGoesToTheFailDirOnceWhenTheRelayStaysDown(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "failed")
	inBubble(t, failmail.Config{FailDir: folder}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
		s.answer = func(int, *failmail.Mail) error { return errors.New("connection refused") }
		submitAt(t, p, s.start, 0)
		<-time.After(24 * time.Hour)
		got := s.offered()
		if last := got[len(got)-1]; last != 15*time.Minute+30*time.Second {
			t.Errorf("last attempt at %v, want 15 min after it was due", last)
		}
		if mails := readMaildir(t, folder); len(mails) != 1 || !strings.HasPrefix(mails[0], "Return-Path: <") {
			t.Errorf("fail-dir holds %q", mails)
		}
	})
}

func TestOnlyRefusedRecipientsAreTriedAgainOrGivenUp(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "failed")
	inBubble(t, failmail.Config{FailDir: folder}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
		s.answer = func(attempt int, m *failmail.Mail) error {
			if attempt > 1 {
				return nil
			}
			return &deliver.RefusedError{Refused: map[string]error{
				"gone@example.com": failmail.Permanent(errors.New("no such user")),
				"busy@example.com": errors.New("mailbox busy"),
			}}
		}
		err := p.Submit(t.Context(), failmail.NewMessage("", []string{"ops@example.com", "gone@example.com", "busy@example.com"}, []byte("Subject: x\r\n\r\nx\r\n")))
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Hour)
		if len(s.mails) != 2 || !slices.Equal(s.mails[1].To, []string{"busy@example.com"}) {
			t.Errorf("%d attempts, the second to %v", len(s.mails), s.mails[len(s.mails)-1].To)
		}
		if mails := readMaildir(t, folder); len(mails) != 1 || strings.Count(mails[0], "X-Envelope-To: ") != 1 || !strings.Contains(mails[0], "X-Envelope-To: <gone@example.com>\r\n") {
			t.Errorf("fail-dir holds %d mails, want one for the refused recipient: %.200q", len(mails), mails)
		}
	})
}

func TestASenderThatPanicsIsTriedAgain(t *testing.T) {
	inBubble(t, failmail.Config{}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
		s.answer = func(attempt int, _ *failmail.Mail) error {
			if attempt == 1 {
				panic("bug")
			}
			return nil
		}
		submitAt(t, p, s.start, 0)
		<-time.After(time.Hour)
		if got := s.offered(); len(got) != 2 {
			t.Errorf("attempts at %v, want 2", got)
		}
	})
}

func TestShutdownInterruptsASendAndKeepsTheSummary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory.New(store.Limits{})
		p, err := failmail.New(failmail.Config{Bind: failmail.NoListener, Store: s, FailDir: filepath.Join(t.TempDir(), "failed"),
			Sender: failmail.SenderFunc(func(ctx context.Context, _ *failmail.Mail) error {
				<-ctx.Done()
				return ctx.Err()
			})})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := p.Submit(t.Context(), message()); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Minute)
		if err := p.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		o, err := s.ClaimOutgoing(t.Context(), time.Now(), time.Minute)
		if err != nil || o == nil || o.Attempts != 2 {
			t.Errorf("the store has %+v, %v; want the summary, tried once and free", o, err)
		}
	})
}

func TestTheTimeThatTheProxyDidNotRunIsNoTimeOfRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory.New(store.Limits{})
		sender := &recordingSender{start: time.Now()}
		sender.answer = func(int, *failmail.Mail) error { return errors.New("connection refused") }
		config := failmail.Config{Bind: failmail.NoListener, Store: s, Sender: sender, FailDir: filepath.Join(t.TempDir(), "failed")}
		run := func(runtime time.Duration, submit bool) {
			p, err := failmail.New(config)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			if submit {
				submitAt(t, p, time.Now(), 0)
			}
			<-time.After(runtime)
			if err := p.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		run(time.Minute, true)
		<-time.After(24 * time.Hour)
		run(10*time.Minute, false)
		if mails := readMaildir(t, config.FailDir); len(mails) != 0 {
			t.Errorf("given up %d summaries after 10 minutes", len(mails))
		}
		run(20*time.Minute, false)
		if mails := readMaildir(t, config.FailDir); len(mails) != 1 {
			t.Errorf("%d summaries in the fail-dir after another 20 minutes, want 1", len(mails))
		}
	})
}
