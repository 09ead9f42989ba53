package main

import (
	"bytes"
	"fmt"
	"net/smtp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/receive"
)

// send hands a mail to the proxy.
func (p *process) send(t *testing.T, header, body string, to ...string) {
	t.Helper()
	if len(to) == 0 {
		to = []string{"ops@example.com"}
	}
	mail := strings.ReplaceAll(header+"\n\n"+body+"\n", "\n", "\r\n")
	if err := smtp.SendMail(p.addr, nil, "app@example.com", to, []byte(mail)); err != nil {
		t.Fatalf("%v\n%s", err, p.log)
	}
}

// run runs another failmail to its end.
func runOnce(t *testing.T, folder string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := command(t, folder, args...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}

func withSubject(mails []*receive.Message, part string) (found []*receive.Message) {
	for _, m := range mails {
		if strings.Contains(m.Subject(), part) {
			found = append(found, m)
		}
	}
	return found
}

func TestAMailThatAsksToPassIsRelayedUnchanged(t *testing.T) {
	t.Parallel()
	relay, folder := startRelay(t), t.TempDir()
	p := startProcess(t, folder, "--relay="+relay.Addr(), "--wait=1h", "--max-wait=1h")
	p.send(t, "Subject: urgent\nX-Failmail: pass", "as it is")
	waitUntil(t, p, func() bool { return len(relay.Mails()) == 1 })
	m := relay.Mails()[0]
	if m.From != "app@example.com" || m.To[0] != "ops@example.com" || !bytes.HasSuffix(m.Raw, []byte("Subject: urgent\r\nX-Failmail: pass\r\n\r\nas it is\r\n")) {
		t.Errorf("from %s to %s: %q", m.From, m.To, m.Raw)
	}
	waitUntil(t, p, func() bool { return strings.Contains(p.log.String(), "passed a mail on") })
	if strings.Contains(p.log.String(), "sent a summary") {
		t.Errorf("the log calls it a summary:\n%s", p.log)
	}
	for range 2 {
		p.send(t, "Subject: urgent\nX-Failmail: pss", "misspelt")
	}
	if n := strings.Count(p.log.String(), "value=pss"); n != 1 {
		t.Errorf("the log warns %d times of a value that is unknown, want once:\n%s", n, p.log)
	}
	if !m.Header.Has("Received") {
		t.Error("it has no Received field, so a loop would not end")
	}
}

func TestRelayAllSendsEachMailAndTheSummary(t *testing.T) {
	t.Parallel()
	relay, folder := startRelay(t), t.TempDir()
	p := startProcess(t, folder, "--relay="+relay.Addr(), "--wait=50ms", "--relay-all")
	p.send(t, "Subject: one", "x")
	waitUntil(t, p, func() bool { return len(relay.Mails()) == 2 })
	if got := withSubject(relay.Mails(), "[failmail]"); len(got) != 1 {
		t.Errorf("%d summaries among the two", len(got))
	}
}

func TestTheFirstMailIsSentAtOnce(t *testing.T) {
	t.Parallel()
	relay, folder := startRelay(t), t.TempDir()
	p := startProcess(t, folder, "--relay="+relay.Addr(), "--wait=1h", "--max-wait=1h", "--first=send")
	for i := range 5 {
		p.send(t, fmt.Sprintf("Subject: order %d failed", i), "x")
	}
	waitUntil(t, p, func() bool { return len(relay.Mails()) == 1 })
	if got := relay.Mails()[0].Header.Get("X-Failmail-Count"); got != "1" {
		t.Errorf("the first summary stands for %s mails", got)
	}
	// The others wait; they are not lost.
	p.end(t, syscall.SIGTERM)
	again := startProcess(t, folder, "--relay="+relay.Addr(), "--flush-on-exit")
	again.end(t, syscall.SIGTERM)
	if got := counted(relay.Mails()); got != 5 {
		t.Errorf("the summaries stand for %d mails, want 5", got)
	}
}

func TestEachRecipientGetsOnlyTheirOwn(t *testing.T) {
	t.Parallel()
	relay, folder := startRelay(t), t.TempDir()
	p := startProcess(t, folder, "--relay="+relay.Addr(), "--wait=1h", "--max-wait=1h", "--flush-on-exit", "--recipients=each")
	p.send(t, "Subject: for both", "x", "a@example.com", "b@example.com")
	p.send(t, "Subject: for a", "x", "a@example.com")
	p.end(t, syscall.SIGTERM)
	if n := len(relay.Mails()); n != 2 {
		t.Errorf("%d summaries, want 2", n)
	}
	for _, m := range relay.Mails() {
		want := map[string]string{"a@example.com": "2", "b@example.com": "1"}[m.To[0]]
		if got := m.Header.Get("X-Failmail-Count"); len(m.To) != 1 || got != want || strings.Contains(m.Body(), "for a\n") != (want == "2") {
			t.Errorf("the summary to %s stands for %s mails:\n%s", m.To, got, m.Body())
		}
	}
}

func TestAStormPagesOnceAndTellsWhenItIsOver(t *testing.T) {
	t.Parallel()
	relay, folder := startRelay(t), t.TempDir()
	p := startProcess(t, folder, "--relay="+relay.Addr(), "--wait=1h", "--max-wait=1h",
		"--rate-limit=1", "--rate-window=2s", "--pager=oncall@example.com")
	// A busy machine may not manage two within the window at the first attempt.
	waitUntil(t, p, func() bool {
		p.send(t, "Subject: storm", "x")
		return len(relay.Mails()) > 0
	})
	waitUntil(t, p, func() bool { return len(withSubject(relay.Mails(), "over:")) == 1 })
	begin := withSubject(relay.Mails(), "more than 1 mail in 2s: storm")
	if len(begin) != 1 || begin[0].To[0] != "oncall@example.com" || len(relay.Mails()) != 2 {
		t.Errorf("%d mails, %d of them say that it begins", len(relay.Mails()), len(begin))
	}
}

func TestAHeartbeatSendsNoSummary(t *testing.T) {
	t.Parallel()
	relay, folder, http := startRelay(t), t.TempDir(), freeAddress(t)
	p := startProcess(t, folder, "--relay="+relay.Addr(), "--wait=10ms", "--bind-http="+http, "--heartbeat=^just monitoring")
	p.send(t, "Subject: just monitoring", "x")
	p.send(t, "Subject: an error", "x")
	waitUntil(t, p, func() bool { return len(relay.Mails()) == 1 })
	if got := relay.Mails()[0]; got.Header.Get("X-Failmail-Count") != "1" || strings.Contains(got.Body(), "monitoring") {
		t.Errorf("the summary shows the heartbeat:\n%s", got.Body())
	}
	if _, metrics := get(t, "http://"+http+"/metrics", "", ""); !strings.Contains(metrics, "\nfailmail_heartbeats_total 1\n") {
		t.Error("the heartbeat is not counted")
	}
}

func TestMutedMailsAreNamedInTheLastLine(t *testing.T) {
	t.Parallel()
	relay, folder, http := startRelay(t), t.TempDir(), freeAddress(t)
	p := startProcess(t, folder, "--relay="+relay.Addr(), "--wait=1h", "--max-wait=1h", "--bind-http="+http)
	out, errOut, code := runOnce(t, folder, "mute", "db timeout", "--for", "2h", "--reason", "deploy", "--http="+http)
	if code != 0 || !strings.Contains(out, "unmute 1") {
		t.Fatalf("mute: %d %q %q", code, out, errOut)
	}
	p.send(t, "Subject: db timeout", "x")
	p.send(t, "Subject: db timeout", "x")
	p.send(t, "Subject: disk full", "x")
	runOnce(t, folder, "flush", "--http="+http)
	waitUntil(t, p, func() bool { return len(relay.Mails()) == 1 })
	m := relay.Mails()[0]
	if m.Header.Get("X-Failmail-Count") != "3" || m.Header.Get("X-Failmail-Groups") != "1" || m.Subject() != "[failmail] 1 new: disk full" ||
		!strings.Contains(m.Body(), "Not shown: 2 mails") || !strings.Contains(m.Body(), "db timeout, muted until ") || !strings.Contains(m.Body(), ": deploy") {
		t.Errorf("%s\n%s", m.Subject(), m.Body())
	}
	if out, _, _ := runOnce(t, folder, "mute", "--http="+http); !strings.Contains(out, "db timeout") || !strings.Contains(out, "(deploy)") {
		t.Errorf("mute lists %q", out)
	}
	if out, errOut, code := runOnce(t, folder, "mute", "for long", "--for=3d", "--http="+http); code != 0 || !strings.Contains(out, time.Now().AddDate(0, 0, 3).Format("2006-01-02")) {
		t.Errorf("mute for days: %d %q %q", code, out, errOut)
	}
	if _, _, code := runOnce(t, folder, "unmute", "1", "--http=http://"+http+"/"); code != 0 {
		t.Errorf("unmute: exit code %d", code)
	}
	for name, test := range map[string]struct {
		args []string
		code int
		part string
	}{
		"a mute that is gone": {[]string{"unmute", "1", "--http=" + http}, 1, "no mute 1"},
		"a bad pattern":       {[]string{"mute", "a(", "--http=" + http}, 2, "backslash"},
		"no fingerprint":      {[]string{"mute", "v2:zzz", "--http=" + http}, 2, "looks like a fingerprint"},
		"no duration":         {[]string{"mute", "db", "--for=3x", "--http=" + http}, 2, `--for "3x" is not a duration; use one such as 30m, 2h or 3d`},
		"no time":             {[]string{"mute", "a", "--for=0s", "--http=" + http}, 2, "2h"},
		"a word that is none": {[]string{"unmute", "x"}, 2, "failmail mute lists them"},
		"two patterns":        {[]string{"mute", "a", "b"}, 2, "quotes"},
		"another scheme":      {[]string{"mute", "--http=ftp://" + http}, 2, "host:port"},
		"no host":             {[]string{"mute", "--http="}, 2, "host:port"},
		"no proxy":            {[]string{"mute", "--http=" + freeAddress(t)}, 1, "--bind-http"},
	} {
		if _, errOut, code := runOnce(t, folder, test.args...); code != test.code || !strings.Contains(errOut, test.part) {
			t.Errorf("%s: %d %q", name, code, errOut)
		}
	}
}

func TestSecretsAreRemovedUnlessRedactionIsOff(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args      []string
		want, not string
	}{
		{nil, "password=[redacted] cust-17", "hunter2"},
		{[]string{"--redact-pattern=cust-[0-9]+"}, "password=[redacted] [redacted]", "cust-17"},
		{[]string{"--redact=off"}, "password=hunter2 cust-17", "[redacted]"},
	} {
		relay, folder := startRelay(t), t.TempDir()
		archive := filepath.Join(folder, "all")
		p := startProcess(t, folder, append(test.args, "--relay="+relay.Addr(), "--wait=10ms", "--all-dir="+archive)...)
		p.send(t, "Subject: login failed", "Error: password=hunter2 cust-17")
		waitUntil(t, p, func() bool { return len(relay.Mails()) == 1 })
		if m := relay.Mails()[0]; !strings.Contains(m.Body(), test.want) || strings.Contains(m.Body()+m.HTML(), test.not) {
			t.Errorf("%v:\n%s", test.args, m.Body())
		}
		files, err := os.ReadDir(filepath.Join(archive, "cur"))
		if err != nil || len(files) != 1 {
			t.Fatalf("the archive holds %v, %v", files, err)
		}
		if raw, _ := os.ReadFile(filepath.Join(archive, "cur", files[0].Name())); !bytes.Contains(raw, []byte("hunter2")) {
			t.Error("the archive was redacted")
		}
	}
}

