package failmail_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-maildir"
	"go.uber.org/goleak"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/internal/sink"
	"github.com/hut8labs/failmail/pkg/receive"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
	"github.com/hut8labs/failmail/pkg/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const soon = 50 * time.Millisecond

// startProxy runs a Proxy over loopback until the test ends.
func startProxy(t *testing.T, config failmail.Config) *failmail.Proxy {
	t.Helper()
	if config.Bind == "" {
		config.Bind = "localhost:0"
	}
	if config.Store == nil {
		config.Store = memory.New(store.Limits{})
	}
	if config.FailDir == "" {
		config.FailDir = filepath.Join(t.TempDir(), "failed")
	}
	config.Hostname = "proxy.example"
	p, err := failmail.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Shutdown(context.Background()); err != nil {
			t.Errorf("shutdown: %v", err)
		}
	})
	return p
}

func startSink(t *testing.T) *sink.Sink {
	t.Helper()
	s, err := sink.Start("localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

func sendMail(t *testing.T, p *failmail.Proxy, to []string, subject, body string) {
	t.Helper()
	mail := fmt.Sprintf("From: app@example.com\r\nSubject: %s\r\n\r\n%s\r\n", subject, body)
	if err := smtp.SendMail(p.Addr().String(), nil, "app@example.com", to, []byte(mail)); err != nil {
		t.Fatal(err)
	}
}

func smtpSend(p *failmail.Proxy, raw []byte) error {
	return smtp.SendMail(p.Addr().String(), nil, "app@example.com", []string{"ops@example.com"}, raw)
}

// waitForSummaries returns the summaries once they count so many mails.
func waitForSummaries(t *testing.T, s *sink.Sink, mails int) []*receive.Message {
	t.Helper()
	got, err := s.WaitFor(t.Context(), func(m []*receive.Message) bool { return total(m) >= mails })
	if err != nil {
		t.Fatalf("waiting for %d mails, summaries count %d: %v", mails, total(got), err)
	}
	return got
}

func total(summaries []*receive.Message) int {
	sum := 0
	for _, m := range summaries {
		var n int
		fmt.Sscan(m.Header.Get("X-Failmail-Count"), &n)
		sum += n
	}
	return sum
}

// flush makes all batches due, where several mails shall be in one however slow the
// machine is.
func flush(t *testing.T, p *failmail.Proxy) {
	t.Helper()
	if _, err := p.Flush(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
}

func TestManyMailsBecomeOneSummaryToTheUnionOfTheirRecipients(t *testing.T) {
	relay := startSink(t)
	p := startProxy(t, failmail.Config{Relay: relay.Addr(), Wait: time.Hour, MaxWait: time.Hour, From: "failmail@example.com"})
	sendMail(t, p, []string{"ops@example.com"}, "disk full", "disk /dev/sda1 is 97% full")
	sendMail(t, p, []string{"dev@example.com", "ops@example.com"}, "disk full", "disk /dev/sda1 is 98% full")
	sendMail(t, p, []string{"ops@example.com"}, "login failed", "login failed for root from 10.0.0.1")
	flush(t, p)
	summaries := waitForSummaries(t, relay, 3)
	if len(summaries) != 1 {
		t.Fatalf("got %d summaries, want 1", len(summaries))
	}
	m := summaries[0]
	if want := []string{"dev@example.com", "ops@example.com"}; !slices.Equal(m.To, want) {
		t.Errorf("recipients %v, want %v", m.To, want)
	}
	if m.From != "failmail@example.com" {
		t.Errorf("reverse-path %q", m.From)
	}
	for name, want := range map[string]string{
		"X-Failmail-Count": "3", "X-Failmail-Groups": "2", "Auto-Submitted": "auto-generated",
		"Subject": "[failmail] 2 new: disk full: disk /dev/sda1 is <num>% full",
	} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for _, want := range []string{"2 new errors; 3 mails since", "disk full", "login failed for root"} {
		if !strings.Contains(m.Body(), want) {
			t.Errorf("summary lacks %q:\n%s", want, m.Body())
		}
	}
}

func TestTheSplitHeaderMakesSummariesOfTheirOwn(t *testing.T) {
	relay := startSink(t)
	p := startProxy(t, failmail.Config{Relay: relay.Addr(), Wait: time.Hour, MaxWait: time.Hour})
	for _, split := range []string{"billing", "search", "billing"} {
		err := p.Submit(t.Context(), failmail.NewMessage("app@example.com", []string{"ops@example.com"},
			[]byte("Subject: oops\r\nX-Failmail-Split: "+split+"\r\n\r\noops\r\n")))
		if err != nil {
			t.Fatal(err)
		}
	}
	flush(t, p)
	counts := map[string]bool{}
	for _, m := range waitForSummaries(t, relay, 3) {
		counts[m.Header.Get("X-Failmail-Count")] = true
	}
	if !counts["1"] || !counts["2"] || len(counts) != 2 {
		t.Errorf("counts %v, want one summary of 2 and one of 1", counts)
	}
}

func TestAGrouperThatFailsOrPanicsLosesNoMail(t *testing.T) {
	relay := startSink(t)
	p := startProxy(t, failmail.Config{Relay: relay.Addr(), Wait: time.Hour, MaxWait: time.Hour,
		Group: failmail.GrouperFunc(func(m *failmail.Message) (string, error) {
			if m.Subject() == "panic" {
				panic("no idea")
			}
			return "", errors.New("cannot tell")
		})})
	sendMail(t, p, []string{"ops@example.com"}, "panic", "x")
	sendMail(t, p, []string{"ops@example.com"}, "error", "y")
	flush(t, p)
	body := waitForSummaries(t, relay, 2)[0].Body()
	for _, want := range []string{"cannot group: panic: no idea", "cannot group: cannot tell"} {
		if !strings.Contains(body, want) {
			t.Errorf("summary lacks %q:\n%s", want, body)
		}
	}
}

func TestARendererThatFailsIsReplacedByTheStandardOne(t *testing.T) {
	for name, renderer := range map[string]failmail.RendererFunc{
		"error":   func(context.Context, *failmail.Summary) (*failmail.Mail, error) { return nil, errors.New("no") },
		"panic":   func(context.Context, *failmail.Summary) (*failmail.Mail, error) { panic("no") },
		"nothing": func(context.Context, *failmail.Summary) (*failmail.Mail, error) { return nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			relay := startSink(t)
			p := startProxy(t, failmail.Config{Relay: relay.Addr(), Wait: soon, Renderer: renderer})
			sendMail(t, p, []string{"ops@example.com"}, "disk full", "x")
			if body := waitForSummaries(t, relay, 1)[0].Body(); !strings.Contains(body, "disk full") {
				t.Errorf("not the standard summary:\n%s", body)
			}
		})
	}
}

func TestAMailIsArchivedWithItsEnvelopeBeforeItIsAcknowledged(t *testing.T) {
	relay := startSink(t)
	folder := filepath.Join(t.TempDir(), "all")
	p := startProxy(t, failmail.Config{Relay: relay.Addr(), Wait: soon, AllDir: folder})
	sendMail(t, p, []string{"ops@example.com", "dev@example.com"}, "disk full", "97%")
	mails := readMaildir(t, folder) // no waiting: the client has its 250
	if len(mails) != 1 {
		t.Fatalf("%d mails archived, want 1", len(mails))
	}
	want := "Return-Path: <app@example.com>\r\nX-Envelope-To: <ops@example.com>\r\nX-Envelope-To: <dev@example.com>\r\nFrom: app@example.com\r\n"
	if !strings.HasPrefix(mails[0], want) || !strings.HasSuffix(mails[0], "\r\n\r\n97%\r\n") {
		t.Errorf("archived %q", mails[0])
	}
	waitForSummaries(t, relay, 1)
}

func readMaildir(t *testing.T, folder string) []string {
	t.Helper()
	if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var mails []string
	messages, err := maildir.Dir(folder).Messages()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		raw, err := os.ReadFile(m.Filename())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), "\r") {
			t.Error("a mail in a maildir has CR")
		}
		mails = append(mails, strings.ReplaceAll(string(raw), "\n", "\r\n"))
	}
	return mails
}

