package failmail_test

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/failmailtest"
	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

// headlines returns those of the problems that are open or over.
func headlines(t *testing.T, p *failmailtest.Proxy, question string) string {
	t.Helper()
	list, _, err := p.Problems(t.Context(), question, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, problem := range list {
		all = append(all, problem.Headline)
	}
	return strings.Join(all, "\n")
}

// states returns what is expected and how, a line each.
func states(t *testing.T, p *failmailtest.Proxy) string {
	t.Helper()
	list, err := p.Expected(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, s := range list {
		line := s.Name + ": " + string(s.Kind) + " " + s.Every
		if s.Missing {
			line += " MISSING"
		}
		all = append(all, strings.TrimSpace(line))
	}
	return strings.Join(all, "\n")
}

func TestAMailThatNeverCameIsAProblemThoughNobodyCanBeTold(t *testing.T) {
	for name, each := range map[string]bool{"a summary for all": false, "a summary for each": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := failmailtest.Start(t, failmail.Config{EachRecipient: each, Expect: []expect.Expectation{
					{Name: "backup", Match: []string{`subject=~"Backup.*"`}, Every: "1h", Within: 10 * time.Minute},
				}})
				time.Sleep(2 * time.Hour)
				if got := headlines(t, p, "is:open"); got != "MISSING: backup, never came" {
					t.Errorf("open: %q", got)
				}
				if open, err := p.Open(t.Context()); err != nil || len(open) > 0 {
					t.Errorf("%d batches are open, %v", len(open), err)
				}
				p.Mail("Subject: Backup complete\n\n")
				time.Sleep(10 * time.Minute)
				if open, over := headlines(t, p, "is:open"), headlines(t, p, "is:over"); open != "" || over != "MISSING: backup, never came" {
					t.Errorf("open: %q, over: %q", open, over)
				}
				if all := p.Summaries(); len(all) != 1 || all[0].To[0] != failmailtest.To {
					t.Errorf("%d summaries, want the one of the backup that has come", len(all))
				}
			})
		})
	}
}

func TestAHeartbeatIsExpectedAsWhatIsLearned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := failmail.Config{Heartbeats: []*regexp.Regexp{regexp.MustCompile("^just monitoring")}, Store: memory.New(store.Limits{})}
		p := failmailtest.Start(t, config)
		beat := func(hours int) {
			t.Helper()
			for range hours {
				p.Mail("Subject: just monitoring\n\n")
				time.Sleep(time.Hour)
			}
		}
		want := func(expected, open string) {
			t.Helper()
			synctest.Wait()
			if got := states(t, p); got != expected {
				t.Errorf("expected: %q, want %q", got, expected)
			}
			if got := headlines(t, p, "is:open"); got != open {
				t.Errorf("open: %q, want %q", got, open)
			}
		}
		beat(1)
		want("^just monitoring: heartbeat", "")
		beat(29)
		want("^just monitoring: proposed 1h", "")
		time.Sleep(5 * time.Hour)
		want("^just monitoring: proposed 1h", "")
		beat(20)
		if err := p.ConfirmExpected(t.Context(), "^just monitoring"); err != nil {
			t.Fatal(err)
		}
		beat(3)
		want("^just monitoring: confirmed 1h", "")
		time.Sleep(time.Hour)
		missing := "MISSING: ^just monitoring, last came Mon 2000-01-03 09:00 UTC"
		want("^just monitoring: confirmed 1h MISSING", missing)
		if err := p.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		p = failmailtest.Start(t, config)
		want("^just monitoring: confirmed 1h MISSING", missing)
		beat(1)
		want("^just monitoring: confirmed 1h", "")
		if err := p.DropExpected(t.Context(), "^just monitoring"); err != nil {
			t.Fatal(err)
		}
		beat(20)
		want("^just monitoring: heartbeat", "")
		if beats, err := p.Heartbeats(t.Context()); err != nil || len(beats) != 1 || beats[0].Count != 74 {
			t.Errorf("%+v, %v", beats, err)
		}
	})
}

// What the settings expect is told by what a mail says, heartbeat or not.
func TestAHeartbeatMayBeWhatTheSettingsExpect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := failmailtest.Start(t, failmail.Config{
			Heartbeats: []*regexp.Regexp{regexp.MustCompile("^Backup")},
			Expect: []expect.Expectation{
				{Name: "backup", Match: []string{`object="srv7"`, `status="ok"`}, Every: "1h", Within: 10 * time.Minute, To: []string{failmailtest.To}},
			},
		})
		for range 30 {
			p.Mail("Subject: Backup\nX-Failmail-Status: ok\nX-Failmail-Object: srv7\n\n")
			time.Sleep(time.Hour)
		}
		if got, open := states(t, p), headlines(t, p, "is:open"); got != "backup: configured 1h\n^Backup: heartbeat" || open != "" {
			t.Errorf("expected: %q, open: %q", got, open)
		}
		time.Sleep(time.Hour)
		if got := headlines(t, p, "is:open"); !strings.HasPrefix(got, "MISSING: backup, ") {
			t.Errorf("open: %q", got)
		}
	})
}
