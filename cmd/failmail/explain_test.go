package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// explainMails runs the command in this process.
func explainMails(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), append([]string{"failmail", "explain"}, args...), strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

// An object is a line of --json, but for its entry, headline and why.
type object struct{ Source, Batch, Group, Fingerprint, Masked string }

func objects(t *testing.T, out string) (all []object) {
	t.Helper()
	for line := range strings.Lines(out) {
		var keys map[string]string
		if err := json.Unmarshal([]byte(line), &keys); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if got := slices.Sorted(maps.Keys(keys)); !slices.Equal(got, []string{"batch", "entry", "fingerprint", "group", "headline", "masked", "object", "sender", "severity", "source", "status", "why"}) {
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

	disk := object{"", "storage", "disk 7 full", "v2:", "Good morning,\n\nerror on sda<num>: <num>% used"}
	trace := object{"", "", "[shop] ERROR in checkout", "v2:", "KeyError: '<value>'"}
	line := object{"", "", "", "v2:", "request <num> of <ip> failed"}
	full := object{"", "", "", "v2:", "disk <num>% full"}
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
		"of a folder":                     {"", []string{"folder"}, []object{{"folder/deep/one.eml", "", "Grüße", "v2:", "hello <num>"}}},
		"of standard input, if no PATH":   {diskMail, nil, []object{from("-", disk)}},
		"of standard input called -":      {diskMail, []string{"trace.eml", "-"}, []object{from("trace.eml", trace), from("-", disk)}},
		"of an mbox on standard input":    {"From b@y\n" + diskMail, nil, []object{from("-:1", disk)}},
		"of lines on standard input":      {"request 1 of 192.0.2.1 failed\n", []string{"--lines"}, []object{from("-:1", line)}},
		"of the lines of a file":          {"", []string{"--lines", "one.log"}, []object{from("one.log:1", line), from("one.log:2", line)}},
		"of lines, the flag behind":       {"", []string{"two.log", "--lines"}, []object{from("two.log:1", full)}},
		"of lines, the flag repeated":     {"", []string{"--lines", "one.log", "--lines", "two.log"}, []object{from("one.log:1", line), from("one.log:2", line), from("two.log:1", full)}},
		"of lines, the flag with a value": {"", []string{"disk.eml", "--lines=two.log"}, []object{from("disk.eml", disk), from("two.log:1", full)}},
		"of an empty line":                {"\n", []string{"--lines"}, []object{{"-:1", "", "", "v2:", ""}}},
		"of a file behind --":             {"", []string{"--json", "--", "disk.eml", "mbox"}, []object{from("disk.eml", disk), from("mbox:1", disk), from("mbox:10", trace)}},
		"grouped by the sender, as far as a file has one": {"", []string{"mbox", "maildir", "--group", "from"},
			[]object{from("mbox:1", in("b@y", disk)), from("mbox:10", in("c@z", trace)), from("maildir/cur/1.M1.h:2,S", in("a@x", disk)), from("maildir/new/2.M2.h", in("d@z", trace))}},
		"grouped by an old name of the flag": {"", []string{"disk.eml", "--group-expr", "masked-subject", "--batch-expr", "header:From"},
			[]object{{"disk.eml", "storage", "disk <num> full", "v2:", disk.Masked}}},
		"grouped by a template":       {"", []string{`--group={{match "[0-9]+" .Body}}`, "disk.eml"}, []object{from("disk.eml", in("1", disk))}},
		"of a mail without a header":  {"disk full\n", nil, []object{{"-", "", "unparsable: no header section", "v2:", "disk full"}}},
		"of a Grouper that fails":     {diskMail, []string{`--group={{index .To 7}}`}, nil},
		"of a mail that names groups": {"Subject: s\nX-Failmail-Group: g\nX-Failmail-Split: b\n\nx\n", []string{"--batch=from", "--group=subject"}, []object{{"-", "b", "g", "v2:", "x"}}},
		"of nothing":                  {"", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, stderr := explainMails(t, test.stdin, append([]string{"--json"}, test.args...)...)
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
				if digits, ok := strings.CutPrefix(got[i].Fingerprint, "v2:"); !ok || len(digits) != 16 {
					t.Errorf("the fingerprint is %q", got[i].Fingerprint)
				}
				got[i].Fingerprint = "v2:"
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
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
		"an unknown flag":          {[]string{"disk.eml", "--grup=subject"}, 2, 0, "failmail: unknown flag --grup, did you mean --group; failmail explain --help lists them\n"},
		"a flag without its value": {[]string{"disk.eml", "--group"}, 2, 0, "failmail: --group needs a value; see failmail --help-all\n"},
		"a number that is none":    {[]string{"--top=x", "disk.eml"}, 2, 0, "failmail: --top \"x\" is not a whole number; use one such as 10\n"},
		"a negative number":        {[]string{"--top=-1", "disk.eml"}, 2, 0, "failmail: --top \"-1\" is negative; use 0 for all groups\n"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, stderr := explainMails(t, "", append([]string{"--json"}, test.args...)...)
			if code != test.code || stderr != test.want || strings.Count(out, "\n") != test.mails {
				t.Errorf("exit code %d, want %d\n%d mails, want %d\nsaid %swant %s", code, test.code, strings.Count(out, "\n"), test.mails, stderr, test.want)
			}
			if table, out, again := explainMails(t, "", test.args...); table != test.code || again != test.want || test.mails == 0 && out != "" {
				t.Errorf("without --json: exit code %d: %s%s", table, again, out)
			}
		})
	}
	var many []string
	for i := range 25 {
		many = append(many, fmt.Sprintf("gone%d", i))
	}
	if _, _, stderr := explainMails(t, "", many...); strings.Count(stderr, "\n") != 21 || !strings.HasSuffix(stderr, "failmail: 5 more could not be read\n") {
		t.Errorf("25 failures are told as\n%s", stderr)
	}
}

func TestExplainTakesTheExpressionsThatTheProxyWouldTake(t *testing.T) {
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
	config := filepath.Join(t.TempDir(), "failmail.toml")
	writeFile(t, config, "group = \"masked-subject\"\nwait = \"1m\"\n")
	for _, args := range [][]string{{"--config", config, "explain", "--json"}, {"explain", "--json", "--config", config}} {
		if got := group(args...); got != "disk <num> full" {
			t.Errorf("from the proxy's file: %q", got)
		}
		if got := group(append(args, "--group-expr=from")...); got != "a@x" {
			t.Errorf("in spite of the proxy's file: %q", got)
		}
	}
	writeFile(t, config, "grup = \"from\"\n")
	if code, _, stderr := explainMails(t, diskMail, "--config", config); code != exitUsage || !strings.Contains(stderr, "\"grup\" is not a setting, did you mean \"group\"") {
		t.Errorf("with a mistake in the file: exit code %d: %s", code, stderr)
	}
	t.Setenv("FAILMAIL_GROUP", "header:From")
	if got := group("explain", "--json"); got != "a@x" {
		t.Errorf("from the environment: %q", got)
	}
	if got := group("explain", "--json", "--group=subject"); got != "disk 7 full" {
		t.Errorf("in spite of the environment: %q", got)
	}
}

func TestExplainHelpSaysHowToUseIt(t *testing.T) {
	for _, help := range []string{"--help", "-h"} {
		code, out, _ := explainMails(t, "", "some.eml", help)
		for _, want := range []string{"failmail explain", "[PATH ...]", "--lines=FILE", "--json", "--top N", "docs/grouping.md", "--group EXPRESSION"} {
			if code != 0 || !strings.Contains(out, want) {
				t.Errorf("%s: exit code %d, there is no %q in\n%s", help, code, want, out)
			}
		}
	}
}
