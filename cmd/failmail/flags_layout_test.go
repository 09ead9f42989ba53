package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hut8labs/failmail/pkg/message"

	"github.com/hut8labs/failmail/pkg/receive"
)

// summarizing makes a summary of mails with the options given.
type summarizing func(t *testing.T, mails []string, args ...string) *receive.Message

func byProxy(t *testing.T, mails []string, args ...string) *receive.Message {
	t.Helper()
	p := proxyHere(t, append(args, "--wait=1h", "--max-wait=1h")...)
	for _, mail := range mails {
		header, body, _ := strings.Cut(mail, "\n\n")
		p.send(t, header, body)
	}
	p.end()
	return p.mails(t, 1)[0]
}

func byRender(t *testing.T, mails []string, args ...string) *receive.Message {
	t.Helper()
	folder := t.TempDir()
	for i, mail := range mails {
		writeFile(t, filepath.Join(folder, fmt.Sprint(i, ".eml")), mail+"\n")
	}
	out, _ := failmailHere(t, "", append([]string{"render", "--as=mail", folder}, args...)...).succeeds(t)
	return message.New("", nil, []byte(out))
}

// layoutFlagTests are those of what a summary looks like.
func layoutFlagTests(summarize summarizing) []flagTest {
	one := []string{"Subject: login failed\nFrom: app@example.com\n\npassword=hunter2 for cust-17"}
	return []flagTest{
		{"--from is the sender", func(t *testing.T) {
			if m := summarize(t, one, "--from=alerts@example.com"); !strings.Contains(m.Header.Get("From"), "alerts@example.com") {
				t.Errorf("From: %s", m.Header.Get("From"))
			}
		}},
		{"--reply-to is where answers go", func(t *testing.T) {
			if m := summarize(t, one, "--reply-to=oncall@example.com"); !strings.Contains(m.Header.Get("Reply-To"), "oncall@example.com") {
				t.Errorf("Reply-To: %s", m.Header.Get("Reply-To"))
			}
		}},
		{"--subject is a template of the subject", func(t *testing.T) {
			if m := summarize(t, one, "--subject=ALERT {{.Count}}"); m.Subject() != "ALERT 1" {
				t.Errorf("Subject: %s", m.Subject())
			}
		}},
		{"--template lays it out", func(t *testing.T) {
			folder := t.TempDir()
			writeFile(t, filepath.Join(folder, "summary.txt"), "MINE {{.Headline}}\n")
			if m := summarize(t, one, "--template="+folder); !strings.HasPrefix(m.Body(), "MINE 1 new error") {
				t.Errorf("%s", m.Body())
			}
		}},
		{"--attach-samples attaches the mails it shows", func(t *testing.T) {
			for given, want := range map[string]bool{"true": true, "false": false} {
				if m := summarize(t, []string{"Subject: disk full\n\nsda"}, "--attach-samples="+given); bytes.Contains(m.Raw, []byte("Content-Type: message/rfc822")) != want {
					t.Errorf("%s:\n%s", given, m.Raw)
				}
			}
		}},
		{"--max-summary bounds its size", func(t *testing.T) {
			var many []string
			for i := range 40 {
				many = append(many, fmt.Sprintf("Subject: error of kind %c%c\n\n%s", 'a'+i/26, 'a'+i%26, strings.Repeat("a line of text\n", 200)))
			}
			if m := summarize(t, many, "--max-summary=20000"); len(m.Raw) > 20000 || m.Header.Get("X-Failmail-Count") != "40" {
				t.Errorf("%d bytes for %s mails", len(m.Raw), m.Header.Get("X-Failmail-Count"))
			}
		}},
		{"--redact removes secrets unless it is off", func(t *testing.T) {
			for whether, shown := range map[string]bool{"on": false, "off": true} {
				if m := summarize(t, one, "--redact="+whether); strings.Contains(m.Body(), "hunter2") != shown {
					t.Errorf("%s:\n%s", whether, m.Body())
				}
			}
		}},
		{"--redact-pattern removes what matches", func(t *testing.T) {
			if m := summarize(t, one, "--redact-pattern=cust-[0-9]+"); strings.Contains(m.Body(), "cust-17") {
				t.Errorf("%s", m.Body())
			}
		}},
	}
}

var renderFlagTests = []flagTest{
	{"--as says in which form", func(t *testing.T) {
		for form, want := range map[string]string{"text": "Subject: [failmail] 7 new: ", "html": "<!DOCTYPE html>", "mail": "Content-Type: multipart/alternative"} {
			if out, _ := failmailHere(t, "", "render", "--as="+form).succeeds(t); !strings.Contains(out, want) {
				t.Errorf("%s: %.300s", form, out)
			}
		}
	}},
	{"--write-template writes templates that --template takes", func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "mine")
		failmailHere(t, "", "render", "--write-template="+folder).succeeds(t)
		// One mail has one time of arrival, whenever the two are rendered.
		const mail = "From: a@example.com\nSubject: disk full\n\nno space left on /dev/sda1\n"
		standard, _ := failmailHere(t, mail, "render", "-").succeeds(t)
		out, _ := failmailHere(t, mail, "render", "--template="+folder, "-").succeeds(t)
		if !strings.Contains(out, "no space left") || len(out) != len(standard) {
			t.Errorf("%d bytes, the standard templates make %d: %s", len(out), len(standard), out)
		}
	}},
	{"--output writes to a file", func(t *testing.T) {
		for _, flag := range []string{"--output", "-o"} {
			file := filepath.Join(t.TempDir(), "summary")
			if out, _ := failmailHere(t, "", "render", flag, file).succeeds(t); out != "" {
				t.Errorf("it printed %.100s", out)
			}
			if text := readFile(t, file); !strings.Contains(text, "600 mails") {
				t.Errorf("%.300s", text)
			}
		}
	}},
	{"--batch splits mails into summaries", func(t *testing.T) { renders(t, "--batch={{.Subject}}", "1 new: a: x", "1 new: b: x") }},
	{"--batch-expr is its old name", func(t *testing.T) { renders(t, "--batch-expr={{.Subject}}", "1 new: a: x", "1 new: b: x") }},
	{"--group puts mails under headlines", func(t *testing.T) { renders(t, "--group=header:X-Team", "2 new: x") }},
	{"--group-expr is its old name", func(t *testing.T) { renders(t, "--group-expr=header:X-Team", "2 new: x") }},
}

func renders(t *testing.T, arg string, subjects ...string) {
	t.Helper()
	folder := t.TempDir()
	for _, subject := range []string{"a", "b"} {
		writeFile(t, filepath.Join(folder, subject+".eml"), "X-Team: red\nSubject: "+subject+"\n\nx\n")
	}
	out, _ := failmailHere(t, "", "render", arg, folder).succeeds(t)
	for _, subject := range subjects {
		if !strings.Contains(out, "Subject: [failmail] "+subject+"\n") {
			t.Errorf("lacks %q:\n%s", subject, out)
		}
	}
}
