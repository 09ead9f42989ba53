package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
)

// put writes a file into a maildir, under a name that says when.
func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// listed returns what List tells of each mail, the newest first.
func listed(t *testing.T, d *deliver.Maildir) (lines []string) {
	t.Helper()
	newest, total, err := d.List(100)
	if err != nil || total != len(newest) {
		t.Fatalf("%d of %d mails, %v", len(newest), total, err)
	}
	for _, s := range newest {
		lines = append(lines, fmt.Sprintf("%s|%s|%s|%d|%s|%s|%s", s.Name, s.From, strings.Join(s.To, ","), s.Recipients, s.Subject, s.Reason, s.Problem))
	}
	return lines
}

func TestListTellsOfEachMailThatWaits(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "failed")
	d := kept(t, dir)
	if n, err := d.Count(); n != 0 || err != nil {
		t.Errorf("without a folder there are %d, %v", n, err)
	}
	if err := d.Init(); err != nil {
		t.Fatal(err)
	}
	const envelope = "Return-Path: <a@x>\nX-Envelope-To: <b@x>\n"
	put(t, dir, "new/1700000001.a.h", envelope+"X-Failmail-Reason: 550 no such user\nSubject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\nMessage-ID: <m1@x>\n\nx\n")
	put(t, dir, "cur/1700000002.b.h:2,S", envelope+"X-Envelope-To: <c@x>\n\nno header\n")
	put(t, dir, "cur/1700000003.c.h", "Subject: foreign\n\nx\n")
	put(t, dir, "cur/1700000004.d.h:2,P", envelope+"Subject: passed\n\nx\n")
	put(t, dir, "cur/1700000005.e.h:2,ST", envelope+"Subject: trashed\n\nx\n")
	put(t, dir, "new/.hidden", "x")
	put(t, dir, "tmp/1700000006.f.h", envelope)
	if err := os.Mkdir(filepath.Join(dir, "cur", "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, dir, "new/1700000007.g.h", envelope+"Subject: unreadable\n\nx\n")
	if err := os.Remove(filepath.Join(dir, "new/1700000007.g.h")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "new/1700000007.g.h")); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"1700000007.g.h|||0|||open " + filepath.Join(dir, "new/1700000007.g.h") + ": no such file or directory",
		`1700000003.c.h|||0|foreign||it names no recipients; put a line "X-Envelope-To: <ADDRESS>" on top, or delete it`,
		"1700000002.b.h|a@x|b@x,c@x|2|||",
		"1700000001.a.h|a@x|b@x|1|grüße|550 no such user|",
	}
	if got := listed(t, d); !slices.Equal(got, want) {
		t.Errorf("listed\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	newest, total, err := d.List(1)
	if len(newest) != 1 || total != 4 || err != nil {
		t.Errorf("List(1) = %v, %d, %v", newest, total, err)
	}
	if all, _, _ := d.List(4); !all[3].Since.Equal(time.Unix(1700000001, 0)) || all[3].MessageID != "m1@x" {
		t.Errorf("%+v", all[3])
	}
}

func TestKeepWritesDownWhyOnOneLine(t *testing.T) {
	d := kept(t, filepath.Join(t.TempDir(), "failed"))
	for _, why := range []string{"550 5.7.1\r\nX-Evil: 1", strings.Repeat("é", 600)} {
		if err := d.Keep(t.Context(), stored("a@x", "s", "b@x"), errors.New(why)); err != nil {
			t.Fatal(err)
		}
	}
	sent, _ := resend(t, d, func(*deliver.Mail) error { return errors.New("down") })
	for _, mail := range sent {
		if mail != `a@x b@x "Subject: s\r\n\r\nbody\r\n"` {
			t.Errorf("it is sent with its reason: %s", mail)
		}
	}
	newest, _, _ := d.List(2)
	reasons := []string{newest[0].Reason, newest[1].Reason}
	slices.Sort(reasons)
	if want := []string{"550 5.7.1 X-Evil: 1", strings.Repeat("é", 450) + "…"}; !slices.Equal(reasons, want) {
		t.Errorf("reasons %q", reasons)
	}
}

// Two that resend a folder at the same time, as a page that is clicked twice and a
// cron job do, send each mail once.
func TestSeveralThatResendShareTheMails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "failed")
	var mails []*deliver.Mail
	for i := range 30 {
		mails = append(mails, stored("a@x", fmt.Sprint(i), "b@x"))
	}
	kept(t, dir, mails...)
	var mu sync.Mutex
	sent := make(map[string]int)
	sender := deliver.SenderFunc(func(_ context.Context, m *deliver.Mail) error {
		mu.Lock()
		defer mu.Unlock()
		sent[string(m.Raw)]++
		return nil
	})
	var crowd sync.WaitGroup
	for range 4 {
		crowd.Go(func() {
			err := (&deliver.Maildir{Dir: dir}).Resend(t.Context(), sender, func(r deliver.Resent) {
				if r.Err != nil && !errors.Is(r.Err, deliver.ErrBusy) && !errors.Is(r.Err, deliver.ErrGone) {
					t.Error(r.Err)
				}
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	crowd.Wait()
	for mail, n := range sent {
		if n != 1 {
			t.Errorf("%q was sent %d times", mail, n)
		}
	}
	if len(sent) != len(mails) {
		t.Errorf("%d mails were sent", len(sent))
	}
}

func TestAMailThatIsBeingSentIsLeftToWhoSendsIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "failed")
	d := kept(t, dir, stored("a@x", "s", "b@x"))
	name := listed(t, d)[0]
	name, _, _ = strings.Cut(name, "|")
	again := func(want error) {
		t.Helper()
		err := d.Resend(t.Context(), deliver.SenderFunc(nil), func(r deliver.Resent) {
			if !errors.Is(r.Err, want) || r.Name != name {
				t.Errorf("%s: %v, want %v", r.Name, r.Err, want)
			}
		}, name)
		if err != nil {
			t.Error(err)
		}
	}
	resend(t, d, func(*deliver.Mail) error {
		again(deliver.ErrBusy)
		// A mail reader that is looking at it does not mind the lock.
		if err := os.Rename(filepath.Join(dir, "cur", name+":2,"), filepath.Join(dir, "cur", name+":2,S")); err != nil {
			t.Error(err)
		}
		again(deliver.ErrBusy)
		return nil
	})
	again(deliver.ErrGone)
	if files := names(t, filepath.Join(dir, "cur")); !slices.Equal(files, []string{name + ":2,PS"}) {
		t.Errorf("the folder holds %q", files)
	}
}

func TestResendSendsOnlyWhatIsNamed(t *testing.T) {
	d := kept(t, filepath.Join(t.TempDir(), "failed"), stored("a@x", "one", "b@x"), stored("a@x", "two", "b@x"))
	newest, _, _ := d.List(2)
	var reports []string
	err := d.Resend(t.Context(), deliver.SenderFunc(func(context.Context, *deliver.Mail) error { return nil }), func(r deliver.Resent) {
		reports = append(reports, fmt.Sprint(r.Name == newest[1].Name, r.Err))
	}, newest[1].Name, "1.unknown")
	if want := []string{"true <nil>", "false " + deliver.ErrGone.Error()}; err != nil || !slices.Equal(reports, want) {
		t.Errorf("%v, %q", err, reports)
	}
	if left, _, _ := d.List(2); len(left) != 1 || left[0].Name != newest[0].Name {
		t.Errorf("left: %+v", left)
	}
}

func TestResendGivesUpOnARelayThatIsNotReached(t *testing.T) {
	d := kept(t, filepath.Join(t.TempDir(), "failed"), stored("a@x", "one", "b@x"), stored("a@x", "two", "b@x"))
	sent, reports := resend(t, d, func(*deliver.Mail) error { return deliver.Unreachable(errors.New("down")) })
	if len(sent) != 1 || !slices.Equal(reports, []string{"1/2 down"}) {
		t.Errorf("tried %q, reported %q", sent, reports)
	}
}

// 10,000 mails must not be counted anew for each look at the page.
func TestAFolderIsReadAgainOnlyWhenItHasChanged(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "failed")
	d := kept(t, dir, stored("a@x", "one", "b@x"))
	long := time.Now().Add(-time.Hour)
	unchanged := func() {
		t.Helper()
		for _, folder := range []string{"new", "cur"} {
			if err := os.Chtimes(filepath.Join(dir, folder), long, long); err != nil {
				t.Fatal(err)
			}
		}
	}
	count := func(want int) {
		t.Helper()
		if n, err := d.Count(); n != want || err != nil {
			t.Errorf("%d mails, %v; want %d", n, err, want)
		}
	}
	count(1) // changed just now: it may change again in the same tick of the clock
	put(t, dir, "new/2.b", "x")
	count(2)
	unchanged()
	count(2)
	put(t, dir, "new/3.c", "x")
	unchanged()
	count(2) // not read
	put(t, dir, "new/4.d", "x")
	count(4)
}
