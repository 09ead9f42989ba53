package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/internal/web"
)

// files returns how many mails a maildir holds.
func files(t *testing.T, maildir string) int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(maildir, "[nc]*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}

func script(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return file
}

var proxyFlagTests = []flagTest{
	expectLearnedTest,
	{"--wait says how long after its last mail a summary is due", func(t *testing.T) {
		p := proxyHere(t, "--wait=7m", "--max-wait=1h")
		p.send(t, "Subject: s", "x")
		if b := p.batches(t)[0]; b.Due.Sub(b.Last) != 7*time.Minute {
			t.Errorf("due %s after the last mail", b.Due.Sub(b.Last))
		}
	}},
	{"--max-wait says how long after its first mail a summary is due", func(t *testing.T) {
		p := proxyHere(t, "--wait=1h", "--max-wait=7m")
		p.send(t, "Subject: s", "x")
		if b := p.batches(t)[0]; b.Due.Sub(b.First) != 7*time.Minute {
			t.Errorf("due %s after the first mail", b.Due.Sub(b.First))
		}
	}},
	{"--store keeps what was received in a file, for the next start", func(t *testing.T) {
		file := "sqlite:" + filepath.Join(t.TempDir(), "here.db")
		p := proxyHere(t, "--store="+file, "--wait=1h", "--max-wait=1h")
		p.send(t, "Subject: s", "x")
		p.end()
		if again := proxyHere(t, "--store="+file); len(again.batches(t)) != 1 || len(p.relay.Mails()) != 0 {
			t.Errorf("%d batches, %d summaries", len(again.batches(t)), len(p.relay.Mails()))
		}
	}},
	{"--report says when somebody hears how things stand", func(t *testing.T) {
		refusesReport(t, `--report "daily 7 am" is not a time; `, "--report=daily 7 am", "--report-to=ops@example.com")
		refusesReport(t, `--report-to is needed for --report`, "--report=daily 07:00")
		p := proxyHere(t, "--report=daily 07:00", "--report=weekly Mon 07:00", "--report-to=ops@example.com")
		if strings.Contains(p.log.String(), "send reports") {
			t.Errorf("the log says %s", p.log.String())
		}
	}},
	{"--report-to says who hears of it", func(t *testing.T) {
		refusesReport(t, `--report-to "ops" is not a plain mail address`, "--report=daily 07:00", "--report-to=ops")
		refusesReport(t, `--report-to "ops@example.com" has nothing to do without --report`, "--report-to=ops@example.com")
	}},
	{"--public-url is where summaries link to", func(t *testing.T) {
		p := proxyHere(t, "--public-url=https://failmail.example.com/", "--wait=100ms")
		p.send(t, "Subject: disk full", "/dev/sda1 is full")
		if m := p.mails(t, 1)[0]; !strings.Contains(m.Body(), "https://failmail.example.com/problems/") {
			t.Errorf("the summary has no link:\n%s", m.Body())
		}
		if r := failmailHere(t, "", "--public-url=here"); r.code != exitUsage || !strings.Contains(r.stderr, `--public-url "here" is not the address of a page`) {
			t.Errorf("%+v", r)
		}
	}},
	{"--resolve-after ends a problem that only goes quiet", func(t *testing.T) {
		p := proxyHere(t, "--resolve-after=300ms", "--wait=1h", "--max-wait=1h")
		p.send(t, "Subject: disk full", "/dev/sda1 is full")
		problems := func(question, state string) {
			p.until(t, state, func() bool {
				_, found := get(t, "http://"+p.http+"/api/problems?q="+question, "", "")
				return strings.Contains(found, `"state":"`+state+`"`) && strings.Contains(found, `"total":1`)
			})
		}
		problems("", "over")
		problems("is:over", "over")
	}},
	{"--ok holds back what only says that all is well to the next summary", func(t *testing.T) {
		p := proxyHere(t, "--ok=hold", "--wait=200ms", "--max-wait=200ms")
		p.send(t, "Subject: backup of srv7 successful", "0 errors")
		p.send(t, "Subject: disk full", "/dev/sda1 is full")
		if m := p.mails(t, 1)[0]; m.Header.Get("X-Failmail-Count") != "2" || m.Header.Get("X-Failmail-Ok") != "1" {
			t.Errorf("the summary has %s mails", m.Header.Get("X-Failmail-Count"))
		}
	}},
	{"--max-store stops samples, not counts", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "here.db")
		p := proxyHere(t, "--store=sqlite:"+file, "--max-store=1", "--wait=1h", "--max-wait=1h", "--flush-on-exit")
		p.send(t, "Subject: one", "the text of the mail")
		p.send(t, "Subject: one", "the text of the mail")
		p.end()
		if m := p.mails(t, 1)[0]; m.Header.Get("X-Failmail-Count") != "2" || strings.Contains(m.Body(), "| the text of the mail") {
			t.Errorf("the summary has a sample:\n%s", m.Body())
		}
	}},
	{"--retry-for says how long delivery is tried, 0 once", func(t *testing.T) {
		p := proxyHere(t, "--retry-for=0")
		p.relay.RefuseAll(451, "try again")
		p.send(t, "Subject: s", "x")
		p.until(t, "a file", func() bool { return files(t, filepath.Join(p.folder, "failed")) == 1 })
		later := proxyHere(t, "--retry-for=7m", "--store=sqlite:"+filepath.Join(t.TempDir(), "f.db"))
		later.relay.RefuseAll(451, "try again")
		later.send(t, "Subject: s", "x")
		later.until(t, "another try", func() bool { return strings.Contains(later.log.String(), "its batch counts on") })
		if n := files(t, filepath.Join(later.folder, "failed")); n != 0 {
			t.Errorf("%d files before the time is over", n)
		}
	}},
	{"--fail-dir holds what cannot be delivered", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "elsewhere")
		p := proxyHere(t, "--fail-dir="+dir)
		p.relay.RefuseAll(550, "never")
		p.send(t, "Subject: s", "x")
		p.until(t, "a file", func() bool { return files(t, dir) == 1 })
	}},
	{"--all-dir keeps a copy of every mail", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "all")
		p := proxyHere(t, "--all-dir="+dir)
		p.send(t, "Subject: s", "x")
		if n := files(t, dir); n != 1 {
			t.Errorf("%d files", n)
		}
	}},
	{"--bind-http serves the page where it says", func(t *testing.T) {
		other := freeAddress(t)
		p := proxyHere(t)
		if _, err := http.Get("http://" + other + "/"); err == nil {
			t.Errorf("something else answers at %s", other)
		}
		if status, page := get(t, "http://"+p.http+"/", "", ""); status != 200 || !strings.Contains(page, "<title>Failmail") {
			t.Errorf("%d %.100s", status, page)
		}
	}},
	{"--shutdown-timeout bounds the wait for mails in transfer", func(t *testing.T) {
		p := proxyHere(t, "--shutdown-timeout=300ms")
		c := dialog(t, p.addr)
		c.say(t, "EHLO x", 250)
		c.say(t, "MAIL FROM:<a@example.com>", 250)
		c.say(t, "RCPT TO:<b@example.com>", 250)
		c.say(t, "DATA", 354)
		if code := p.end(); code != 0 || !strings.Contains(p.log.String(), "interrupted mails in transfer at shutdown") {
			t.Errorf("code %d\n%s", code, p.log)
		}
	}},
	{"--flush-on-exit sends at the end what is not due", func(t *testing.T) {
		for flush, want := range map[string]int{"true": 1, "false": 0} {
			p := proxyHere(t, "--store=sqlite:"+filepath.Join(t.TempDir(), "f.db"), "--wait=1h", "--max-wait=1h", "--flush-on-exit="+flush)
			p.send(t, "Subject: s", "x")
			if code := p.end(); code != 0 || len(p.relay.Mails()) != want {
				t.Errorf("%s: code %d, %d summaries", flush, code, len(p.relay.Mails()))
			}
		}
	}},
	{"--log-format writes JSON", func(t *testing.T) {
		p := proxyHere(t, "--log-format=json")
		p.end()
		for line := range strings.Lines(p.log.String()) {
			var record struct{ Msg, Level string }
			if err := json.Unmarshal([]byte(line), &record); err != nil || record.Msg == "" || record.Level == "" {
				t.Errorf("%v: %s", err, line)
			}
		}
	}},
	{"--log-level says from which level on", func(t *testing.T) {
		for level, wants := range map[string][2]bool{"debug": {true, true}, "info": {false, true}, "warn": {false, false}, "error": {false, false}} {
			p := proxyHere(t, "--log-level="+level)
			p.send(t, "Subject: s", "x")
			p.mails(t, 1)
			p.end()
			got := [2]bool{strings.Contains(p.log.String(), "counted a mail"), strings.Contains(p.log.String(), "made a summary")}
			if got != wants {
				t.Errorf("%s: debug %t, info %t\n%s", level, got[0], got[1], p.log)
			}
		}
	}},
	{"--pidfile names the process while it takes mails", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "failmail.pid")
		p := proxyHere(t, "--pidfile="+file)
		p.until(t, "the file", func() bool { return readPID(file) == os.Getpid() })
		p.end()
		if _, err := os.Stat(file); !os.IsNotExist(err) {
			t.Errorf("it is still there: %v", err)
		}
	}},
	{"--batch splits mails into summaries", func(t *testing.T) { splits(t, "--batch") }},
	{"--group puts mails under headlines", func(t *testing.T) { groups(t, "--group") }},
	{"--first sends the first mail of a group at once", func(t *testing.T) {
		p := proxyHere(t, "--first=send", "--wait=1h", "--max-wait=1h")
		p.send(t, "Subject: first", "x")
		p.mails(t, 1)
		p.send(t, "Subject: first", "x")
		if n := len(p.batches(t)); n != 1 {
			t.Errorf("%d batches hold the second", n)
		}
	}},
	{"--quiet says when a mail is a first one again", func(t *testing.T) {
		p := proxyHere(t, "--first=send", "--quiet=1ns", "--wait=1h", "--max-wait=1h")
		p.send(t, "Subject: first", "x")
		p.mails(t, 1)
		p.send(t, "Subject: first", "x")
		p.mails(t, 2)
	}},
	{"--recipients sends to each only what is theirs", func(t *testing.T) {
		p := proxyHere(t, "--recipients=each")
		p.send(t, "Subject: s", "x", "a@example.com", "b@example.com")
		for _, m := range p.mails(t, 2) {
			if len(m.To) != 1 {
				t.Errorf("to %q", m.To)
			}
		}
	}},
	{"--heartbeat counts mails that need no summary", func(t *testing.T) {
		p := proxyHere(t, "--heartbeat=^alive")
		p.send(t, "Subject: alive", "x")
		if beats := ask[[]web.Heartbeat](t, p, "/api/heartbeats"); len(beats) != 1 || beats[0].Name != "^alive" || len(p.batches(t)) != 0 {
			t.Errorf("%+v", beats)
		}
	}},
	{"--rate-limit says how many mails are too many", func(t *testing.T) { pages(t, "--rate-limit=2", 3, "more than 2 mails in 5m") }},
	{"--rate-window says in which time", func(t *testing.T) { pages(t, "--rate-window=7s", 2, "more than 1 mail in 7s") }},
	{"--pager names who is told", func(t *testing.T) { pages(t, "--pager=oncall@example.com", 2, "more than 1 mail in 5m") }},
	{"--on-summary runs a program after a summary", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "event")
		p := proxyHere(t, "--on-summary="+script(t, "cat >"+file+".new; mv "+file+".new "+file))
		p.send(t, "Subject: disk full", "x")
		p.until(t, "the event", func() bool { _, err := os.Stat(file); return err == nil })
		if event, err := os.ReadFile(file); err != nil || !strings.Contains(string(event), `"title":"disk full"`) {
			t.Errorf("%v, %s", err, event)
		}
	}},
	{"--on-summary-timeout ends a program that hangs", func(t *testing.T) {
		p := proxyHere(t, "--on-summary="+script(t, "exec sleep 600"), "--on-summary-timeout=10ms")
		p.send(t, "Subject: disk full", "x")
		p.until(t, "its end", func() bool { return strings.Contains(p.log.String(), "did not end within 10ms") })
	}},
	{"--relay-all relays each mail as well", func(t *testing.T) {
		p := proxyHere(t, "--relay-all")
		p.send(t, "Subject: one", "x")
		if got := withSubject(p.mails(t, 2), "[failmail]"); len(got) != 1 {
			t.Errorf("%d summaries among the two", len(got))
		}
	}},
	{"--relay-max-conns says how many summaries are on their way at a time", func(t *testing.T) {
		p := proxyHere(t, "--relay-max-conns=2", "--recipients=each")
		both := together(p.relay, 2)
		p.send(t, "Subject: s", "x", "a@example.com", "b@example.com")
		select {
		case <-both:
		case <-time.After(time.Minute):
			t.Fatalf("there are never two\n%s", p.log)
		}
	}},
	{"--config reads settings from a file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "f.toml")
		writeFile(t, file, "subject = 'from the file'\n")
		p := proxyHere(t, "--config="+file)
		p.send(t, "Subject: s", "x")
		if m := p.mails(t, 1)[0]; m.Subject() != "from the file" {
			t.Errorf("subject %q", m.Subject())
		}
	}},
	{"--write-config writes the settings, and ends", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "f.toml")
		failmailHere(t, "", "--wait=7m", "--write-config="+file).succeeds(t)
		if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), "\nwait = '7m'\n") {
			t.Errorf("%v\n%s", err, text)
		}
	}},
	{"--version prints the version", func(t *testing.T) {
		if out, _ := failmailHere(t, "", "--version").succeeds(t); out != "failmail version "+release+"\n" {
			t.Errorf("%q", out)
		}
	}},
}

