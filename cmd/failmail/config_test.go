package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestFlagsWinOverTheEnvironmentAndThatOverTheFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "f.toml"), `
wait = "11s"
max_wait = "12s"
retry-for = "13s"
group = 'masked-subject'
allow-net = ["10.0.0.0/8", "192.0.2.1"]
flush-on-exit = true
max-recipients = 7
`)
	cmd := command(t, folder, "--config=f.toml", "--wait=1s", "--write-config=-")
	cmd.Env = append(cmd.Env, "FAILMAIL_MAX_WAIT=2s")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"\nwait = '1s'\n", "\nmax-wait = '2s'\n", "\nretry-for = '13s'\n", "\ngroup = 'masked-subject'\n",
		"\nallow-net = ['10.0.0.0/8', '192.0.2.1']\n", "\nflush-on-exit = true\n", "\nmax-recipients = 7\n", "\n# fail-dir = 'failed'\n"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the settings lack %q:\n%s", want, out)
		}
	}
}

func TestWhatIsWrittenCanBeRead(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	args := []string{"--subject={{.Headline}} \"a\\b\"", `--group={{match "\\d+" .Subject}}`, "--redact-pattern=it's", "--redact-pattern=b", "--wait=7s"}
	first, errOut, code := runOnce(t, folder, append(args, "--write-config=-")...)
	if code != 0 {
		t.Fatalf("%d %s", code, errOut)
	}
	writeFile(t, filepath.Join(folder, "f.toml"), first)
	if again, errOut, code := runOnce(t, folder, "--config=f.toml", "--write-config=-"); code != 0 || again != first {
		t.Errorf("%d %s\ngot\n%s\nwant\n%s", code, errOut, again, first)
	}
	if _, _, code := runOnce(t, folder, "--write-config=new.toml"); code != 0 {
		t.Errorf("writing a file: exit code %d", code)
	}
	if _, errOut, code := runOnce(t, folder, "--write-config=new.toml"); code != 1 || !strings.Contains(errOut, "does not exist yet") {
		t.Errorf("a file that exists: %d %s", code, errOut)
	}
}

func TestMistakesInAFileAreNamed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text  string
		wants []string
	}{
		"a key that is none":      {`realy = "x"`, []string{`"realy" is no setting`, `"relay"`}},
		"a value of another kind": {`wait = 5`, []string{`"wait" = "5" is not a duration`, "30s"}},
		"a list where one stands": {`group = ["a"]`, []string{`"group" takes one value`}},
		"a table":                 {"[relay]\nhost = 1", []string{`"relay"`, "is no text"}},
		"no TOML":                 {"a = = 1", []string{"f.toml:1:5", "quotes"}},
		"a setting that is wrong": {`relay = "mail"`, []string{`--relay "mail"`, "mail:25"}},
		"two at once":             {"a = 1\nb = 2", []string{`"a" is no setting`, `"b" is no setting`}},
	} {
		folder := t.TempDir()
		writeFile(t, filepath.Join(folder, "f.toml"), test.text)
		_, errOut, code := runOnce(t, folder, "--config=f.toml")
		if code != 2 {
			t.Errorf("%s: exit code %d", name, code)
		}
		for _, want := range test.wants {
			if !strings.Contains(errOut, want) {
				t.Errorf("%s: %q lacks %q", name, errOut, want)
			}
		}
	}
	if _, errOut, code := runOnce(t, t.TempDir(), "--config=nowhere.toml"); code != 2 || !strings.Contains(errOut, "nowhere.toml") {
		t.Errorf("a file that is missing: %d %q", code, errOut)
	}
}

