//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
)

func TestNotifySaysReadyWatchdogAndStopping(t *testing.T) {
	t.Parallel()
	m := testutil.StartSystemd(t)
	cmd := command(t, t.TempDir(), "--relay=debug", "--store=memory:", "--bind-http=", "--bind="+freeAddress(t))
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+m.Path, "WATCHDOG_USEC=20000")
	p := startCommand(t, cmd, "")
	m.Expect("READY=1")
	m.Expect("WATCHDOG=1")
	m.Expect("WATCHDOG=1")
	p.end(t, syscall.SIGTERM)
	m.Expect("STOPPING=1")
}

func TestNotifyNamesTheProcessThatTakesOver(t *testing.T) {
	t.Parallel()
	m, folder := testutil.StartSystemd(t), t.TempDir()
	cmd := command(t, folder, "--relay=debug", "--bind-http=", "--bind="+freeAddress(t))
	cmd.Path = "/bin/sh"
	// As systemd does: WATCHDOG_PID is the first process, which a shell becomes.
	cmd.Args = append([]string{"sh", "-c", `WATCHDOG_PID=$$ exec "$0" "$@"`}, cmd.Args...)
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+m.Path, "WATCHDOG_USEC=20000")
	p := startCommand(t, cmd, "")
	m.Expect("READY=1")
	m.Expect("WATCHDOG=1")
	if err := cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	if said := m.Next(""); !strings.HasPrefix(said, "RELOADING=1\nMONOTONIC_USEC=") {
		t.Fatalf("said %q", said)
	}
	said := m.Next("")
	number, isPID := strings.CutPrefix(strings.TrimSuffix(said, "\nWATCHDOG=1"), "MAINPID=")
	pid, err := strconv.Atoi(number)
	if !isPID || err != nil || pid == cmd.Process.Pid {
		t.Fatalf("said %q\n%s", said, p.log)
	}
	t.Cleanup(func() { syscall.Kill(pid, syscall.SIGKILL) })
	if err := cmd.Wait(); err != nil {
		t.Fatalf("the old process: %v\n%s", err, p.log)
	}
	m.Expect("READY=1") // nobody has said STOPPING=1
	m.Expect("WATCHDOG=1")
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	m.Expect("STOPPING=1")
}

func TestNotifyIsReadyAgainAfterAHandoverThatFailed(t *testing.T) {
	t.Parallel()
	m, folder := testutil.StartSystemd(t), t.TempDir()
	certificate, key := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	writeCertificate(t, certificate, key)
	cmd := command(t, folder, "--relay=debug", "--bind-http=", "--bind="+freeAddress(t), "--tls-cert="+certificate, "--tls-key="+key)
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+m.Path)
	p := startCommand(t, cmd, "")
	m.Expect("READY=1")
	if err := syscall.Unlink(certificate); err != nil { // the new process needs it
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	if said := m.Next(""); !strings.HasPrefix(said, "RELOADING=1\n") {
		t.Fatalf("said %q", said)
	}
	m.Expect("READY=1")
	p.end(t, syscall.SIGTERM)
	m.Expect("STOPPING=1")
}

func TestNotifyIsReadyAgainAfterAReload(t *testing.T) {
	t.Parallel()
	m, folder := testutil.StartSystemd(t), t.TempDir()
	file := filepath.Join(folder, "failmail.toml")
	settings := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	settings(`wait = "1h"`)
	cmd := command(t, folder, "--config="+file, "--relay=debug", "--bind-http=", "--bind="+freeAddress(t))
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+m.Path)
	p := startCommand(t, cmd, "")
	m.Expect("READY=1")
	for _, text := range []string{`wait = "2h"`, `wait = "never"`} {
		settings(text)
		if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		if said := m.Next(""); !strings.HasPrefix(said, "RELOADING=1\n") {
			t.Fatalf("%s: said %q", text, said)
		}
		m.Expect("READY=1")
	}
	p.end(t, syscall.SIGTERM)
	m.Expect("STOPPING=1")
}

func TestNotifyRefusesAWatchdogThatIsNoNumber(t *testing.T) {
	t.Parallel()
	cmd := command(t, t.TempDir(), "--relay=debug", "--bind-http=", "--bind="+freeAddress(t))
	cmd.Env = append(cmd.Env, "WATCHDOG_USEC=soon")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), `WATCHDOG_USEC="soon"`) {
		t.Errorf("%v: %s", err, out)
	}
}