func splits(t *testing.T, flag string) {
	t.Helper()
	p := proxyHere(t, flag+"={{.Header.Get \"X-Team\"}}", "--wait=1h", "--max-wait=1h")
	p.send(t, "Subject: s\nX-Team: red", "x")
	p.send(t, "Subject: s\nX-Team: blue", "x")
	p.send(t, "Subject: s\nX-Team: red", "x")
	if b := p.batches(t); len(b) != 2 || b[0].Key+b[1].Key != "redblue" && b[0].Key+b[1].Key != "bluered" {
		t.Errorf("batches %+v", b)
	}
}

func groups(t *testing.T, flag string) {
	t.Helper()
	p := proxyHere(t, flag+"=from,header:X-Team", "--wait=1h", "--max-wait=1h")
	p.send(t, "Subject: a\nX-Team: red", "x")
	p.send(t, "Subject: b\nX-Team: red", "x")
	p.send(t, "Subject: b\nX-Team: blue", "x")
	if b := p.batches(t); len(b) != 1 || len(b[0].Groups) != 2 || b[0].Groups[0].Mails != 2 {
		t.Errorf("batches %+v", b)
	}
}

// pages sends as many mails and expects one to the pager.
func pages(t *testing.T, arg string, mails int, subject string) {
	t.Helper()
	p := proxyHere(t, "--wait=1h", "--max-wait=1h", "--rate-limit=1", "--pager=oncall@example.com", arg)
	for range mails {
		p.send(t, "Subject: s", "x")
	}
	if m := p.mails(t, 1)[0]; !strings.Contains(m.Subject(), subject) || m.To[0] != "oncall@example.com" {
		t.Errorf("%q to %q", m.Subject(), m.To)
	}
}

// A conversation speaks SMTP word by word.
type conversation struct{ *textproto.Conn }

func dialog(t *testing.T, addr string) conversation {
	t.Helper()
	c, err := textproto.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, _, err := c.ReadResponse(220); err != nil {
		t.Fatal(err)
	}
	return conversation{c}
}

// say sends a line and expects a reply, which it returns.
func (c conversation) say(t *testing.T, line string, code int) string {
	t.Helper()
	if err := c.PrintfLine("%s", line); err != nil {
		t.Fatal(err)
	}
	got, text, err := c.ReadResponse(0)
	if got != code || err == io.EOF {
		t.Fatalf("%s: %d %s, %v; want %d", line, got, text, err, code)
	}
	return strconv.Itoa(got) + " " + text
}

func refusesReport(t *testing.T, why string, args ...string) {
	t.Helper()
	if r := failmailHere(t, "", args...); r.code != exitUsage || !strings.Contains(r.stderr, why) {
		t.Errorf("%q: %+v, want %q", args, r, why)
	}
}
