package failmail_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

// reports returns the subjects of the reports that were sent, and the text of the last one.
func (s *recordingSender) reports() (subjects []string, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.mails {
		if parsed := failmail.NewMessage("", nil, m.Raw); strings.Contains(parsed.Subject(), "] report of") {
			subjects, text = append(subjects, parsed.Subject()), parsed.Body()
		}
	}
	return subjects, text
}

// A lasting store outlives the Proxies that close it.
type lastingStore struct{ store.Store }

func (lastingStore) Close() error { return nil }

// Note and Noted are those of the store.
func (s lastingStore) Note(ctx context.Context, name, text string) error {
	return s.Store.(store.Notebook).Note(ctx, name, text)
}

func (s lastingStore) Noted(ctx context.Context, name string) (string, error) {
	return s.Store.(store.Notebook).Noted(ctx, name)
}

func startReporting(t *testing.T, s store.Store, sender *recordingSender) *failmail.Proxy {
	t.Helper()
	p, err := failmail.New(failmail.Config{Bind: failmail.NoListener, Store: s, Sender: sender, FailDir: t.TempDir(),
		Report: []string{"daily 07:00"}, ReportTo: []string{"ops@example.com"}, PublicURL: "https://failmail.example.com/"})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

func stopped(t *testing.T, p *failmail.Proxy) {
	t.Helper()
	if err := p.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestAReportComesOnceADayWhateverHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which begins at midnight, UTC
		kept, sender := lastingStore{memory.New(store.Limits{})}, &recordingSender{start: time.Now()}
		one, other := startReporting(t, kept, sender), startReporting(t, kept, sender)
		<-time.After(6 * time.Hour)
		if subjects, _ := sender.reports(); len(subjects) != 0 {
			t.Errorf("before seven: %q", subjects)
		}
		<-time.After(2 * time.Hour)
		subjects, text := sender.reports()
		if len(subjects) != 1 || !strings.HasSuffix(subjects[0], ": all quiet") || !strings.Contains(text, "proves that the path works") {
			t.Errorf("when all is quiet: %q, %s", subjects, text)
		}
		for _, raw := range []string{"Subject: ** PROBLEM Service Alert: db1/Disk is CRITICAL **\r\n\r\n", "Subject: ** PROBLEM Service Alert: db1/Load is CRITICAL **\r\n\r\n",
			"Subject: ** RECOVERY Service Alert: db1/Load is OK **\r\n\r\n"} {
			if err := one.Submit(t.Context(), failmail.NewMessage("nagios@mon1", []string{"ops@example.com"}, []byte("From: nagios@mon1\r\n"+raw))); err != nil {
				t.Fatal(err)
			}
			<-time.After(time.Second)
		}
		stopped(t, one)
		stopped(t, other)
		// Two reports are missed; the next start tells it all in one.
		<-time.After(50 * time.Hour)
		one = startReporting(t, kept, sender)
		<-time.After(time.Minute)
		subjects, text = sender.reports()
		if len(subjects) != 2 || !strings.HasSuffix(subjects[1], ": 1 open, 2 new, 1 over") {
			t.Errorf("after a time without a process: %q", subjects)
		}
		for _, want := range []string{"Open, the oldest first (1)\n  ", "db1/Disk", "https://failmail.example.com/problems/", "Most mails since ", "Over (1)"} {
			if !strings.Contains(text, want) {
				t.Errorf("the report lacks %q:\n%s", want, text)
			}
		}
		<-time.After(24 * time.Hour)
		if subjects, _ = sender.reports(); len(subjects) != 3 {
			t.Errorf("a day later: %q", subjects)
		}
		stopped(t, one)
	})
}

func TestAReportNeedsATimeAndSomebodyToSendItTo(t *testing.T) {
	for name, test := range map[string]struct {
		config failmail.Config
		want   string
	}{
		"no time":           {failmail.Config{ReportTo: []string{"ops@example.com"}}, `ReportTo "ops@example.com" has nothing to do without Config.Report`},
		"nobody":            {failmail.Config{Report: []string{"daily 07:00"}}, `ReportTo is needed for Config.Report`},
		"a time that isn't": {failmail.Config{Report: []string{"daily 7 am"}, ReportTo: []string{"ops@example.com"}}, `Report "daily 7 am"`},
		"no address":        {failmail.Config{Report: []string{"daily 07:00"}, ReportTo: []string{"ops"}}, `ReportTo "ops" is not a plain mail address`},
		"no page":           {failmail.Config{PublicURL: "failmail.example.com"}, `PublicURL "failmail.example.com" is not the address of a page`},
	} {
		t.Run(name, func(t *testing.T) {
			test.config.Bind, test.config.Store = failmail.NoListener, failmail.NewMemoryStore()
			if _, err := failmail.New(test.config); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}