func TestSubjectReplyToSamplesAndTemplates(t *testing.T) {
	t.Parallel()
	relay, folder := startRelay(t), t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "templates"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "templates", "summary.txt"), []byte("OWN {{.Headline}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startProcess(t, folder, "--relay="+relay.Addr(), "--wait=10ms", "--subject=alerts", "--reply-to=oncall@example.com",
		"--attach-samples", "--template=templates", "--from=alerts@example.com")
	p.send(t, "Subject: disk full", "sda")
	waitUntil(t, p, func() bool { return len(relay.Mails()) == 1 })
	m := relay.Mails()[0]
	if m.Subject() != "alerts" || !strings.Contains(m.Header.Get("Reply-To"), "oncall@example.com") || m.From != "alerts@example.com" ||
		!strings.HasPrefix(m.Body(), "OWN 1 new error") || !bytes.Contains(m.Raw, []byte("Content-Type: message/rfc822")) {
		t.Errorf("%s", m.Raw)
	}
}

func TestAHookGetsTheSummaryAndCannotHarmIt(t *testing.T) {
	t.Parallel()
	relay, folder := startRelay(t), t.TempDir()
	p := startProcess(t, folder, "--relay="+relay.Addr(), "--wait=10ms",
		`--on-summary=/bin/sh -c "cat > out.json; echo $FAILMAIL_COUNT > count; echo trouble; exit 3"`)
	p.send(t, "Subject: disk full", "sda")
	waitUntil(t, p, func() bool { return strings.Contains(p.log.String(), "the hook failed") })
	if !strings.Contains(p.log.String(), "trouble") || len(relay.Mails()) != 1 {
		t.Errorf("%d summaries\n%s", len(relay.Mails()), p.log)
	}
	event, err := os.ReadFile(filepath.Join(folder, "out.json"))
	if err != nil || !bytes.Contains(event, []byte(`"event":"sent"`)) || !bytes.Contains(event, []byte(`"title":"disk full","state":"NEW","count":1`)) {
		t.Errorf("%s, %v", event, err)
	}
	if count, _ := os.ReadFile(filepath.Join(folder, "count")); string(count) != "1\n" {
		t.Errorf("FAILMAIL_COUNT = %q", count)
	}
}

