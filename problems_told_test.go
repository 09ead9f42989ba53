package failmail_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail"
)

// Who reads the next summary of a problem reads what people said of it until then, without
// what is secret in it.
func TestASummarySaysWhatPeopleSaidOfItsProblems(t *testing.T) {
	inBubble(t, failmail.Config{Redactor: failmail.NewRedactor()}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
		// told returns the text of the summary of one more mail.
		told := func() string {
			t.Helper()
			mail := "Subject: disk full\r\n\r\nerror: no space on /var\r\n"
			if err := p.Submit(t.Context(), failmail.NewMessage("db1", []string{"ops@example.com"}, []byte(mail))); err != nil {
				t.Fatal(err)
			}
			<-time.After(10 * time.Minute)
			m := failmail.NewMessage("", nil, s.mails[len(s.offered())-1].Raw)
			return m.Subject() + "\n" + m.Body()
		}
		told()
		all, _, err := p.Problems(t.Context(), "", 0, 1)
		if err != nil || len(all) != 1 {
			t.Fatalf("%+v, %v", all, err)
		}
		act := func(action failmail.ProblemAction, by, text string) {
			t.Helper()
			if _, err := p.Act(t.Context(), all[0].ID, action, by, text); err != nil {
				t.Fatal(err)
			}
		}
		at := time.Now().Format("2006-01-02 15:04")
		act(failmail.Acknowledge, "ann", "looks at it")
		act(failmail.Own, "ann", "the dba team")
		act(failmail.Note, "bob", "new disks come,\nlogin with password=hunter2")
		text := told()
		for _, want := range []string{"ONGOING", "acknowledged by ann, " + at + ": looks at it\n", "owner: the dba team\n", "noted by bob, " + at + ": new disks come, login with password="} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
		if strings.Contains(text, "hunter2") {
			t.Errorf("a password in\n%s", text)
		}

		at = time.Now().Format("2006-01-02 15:04")
		act(failmail.Resolve, "ann", "old logs are gone")
		<-time.After(time.Second)
		text = told()
		for _, want := range []string{"BACK", "resolved by ann, " + at + ": old logs are gone"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
		if strings.Contains(text, "acknowledged") {
			t.Errorf("it is still acknowledged in\n%s", text)
		}
		if text = told(); !strings.Contains(text, "ONGOING") {
			t.Errorf("it is back twice in\n%s", text)
		}
	})
}

// What is over when the summary is made is told as such, also where no mail of its batch says
// so: the recovery overtook the problem, or somebody resolved it meanwhile.
func TestASummaryKnowsWhatIsOverThoughItsMailsDoNotSaySo(t *testing.T) {
	for name, test := range map[string]struct {
		mails   []string // of what state, and so many minutes before now they were written
		resolve bool
		want    []string
	}{
		"a recovery that overtook it": {
			mails: []string{"RECOVERY|OK|1", "PROBLEM|CRITICAL|9"}, want: []string{"OVER", "X-Failmail-Open: 0", "X-Failmail-Over: 1"},
		},
		"a person": {
			mails: []string{"PROBLEM|CRITICAL|1"}, resolve: true, want: []string{"OVER", "resolved by ann", "X-Failmail-Open: 0", "X-Failmail-Over: 1"},
		},
		"nobody": {
			mails: []string{"RECOVERY|OK|9", "PROBLEM|CRITICAL|1"}, want: []string{"NEW", "X-Failmail-Open: 1", "X-Failmail-Over: 0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, failmail.Config{}, func(t *testing.T, p *failmail.Proxy, s *recordingSender) {
				for i, m := range test.mails {
					said := strings.Split(m, "|")
					minutes, err := strconv.Atoi(said[2])
					if err != nil {
						t.Fatal(err)
					}
					if i > 0 {
						<-time.After(10 * time.Minute) // in which the summary before is made
					}
					text := fmt.Sprintf("Date: %s\r\nFrom: nagios@mon1\r\nSubject: ** %s Service Alert: db1/Disk is %s **\r\n\r\nx\r\n",
						time.Now().Add(-time.Duration(minutes+10*i)*time.Minute).Format(time.RFC1123Z), said[0], said[1])
					if err := p.Submit(t.Context(), failmail.NewMessage("nagios@mon1", []string{"ops@example.com"}, []byte(text))); err != nil {
						t.Fatal(err)
					}
				}
				if test.resolve {
					all, _, err := p.Problems(t.Context(), "", 0, 1)
					if err != nil || len(all) != 1 {
						t.Fatalf("%+v, %v", all, err)
					}
					if _, err := p.Act(t.Context(), all[0].ID, failmail.Resolve, "ann", ""); err != nil {
						t.Fatal(err)
					}
				}
				<-time.After(10 * time.Minute)
				raw := string(s.mails[len(s.offered())-1].Raw)
				for _, want := range test.want {
					if !strings.Contains(raw, want) {
						t.Errorf("no %q in\n%s", want, raw)
					}
				}
			})
		})
	}
}
