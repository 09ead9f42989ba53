package mailbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/hut8labs/failmail/internal/mailbox"
)

// found is what a Reader yields, as text; an error begins with "error: ".
func found(mails iter.Seq2[mailbox.Mail, error]) []string {
	all := []string{}
	for mail, err := range mails {
		if err != nil {
			all = append(all, "error: "+err.Error())
			continue
		}
		all = append(all, mail.Source+"|"+strings.Join(append([]string{mail.From}, mail.To...), ">")+"|"+string(mail.Raw))
	}
	return all
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestTheMailsOfAFileAreFound(t *testing.T) {
	for name, test := range map[string]struct {
		file string
		want []string
	}{
		"a file of one mail":                {"Subject: a\n\nx\n", []string{"-||Subject: a\n\nx\n"}},
		"a mail with CRLF stays as it is":   {"Subject: a\r\n\r\nx\r\n", []string{"-||Subject: a\r\n\r\nx\r\n"}},
		"a mail of a proxy's archive":       {"Return-Path: <a@x>\nX-Envelope-To: <b@x>\nX-Envelope-To: <root>\nSubject: a\n\nx\n", []string{"-|a@x>b@x>root|Subject: a\n\nx\n"}},
		"a mail of a proxy's fail-dir":      {"Return-Path: <a@x>\nX-Envelope-To: <b@x>\nX-Failmail-Reason: 550 no\nSubject: a\n\nx\n", []string{"-|a@x>b@x|Subject: a\n\nx\n"}},
		"one of the null reverse-path":      {"Return-Path: <>\r\nX-Envelope-To: <b@x>\r\ndisk full\r\n", []string{"-|>b@x|disk full\r\n"}},
		"a Return-Path from elsewhere":      {"Return-Path: <a@x>\nDelivered-To: b@x\nSubject: a\n\nx\n", []string{"-||Return-Path: <a@x>\nDelivered-To: b@x\nSubject: a\n\nx\n"}},
		"a text without a header":           {"disk full\n", []string{"-||disk full\n"}},
		"an empty file has no mail":         {"", []string{}},
		"a byte order mark is no text":      {"\xef\xbb\xbfSubject: a\n\nx\n", []string{"-||Subject: a\n\nx\n"}},
		"a field From with a blank":         {"From : a@x\nSubject: a\n\nx\n", []string{"-||From : a@x\nSubject: a\n\nx\n"}},
		"a compressed file":                 {"\x1f\x8b\x08...", []string{`error: cannot read "-", it is compressed; unpack it first, with zcat "-" | failmail explain`}},
		"UTF-16, as Windows writes":         {"\xff\xfed\x00i\x00", []string{`error: cannot read "-", it is UTF-16; convert it first, with iconv -f UTF-16 -t UTF-8`}},
		"a mail that is larger than others": {"Subject: a\n\n" + strings.Repeat("x", 200), []string{"error: -: the mail has more than 200 bytes and is left out, as a proxy would refuse it"}},

		"an mbox of two mails": {"From a@x Mon Mar  9 03:17:42 2026\nSubject: a\n\nx\n\nFrom b@x Mon Mar  9 03:17:43 2026\nSubject: b\n\ny\n",
			[]string{"-:1|a@x|Subject: a\n\nx\n", "-:6|b@x|Subject: b\n\ny\n"}},
		"an mbox with CRLF": {"From a@x Mon Mar  9 03:17:42 2026\r\nSubject: a\r\n\r\nx\r\n\r\nFrom b@x Mon Mar  9 03:17:43 2026\r\nSubject: b\r\n\r\ny\r\n",
			[]string{"-:1|a@x|Subject: a\n\nx\n", "-:6|b@x|Subject: b\n\ny\n"}},
		"an mbox with CR": {"From a@x Mon Mar  9 03:17:42 2026\rSubject: a\r\rx\r\rFrom b@x Mon Mar  9 03:17:43 2026\rSubject: b\r\ry\r",
			[]string{"-:1|a@x|Subject: a\n\nx\n", "-:6|b@x|Subject: b\n\ny\n"}},
		"a bounce, whose sender is no address": {"From MAILER-DAEMON Mon Mar  9 03:17:42 2026\nSubject: a\n\nx\n", []string{"-:1||Subject: a\n\nx\n"}},
		"From alone at the start":              {"From \nSubject: a\n\nx\n", []string{"-:1||Subject: a\n\nx\n"}},
		"no line end at the end":               {"From a@x\nSubject: a\n\nx", []string{"-:1|a@x|Subject: a\n\nx\n"}},
		"empty lines of the mail stay":         {"From a@x\nSubject: a\n\nx\n\n\n\nFrom b@x Mon Mar  9 03:17:43 2026\nSubject: b\n\ny\n", []string{"-:1|a@x|Subject: a\n\nx\n\n\n", "-:8|b@x|Subject: b\n\ny\n"}},
		"a mail without a header":              {"From a@x Mon Mar  9 03:17:42 2026\n\nx\n\nFrom b@x Mon Mar  9 03:17:43 2026\n\ny\n", []string{"-:1|a@x|\nx\n", "-:5|b@x|\ny\n"}},
		"quoted as mboxrd does":                {"From a@x\nSubject: a\n\n>From here\n>>From there\n> From nowhere\n>Fromage\n", []string{"-:1|a@x|Subject: a\n\nFrom here\n>From there\n> From nowhere\n>Fromage\n"}},
		"a quote in the header stays":          {"From a@x\n>From remote by uucp\nSubject: a\n\nx\n", []string{"-:1|a@x|>From remote by uucp\nSubject: a\n\nx\n"}},
		"a sentence that begins with From":     {"From a@x\nSubject: a\n\nx\nFrom here on all fails.\n\nFrom now on\nerror: disk\n", []string{"-:1|a@x|Subject: a\n\nx\nFrom here on all fails.\n\nFrom now on\nerror: disk\n"}},
		"a date in a sentence":                 {"From a@x\nSubject: a\n\nx\nFrom 10:30 on Mon, 9 Mar 2026,\nall fails.\n", []string{"-:1|a@x|Subject: a\n\nx\nFrom 10:30 on Mon, 9 Mar 2026,\nall fails.\n"}},
		"a separator without a date":           {"From a@x\nSubject: a\n\nx\n\nFrom b@x\nX-Cron-Env: y\nSubject: b\n\ny\n", []string{"-:1|a@x|Subject: a\n\nx\n", "-:6|b@x|X-Cron-Env: y\nSubject: b\n\ny\n"}},
		"a separator without an empty line":    {"From a@x\nSubject: a\n\nx\nFrom b@x Mon Mar  9 03:17:43 2026\nSubject: b\n\ny\n", []string{"-:1|a@x|Subject: a\n\nx\n", "-:5|b@x|Subject: b\n\ny\n"}},
		"a wrong Content-Length is not believed": {"From a@x\nContent-Length: 9999\n\nx\n\nFrom b@x Mon Mar  9 03:17:43 2026\nContent-Length: 1\n\nyy\n",
			[]string{"-:1|a@x|Content-Length: 9999\n\nx\n", "-:6|b@x|Content-Length: 1\n\nyy\n"}},
		"a mail too large among others": {"From a@x\nSubject: a\n\n" + strings.Repeat("x\n", 150) + "\nFrom b@x Mon Mar  9 03:17:43 2026\nSubject: b\n\ny\n",
			[]string{"error: -:1: the mail has more than 200 bytes and is left out, as a proxy would refuse it", "-:155|b@x|Subject: b\n\ny\n"}},
		"a line too large among others": {"From a@x\nSubject: a\n\n" + strings.Repeat("x", 100_000) + "\n\nFrom b@x Mon Mar  9 03:17:43 2026\nSubject: b\n\ny\n",
			[]string{"error: -:1: the mail has more than 200 bytes and is left out, as a proxy would refuse it", "-:6|b@x|Subject: b\n\ny\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			read := func(in io.Reader) []string {
				r := &mailbox.Reader{Stdin: in, MaxSize: 200}
				return found(r.Mails(t.Context(), "-"))
			}
			if got := read(strings.NewReader(test.file)); !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			if got := read(iotest.OneByteReader(strings.NewReader(test.file))); !slices.Equal(got, test.want) {
				t.Errorf("byte by byte: got  %q\nwant %q", got, test.want)
			}
			path := filepath.Join(t.TempDir(), "file")
			write(t, path, test.file)
			r := &mailbox.Reader{MaxSize: 200}
			got := strings.ReplaceAll(strings.Join(found(r.Mails(t.Context(), path)), "\n"), path, "-")
			if want := strings.Join(test.want, "\n"); got != want {
				t.Errorf("from a file: got  %q\nwant %q", got, want)
			}
		})
	}
}

