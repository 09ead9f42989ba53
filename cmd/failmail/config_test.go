package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestFlagsWinOverTheEnvironmentAndThatOverTheFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "f.toml"), "\ufeff"+`
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
		"a key that is none":      {`realy = "x"`, []string{`"realy" is not a setting`, `"relay"`}},
		"a value of another kind": {`wait = 5`, []string{`"wait" = "5" is not a duration`, "30s"}},
		"a list where one stands": {`group = ["a"]`, []string{`"group" takes one value`}},
		"a table":                 {"[relay]\nhost = 1", []string{`"relay" is a table`, "without one"}},
		"a table of another name": {"[proxy]\nwait = '1s'", []string{`"proxy" is a table`, "without one"}},
		"a key twice":             {"wait = '1s'\nwait = '2s'", []string{"f.toml:2:1", "leave out one of them"}},
		"what makes no sense":     {"write-config = 'x'", []string{`"write-config" belongs on the command line`}},
		"a size of another unit":  {`max-store = "1Gbit"`, []string{`"max-store" = "1Gbit" is not a size`, "32MiB"}},
		"no TOML":                 {"a = = 1", []string{"f.toml:1:5", "quotes"}},
		"a setting that is wrong": {`relay = "mail box"`, []string{`--relay "mail box"`, "wrong host"}},
		"two at once":             {"a = 1\nb = 2", []string{`"a" is not a setting`, `"b" is not a setting`}},
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
	if code != 0 || !strings.Contains(out, "7s after the last mail") || !strings.Contains(out, "The relay "+relay.Addr()+" answers") || !strings.HasSuffix(out, "Configuration OK.\n") {
		t.Errorf("%d %q\n%s", code, errOut, out)
	}
	if files, _ := os.ReadDir(folder); len(files) != 0 {
		t.Errorf("check left %v", files)
	}
	if _, errOut, code := runOnce(t, folder, "--relay="+freeAddress(t), "check"); code != 1 || !strings.Contains(errOut, "connection refused") || !strings.Contains(errOut, "--relay") {
		t.Errorf("no relay: %d %q", code, errOut)
	}
	if _, errOut, code := runOnce(t, folder, "--relay=debug", "check", "failmail.toml"); code != 2 || !strings.Contains(errOut, `check takes no argument "failmail.toml"`) {
		t.Errorf("an argument: %d %q", code, errOut)
	}
	full := filepath.Join(folder, "a file")
	writeFile(t, full, "")
	for name, test := range map[string]struct {
		args  []string
		code  int
		wants []string
	}{
		"a wrong expression":             {[]string{"--group=x"}, 2, []string{"--group", "unknown key"}},
		"a store that is none":           {[]string{"--store=mysql:x"}, 2, []string{"--store", "sqlite:FILE"}},
		"a level that is none":           {[]string{"--log-level=loud"}, 2, []string{"--log-level", "debug, info"}},
		"a hook that is missing":         {[]string{"--on-summary=/no/hook --fast"}, 2, []string{"--on-summary", "/no/hook", "name a program"}},
		"a token command that is none":   {[]string{"--relay-user=me", "--relay-token-command=no-such-program"}, 2, []string{"--relay-token-command", "no-such-program", "name a program"}},
		"a folder that cannot be":        {[]string{"--fail-dir=a file/failed", "--relay=debug"}, 1, []string{"--fail-dir", "a file/failed", "make it writable"}},
		"an archive that cannot be":      {[]string{"--all-dir=a file", "--relay=debug"}, 1, []string{"--all-dir", "a file", "make it writable"}},
		"a store that cannot be":         {[]string{"--store=sqlite:a file/f.db", "--relay=debug"}, 1, []string{"--store", "a file/f.db", "make the folder writable"}},
		"one of two relays, the first":   {[]string{"--relay=" + freeAddress(t) + "," + relay.Addr()}, 1, []string{"connection refused", "would go through " + relay.Addr(), "start the other one"}},
		"one of two relays, the second":  {[]string{"--relay=" + relay.Addr() + "," + freeAddress(t)}, 1, []string{"connection refused", "would go through " + relay.Addr()}},
		"one of two, which is a program": {[]string{"--relay=" + freeAddress(t) + ",exec:/bin/true"}, 1, []string{"connection refused", "would go through the other relay"}},
		"two relays":                     {[]string{"--relay=" + freeAddress(t) + "," + freeAddress(t)}, 1, []string{"connection refused", "would wait"}},
	} {
		out, errOut, code := runOnce(t, folder, append(test.args, "check")...)
		if code != test.code || strings.Contains(out, "Configuration OK") {
			t.Errorf("%s: code %d, want %d: %s", name, code, test.code, errOut)
		}
		for _, want := range test.wants {
			if !strings.Contains(errOut, want) {
				t.Errorf("%s: lacks %q: %s", name, want, errOut)
			}
		}
		for line := range strings.Lines(errOut) {
			if !strings.HasPrefix(line, "failmail: ") {
				t.Errorf("%s: %q", name, line)
			}
		}
	}
	if _, errOut, code := runOnce(t, folder, "--relay=debug", "--store=postgres://me:hunter2@db.example/failmail", "check"); code != 0 || strings.Contains(errOut, "hunter2") {
		t.Errorf("a store in PostgreSQL: %d %q", code, errOut)
	}
}

func TestAFailDirThatCannotBeWrittenToIsReportedAtTheStart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "a file"), "")
	p := startProcess(t, folder, "--relay=debug", "--fail-dir=a file/failed")
	if !strings.Contains(p.log.String(), "the fail-dir cannot be used") || !strings.Contains(p.log.String(), "a file/failed") {
		t.Errorf("the log does not tell of it:\n%s", p.log)
	}
	p.end(t, syscall.SIGTERM)
}

func TestACommandLineOfFailmail02Starts(t *testing.T) {
	t.Parallel()
	relay, folder, addr := startRelay(t), t.TempDir(), freeAddress(t)
	p := startCommand(t, command(t, folder, "--bind-addr="+addr, "--relay-addr="+relay.Addr(), "--wait-period=50ms", "--memory-store",
		"--bind-http=", "--poll=1s", "--shutdown-timeout=5s",
		// What it had for none.
		"--relay-user=", "--relay-password=", "--relay-command=", "--rewrite-src=", "--rewrite-dest=", "--tls-cert=", "--tls-key=", "--socket-fd=0"), addr)
	p.send(t, "Subject: old", "x")
	waitUntil(t, p, func() bool { return len(relay.Mails()) == 1 })
	for _, want := range []string{"option=--bind-addr better=--bind", "option=--wait-period better=--wait"} {
		if !strings.Contains(p.log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, p.log)
		}
	}
	p.end(t, syscall.SIGTERM)
}

func TestACommandLineOfFailmail02BecomesAFile(t *testing.T) {
	for name, test := range map[string]struct {
		args  []string
		wants []string
	}{
		"addresses and times": {[]string{"--bind-addr=localhost:2526", "--relay-addr=mail:25", "--wait-period=10s", "--max-wait=1m"},
			[]string{"\nbind = ['localhost:2526']\n", "\nrelay = 'mail:25'\n", "\nwait = '10s'\n", "\nmax-wait = '1m'\n"}},
		"a folder as store":           {[]string{"--message-store=/var/failmail"}, []string{"\nstore = 'sqlite:/var/failmail/failmail.db'\n"}},
		"a store in memory":           {[]string{"--memory-store"}, []string{"\nstore = 'memory:'\n"}},
		"expressions":                 {[]string{"--batch-expr={{.Header.Get \"X\"}}", "--group-expr=from"}, []string{"\nbatch = '{{.Header.Get \"X\"}}'\n", "\ngroup = 'from'\n"}},
		"a command as relay":          {[]string{"--relay-command=/usr/sbin/sendmail"}, []string{"\nrelay = 'exec:/usr/sbin/sendmail'\n"}},
		"rewriting after other rules": {[]string{"--rewrite-src=.*", "--rewrite-dest=s@x", "--rewrite-recipient=a=b"}, []string{"\nrewrite-recipient = ['a=b', '.*=s@x']\n"}},
		"a command that is empty":     {[]string{"--relay-command="}, []string{"\n# relay = 'localhost:25'\n"}},
		"TLS on the default address":  {[]string{"--ssl"}, []string{"\nbind = ['smtps://localhost:2525']\n"}},
		"TLS on another":              {[]string{"--ssl", "--bind-addr=localhost:2526"}, []string{"\nbind = ['smtps://localhost:2526']\n"}},
		"a new name beside the old":   {[]string{"--wait-period=10s", "--wait=20s"}, []string{"\nwait = '20s'\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			out, errOut, code := runOnce(t, folder, append(test.args, "--write-config=-")...)
			if code != 0 {
				t.Fatalf("%d %s", code, errOut)
			}
			for _, want := range test.wants {
				if !strings.Contains(out, want) {
					t.Errorf("the file lacks %q:\n%s", want, out)
				}
			}
		})
	}
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
	hup("group = 'from'\nwait = '10ms'\nsubject = 'after'\nmax-recipients = 3\nrelay = '"+relay.Addr()+"'\n", "took new settings")
	p.send(t, "Subject: order 17", "x")
	waitUntil(t, p, func() bool { return len(relay.Mails()) == 1 })
	m := relay.Mails()[0]
	if m.Subject() != "after" || m.Header.Get("X-Failmail-Count") != "2" || !strings.Contains(m.Body(), "NEW      app@example.com: order 17\n") {
		t.Errorf("%s\n%s", m.Subject(), m.Body())
	}
	if !strings.Contains(p.log.String(), "option=--max-recipients") {
		t.Errorf("the log does not say that max-recipients stays:\n%s", p.log)
	}
	p.end(t, syscall.SIGTERM)
}

func TestSIGHUPChangesWhoMayLookAndWhatIsLogged(t *testing.T) {
	t.Parallel()
	folder, http := t.TempDir(), freeAddress(t)
	file := filepath.Join(folder, "f.toml")
	writeFile(t, file, "credentials = ['ops:old']\n")
	p := startProcess(t, folder, "--relay=debug", "--config=f.toml", "--bind-http="+http, "--allow-net=127.0.0.0/8")
	hup := func(text, wanted string) {
		t.Helper()
		writeFile(t, file, text)
		if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		waitUntil(t, p, func() bool { return strings.Contains(p.log.String(), wanted) })
	}
	hup("log-level = 'loud'\n", `--log-level \"loud\"`)
	if status, _ := get(t, "http://"+http+"/metrics", "ops", "old"); status != 200 {
		t.Errorf("after a mistake in the file: %d", status)
	}
	hup("credentials = ['ops:new']\nlog-level = 'debug'\nstore = 'memory:'\nproxy-protocol-from = ['10.0.0.1']\n", "option=--proxy-protocol-from")
	for password, want := range map[string]int{"old": 401, "new": 200} {
		if status, _ := get(t, "http://"+http+"/metrics", "ops", password); status != want {
			t.Errorf("the %s password: %d, want %d", password, status, want)
		}
	}
	if !strings.Contains(p.log.String(), "option=--store") {
		t.Errorf("the log does not say that the store stays:\n%s", p.log)
	}
	p.send(t, "Subject: one", "x")
	waitUntil(t, p, func() bool { return strings.Contains(p.log.String(), "counted a mail") })
	p.end(t, syscall.SIGTERM)
}

func TestSIGHUPDoesNotOpenThePageToEverybody(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "f.toml")
	writeFile(t, file, "credentials = ['ops:secret']\n")
	_, port, _ := net.SplitHostPort(freeAddress(t))
	p := startProcess(t, folder, "--relay=debug", "--config=f.toml", "--bind-http=0.0.0.0:"+port)
	writeFile(t, file, "")
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, p, func() bool { return strings.Contains(p.log.String(), "the old ones stay") })
	if status, _ := get(t, "http://127.0.0.1:"+port+"/metrics", "", ""); status != 401 {
		t.Errorf("without a password: %d", status)
	}
}

func TestAStoreInMemoryIsSentAtTheEndAlsoAfterSIGHUP(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	p := startProcess(t, t.TempDir(), "--relay="+relay.Addr(), "--store=memory:", "--wait=1h", "--max-wait=1h")
	p.send(t, "Subject: one", "x")
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, p, func() bool { return strings.Contains(p.log.String(), "took new settings") })
	p.end(t, syscall.SIGTERM)
	if got := counted(relay.Mails()); got != 1 {
		t.Errorf("the summaries count %d mails, want 1", got)
	}
}
