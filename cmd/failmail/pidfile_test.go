//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestPidfileNamesTheProcessWhileItRuns(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "failmail.pid")
	// A crash has left one, whose number is in use by now.
	if err := os.WriteFile(file, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p := startProcess(t, folder, "--relay=debug", "--pidfile="+file)
	waitUntil(t, p, func() bool { return readPID(file) == p.cmd.Process.Pid })
	if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o444 == 0 {
		t.Errorf("others cannot read it: %v, %v", info.Mode(), err)
	}
	p.end(t, syscall.SIGTERM)
	left, err := filepath.Glob(file + "*")
	if err != nil || len(left) > 0 {
		t.Errorf("left %q: %v", left, err)
	}
}

func TestPidfileNamesTheProcessThatTookOver(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "failmail.pid")
	p := startProcess(t, folder, "--relay=debug", "--pidfile="+file)
	old := p.cmd.Process.Pid
	waitUntil(t, p, func() bool { return readPID(file) == old })
	if err := p.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Fatalf("the old process: %v\n%s", err, p.log)
	}
	waitUntil(t, p, func() bool {
		pid := readPID(file)
		if pid == 0 {
			t.Fatalf("there is no PID file meanwhile\n%s", p.log)
		}
		return pid != old
	})
	pid := readPID(file)
	t.Cleanup(func() { syscall.Kill(pid, syscall.SIGKILL) })
	if successor := successorPID.FindStringSubmatch(p.log.String()); successor == nil || successor[1] != strconv.Itoa(pid) {
		t.Errorf("holds %d, want %v", pid, successor)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, p, func() bool { _, err := os.Stat(file); return os.IsNotExist(err) })
}

func TestPidfileMistakesAreReportedBeforeTheStart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	used, text := filepath.Join(folder, "used.pid"), filepath.Join(folder, "text")
	if err := os.WriteFile(text, []byte("precious\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p := startProcess(t, folder, "--relay=debug", "--pidfile="+used)
	waitUntil(t, p, func() bool { return readPID(used) != 0 })
	for file, wants := range map[string][]string{
		used:                                    {used, "in use by process " + strconv.Itoa(p.cmd.Process.Pid)},
		text:                                    {text, "something else", "choose another file"},
		folder:                                  {folder, "choose another file"},
		filepath.Join(folder, "none", "pid"):    {"no such file or directory", "choose a file"},
		filepath.Join(text, "failmail", "pid"):  {"not a directory", "choose another file"},
		filepath.Join("/proc", "failmail.pid"):  {"/proc", "choose a file"},
		filepath.Join(folder, "used.pid", "ab"): {"not a directory"},
	} {
		out, err := command(t, t.TempDir(), "--relay=debug", "--store=memory:", "--bind-http=", "--bind="+freeAddress(t), "--pidfile="+file).CombinedOutput()
		if err == nil || strings.Contains(string(out), "msg=started") {
			t.Errorf("%s: started\n%s", file, out)
		}
		for _, want := range append(wants, "--pidfile") {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s: lacks %q: %s", file, want, out)
			}
		}
	}
	if content, err := os.ReadFile(text); string(content) != "precious\n" {
		t.Errorf("overwritten: %q, %v", content, err)
	}
	if pid := readPID(used); pid != p.cmd.Process.Pid {
		t.Errorf("the one in use holds %d", pid)
	}
	p.end(t, syscall.SIGTERM)
}