func TestEachLineIsTheTextOfAMail(t *testing.T) {
	mail := func(number int, text string) string {
		return fmt.Sprintf("-:%d||Subject: \r\n\r\n%s\r\n", number, text)
	}
	for name, test := range map[string]struct {
		file string
		want []string
	}{
		"LF":                             {"a\nb\n", []string{mail(1, "a"), mail(2, "b")}},
		"CRLF":                           {"a\r\nb\r\n", []string{mail(1, "a"), mail(2, "b")}},
		"CR":                             {"a\rb\r", []string{mail(1, "a"), mail(2, "b")}},
		"a CR inside of a line stays":    {"10%\r20%\nb\n", []string{mail(1, "10%\r20%"), mail(2, "b")}},
		"a file without lines":           {"", []string{}},
		"a last line without its end":    {"a\nb", []string{mail(1, "a"), mail(2, "b")}},
		"an empty line is an empty mail": {"a\n\nb\n", []string{mail(1, "a"), mail(2, ""), mail(3, "b")}},
		"one empty line":                 {"\n", []string{mail(1, "")}},
		"a line that looks like a field": {"Subject: x\n", []string{mail(1, "Subject: x")}},
		"a line that begins with From":   {"From a@x\n", []string{mail(1, "From a@x")}},
		"a byte order mark":              {"\xef\xbb\xbfa\n", []string{mail(1, "a")}},
		"a line that is too long": {strings.Repeat("x", 201) + "\n" + strings.Repeat("y", 200) + "\r\nb\n",
			[]string{"error: -:1: the line has more than 200 bytes and is left out, as a proxy would refuse it", mail(2, strings.Repeat("y", 200)), mail(3, "b")}},
		"a line that is longer than a buffer": {strings.Repeat("x", 200_000) + "\nb", []string{"error: -:1: the line has more than 200 bytes and is left out, as a proxy would refuse it", mail(2, "b")}},
	} {
		t.Run(name, func(t *testing.T) {
			for how, in := range map[string]io.Reader{
				"at once": strings.NewReader(test.file), "byte by byte": iotest.OneByteReader(strings.NewReader(test.file)),
			} {
				r := &mailbox.Reader{Stdin: in, MaxSize: 200}
				if got := found(r.Lines(t.Context(), "-")); !slices.Equal(got, test.want) {
					t.Errorf("%s: got  %q\nwant %q", how, got, test.want)
				}
			}
		})
	}
}

