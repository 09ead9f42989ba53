package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// backupOf runs failmail backup, and returns the file.
func backupOf(t *testing.T, folder string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "copy.db")
	stdout, stderr, code := runOnce(t, folder, append([]string{"backup", file}, args...)...)
	if code != 0 || !strings.HasPrefix(stdout, "wrote ") {
		t.Fatalf("exit %d, %q, %q", code, stdout, stderr)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy is %v, %v; want one that only its owner can read", info, err)
	}
	return file
}

func TestABackupOfARunningProxyIsAStoreToStartWith(t *testing.T) {
	t.Parallel()
	relay, folder, page := startRelay(t), t.TempDir(), freeAddress(t)
	config := filepath.Join(folder, "fm.toml")
	if err := os.WriteFile(config, []byte("bind-http = \""+page+"\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	addr := freeAddress(t)
	p := startCommand(t, command(t, folder, "--config="+config, "--bind="+addr, "--relay="+relay.Addr(), "--wait=1h", "--max-wait=1h"), addr)
	var acknowledged, attempted atomic.Int64
	flood(p.addr, 2, 10, &acknowledged, &attempted)
	running := backupOf(t, folder, "--config="+config)
	flood(p.addr, 1, 5, &acknowledged, &attempted)
	p.end(t, syscall.SIGTERM)
	stopped := backupOf(t, folder, "--config="+config)
	for file, want := range map[string]int{running: 10, stopped: 15} {
		to := startRelay(t)
		q := startProcess(t, t.TempDir(), "--store=sqlite:"+file, "--relay="+to.Addr(), "--flush-on-exit")
		q.end(t, syscall.SIGTERM)
		if got := counted(to.Mails()); got != want {
			t.Errorf("the copy counts %d mails, want %d", got, want)
		}
	}
}

var backupFlagTests = []flagTest{
	{"--http names the proxy", func(t *testing.T) {
		r := failmailHere(t, "", "backup", "never.db", "--http="+quiet(t).http)
		if r.code != exitFailure || !strings.Contains(r.stderr, "makes no copies of itself") {
			t.Errorf("%+v", r)
		}
	}},
	{"--store names what is copied when no proxy runs", func(t *testing.T) { copies(t, "--store=sqlite:FOLDER/failmail.db") }},
	{"--message-store is an old form of --store", func(t *testing.T) { copies(t, "--message-store=FOLDER") }},
	{"--memory-store is an old form of --store, and has no file", func(t *testing.T) {
		r := failmailHere(t, "", "backup", "never.db", "--memory-store")
		if r.code != exitUsage || !strings.Contains(r.stderr, `--store "memory:"`) {
			t.Errorf("%+v", r)
		}
	}},
}

// copies backs up a store in FOLDER while no proxy runs.
func copies(t *testing.T, named string) {
	t.Helper()
	folder, file := t.TempDir(), filepath.Join(t.TempDir(), "copy.db")
	startProcess(t, folder, "--store=sqlite:"+filepath.Join(folder, "failmail.db")).end(t, syscall.SIGTERM)
	failmailHere(t, "", "backup", file, "--bind-http=", strings.ReplaceAll(named, "FOLDER", folder)).succeeds(t)
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestABackupThatCannotBeMadeSaysWhyAndLeavesNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	page := freeAddress(t)
	server := &http.Server{Addr: page, Handler: http.NotFoundHandler()}
	go server.ListenAndServe()
	defer server.Close()
	there := filepath.Join(folder, "there.db")
	if err := os.WriteFile(there, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"no file":                          {[]string{}, "name of one new file"},
		"a file that exists":               {[]string{there}, "name a new one"},
		"a database":                       {[]string{"x.db", "--store=postgres://u:secret@h/d"}, "pg_dump"},
		"no proxy and no store":            {[]string{"x.db", "--bind-http=" + freeAddress(t)}, "no proxy is running, and there is no store"},
		"no page and no store":             {[]string{"x.db", "--bind-http="}, "no store"},
		"something that is not a failmail": {[]string{"x.db", "--bind-http=" + page}, "404"},
	} {
		t.Run(name, func(t *testing.T) {
			_, stderr, code := runOnce(t, folder, append([]string{"backup"}, test.args...)...)
			if code == 0 || !strings.Contains(stderr, test.says) || strings.Contains(stderr, "secret") {
				t.Errorf("exit %d, %q; want %q", code, stderr, test.says)
			}
		})
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
