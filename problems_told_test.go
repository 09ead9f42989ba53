package failmail_test

import (
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