func TestTheMailsOfAFolderAreFound(t *testing.T) {
	for name, test := range map[string]struct {
		make func(t *testing.T, dir string)
		want []string
	}{
		"a maildir, in order of arrival, without what is not whole": {func(t *testing.T, dir string) {
			write(t, dir+"/new/1700000002.M2.host", "Subject: b\n\n")
			write(t, dir+"/cur/1700000001.M1.host:2,S", "Subject: a\n\n")
			write(t, dir+"/cur/1700000003.M3.host", "Subject: c\n\n") // without flags
			write(t, dir+"/tmp/1700000004.M4.host", "Subject: half")
			write(t, dir+"/cur/.hidden", "Subject: hidden\n\n")
			write(t, dir+"/new/sub/x.eml", "Subject: hidden\n\n")
		}, []string{"DIR/cur/1700000001.M1.host:2,S||Subject: a\n\n", "DIR/new/1700000002.M2.host||Subject: b\n\n", "DIR/cur/1700000003.M3.host||Subject: c\n\n"}},
		"an empty maildir": {func(t *testing.T, dir string) {
			os.MkdirAll(dir+"/new", 0o755)
			os.MkdirAll(dir+"/cur", 0o755)
		}, []string{}},
		"mails at any depth": {func(t *testing.T, dir string) {
			write(t, dir+"/b.eml", "Subject: b\n\n")
			write(t, dir+"/a/deep/A.EML", "Subject: a\n\n")
			write(t, dir+"/c.txt", "no mail")
			write(t, dir+"/d/cur/1", "Subject: d\n\n")
			write(t, dir+"/d/new/2", "From x@y Mon Mar  9 03:17:42 2026\nSubject: e\n\n")
		}, []string{"DIR/a/deep/A.EML||Subject: a\n\n", "DIR/b.eml||Subject: b\n\n", "DIR/d/cur/1||Subject: d\n\n", "DIR/d/new/2:1|x@y|Subject: e\n\n"}},
		"an mbox among mails": {func(t *testing.T, dir string) {
			write(t, dir+"/a.eml", "From x@y Mon Mar  9 03:17:42 2026\nSubject: a\n\n1\n\nFrom x@z Mon Mar  9 03:17:42 2026\nSubject: b\n\n2\n")
		}, []string{"DIR/a.eml:1|x@y|Subject: a\n\n1\n", "DIR/a.eml:6|x@z|Subject: b\n\n2\n"}},
		"links that lead back, and one to a mail": {func(t *testing.T, dir string) {
			write(t, dir+"/a/a.eml", "Subject: a\n\n")
			os.Symlink(dir, dir+"/a/loop")
			os.Symlink("../a", dir+"/a/self")
			os.Symlink("a/a.eml", dir+"/b.eml")
		}, []string{"DIR/a/a.eml||Subject: a\n\n", "DIR/b.eml||Subject: a\n\n"}},
		"a link to nowhere is told, the rest is read": {func(t *testing.T, dir string) {
			os.Symlink("gone", dir+"/a.eml")
			os.Symlink("gone", dir+"/other")
			write(t, dir+"/b.eml", "Subject: b\n\n")
		}, []string{`error: cannot read "DIR/a.eml": no such file or directory; check the name`, "DIR/b.eml||Subject: b\n\n"}},
		"a folder without mails": {func(t *testing.T, dir string) { write(t, dir+"/sub/a.txt", "x") },
			[]string{`error: no mails in "DIR": a maildir has the folders cur and new, elsewhere the names of mails end in .eml; name the files`}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			test.make(t, dir)
			before := listing(t, dir)
			got := found((&mailbox.Reader{}).Mails(t.Context(), dir))
			for i := range got {
				got[i] = strings.ReplaceAll(got[i], dir, "DIR")
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			if after := listing(t, dir); !slices.Equal(after, before) {
				t.Errorf("reading changed the folder from %q to %q", before, after)
			}
		})
	}
}

