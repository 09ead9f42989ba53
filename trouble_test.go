package failmail_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/deliver"
)

// A logBook is a log that is read while it is written.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBook) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(line)
}

func (b *logBook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func (b *logBook) logger() *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }

// says checks that the log has a line with all of parts.
func (b *logBook) says(t *testing.T, parts ...string) {
	t.Helper()
	for line := range strings.Lines(b.String()) {
		all := true
		for _, part := range parts {
			all = all && strings.Contains(line, part)
		}
		if all {
			return
		}
	}
	t.Errorf("no line of the log has all of %q:\n%s", parts, b)
}

// served reports whether a mail was offered to address.
func (s *recordingSender) served(address string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.mails, func(m *failmail.Mail) bool { return m.To[0] == address })
}

func wantMetric(t *testing.T, p *failmail.Proxy, line string) {
	t.Helper()
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if !strings.Contains(w.Body.String(), "\n"+line+"\n") {
		name, _, _ := strings.Cut(line, " ")
		_, found, _ := strings.Cut(w.Body.String(), "\n"+name)
		found, _, _ = strings.Cut(found, "\n")
		t.Errorf("the metric is %s%s, want %s", name, found, line)
	}
}

// block puts a file where a folder is to be made, until unblock is called. It
// stands for a full or read-only disk, which takes a mount; test/relay has those.
func block(t *testing.T, folder string) (unblock func()) {
	t.Helper()
	aside := folder + ".aside"
	err := os.Rename(folder, aside)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if err := os.WriteFile(folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return func() {
		// A trial may make the folder anew before the one put aside is back.
		for err = os.ErrExist; errors.Is(err, os.ErrExist); err = os.Rename(aside, folder) {
			if err := os.RemoveAll(folder); err != nil && !errors.Is(err, os.ErrExist) {
				t.Fatal(err)
			}
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

func TestASummaryStaysInTheStoreUntilTheFailDirTakesIt(t *testing.T) {
	var log logBook
	folder := filepath.Join(t.TempDir(), "failed")
	unblock := block(t, folder)
	inBubble(t, failmail.Config{FailDir: folder, Logger: log.logger()}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
		s.answer = func(_ int, m *failmail.Mail) error {
			if m.To[0] == "gone@example.com" {
				return failmail.Permanent(errors.New("550 no such user"))
			}
			return nil
		}
		m := message()
		m.To = []string{"gone@example.com"}
		if err := p.Submit(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		<-time.After(3*time.Minute + time.Second)
		log.says(t, "cannot put a summary into the fail-dir, it stays in the store; make room there", folder, "retry_in=1m0s")
		wantMetric(t, p, "failmail_fail_dir_errors_total 3")
		wantMetric(t, p, "failmail_outbox_summaries 1")
		waiting, err := p.Outbox(t.Context())
		if err != nil || len(waiting) != 1 || !strings.Contains(waiting[0].LastError, "550 no such user; nor does the fail-dir take it: ") {
			t.Errorf("the page tells of %+v, %v", waiting, err)
		}
		if err := p.Submit(t.Context(), message()); err != nil {
			t.Fatal(err)
		}
		<-time.After(31 * time.Second)
		if !s.served("ops@example.com") {
			t.Error("the summary of others did not go on")
		}
		unblock()
		<-time.After(2 * time.Minute)
		wantMetric(t, p, "failmail_outbox_summaries 0")
		if mails := readMaildir(t, folder); len(mails) != 1 || !strings.Contains(mails[0], "X-Envelope-To: <gone@example.com>\r\n") {
			t.Errorf("the fail-dir holds %q", mails)
		}
	})
}

func TestAMailThatCannotBeArchivedStaysWithItsClient(t *testing.T) {
	var log logBook
	folder := filepath.Join(t.TempDir(), "all")
	inBubble(t, failmail.Config{AllDir: folder, Logger: log.logger()}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
		if err := p.Submit(t.Context(), message()); err != nil {
			t.Fatal(err)
		}
		unblock := block(t, folder)
		err := p.Submit(t.Context(), message())
		if err == nil || !strings.Contains(err.Error(), folder) || !strings.Contains(err.Error(), "make room there, and the folder writable for this user") {
			t.Errorf("Submit = %v", err)
		}
		wantMetric(t, p, "failmail_archive_errors_total 1")
		wantMetric(t, p, "failmail_pending_mails 1")
		<-time.After(time.Minute)
		if n := len(s.offered()); n != 1 {
			t.Errorf("%d summaries, want that of the mail before", n)
		}
		unblock()
		if err := p.Submit(t.Context(), message()); err != nil {
			t.Errorf("after the folder came back: %v", err)
		}
		if mails := readMaildir(t, folder); len(mails) != 2 {
			t.Errorf("the archive holds %d mails, want 2", len(mails))
		}
	})
}

func TestAHookThatHangsHoldsNothingUp(t *testing.T) {
	var log logBook
	var calls atomic.Int32
	config := failmail.Config{EachRecipient: true, Logger: log.logger(), OnSummary: func(ctx context.Context, _ failmail.Event) error {
		calls.Add(1)
		limited, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		<-limited.Done()
		return limited.Err()
	}}
	inBubble(t, config, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
		// One event is with the hook and 100 wait; four are too many.
		m := message()
		m.To = nil
		for i := range 105 {
			m.To = append(m.To, string(rune('a'+i%26))+strings.Repeat("x", i/26)+"@example.com")
		}
		if err := p.Submit(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		<-time.After(5 * time.Minute)
		if n := len(s.offered()); n != 105 || calls.Load() != 1 {
			t.Errorf("%d summaries, want 105; %d calls, want 1", n, calls.Load())
		}
		log.says(t, "the hook is too slow and was not called for a summary", "waiting=100")
		wantMetric(t, p, "failmail_hook_errors_total 4")
		<-time.After(time.Hour)
		log.says(t, "the hook failed; the summary is not affected", context.DeadlineExceeded.Error())
		wantMetric(t, p, "failmail_hook_errors_total 5")
	})
}

func TestATokenProgramThatFailsKeepsTheMails(t *testing.T) {
	var log logBook
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	command := &deliver.TokenCommand{Command: []string{"/bin/sh", "-c",
		`[ ! -e "$0" ] || { echo refresh token expired >&2; exit 3; }; echo t0k3n`, broken}}
	folder := filepath.Join(t.TempDir(), "failed")
	config := failmail.Config{RetryFor: time.Hour, FailDir: folder, Logger: log.logger()}
	inBubble(t, config, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
		peer := testutil.New(testutil.Config{Extensions: []string{"AUTH XOAUTH2"}})
		s.answer = func(_ int, m *failmail.Mail) error {
			relay := &deliver.SMTP{Addr: "relay.example:25", Dial: peer.Dial, Auth: deliver.Auth{User: "me", Token: command.Token}}
			return errors.Join(relay.Send(t.Context(), m), relay.Close())
		}
		submitAt(t, p, s.start, 0, time.Minute)
		<-time.After(10 * time.Minute)
		log.says(t, "the relay cannot be used as configured", "refresh token expired")
		wantMetric(t, p, "failmail_relay_up 0")
		wantMetric(t, p, "failmail_pending_mails 2")
		if n := len(peer.Mails()); n != 0 {
			t.Errorf("%d mails without a login", n)
		}
		if err := os.Remove(broken); err != nil {
			t.Fatal(err)
		}
		<-time.After(10 * time.Minute)
		if n := len(peer.Mails()); n != 1 {
			t.Errorf("%d summaries once the token is there, want 1 for the whole time", n)
		}
		wantMetric(t, p, "failmail_relay_up 1")
		wantMetric(t, p, "failmail_pending_mails 0")
		if mails := readMaildir(t, folder); len(mails) != 0 {
			t.Errorf("the fail-dir holds %q", mails)
		}
		peer.Wait()
	})
}