func TestResendSendsWhatLiesInTheFailDir(t *testing.T) {
	t.Parallel()
	relay, folder := startRelay(t), t.TempDir()
	p := startProcess(t, folder, "--relay="+freeAddress(t), "--wait=10ms", "--retry-for=0", "--flush-on-exit")
	p.send(t, "Subject: lost and found", "x")
	p.end(t, syscall.SIGTERM)
	if _, errOut, code := runOnce(t, folder, "resend", "--relay="+freeAddress(t)); code != 1 || !strings.Contains(errOut, "1 not") || !strings.Contains(errOut, "connection refused") {
		t.Errorf("with the relay down: %d %q", code, errOut)
	}
	out, errOut, code := runOnce(t, folder, "resend", "failed", "--relay="+relay.Addr())
	if code != 0 || !strings.Contains(out, "1 of 1: sent") || len(relay.Mails()) != 1 || counted(relay.Mails()) != 1 {
		t.Errorf("%d %q %q, %d mails", code, out, errOut, len(relay.Mails()))
	}
	if out, _, code := runOnce(t, folder, "resend", "--relay="+relay.Addr()); code != 0 || !strings.Contains(out, "0 sent") || len(relay.Mails()) != 1 {
		t.Errorf("a second time: %d %q", code, out)
	}
	if _, errOut, code := runOnce(t, folder, "resend", "nowhere"); code != 1 || !strings.Contains(errOut, "nowhere") {
		t.Errorf("a folder that is missing: %d %q", code, errOut)
	}
}