func listing(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		names = append(names, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestWhatCannotBeReadIsNamedWithTheRemedy(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/secret.eml", "Subject: a\n\n")
	if err := os.Chmod(dir+"/secret.eml", 0); err != nil {
		t.Fatal(err)
	}
	r := &mailbox.Reader{Stdin: iotest.ErrReader(errors.New("input/output error"))}
	for name, test := range map[string]struct {
		mails iter.Seq2[mailbox.Mail, error]
		want  string
	}{
		"a file that is not there":     {r.Mails(t.Context(), dir+"/gone"), `cannot read "DIR/gone": no such file or directory; check the name`},
		"a log that is not there":      {r.Lines(t.Context(), dir+"/gone"), `cannot read "DIR/gone": no such file or directory; check the name`},
		"a folder read line by line":   {r.Lines(t.Context(), dir), `cannot read the lines of "DIR", it is a folder; name its files`},
		"standard input that fails":    {r.Mails(t.Context(), "-"), `cannot read "-": input/output error`},
		"lines of a failing input":     {r.Lines(t.Context(), "-"), `cannot read "-": input/output error`},
		"a file without the right":     {r.Mails(t.Context(), dir+"/secret.eml"), `cannot read "DIR/secret.eml": permission denied; run this as a user who may read it, or give that right with chmod`},
		"a folder with such a file":    {r.Mails(t.Context(), dir), `cannot read "DIR/secret.eml": permission denied; run this as a user who may read it, or give that right with chmod`},
		"an input that fails in a log": {(&mailbox.Reader{Stdin: io.MultiReader(strings.NewReader("a"), iotest.ErrReader(errors.New("gone")))}).Lines(t.Context(), "-"), `cannot read "-": gone`},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Contains(test.want, "permission") && os.Geteuid() == 0 {
				asNobody(t, dir)
			}
			got := strings.ReplaceAll(strings.Join(found(test.mails), "\n"), dir, "DIR")
			if got != "error: "+test.want {
				t.Errorf("got  %s\nwant error: %s", got, test.want)
			}
		})
	}
}

// A counter makes lines without end, or up to a number, and counts its bytes.
type counter struct {
	line []byte
	rest []byte
	read atomic.Int64
	left int
}

