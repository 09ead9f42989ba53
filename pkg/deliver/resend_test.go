package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/deliver"
)

func kept(t *testing.T, dir string, mails ...*deliver.Mail) *deliver.Maildir {
	t.Helper()
	d := &deliver.Maildir{Dir: dir}
	for _, m := range mails {
		if err := d.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func stored(from, subject string, to ...string) *deliver.Mail {
	return &deliver.Mail{From: from, To: to, Raw: []byte("Subject: " + subject + "\r\n\r\nbody\r\n")}
}

// resend sends with send and returns what was sent and reported.
func resend(t *testing.T, d *deliver.Maildir, send func(*deliver.Mail) error) (sent, reports []string) {
	t.Helper()
	sender := deliver.SenderFunc(func(_ context.Context, m *deliver.Mail) error {
		sent = append(sent, fmt.Sprintf("%s %s %q", m.From, strings.Join(m.To, ","), m.Raw))
		return send(m)
	})
	err := d.Resend(t.Context(), sender, func(r deliver.Resent) {
		reports = append(reports, fmt.Sprintf("%d/%d %v", r.Done, r.Total, r.Err))
	})
	if err != nil {
		t.Fatal(err)
	}
	return sent, reports
}

func taken(*deliver.Mail) error { return nil }

func TestWhatWentIsMarkedAndNotSentAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "failed")
	d := kept(t, dir, stored("a@x", "one", "b@x", "c@x"), stored("", "two", "b@x"))
	sent, reports := resend(t, d, taken)
	slices.Sort(sent)
	if want := []string{` b@x "Subject: two\r\n\r\nbody\r\n"`, `a@x b@x,c@x "Subject: one\r\n\r\nbody\r\n"`}; !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
	if want := []string{"1/2 <nil>", "2/2 <nil>"}; !slices.Equal(reports, want) {
		t.Errorf("reported %q", reports)
	}
	if again, _ := resend(t, d, taken); len(again) != 0 {
		t.Errorf("sent again: %q", again)
	}
	files, err := os.ReadDir(filepath.Join(dir, "cur"))
	if err != nil || len(files) != 2 || !strings.HasSuffix(files[0].Name(), "P") {
		t.Errorf("the folder holds %v, %v; want both mails, marked", files, err)
	}
}

func TestWhatDidNotGoStays(t *testing.T) {
	d := kept(t, filepath.Join(t.TempDir(), "failed"), stored("a@x", "one", "b@x"))
	_, reports := resend(t, d, func(*deliver.Mail) error { return errors.New("down") })
	if want := []string{"1/1 down"}; !slices.Equal(reports, want) {
		t.Errorf("reported %q", reports)
	}
	if again, _ := resend(t, d, taken); len(again) != 1 {
		t.Errorf("then sent %q", again)
	}
}

func TestRefusedRecipientsKeepTheirMail(t *testing.T) {
	d := kept(t, filepath.Join(t.TempDir(), "failed"), stored("a@x", "one", "b@x", "c@x"))
	resend(t, d, func(*deliver.Mail) error {
		return &deliver.RefusedError{Refused: map[string]error{"c@x": errors.New("full")}}
	})
	sent, _ := resend(t, d, taken)
	if want := []string{`a@x c@x "Subject: one\r\n\r\nbody\r\n"`}; !slices.Equal(sent, want) {
		t.Errorf("then sent %q, want %q", sent, want)
	}
}

func TestAFileWithoutAnEnvelopeIsReportedAndKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "failed")
	d := kept(t, dir, stored("a@x", "one", "b@x"))
	if err := os.WriteFile(filepath.Join(dir, "new", "0.foreign"), []byte("Subject: x\n\ny\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sent, reports := resend(t, d, taken)
	if len(sent) != 1 || len(reports) != 2 || !strings.Contains(reports[0], "X-Envelope-To") {
		t.Errorf("sent %q, reported %q", sent, reports)
	}
}

func TestResendNamesAFolderThatIsMissing(t *testing.T) {
	d := &deliver.Maildir{Dir: filepath.Join(t.TempDir(), "nowhere")}
	if err := d.Resend(t.Context(), deliver.SenderFunc(nil), nil); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("err = %v", err)
	}
}
