//go:build unix

package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A manager stands in for systemd, and as that does always listens: its socket
// holds few messages, and a process whose message finds no room waits.
type manager struct {
	t    *testing.T
	path string
	said chan string
}

func startManager(t *testing.T) *manager {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	m := &manager{t, path, make(chan string, 100_000)}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buffer := make([]byte, 1000)
		for {
			n, err := conn.Read(buffer)
			if err != nil {
				return
			}
			m.said <- string(buffer[:n])
		}
	}()
	return m
}

// next returns what it is told next, but for the watchdog unless that is wanted.
func (m *manager) next(wanted string) string {
	m.t.Helper()
	late := time.After(time.Minute)
	for {
		select {
		case said := <-m.said:
			if said != "WATCHDOG=1" || said == wanted {
				return said
			}
		case <-late:
			m.t.Fatalf("is not told %q", wanted)
		}
	}
}

// say puts a message among those that it is told.
func (m *manager) say(text string) {
	m.t.Helper()
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: m.path, Net: "unixgram"})
	if err != nil {
		m.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(text)); err != nil {
		m.t.Fatal(err)
	}
}

func (m *manager) expect(wanted string) {
	m.t.Helper()
	if said := m.next(wanted); said != wanted {
		m.t.Fatalf("said %q, want %q", said, wanted)
	}
}

func TestNotifySaysReadyWatchdogAndStopping(t *testing.T) {
	t.Parallel()
	m := startManager(t)
	cmd := command(t, t.TempDir(), "--relay=debug", "--store=memory:", "--bind-http=", "--bind="+freeAddress(t))
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+m.path, "WATCHDOG_USEC=20000")
	p := startCommand(t, cmd, "")
	m.expect("READY=1")
	m.expect("WATCHDOG=1")
	m.expect("WATCHDOG=1")
	p.end(t, syscall.SIGTERM)
	m.expect("STOPPING=1")
}

func TestNotifyNamesTheProcessThatTakesOver(t *testing.T) {
	t.Parallel()
	m, folder := startManager(t), t.TempDir()
	cmd := command(t, folder, "--relay=debug", "--bind-http=", "--bind="+freeAddress(t))
	cmd.Path = "/bin/sh"
	// As systemd does: WATCHDOG_PID is the first process, which a shell becomes.
	cmd.Args = append([]string{"sh", "-c", `WATCHDOG_PID=$$ exec "$0" "$@"`}, cmd.Args...)
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+m.path, "WATCHDOG_USEC=20000")
	p := startCommand(t, cmd, "")
	m.expect("READY=1")
	m.expect("WATCHDOG=1")
	if err := cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	if said := m.next(""); !strings.HasPrefix(said, "RELOADING=1\nMONOTONIC_USEC=") {
		t.Fatalf("said %q", said)
	}
	said := m.next("")
	number, isPID := strings.CutPrefix(strings.TrimSuffix(said, "\nWATCHDOG=1"), "MAINPID=")
	pid, err := strconv.Atoi(number)
	if !isPID || err != nil || pid == cmd.Process.Pid {
		t.Fatalf("said %q\n%s", said, p.log)
	}
	t.Cleanup(func() { syscall.Kill(pid, syscall.SIGKILL) })
	if err := cmd.Wait(); err != nil {
		t.Fatalf("the old process: %v\n%s", err, p.log)
	}
	m.expect("READY=1") // nobody has said STOPPING=1
	m.expect("WATCHDOG=1")
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	m.expect("STOPPING=1")
}

func TestNotifyIsReadyAgainAfterAHandoverThatFailed(t *testing.T) {
	t.Parallel()
	m, folder := startManager(t), t.TempDir()
	certificate, key := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	writeCertificate(t, certificate, key)
	cmd := command(t, folder, "--relay=debug", "--bind-http=", "--bind="+freeAddress(t), "--tls-cert="+certificate, "--tls-key="+key)
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+m.path)
	p := startCommand(t, cmd, "")
	m.expect("READY=1")
	if err := syscall.Unlink(certificate); err != nil { // the new process needs it
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	if said := m.next(""); !strings.HasPrefix(said, "RELOADING=1\n") {
		t.Fatalf("said %q", said)
	}
	m.expect("READY=1")
	p.end(t, syscall.SIGTERM)
	m.expect("STOPPING=1")
}

func TestNotifyIsReadyAgainAfterAReload(t *testing.T) {
	t.Parallel()
	m, folder := startManager(t), t.TempDir()
	file := filepath.Join(folder, "failmail.toml")
	settings := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	settings(`wait = "1h"`)
	cmd := command(t, folder, "--config="+file, "--relay=debug", "--bind-http=", "--bind="+freeAddress(t))
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+m.path)
	p := startCommand(t, cmd, "")
	m.expect("READY=1")
	for _, text := range []string{`wait = "2h"`, `wait = "never"`} {
		settings(text)
		if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		if said := m.next(""); !strings.HasPrefix(said, "RELOADING=1\n") {
			t.Fatalf("%s: said %q", text, said)
		}
		m.expect("READY=1")
	}
	p.end(t, syscall.SIGTERM)
	m.expect("STOPPING=1")
}

func TestNotifyStarvesTheWatchdogWhileTheProxyTakesNoMails(t *testing.T) {
	m := startManager(t)
	t.Setenv("NOTIFY_SOCKET", m.path)
	t.Setenv("WATCHDOG_USEC", "4000")
	s, err := supervise("", false, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	down, checks := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	s.start(ctx, func(ctx context.Context) error {
		select {
		case <-down:
			select {
			case checks <- struct{}{}:
			case <-ctx.Done():
			}
			return errors.New("the store is down")
		default:
			return nil
		}
	}, func() error { return nil })
	m.expect("READY=1")
	m.expect("WATCHDOG=1")
	close(down)
	// What was on its way comes before this, and then silence.
	<-checks
	m.say("from here on")
	m.expect("from here on")
	for range 3 {
		<-checks
	}
	m.say("to here")
	if said := m.next("WATCHDOG=1"); said != "to here" {
		t.Fatalf("says %q while the store is down", said)
	}
	cancel()
	m.expect("STOPPING=1")
	m.expect("WATCHDOG=1") // the end is timed by systemd itself
	s.close()
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