func (c *counter) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		if c.left == 0 {
			return 0, io.EOF
		}
		c.left--
		c.rest = c.line
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	c.read.Add(int64(n))
	return n, nil
}

func TestNothingIsReadFarAhead(t *testing.T) {
	const bound = 256 << 10
	line := strings.Repeat("x", 99) + "\n"
	t.Run("of lines", func(t *testing.T) {
		c := &counter{line: []byte(line), left: 100_000}
		used, count := 0, 0
		for mail, err := range (&mailbox.Reader{Stdin: c}).Lines(t.Context(), "-") {
			if err != nil {
				t.Fatal(err)
			}
			used += len(line)
			if count++; count%1000 == 0 && len(mail.Raw) > bound {
				t.Fatalf("mail %d has %d bytes", count, len(mail.Raw))
			}
		}
		if count != 100_000 || used != 100_000*len(line) {
			t.Errorf("got %d lines", count)
		}
	})
	t.Run("when the rest is not wanted", func(t *testing.T) {
		for name, mails := range map[string]func(c *counter) iter.Seq2[mailbox.Mail, error]{
			"lines": func(c *counter) iter.Seq2[mailbox.Mail, error] {
				return (&mailbox.Reader{Stdin: c}).Lines(t.Context(), "-")
			},
			"mbox": func(c *counter) iter.Seq2[mailbox.Mail, error] {
				c.line = []byte("From a@x Mon Mar  9 03:17:42 2026\nSubject: a\n\nx\n\n")
				return (&mailbox.Reader{Stdin: c}).Mails(t.Context(), "-")
			},
		} {
			c := &counter{line: []byte(line), left: 1 << 40}
			count := 0
			for _, err := range mails(c) {
				if err != nil {
					t.Fatal(err)
				}
				if count++; count == 10_000 {
					break
				}
			}
			// Whoever reads ahead has stopped when it finds the end; give it the
			// time to do something wrong.
			time.Sleep(10 * time.Millisecond)
			if ahead := int(c.read.Load()) - count*len(c.line); ahead > bound {
				t.Errorf("%s: %d bytes were read ahead, want at most %d", name, ahead, bound)
			}
		}
	})
}

func TestTheEndOfTheContextEndsAWaitAtOnce(t *testing.T) {
	for name, read := range map[string]func(*mailbox.Reader, context.Context) iter.Seq2[mailbox.Mail, error]{
		"for a line": func(r *mailbox.Reader, ctx context.Context) iter.Seq2[mailbox.Mail, error] { return r.Lines(ctx, "-") },
		"for a mail": func(r *mailbox.Reader, ctx context.Context) iter.Seq2[mailbox.Mail, error] { return r.Mails(ctx, "-") },
	} {
		t.Run(name, func(t *testing.T) {
			in, out := io.Pipe()
			defer out.Close()
			ctx, cancel := context.WithCancel(t.Context())
			waiting := make(chan struct{}, 10)
			done := make(chan []string)
			go func() {
				r := &mailbox.Reader{Stdin: in, Waiting: func() { waiting <- struct{}{} }}
				done <- found(read(r, ctx))
			}()
			<-waiting
			cancel()
			if got := <-done; !slices.Equal(got, []string{"error: context canceled"}) {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestLinesComeWhileTheProgramThatWritesThemStillRuns(t *testing.T) {
	in, out := io.Pipe()
	defer out.Close()
	next, stop := iter.Pull2((&mailbox.Reader{Stdin: in}).Lines(t.Context(), "-"))
	defer stop()
	for _, line := range []string{"a\n", "b\r\n"} {
		go out.Write([]byte(line))
		mail, err, ok := next()
		if !ok || err != nil || !strings.HasSuffix(string(mail.Raw), "\r\n"+strings.TrimSpace(line)+"\r\n") {
			t.Errorf("after %q: %q, %v", line, mail.Raw, err)
		}
	}
}

func TestACancelledFolderYieldsTheErrorOnce(t *testing.T) {
	dir := t.TempDir()
	for i := range 5 {
		write(t, fmt.Sprintf("%s/%d.eml", dir, i), "Subject: a\n\n")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got []string
	for mail, err := range (&mailbox.Reader{}).Mails(ctx, dir) {
		got = append(got, fmt.Sprint(filepath.Base(mail.Source), " ", err))
		if len(got) == 2 {
			cancel()
		}
	}
	if want := []string{"0.eml <nil>", "1.eml <nil>", ". context canceled"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