func TestRenderPreviewsTheDemoAFolderAndAStore(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "one.eml"), []byte("Subject: disk full\n\nsda\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startProcess(t, folder, "--relay=debug", "--wait=1h", "--max-wait=1h")
	p.send(t, "Subject: in the store", "x")
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"the demo":                   {nil, "7 new errors; 600 mails since "},
		"a mail":                     {[]string{"one.eml"}, "[failmail] 1 new: disk full"},
		"a folder":                   {[]string{"."}, "[failmail] 1 new: disk full"},
		"a store in use":             {[]string{"sqlite:failmail.db"}, "in the store"},
		"a page":                     {[]string{"--as=html", "one.eml"}, "<!DOCTYPE html>"},
		"a mail as it would be sent": {[]string{"one.eml", "--as=mail"}, "X-Failmail-Count: 1"},
	} {
		if out, errOut, code := runOnce(t, folder, append([]string{"render"}, test.args...)...); code != 0 || !strings.Contains(out, test.want) {
			t.Errorf("%s: %d %q\n%.300s", name, code, errOut, out)
		}
	}
	p.end(t, syscall.SIGTERM)
}

func TestTemplatesOfOnesOwnBeginFromTheStandardOnes(t *testing.T) {
	folder := t.TempDir()
	out, errOut, code := runOnce(t, folder, "render", "--write-template=mine")
	if want := filepath.Join("mine", "summary.txt") + " and " + filepath.Join("mine", "summary.html"); code != 0 || !strings.Contains(out, want) {
		t.Fatalf("%d %q %q", code, out, errOut)
	}
	text := filepath.Join(folder, "mine", "summary.txt")
	if err := os.WriteFile(text, []byte("{{.Headline}}\nOWN\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, errOut, code := runOnce(t, folder, "render", "--template=mine"); code != 0 || !strings.Contains(out, "since") || !strings.Contains(out, "OWN") {
		t.Errorf("%d %q %q", code, out, errOut)
	}
	if _, errOut, code := runOnce(t, folder, "render", "--write-template=mine"); code != 1 || !strings.Contains(errOut, "exists already; name another folder") {
		t.Errorf("written over: %d %q", code, errOut)
	}
	if err := os.WriteFile(text, []byte("{{if gt .Count 9999}}\n{{.Headlin}}{{end}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, errOut, code := runOnce(t, folder, "render", "--template=mine"); code != 2 || !strings.Contains(errOut, `--template "mine": summary.txt:2:`) || !strings.Contains(errOut, "did you mean Headline") {
		t.Errorf("a mistake: %d %q", code, errOut)
	}
	if _, errOut, code := runOnce(t, folder, "render", "--write-template="); code != 2 || !strings.Contains(errOut, "--write-template") {
		t.Errorf("no folder: %d %q", code, errOut)
	}
}

func TestTheExpressionsOfFailmail02StillWork(t *testing.T) {
	t.Parallel()
	relay, folder := startRelay(t), t.TempDir()
	p := startProcess(t, folder, "--relay="+relay.Addr(), "--wait=1h", "--max-wait=1h", "--flush-on-exit",
		`--batch-expr={{.Header.Get "X-Failmail-Split"}}`, `--group-expr={{match "\[\w+\]" (.Header.Get "Subject")}}`)
	p.send(t, "Subject: [bos] error in db", "x")
	p.send(t, "Subject: [bos] error in web", "x")
	p.send(t, "Subject: [nyc] error in db", "x")
	p.end(t, syscall.SIGTERM)
	if n := len(relay.Mails()); n != 1 {
		t.Fatalf("%d summaries, want 1", n)
	}
	if got := relay.Mails()[0]; got.Header.Get("X-Failmail-Groups") != "2" || !strings.HasPrefix(got.Subject(), "[failmail] 3 new: ") {
		t.Errorf("%s: %s groups", got.Subject(), got.Header.Get("X-Failmail-Groups"))
	}
}

// What a program logs of its mail leads through our log to the relay's.
func TestTheLogFollowsAMail(t *testing.T) {
	t.Parallel()
	p := proxyHere(t, "--log-level=debug")
	c := dialog(t, p.addr)
	c.say(t, "EHLO web1.example.com", 250)
	c.say(t, "MAIL FROM:<app@web1.example.com>", 250)
	c.say(t, "RCPT TO:<ops@example.com>", 250)
	c.say(t, "DATA", 354)
	reply := c.say(t, "Message-ID: <17@web1.example.com>\r\nSubject: disk full\r\n\r\non sda\r\n.", 250)
	_, id, found := strings.Cut(reply, "Accepted as ")
	if !found {
		t.Fatalf("the reply is %q", reply)
	}
	summary := p.mails(t, 1)[0]
	p.end()
	messageID := strings.Trim(summary.Header.Get("Message-ID"), "<>")
	_, print, _ := strings.Cut(summary.Body(), "(v2:")
	print, _, _ = strings.Cut(print, ")")
	for _, step := range [][]string{
		{`"counted a mail"`, "id=" + id, "from=app@web1.example.com", "client=127.0.0.1", "message_id=<17@web1.example.com>", "fingerprint=v2:" + print},
		{`"made a summary"`, "message_id=" + messageID},
		{`"the relay took a mail"`, "message_id=" + messageID, "Accepted as "}, // it is a receive.Server, too
		{`"sent a summary"`, "message_id=" + messageID},
	} {
		if line := lineWith(p.log.String(), step[0]); !containsAll(line, step) {
			t.Errorf("%q lacks some of %q\n%s", line, step, p.log)
		}
	}
}

func lineWith(log, part string) string {
	for line := range strings.Lines(log) {
		if strings.Contains(line, part) {
			return line
		}
	}
	return ""
}

func containsAll(text string, parts []string) bool {
	return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(text, part) })
}
