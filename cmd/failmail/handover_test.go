//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/receive"
)

var successorPID = regexp.MustCompile(`handing over to a new process.* pid=(\d+)`)

func TestSIGUSR1HandsTheSocketsOverWithoutRefusingOrLosingAMail(t *testing.T) {
	t.Parallel()
	relay, folder := startRelay(t), t.TempDir()
	p := startProcess(t, folder, "--relay="+relay.Addr(), "--wait=300ms", "--bind=unix:"+filepath.Join(folder, "s"))
	var sent atomic.Int64
	stop := make(chan struct{})
	var clients sync.WaitGroup
	failures := make(chan error, 100)
	for range 4 {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				mail := fmt.Appendf(nil, "Subject: handover\r\n\r\n%d\r\n", sent.Load())
				if err := smtp.SendMail(p.addr, nil, "a@example.com", []string{"ops@example.com"}, mail); err != nil {
					failures <- err
					return
				}
				sent.Add(1)
			}
		})
	}
	waitUntil(t, p, func() bool { return sent.Load() > 50 })
	if err := p.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Fatalf("the old process ended with %v\n%s", err, p.log)
	}
	pid, err := strconv.Atoi(successorPID.FindStringSubmatch(p.log.String() + "handing over to a new process pid=0")[1])
	if err != nil || pid == 0 {
		t.Fatalf("no new process\n%s", p.log)
	}
	t.Cleanup(func() { syscall.Kill(pid, syscall.SIGKILL) })
	after := sent.Load()
	waitUntil(t, p, func() bool { return sent.Load() > after+50 || len(failures) > 0 })
	close(stop)
	clients.Wait()
	select {
	case err := <-failures:
		t.Fatalf("a client saw %v\n%s", err, p.log)
	default:
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	summaries, err := relay.WaitFor(ctx, func(m []*receive.Message) bool { return counted(m) >= int(sent.Load()) })
	if got := counted(summaries); err != nil || got != int(sent.Load()) {
		t.Errorf("%d mails were acknowledged, the summaries count %d: %v\n%s", sent.Load(), got, err, p.log)
	}
	if _, err := os.Stat(filepath.Join(folder, "s")); err != nil {
		t.Errorf("the Unix socket is gone: %v", err)
	}
}

func TestASignalThatComesBeforeTheOldProcessHasLeftIsKept(t *testing.T) {
	t.Parallel()
	relay, folder := startRelay(t), t.TempDir()
	p := startProcess(t, folder, "--relay="+relay.Addr(), "--wait=10ms")
	c, err := smtp.Dial(p.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := errors.Join(c.Mail("a@example.com"), c.Rcpt("ops@example.com")); err != nil {
		t.Fatal(err)
	}
	mail, err := c.Data() // the old process waits for its end
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, p, func() bool { return successorPID.MatchString(p.log.String()) })
	pid, err := strconv.Atoi(successorPID.FindStringSubmatch(p.log.String())[1])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Kill(pid, syscall.SIGKILL) })
	if err := syscall.Kill(pid, syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	// It is told to send the mail again, unless it has been quick.
	fmt.Fprint(mail, "Subject: the last of the old one\r\n\r\nx\r\n")
	err = mail.Close()
	c.Close()
	if err := p.cmd.Wait(); err != nil {
		t.Fatalf("the old process ended with %v\n%s", err, p.log)
	}
	if err != nil {
		p.send(t, "Subject: the last of the old one", "x")
	}
	waitUntil(t, p, func() bool { return strings.Contains(p.log.String(), "took new settings") && len(relay.Mails()) == 1 })
}

func TestASocketOfSystemdIsServed(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	relay := startRelay(t)
	for name, args := range map[string][]string{
		// LISTEN_PID must be the process itself, so a shell sets it and becomes it.
		"by LISTEN_FDS":  {"/bin/sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"`, "@", "--relay=" + relay.Addr(), "--store=memory:"},
		"by --socket-fd": {"@", "--socket-fd=3", "--relay=" + relay.Addr(), "--store=memory:"},
	} {
		t.Run(name, func(t *testing.T) {
			before := counted(relay.Mails())
			cmd := command(t, t.TempDir())
			self := cmd.Path
			for i := range args {
				if args[i] == "@" {
					args[i] = self
				}
			}
			cmd.Path, cmd.Args, cmd.ExtraFiles = args[0], args, []*os.File{socket}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer cmd.Process.Kill()
			if err := smtp.SendMail(l.Addr().String(), nil, "a@example.com", []string{"ops@example.com"}, []byte("Subject: x\r\n\r\nx\r\n")); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Fatal(err)
			}
			if got := counted(relay.Mails()) - before; got != 1 {
				t.Errorf("summaries count %d mails, want 1", got)
			}
		})
	}
}