func TestCheckSaysWhatWouldRunAndGreetsTheRelay(t *testing.T) {
	t.Parallel()
	relay, folder := startRelay(t), t.TempDir()
	out, errOut, code := runOnce(t, folder, "--relay="+relay.Addr(), "--wait=7s", "check")
	if code != 0 || !strings.Contains(out, "7s after the last mail") || !strings.Contains(out, "The relay "+relay.Addr()+" answers") {
		t.Errorf("%d %q\n%s", code, errOut, out)
	}
	if files, _ := os.ReadDir(folder); len(files) != 0 {
		t.Errorf("check left %v", files)
	}
	if _, errOut, code := runOnce(t, folder, "--relay="+freeAddress(t), "check"); code != 1 || !strings.Contains(errOut, "connection refused") || !strings.Contains(errOut, "--relay") {
		t.Errorf("no relay: %d %q", code, errOut)
	}
	if _, errOut, code := runOnce(t, folder, "--group=x", "check"); code != 2 || !strings.Contains(errOut, "unknown key") {
		t.Errorf("a wrong setting: %d %q", code, errOut)
	}
}

func TestACommandLineOfFailmail02Starts(t *testing.T) {
	t.Parallel()
	relay, folder, addr := startRelay(t), t.TempDir(), freeAddress(t)
	p := startCommand(t, command(t, folder, "--bind-addr="+addr, "--relay-addr="+relay.Addr(), "--wait-period=50ms", "--memory-store",
		"--bind-http=", "--poll=1s", "--shutdown-timeout=5s"), addr)
	p.send(t, "Subject: old", "x")
	waitUntil(t, p, func() bool { return len(relay.Mails()) == 1 })
	for _, want := range []string{"option=--bind-addr better=--bind", "option=--wait-period better=--wait"} {
		if !strings.Contains(p.log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, p.log)
		}
	}
	p.end(t, syscall.SIGTERM)
}

func TestOneProcessReceivesAndAnotherOneSends(t *testing.T) {
	t.Parallel()
	relay, folder := startRelay(t), t.TempDir()
	p := startProcess(t, folder, "--receiver", "--wait=1ms", "--relay="+relay.Addr())
	p.send(t, "Subject: halves", "x")
	p.end(t, syscall.SIGTERM)
	if n := len(relay.Mails()); n != 0 {
		t.Fatalf("the half that receives sent %d", n)
	}
	sender := startCommand(t, command(t, folder, "--sender", "--bind-http=", "--relay="+relay.Addr()), "")
	waitUntil(t, sender, func() bool { return len(relay.Mails()) == 1 })
	sender.end(t, syscall.SIGTERM)
}

func TestSIGHUPTakesNewSettingsAndNamesWhatNeedsARestart(t *testing.T) {
	t.Parallel()
	relay, folder := startRelay(t), t.TempDir()
	file := filepath.Join(folder, "f.toml")
	writeFile(t, file, "wait = '1h'\nmax-wait = '1h'\nsubject = 'before'\nrelay = '"+freeAddress(t)+"'\n")
	p := startProcess(t, folder, "--config=f.toml")
	p.send(t, "Subject: one", "x")
	hup := func(text, wanted string) {
		t.Helper()
		writeFile(t, file, text)
		if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		waitUntil(t, p, func() bool { return strings.Contains(p.log.String(), wanted) })
	}
	hup("wait = 'never'\n", "the old ones stay")
	hup("group = 'masked-subject'\nwait = '10ms'\nsubject = 'after'\nmax-recipients = 3\nrelay = '"+relay.Addr()+"'\n", "took new settings")
	p.send(t, "Subject: order 17", "x")
	waitUntil(t, p, func() bool { return len(relay.Mails()) == 1 })
	m := relay.Mails()[0]
	if m.Subject() != "after" || m.Header.Get("X-Failmail-Count") != "2" || !strings.Contains(m.Body(), "order <num>") {
		t.Errorf("%s\n%s", m.Subject(), m.Body())
	}
	if !strings.Contains(p.log.String(), "option=--max-recipients") {
		t.Errorf("the log does not say that max-recipients stays:\n%s", p.log)
	}
	p.end(t, syscall.SIGTERM)
}
