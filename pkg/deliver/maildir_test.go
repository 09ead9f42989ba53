package deliver_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-maildir"

	"github.com/hut8labs/failmail/pkg/deliver"
)

func TestMaildirKeepsTheEnvelopeInFront(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "fail")
	if err := (&deliver.Maildir{Dir: dir}).Send(t.Context(), to("a@x", "b@x")); err != nil {
		t.Fatal(err)
	}
	want := "Return-Path: <failmail@x>\r\nX-Envelope-To: <a@x>\r\nX-Envelope-To: <b@x>\r\nSubject: s\r\n\r\nbody\r\n"
	if mails := mailsIn(t, dir); len(mails) != 1 || mails[0] != want {
		t.Errorf("the maildir holds %q, want %q", mails, want)
	}
	if left := names(t, filepath.Join(dir, "tmp")); len(left) > 0 {
		t.Errorf("tmp still holds %q", left)
	}
}

func TestMaildirAddressesCannotAddFields(t *testing.T) {
	for name, evil := range map[string]string{
		"CRLF": "a@x>\r\nX-Evil: 1\r\nX: <", "LF": "a@x>\nX-Evil: 1", "CR": "a@x>\rX-Evil: 1",
		"an empty line": "a@x>\r\n\r\nbody", "NUL": "a\x00@x", "DEL": "a\x7f@x",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			m := to(evil)
			m.From = evil
			if err := (&deliver.Maildir{Dir: dir}).Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			mails := mailsIn(t, dir)
			if len(mails) != 1 {
				t.Fatalf("%d mails", len(mails))
			}
			envelope, found := strings.CutSuffix(mails[0], string(m.Raw))
			lines := strings.SplitAfter(envelope, "\r\n")
			if !found || len(lines) != 3 || !strings.HasPrefix(lines[0], "X-Envelope-Refused: \"") || lines[1] != lines[0] {
				t.Fatalf("the mail begins with %q", envelope)
			}
			if strings.ContainsAny(strings.ReplaceAll(envelope, "\r\n", ""), "\r\n\x00\x7f") {
				t.Errorf("control characters in %q", envelope)
			}
		})
	}
}

func TestMaildirIsCreatedWithItsParents(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "var", "lib", "fail")
	d := &deliver.Maildir{Dir: dir}
	for range 2 { // a folder that exists is fine
		if err := d.Init(); err != nil {
			t.Fatal(err)
		}
	}
	for _, folder := range []string{"tmp", "new", "cur"} {
		info, err := os.Stat(filepath.Join(dir, folder))
		if err != nil || !info.IsDir() {
			t.Errorf("%s: %v", folder, err)
		} else if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s can be entered by others: %v", folder, info.Mode())
		}
	}
	if err := d.Send(t.Context(), to("a@x")); err != nil || len(mailsIn(t, dir)) != 1 {
		t.Errorf("Send = %v", err)
	}
}

func TestMaildirKeepsWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	for i := range 3 { // as after restarts
		if err := (&deliver.Maildir{Dir: dir}).Send(t.Context(), to("a@x")); err != nil {
			t.Fatal(err)
		}
		if n := len(mailsIn(t, dir)); n != i+1 {
			t.Errorf("%d mails, want %d", n, i+1)
		}
	}
}

func TestMaildirNamesTheFolderInErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("in the way"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{
		"the folder is a file": file, "the parent is a file": filepath.Join(file, "fail"),
	} {
		t.Run(name, func(t *testing.T) {
			err := (&deliver.Maildir{Dir: dir}).Send(t.Context(), to("a@x"))
			if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", dir)) {
				t.Errorf("Send = %v, which does not name %q", err, dir)
			}
			if deliver.IsPermanent(err) {
				t.Errorf("%v is permanent, but an operator can mend it", err)
			}
			if got, _ := os.ReadFile(file); string(got) != "in the way" {
				t.Errorf("the file became %q", got)
			}
		})
	}
}

func TestMaildirTakesMailsFromSeveralWritersAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "fail")
	shared := &deliver.Maildir{Dir: dir}
	var writers sync.WaitGroup
	for i := range 20 {
		d := shared
		if i%2 == 1 {
			d = &deliver.Maildir{Dir: dir} // as another process would
		}
		writers.Go(func() {
			if err := d.Send(t.Context(), to(fmt.Sprintf("%d@x", i))); err != nil {
				t.Errorf("writer %d: %v", i, err)
			}
		})
	}
	writers.Wait()
	seen := make(map[string]bool)
	for _, raw := range mailsIn(t, dir) {
		m := withoutEnvelope(t, raw)
		if string(m.Raw) == string(to().Raw) {
			seen[m.To[0]] = true
		}
	}
	if len(seen) != 20 {
		t.Errorf("%d of 20 mails are whole", len(seen))
	}
}

func TestMaildirComesBackAfterItsFoldersWereMovedAway(t *testing.T) {
	for _, folder := range []string{".", "tmp", "cur", "new"} {
		t.Run(folder, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "fail")
			d := &deliver.Maildir{Dir: dir}
			if err := d.Send(t.Context(), to("a@x")); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(filepath.Join(dir, folder), filepath.Join(t.TempDir(), "moved")); err != nil {
				t.Fatal(err)
			}
			// The first mail may find out; it is tried again.
			if err := d.Send(t.Context(), to("b@x")); err != nil {
				if deliver.IsPermanent(err) || !strings.Contains(err.Error(), dir) {
					t.Errorf("Send = %v, want a temporary error that names the folder", err)
				}
				if err := d.Send(t.Context(), to("b@x")); err != nil {
					t.Fatalf("the next attempt = %v", err)
				}
			}
			if err := maildir.Dir(dir).Init(); err != nil { // new is needed for reading
				t.Fatal(err)
			}
			var arrived int
			for _, raw := range mailsIn(t, dir) {
				if withoutEnvelope(t, raw).To[0] == "b@x" {
					arrived++
				}
			}
			if arrived != 1 {
				t.Errorf("the mail is there %d times", arrived)
			}
			if left := names(t, filepath.Join(dir, "tmp")); len(left) > 0 {
				t.Errorf("a failed attempt has left %q in tmp", left)
			}
		})
	}
}

func names(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
