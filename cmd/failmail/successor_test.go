//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
)

// A replaceable is a failmail whose program and settings can be replaced before it
// hands over.
type replaceable struct {
	*process
	t                          *testing.T
	folder, program, conf, pid string
	settings                   string
	notified                   *testutil.Systemd
}

func startReplaceable(t *testing.T, settings ...string) *replaceable {
	t.Helper()
	folder, addr := t.TempDir(), freeAddress(t)
	r := &replaceable{t: t, folder: folder, program: filepath.Join(folder, "failmail"), conf: filepath.Join(folder, "failmail.toml"),
		pid: filepath.Join(folder, "pid"), notified: testutil.StartSystemd(t)}
	r.settings = fmt.Sprintf("bind = [%q]\nbind-http = %q\nrelay = %q\npidfile = %q\nwait = \"10ms\"\n%s\n",
		addr, freeAddress(t), startRelay(t).Addr(), r.pid, strings.Join(settings, "\n"))
	r.write(r.settings)
	cmd := command(t, folder, "--config="+r.conf)
	if err := os.Symlink(cmd.Path, r.program); err != nil {
		t.Fatal(err)
	}
	cmd.Path, cmd.Args[0] = r.program, r.program
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+r.notified.Path)
	r.process = startCommand(t, cmd, addr)
	r.notified.Expect("READY=1")
	return r
}

func (r *replaceable) write(settings string) {
	if err := os.WriteFile(r.conf, []byte(settings), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// replace makes a script of the program.
func (r *replaceable) replace(script string) {
	r.t.Helper()
	if err := os.Rename(r.program, r.program+".right"); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(r.program, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		r.t.Fatal(err)
	}
}

func (r *replaceable) handOver() {
	r.t.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		r.t.Fatal(err)
	}
	if said := r.notified.Next(""); !strings.HasPrefix(said, "RELOADING=1\n") {
		r.t.Fatalf("said %q", said)
	}
}

func TestAHandoverThatFailsLeavesTheOldProcessServing(t *testing.T) {
	t.Parallel()
	const released = "echo release >&4\nread x <&5\n" // as a failmail with one socket says it
	for name, test := range map[string]struct {
		breaks func(r *replaceable)
		want   string
	}{
		"a typo in store":            {func(r *replaceable) { r.write(r.settings + `store = "sqlit:x"`) }, `exit status 2: failmail: --store`},
		"an unwritable store":        {func(r *replaceable) { r.write(r.settings + `store = "sqlite:/proc/x/y"`) }, `exit status 1: failmail: --store: open store`},
		"no database":                {func(r *replaceable) { r.write(r.settings + `store = "postgres://127.0.0.1:1/x"`) }, `exit status 1: failmail: `},
		"an unwritable archive":      {func(r *replaceable) { r.write(r.settings + `all-dir = "/proc/x"`) }, "choose another folder in --all-dir"},
		"a mistake in settings":      {func(r *replaceable) { r.write(r.settings + `max-wait = "soon"`) }, "max-wait"},
		"an exit at once":            {func(r *replaceable) { r.replace("exit 0") }, "exit status 0"},
		"a crash":                    {func(r *replaceable) { r.replace("echo no libfoo.so >&2; kill -SEGV $$") }, "signal: segmentation fault"},
		"a crash with a reason":      {func(r *replaceable) { r.replace("echo no libfoo.so >&2; exit 3") }, "exit status 3: no libfoo.so"},
		"no program":                 {func(r *replaceable) { r.replace("exit"); os.Chmod(r.program, 0o600) }, "permission denied"},
		"an older protocol":          {func(r *replaceable) { r.replace("echo ready >&4; exec sleep 1000") }, `says \"ready\"`},
		"a crash when nobody serves": {func(r *replaceable) { r.replace(released + "echo boom >&2; exit 9") }, "exit status 9: boom"},
		"an address of its own mails": {func(r *replaceable) {
			r.write(strings.Replace(r.settings, "relay = ", `relay = "`+r.addr+`" #`, 1))
		}, "relay"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startReplaceable(t)
			r.send(t, "Subject: before", "x")
			waitUntil(t, r.process, func() bool { return readPID(r.pid) == r.cmd.Process.Pid })
			test.breaks(r)
			for range 2 { // the second as the first
				before := strings.Count(r.log.String(), "cannot hand over")
				r.handOver()
				r.notified.Expect("READY=1")
				waitUntil(t, r.process, func() bool { return strings.Count(r.log.String(), "cannot hand over") > before })
				r.send(t, "Subject: after", "x")
			}
			if !strings.Contains(r.log.String(), test.want) {
				t.Errorf("the log lacks %q:\n%s", test.want, r.log)
			}
			if pid := readPID(r.pid); pid != r.cmd.Process.Pid {
				t.Errorf("the PID file holds %d, want %d", pid, r.cmd.Process.Pid)
			}
			// Once mended, it goes.
			r.write(r.settings)
			if _, err := os.Lstat(r.program + ".right"); err == nil {
				os.Rename(r.program+".right", r.program)
			}
			r.handOver()
			said := r.notified.Next("")
			number, _ := strings.CutPrefix(strings.TrimSuffix(said, "\nWATCHDOG=1"), "MAINPID=")
			pid, err := strconv.Atoi(number)
			if err != nil {
				t.Fatalf("said %q\n%s", said, r.log)
			}
			t.Cleanup(func() { syscall.Kill(pid, syscall.SIGKILL) })
			r.notified.Expect("READY=1")
			if err := r.cmd.Wait(); err != nil {
				t.Fatalf("the old process: %v\n%s", err, r.log)
			}
			waitUntil(t, r.process, func() bool { return readPID(r.pid) == pid })
			r.send(t, "Subject: at last", "x")
			syscall.Kill(pid, syscall.SIGTERM)
			r.notified.Expect("STOPPING=1")
		})
	}
}

// What a process that failed has started may hold its sockets.
func TestAHandoverThatFailsMayCostThePageButNoMail(t *testing.T) {
	t.Parallel()
	r := startReplaceable(t)
	r.replace("echo release >&4\nread x <&5\nsleep 5 >/dev/null 2>&1 &\nexit 9")
	r.handOver()
	r.notified.Expect("READY=1")
	r.send(t, "Subject: after", "x")
	if !strings.Contains(r.log.String(), "cannot serve HTTP any more") {
		t.Errorf("the page is not said to be off\n%s", r.log)
	}
	r.end(t, syscall.SIGTERM)
}

func TestAStopDuringAHandoverEndsBoth(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"while the new process checks": "echo $$ >new; exec sleep 1000",
		"when nobody serves":           "echo release >&4\nread x <&5\necho $$ >new; exec sleep 1000",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startReplaceable(t)
			r.replace(script)
			r.handOver()
			successor := 0
			waitUntil(t, r.process, func() bool { successor = readPID(filepath.Join(r.folder, "new")); return successor != 0 })
			r.end(t, syscall.SIGTERM)
			if err := syscall.Kill(successor, 0); err == nil {
				t.Error("the new process lives on")
			}
			if left, err := filepath.Glob(r.pid + "*"); err != nil || len(left) > 0 {
				t.Errorf("left %q: %v", left, err)
			}
		})
	}
}