func TestWhatIsPendingAtShutdownIsSentByTheNextStart(t *testing.T) {
	relay := startSink(t)
	file := filepath.Join(t.TempDir(), "store.db")
	open := func() *sqlite.Store {
		s, err := sqlite.Open(file, store.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := open()
	p := startProxy(t, failmail.Config{Relay: relay.Addr(), Wait: time.Second, Store: first})
	sendMail(t, p, []string{"ops@example.com"}, "disk full", "97%")
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := open()
	t.Cleanup(func() { second.Close() })
	startProxy(t, failmail.Config{Relay: relay.Addr(), Wait: time.Hour, MaxWait: time.Hour, Store: second})
	waitForSummaries(t, relay, 1)
}

func TestAMemoryStoreIsEmptiedAtShutdown(t *testing.T) {
	config := failmail.Config{Wait: time.Hour, MaxWait: time.Hour, FlushOnExit: true}
	t.Run("to the relay", func(t *testing.T) {
		relay := startSink(t)
		config := config
		config.Relay = relay.Addr()
		p := startProxy(t, config)
		sendMail(t, p, []string{"ops@example.com"}, "disk full", "97%")
		if err := p.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := total(relay.Mails()); got != 1 {
			t.Errorf("summaries count %d mails, want 1", got)
		}
	})
	t.Run("to the fail-dir when the relay is down", func(t *testing.T) {
		config := config
		config.Relay, config.FailDir = deadAddress(t), filepath.Join(t.TempDir(), "failed")
		p := startProxy(t, config)
		sendMail(t, p, []string{"ops@example.com"}, "disk full", "97%")
		if err := p.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := readMaildir(t, config.FailDir); len(got) != 1 || !strings.Contains(got[0], "X-Failmail-Count: 1\r\n") {
			t.Errorf("fail-dir holds %q", got)
		}
	})
	t.Run("with an error when neither takes it", func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(folder, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := failmail.New(failmail.Config{Bind: failmail.NoListener, Relay: deadAddress(t), FailDir: folder,
			Store: memory.New(store.Limits{}), FlushOnExit: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := p.Submit(t.Context(), failmail.NewMessage("", []string{"ops@example.com"}, []byte("Subject: x\r\n\r\nx\r\n"))); err != nil {
			t.Fatal(err)
		}
		if err := p.Shutdown(t.Context()); err == nil || !strings.Contains(err.Error(), "neither sent nor put into the fail-dir") {
			t.Errorf("got %v, want an error that says a summary is lost", err)
		}
	})
}

// deadAddress returns an address on which nobody listens.
func deadAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
