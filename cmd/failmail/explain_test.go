package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/smtp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/internal/storm"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

// explain runs the command in this process.
func explain(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), append([]string{"failmail", "explain"}, args...), strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

// An object is a line of --json.
type object struct{ Source, Batch, Group, Fingerprint, Masked string }

func objects(t *testing.T, out string) (all []object) {
	t.Helper()
	for line := range strings.Lines(out) {
		var keys map[string]string
		if err := json.Unmarshal([]byte(line), &keys); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if got := slices.Sorted(maps.Keys(keys)); !slices.Equal(got, []string{"batch", "fingerprint", "group", "masked", "source"}) {
			t.Fatalf("the keys are %q", got)
		}
		all = append(all, object{keys["source"], keys["batch"], keys["group"], keys["fingerprint"], keys["masked"]})
	}
	return all
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

const diskMail = "From: a@x\nSubject: disk 7 full\nX-Failmail-Split: storage\n\nGood morning,\n\nerror on sda1: 97% used\n"

const traceMail = `From: a@x
Subject: [shop] ERROR in checkout

Order 4711 failed
Traceback (most recent call last):
  File "/srv/shop/checkout.py", line 88, in place_order
    stock = self.inventory[order]
KeyError: 'order-4711'
`

func TestExplainPrintsAnObjectForEachMail(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "disk.eml", diskMail)
	writeFile(t, "trace.eml", strings.ReplaceAll(traceMail, "\n", "\r\n"))
	writeFile(t, "mbox", "From b@y Mon Mar  9 03:17:42 2026\n"+diskMail+"\nFrom c@z Mon Mar  9 03:17:43 2026\n"+traceMail+"\n")
	writeFile(t, "maildir/cur/1.M1.h:2,S", diskMail)
	writeFile(t, "maildir/new/2.M2.h", "Return-Path: <d@z>\n"+traceMail)
	writeFile(t, "maildir/tmp/3.M3.h", "half a ma")
	writeFile(t, "folder/deep/one.eml", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n\nhello 17\n")
	writeFile(t, "one.log", "request 17 of 192.0.2.7 failed\nrequest 4711 of 192.0.2.8 failed\n")
	writeFile(t, "two.log", "disk 97% full\r\n")

	disk := object{"", "storage", "disk 7 full", "v1:", "Good morning,\n\nerror on sda<num>: <num>% used"}
	trace := object{"", "", "[shop] ERROR in checkout", "v1:", "KeyError: '<value>'"}
	line := object{"", "", "", "v1:", "request <num> of <ip> failed"}
	full := object{"", "", "", "v1:", "disk <num>% full"}
	from := func(source string, o object) object { o.Source = source; return o }
	in := func(group string, o object) object { o.Group = group; return o }
	for name, test := range map[string]struct {
		stdin string
		args  []string
		want  []object
	}{
		"of mails in files":               {"", []string{"disk.eml", "trace.eml"}, []object{from("disk.eml", disk), from("trace.eml", trace)}},
		"of an mbox":                      {"", []string{"mbox"}, []object{from("mbox:1", disk), from("mbox:10", trace)}},
		"of a maildir":                    {"", []string{"maildir"}, []object{from("maildir/cur/1.M1.h:2,S", disk), from("maildir/new/2.M2.h", trace)}},
		"of a folder":                     {"", []string{"folder"}, []object{{"folder/deep/one.eml", "", "Grüße", "v1:", "hello <num>"}}},
		"of standard input, if no PATH":   {diskMail, nil, []object{from("-", disk)}},
		"of standard input called -":      {diskMail, []string{"trace.eml", "-"}, []object{from("trace.eml", trace), from("-", disk)}},
		"of an mbox on standard input":    {"From b@y\n" + diskMail, nil, []object{from("-:1", disk)}},
		"of lines on standard input":      {"request 1 of 192.0.2.1 failed\n", []string{"--lines"}, []object{from("-:1", line)}},
		"of the lines of a file":          {"", []string{"--lines", "one.log"}, []object{from("one.log:1", line), from("one.log:2", line)}},
		"of lines, the flag behind":       {"", []string{"two.log", "--lines"}, []object{from("two.log:1", full)}},
		"of lines, the flag repeated":     {"", []string{"--lines", "one.log", "--lines", "two.log"}, []object{from("one.log:1", line), from("one.log:2", line), from("two.log:1", full)}},
		"of lines, the flag with a value": {"", []string{"disk.eml", "--lines=two.log"}, []object{from("disk.eml", disk), from("two.log:1", full)}},
		"of an empty line":                {"\n", []string{"--lines"}, []object{{"-:1", "", "", "v1:", ""}}},
		"of a file behind --":             {"", []string{"--json", "--", "disk.eml", "mbox"}, []object{from("disk.eml", disk), from("mbox:1", disk), from("mbox:10", trace)}},
		"grouped by the sender, as far as a file has one": {"", []string{"mbox", "maildir", "--group", "from"},
			[]object{from("mbox:1", in("b@y", disk)), from("mbox:10", in("c@z", trace)), from("maildir/cur/1.M1.h:2,S", in("a@x", disk)), from("maildir/new/2.M2.h", in("d@z", trace))}},
		"grouped by an old name of the flag": {"", []string{"disk.eml", "--group-expr", "masked-subject", "--batch-expr", "header:From"},
			[]object{{"disk.eml", "storage", "disk <num> full", "v1:", disk.Masked}}},
		"grouped by a template":       {"", []string{`--group={{match "[0-9]+" .Body}}`, "disk.eml"}, []object{from("disk.eml", in("1", disk))}},
		"of a mail without a header":  {"disk full\n", nil, []object{{"-", "", "unparsable: no header section", "v1:", "disk full"}}},
		"of a Grouper that fails":     {diskMail, []string{`--group={{index .To 7}}`}, nil},
		"of a mail that names groups": {"Subject: s\nX-Failmail-Group: g\nX-Failmail-Split: b\n\nx\n", []string{"--batch=from", "--group=subject"}, []object{{"-", "b", "g", "v1:", "x"}}},
		"of nothing":                  {"", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, stderr := explain(t, test.stdin, append([]string{"--json"}, test.args...)...)
			if test.want == nil && test.stdin != "" {
				if code != exitUsage {
					t.Errorf("exit code %d: %s", code, stderr)
				}
				return
			}
			if code != 0 || stderr != "" {
				t.Errorf("exit code %d: %s", code, stderr)
			}
			got := objects(t, out)
			for i := range got {
				if digits, ok := strings.CutPrefix(got[i].Fingerprint, "v1:"); !ok || len(digits) != 16 {
					t.Errorf("the fingerprint is %q", got[i].Fingerprint)
				}
				got[i].Fingerprint = "v1:"
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// Whoever explains must not guess: what a proxy has counted is what explain says
// of the proxy's own archive.
func TestExplainSaysWhatTheProxyDoes(t *testing.T) {
	mails := [][]byte{
		[]byte(strings.ReplaceAll(diskMail, "\n", "\r\n")),
		[]byte(strings.ReplaceAll(traceMail, "\n", "\r\n")),
		[]byte("Subject: s\r\nX-Failmail-Group: mine\r\n\r\nx 1\r\n"),
		[]byte("disk full on 192.0.2.7\r\n"),
		[]byte("Subject: html\r\nContent-Type: text/html\r\n\r\n<p>request <b>17</b> failed</p>\r\n"),
		[]byte("Subject: =?utf-8?b?R3LDvMOfZQ==?=\r\nContent-Transfer-Encoding: base64\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nRmVobGVyIDE3IGltIEzDpGRjaGVuCg==\r\n"),
		[]byte("Subject:\r\n\r\nFrom here on\r\n..\r\nall fails\r\n"),
	}
	for _, m := range storm.Mails(7, 60, time.Now()) {
		mails = append(mails, m.Data)
	}
	for name, expressions := range map[string]struct{ batch, group string }{
		"by default":   {},
		"by keys":      {"from", "fingerprint"},
		"by templates": {`{{.Header.Get "X-Failmail-Split" | lower}}`, `{{submatch "(\\w+) failed" .Body}} {{mask .Subject}} {{.From}}`},
	} {
		t.Run(name, func(t *testing.T) {
			var args []string
			config := failmail.Config{Bind: "127.0.0.1:0", Store: memory.New(store.Limits{}), AllDir: filepath.Join(t.TempDir(), "all"), FailDir: t.TempDir(), Relay: "127.0.0.1:1"}
			if expressions.batch != "" {
				args = []string{"--batch", expressions.batch, "--group", expressions.group}
				var err error
				if config.Batch, err = failmail.Group(expressions.batch); err != nil {
					t.Fatal(err)
				}
				if config.Group, err = failmail.Group(expressions.group); err != nil {
					t.Fatal(err)
				}
			}
			counts := countedByProxy(t, config, mails)
			code, out, stderr := explain(t, "", append(args, "--json", config.AllDir)...)
			if code != 0 {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			explained := make(map[string]int)
			for _, o := range objects(t, out) {
				explained[o.Batch+"|"+o.Group+"|"+o.Fingerprint]++
			}
			if !maps.Equal(explained, counts) {
				t.Errorf("explain says %v\nthe proxy has %v", explained, counts)
			}
		})
	}
}

// countedByProxy sends mails to a Proxy and returns the counts of its store, by
// batch, group and fingerprint.
func countedByProxy(t *testing.T, config failmail.Config, mails [][]byte) map[string]int {
	t.Helper()
	p, err := failmail.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer p.Shutdown(context.WithoutCancel(t.Context()))
	for i, mail := range mails {
		if err := smtp.SendMail(p.Addr().String(), nil, fmt.Sprintf("app%d@x", i%3), []string{"ops@x"}, mail); err != nil {
			t.Fatalf("mail %d: %v", i, err)
		}
	}
	counts := make(map[string]int)
	open, err := config.Store.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range open {
		for _, g := range b.Groups {
			for _, v := range g.Variants {
				counts[b.Key+"|"+g.Key+"|"+v.Fingerprint] += v.Count
			}
		}
	}
	return counts
}

func TestExplainListsTheLargestGroupsFirst(t *testing.T) {
	t.Chdir(t.TempDir())
	for i := range 3 {
		writeFile(t, fmt.Sprintf("mails/a%d.eml", i), strings.ReplaceAll(traceMail, "4711", fmt.Sprint(4711+i)))
	}
	writeFile(t, "mails/b.eml", diskMail)
	writeFile(t, "mails/c.eml", strings.Replace(diskMail, "used", "used, and nobody has looked at it for so long that the line has to be broken in two", 1))
	writeFile(t, "mails/d.eml", "Subject: urgent\nX-Failmail: PASS\n\nnow\n")
	code, out, stderr := explain(t, "", "mails")
	if code != 0 || stderr != "" {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	want := `6 mails: 3 groups, 4 variants, in 2 batches

        3  [shop] ERROR in checkout
           batch: (none)
        3    v1:FINGERPRINT  mails/a0.eml
             grouped as: KeyError: '<value>'

        2  disk 7 full
           batch: storage
        1    v1:FINGERPRINT  mails/b.eml
             grouped as: error on sda<num>: <num>% used
        1    v1:FINGERPRINT  mails/c.eml
             grouped as: error on sda<num>: <num>% used, and nobody has looked
               at it for so long that the line has to be broken in two

        1  urgent
           batch: (none)
        1    v1:FINGERPRINT  mails/d.eml
             grouped as: urgent

The proxy relays 1 mail with X-Failmail: pass at once and counts none of them.
`
	if got := withoutFingerprints(out); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func withoutFingerprints(out string) string {
	parts := strings.Split(out, "v1:")
	for i := range parts[1:] {
		parts[i+1] = "FINGERPRINT" + parts[i+1][16:]
	}
	return strings.Join(parts, "v1:")
}

func TestExplainSaysWhatItDoesNotList(t *testing.T) {
	var lines strings.Builder
	for i := range 30 {
		fmt.Fprintf(&lines, "%s failed\n", strings.Repeat("x", i+1))
	}
	_, out, _ := explain(t, lines.String(), "--lines")
	for _, want := range []string{"30 lines: 1 group, 30 variants\n", "       30  (no subject)\n", "       10    of 10 other variants\n", "--group=fingerprint makes each variant"} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
	_, out, _ = explain(t, lines.String(), "--lines", "--group=fingerprint", "--top=2")
	if !strings.HasSuffix(out, "\n28 groups more with 28 lines; --top 0 lists them all.\n") || strings.Count(out, "grouped as") != 2 {
		t.Errorf("--top=2 gave\n%s", out)
	}
	_, out, _ = explain(t, lines.String(), "--lines", "--group=fingerprint", "--top=0")
	if strings.Count(out, "grouped as") != 30 || strings.Contains(out, "more") {
		t.Errorf("--top=0 gave\n%s", out)
	}
	if _, out, _ = explain(t, "", "--lines"); out != "no lines\n" {
		t.Errorf("of no lines it says %q", out)
	}
}

func TestATableKeepsNoMoreThanItsBound(t *testing.T) {
	table := newTable(3)
	add := func(group, fingerprint string) {
		p := placed{source: "f", message: failmail.NewMessage("", nil, []byte("Subject: s\n\nx\n"))}
		p.entry = store.Entry{Group: group, Title: group, Fingerprint: fingerprint, Reason: "r"}
		table.add(p)
	}
	for range 2 {
		for _, group := range []string{"a", "b", "c", "d", "e"} {
			for _, fingerprint := range []string{"1", "2"} {
				add(group, fingerprint)
			}
		}
	}
	if len(table.groups) != 3 || len(table.variants) > 5 {
		t.Errorf("it keeps %d groups and %d variants", len(table.groups), len(table.variants))
	}
	listed := table.unlisted
	for _, g := range table.groups {
		sum := g.unlisted
		for _, v := range g.variants {
			sum += v.count
		}
		if sum != g.count {
			t.Errorf("of %d mails of a group %d are told", g.count, sum)
		}
		listed += g.count
	}
	if table.mails != 20 || listed != 20 || table.unlisted != 8 {
		t.Errorf("of %d mails %d are told, %d of them as not listed", table.mails, listed, table.unlisted)
	}
}

func TestTheTableIsNarrowWhateverTheMailsHold(t *testing.T) {
	long := strings.Repeat("Ä\x1b[31m", 200)
	var mbox strings.Builder
	for i := range 5 {
		fmt.Fprintf(&mbox, "From a@x\nSubject: %s%d\nX-Failmail-Split: %s%d\nContent-Type: text/plain; charset=utf-8\n\nerror %s %s\n\n", long, i, long, i, long, strings.Repeat("word ", 100))
	}
	_, out, _ := explain(t, mbox.String())
	for line := range strings.Lines(out) {
		if width := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); width > tableWidth {
			t.Errorf("%d characters: %s", width, line)
		}
	}
	if strings.Contains(out, "\x1b") || strings.Count(out, "grouped as") == 0 {
		t.Errorf("it prints\n%s", out)
	}
}

func TestExplainReportsWhatItCannotReadAndGoesOn(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "disk.eml", diskMail)
	writeFile(t, "logs/app.log", "x\n")
	if err := os.Mkdir("empty", 0o755); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args  []string
		code  int
		mails int
		want  string
	}{
		"a file that is not there": {[]string{"gone.eml", "disk.eml"}, 1, 1, "failmail: cannot read \"gone.eml\": no such file or directory; check the name\n"},
		"two of them":              {[]string{"gone.eml", "disk.eml", "lost.eml", "disk.eml"}, 1, 2, "failmail: cannot read \"gone.eml\": no such file or directory; check the name\nfailmail: cannot read \"lost.eml\": no such file or directory; check the name\n"},
		"a folder without mails":   {[]string{"empty", "disk.eml"}, 1, 1, "failmail: no mails in \"empty\": a maildir has the folders cur and new, elsewhere the names of mails end in .eml; name the files\n"},
		"a folder of logs":         {[]string{"--lines", "logs"}, 1, 0, "failmail: cannot read the lines of \"logs\", it is a folder; name its files\n"},
		"an unknown flag":          {[]string{"disk.eml", "--grup=subject"}, 2, 0, "failmail: unknown flag --grup, did you mean --group; failmail --help lists them\n"},
		"a flag without its value": {[]string{"disk.eml", "--group"}, 2, 0, "failmail: --group needs a value, a value; see failmail --help\n"},
		"a number that is none":    {[]string{"--top=x", "disk.eml"}, 2, 0, "failmail: --top \"x\" is not a whole number\n"},
		"a negative number":        {[]string{"--top=-1", "disk.eml"}, 2, 0, "failmail: --top \"-1\" is negative; use 0 for all groups\n"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, stderr := explain(t, "", append([]string{"--json"}, test.args...)...)
			if code != test.code || stderr != test.want || strings.Count(out, "\n") != test.mails {
				t.Errorf("exit code %d, want %d\n%d mails, want %d\nsaid %swant %s", code, test.code, strings.Count(out, "\n"), test.mails, stderr, test.want)
			}
			if table, out, again := explain(t, "", test.args...); table != test.code || again != test.want || test.mails == 0 && out != "" {
				t.Errorf("without --json: exit code %d: %s%s", table, again, out)
			}
		})
	}
	var many []string
	for i := range 25 {
		many = append(many, fmt.Sprintf("gone%d", i))
	}
	if _, _, stderr := explain(t, "", many...); strings.Count(stderr, "\n") != 21 || !strings.HasSuffix(stderr, "failmail: 5 more could not be read\n") {
		t.Errorf("25 failures are told as\n%s", stderr)
	}
}

func TestExplainRefusesExpressionsAsTheProxyDoes(t *testing.T) {
	for _, args := range [][]string{
		{"--group=subjekt"}, {"--batch=host,"}, {`--batch={{.Headr.Get "X"}}`}, {`--group={{match "(" .Body}}`}, {"--group-expr={{nope}}"}, {"--batch="},
	} {
		var stderr bytes.Buffer
		code := run(t.Context(), append([]string{"failmail", "--bind=127.0.0.1:0", "--bind-http=", "--store=memory:"}, args...), nil, io.Discard, &stderr)
		own, out, said := explain(t, diskMail, args...)
		if own != code || code != exitUsage || said != stderr.String() || out != "" {
			t.Errorf("%s: exit code %d, said %s%s\nthe proxy: exit code %d, said %s", args, own, said, out, code, stderr.String())
		}
	}
}

func TestExplainTakesTheExpressionsOfTheEnvironmentAndInFrontOfTheCommand(t *testing.T) {
	group := func(args ...string) string {
		var out, stderr bytes.Buffer
		if code := run(t.Context(), append([]string{"failmail"}, args...), strings.NewReader(diskMail), &out, &stderr); code != 0 {
			t.Fatalf("exit code %d: %s", code, stderr.String())
		}
		return objects(t, out.String())[0].Group
	}
	if got := group("--group=masked-subject", "explain", "--json"); got != "disk <num> full" {
		t.Errorf("in front of the command: %q", got)
	}
	if got := group("--group=masked-subject", "explain", "--json", "--group=from"); got != "a@x" {
		t.Errorf("behind it, which is nearer: %q", got)
	}
	t.Setenv("FAILMAIL_GROUP", "header:From")
	if got := group("explain", "--json"); got != "a@x" {
		t.Errorf("from the environment: %q", got)
	}
	if got := group("explain", "--json", "--group=subject"); got != "disk 7 full" {
		t.Errorf("in spite of the environment: %q", got)
	}
}

// A repeated text is read over and over. It is also what is written to, and
// notes how much more was read.
type repeated struct {
	text       []byte
	made, most atomic.Int64
	told, lag  int64
}

func (r *repeated) Read(p []byte) (n int, err error) {
	for ; n+len(r.text) <= len(p); n += len(r.text) {
		if r.made.Load() == r.most.Load() {
			return n, io.EOF
		}
		r.made.Add(1)
		copy(p[n:], r.text)
	}
	return n, nil
}

func (r *repeated) Write(p []byte) (int, error) {
	r.told += int64(bytes.Count(p, []byte("\n")))
	r.lag = max(r.lag, r.made.Load()-r.told)
	return len(p), nil
}

func TestExplainReadsNoFurtherThanAFewBuffersAheadOfWhatItPrints(t *testing.T) {
	const mails = 30_000
	for name, test := range map[string]struct {
		text string
		args []string
	}{
		"of lines":   {"error 4711 on 192.0.2.7\n", []string{"--lines"}},
		"of an mbox": {"From a@x Mon Mar  9 03:17:42 2026\nSubject: s\n\nerror 1\n\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := &repeated{text: []byte(test.text)}
			r.most.Store(mails)
			code := run(t.Context(), append([]string{"failmail", "explain", "--json"}, test.args...), r, r, io.Discard)
			if code != 0 || r.told != mails {
				t.Errorf("exit code %d, %d mails", code, r.told)
			}
			// Two buffers ahead of the one in use, and one of output that is not
			// written yet.
			if bound := int64(4*(64<<10)/len(test.text) + 1); r.lag > bound {
				t.Errorf("%d mails were read that were not told, want at most %d", r.lag, bound)
			}
		})
	}
}

func TestCtrlCEndsExplainAtOnceWithWhatItHas(t *testing.T) {
	cmd := command(t, t.TempDir(), "explain", "--lines", "--group=fingerprint")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(in, strings.Repeat("request 7 failed\n", 20_000)) // more than a pipe holds: it reads
	start := time.Now()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted || !strings.Contains(stderr.String(), "failmail: interrupted after ") || time.Since(start) > 10*time.Second {
		t.Errorf("exit code %d after %s: %s", code, time.Since(start), stderr.String())
	}
	if !strings.Contains(stdout.String(), "grouped as: request <num> failed") {
		t.Errorf("it printed %s", stdout.String())
	}
}

func TestExplainPrintsWhileTheProgramThatWritesTheLogStillRuns(t *testing.T) {
	cmd := command(t, t.TempDir(), "explain", "--lines", "--json")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer in.Close()
	decoder := json.NewDecoder(out)
	for i := range 3 {
		fmt.Fprintf(in, "request %d failed\n", i)
		var o object
		if err := decoder.Decode(&o); err != nil || o.Masked != "request <num> failed" {
			t.Errorf("%+v, %v", o, err)
		}
	}
}

func TestExplainReportsAFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	for _, args := range [][]string{{"--json"}, nil} {
		var stderr bytes.Buffer
		code := run(t.Context(), append([]string{"failmail", "explain"}, args...), strings.NewReader(diskMail), full, &stderr)
		if code != 1 || !strings.Contains(stderr.String(), "write the result: write /dev/full: no space left on device") {
			t.Errorf("exit code %d: %s", code, stderr.String())
		}
	}
}

func TestProgressIsToldOnlyOfALongRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		p := newProgress(&log, &log)
		for i := range 40_000 {
			p.at(i, "line")
			time.Sleep(time.Millisecond)
		}
		p.end()
		if want := "failmail: 5,000 lines so far\nfailmail: 15,000 lines so far\nfailmail: 25,000 lines so far\nfailmail: 35,000 lines so far\n"; log.String() != want {
			t.Errorf("got %q", log.String())
		}
		log.Reset()
		p = newProgress(&log, &log)
		p.terminal, p.every = true, time.Second
		for i := range 7_000 {
			p.at(i, "line")
			time.Sleep(time.Millisecond)
		}
		p.end()
		if want := "\r5,000 lines …\r6,000 lines …\r\x1b[K"; log.String() != want {
			t.Errorf("on a terminal: %q", log.String())
		}
	})
}

func TestExplainHelpSaysHowToUseIt(t *testing.T) {
	for _, help := range []string{"--help", "-h"} {
		code, out, _ := explain(t, "", "some.eml", help)
		for _, want := range []string{"failmail explain", "[PATH ...]", "--lines=FILE", "--json", "--top N", "docs/grouping.md", "FAILMAIL_GROUP"} {
			if code != 0 || !strings.Contains(out, want) {
				t.Errorf("%s: exit code %d, there is no %q in\n%s", help, code, want, out)
			}
		}
	}
}
