package failmail_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/failmailtest"
	"github.com/hut8labs/failmail/pkg/expect"
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
