package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hut8labs/failmail/internal/sink"
	"github.com/hut8labs/failmail/pkg/receive"
)

// A process is a failmail that runs.
type process struct {
	cmd  *exec.Cmd
	addr string
	log  *logBuffer
}

type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logBuffer) add(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text.WriteString(line + "\n")
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// startProcess returns when failmail says that it has started.
func startProcess(t *testing.T, folder string, args ...string) *process {
	t.Helper()
	addr := freeAddress(t)
	return startCommand(t, command(t, folder, append([]string{"--bind=" + addr, "--bind-http="}, args...)...), addr)
}

func startCommand(t *testing.T, cmd *exec.Cmd, addr string) *process {
	t.Helper()
	p := &process{cmd: cmd, addr: addr, log: &logBuffer{}}
	// Not StderrPipe, which would end with this process while one that it has
	// handed over to still writes.
	stderr, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = writer
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	t.Cleanup(func() { p.cmd.Process.Kill(); p.cmd.Wait() })
	lines := bufio.NewScanner(stderr)
	started := make(chan struct{})
	go func() {
		defer stderr.Close()
		var once sync.Once
		for lines.Scan() {
			p.log.add(lines.Text())
			if strings.Contains(lines.Text(), "msg=started") {
				once.Do(func() { close(started) })
			}
		}
		once.Do(func() { close(started) })
	}()
	<-started
	if !strings.Contains(p.log.String(), "msg=started") {
		t.Fatalf("failmail did not start:\n%s", p.log)
	}
	return p
}

func (p *process) end(t *testing.T, signal os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	err := p.cmd.Wait()
	if signal == syscall.SIGTERM && err != nil {
		t.Fatalf("after SIGTERM: %v\n%s", err, p.log)
	}
}

func startRelay(t *testing.T) *sink.Sink {
	t.Helper()
	s, err := sink.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// counted adds up the mails that distinct summaries stand for. A summary that
// was repeated after a crash has the same Message-ID and counts once.
func counted(summaries []*receive.Message) int {
	seen, sum := make(map[string]bool), 0
	for _, m := range summaries {
		if id := m.Header.Get("Message-Id"); !seen[id] {
			seen[id] = true
			n, _ := strconv.Atoi(m.Header.Get("X-Failmail-Count"))
			sum += n
		}
	}
	return sum
}

// flood sends mails over several connections until limit or an error, and
// counts what was sent whole and what was acknowledged.
func flood(addr string, sessions, limit int, acknowledged, attempted *atomic.Int64) {
	var wg sync.WaitGroup
	for session := range sessions {
		wg.Go(func() {
			c, err := smtp.Dial(addr)
			if err != nil {
				return
			}
			defer c.Close()
			for i := range limit / sessions {
				if c.Mail("app@example.com") != nil || c.Rcpt("ops@example.com") != nil {
					return
				}
				w, err := c.Data()
				if err != nil {
					return
				}
				attempted.Add(1)
				fmt.Fprintf(w, "Subject: error %d\r\n\r\nOrder %d failed.\r\n%s", session%3, i, strings.Repeat("0123456789abcdef\r\n", 200))
				if w.Close() != nil {
					return
				}
				acknowledged.Add(1)
			}
			c.Quit()
		})
	}
	wg.Wait()
}

func TestNoAcknowledgedMailIsLostWhenTheProcessIsKilledInAFlood(t *testing.T) {
	t.Parallel()
	const mails = 2000
	for round := range 3 {
		t.Run(fmt.Sprintf("round %d", round), func(t *testing.T) {
			relay, folder := startRelay(t), t.TempDir()
			args := []string{"--relay=" + relay.Addr(), "--wait=150ms", "--max-wait=400ms"}
			p := startProcess(t, folder, args...)
			var acknowledged, attempted atomic.Int64
			done := make(chan struct{})
			go func() { defer close(done); flood(p.addr, 20, mails, &acknowledged, &attempted) }()
			for acknowledged.Load() < int64(mails/5*(round+1)) {
				select {
				case <-done:
					t.Fatalf("the flood ended after %d mails\n%s", acknowledged.Load(), p.log)
				case <-time.After(time.Millisecond):
				}
			}
			p.end(t, syscall.SIGKILL)
			<-done
			atKill := counted(relay.Mails())

			p = startProcess(t, folder, args...)
			flood(p.addr, 1, 1, &acknowledged, &attempted) // its summary is due last
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			summaries, err := relay.WaitFor(ctx, func(m []*receive.Message) bool { return counted(m) >= int(acknowledged.Load()) })
			if err != nil {
				t.Fatalf("%d mails were acknowledged, the summaries count %d\n%s", acknowledged.Load(), counted(summaries), p.log)
			}
			p.end(t, syscall.SIGTERM)
			got := counted(relay.Mails())
			t.Logf("sent %d, acknowledged %d, counted %d (%d before the kill) in %d summaries",
				attempted.Load(), acknowledged.Load(), got, atKill, len(relay.Mails()))
			// A mail may be durable without its 250 having reached the client,
			// but never more than one for each session.
			if int64(got) > attempted.Load() {
				t.Errorf("%d mails were sent, the summaries count %d", attempted.Load(), got)
			}
		})
	}
}

func TestSIGTERMKeepsWhatIsNotDueForTheNextStart(t *testing.T) {
	t.Parallel()
	relay, folder := startRelay(t), t.TempDir()
	p := startProcess(t, folder, "--relay="+relay.Addr(), "--wait=1h", "--max-wait=1h")
	var acknowledged, attempted atomic.Int64
	flood(p.addr, 2, 10, &acknowledged, &attempted)
	p.end(t, syscall.SIGTERM)
	if got := len(relay.Mails()); got != 0 {
		t.Errorf("%d summaries were sent before they were due", got)
	}
	p = startProcess(t, folder, "--relay="+relay.Addr(), "--flush-on-exit")
	if !strings.Contains(p.log.String(), "pending_mails=10") {
		t.Errorf("the second start found nothing:\n%s", p.log)
	}
	p.end(t, syscall.SIGTERM)
	if got := relay.Mails(); len(got) != 1 || counted(got) != 10 {
		t.Errorf("%d summaries count %d mails, want 1 and 10", len(got), counted(got))
	}
}

func TestSIGTERMEndsIdleConnectionsAtOnceAndSendsAMemoryStore(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	p := startProcess(t, t.TempDir(), "--relay="+relay.Addr(), "--store=memory:", "--shutdown-timeout=1h")
	idle, err := smtp.Dial(p.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	var acknowledged, attempted atomic.Int64
	flood(p.addr, 1, 3, &acknowledged, &attempted)
	p.end(t, syscall.SIGTERM)
	if got := counted(relay.Mails()); got != 3 {
		t.Errorf("summaries count %d mails, want 3", got)
	}
}

func TestASecondProcessOnTheSameStoreIsRefused(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	startProcess(t, folder, "--relay=debug")
	out, err := command(t, folder, "--bind="+freeAddress(t), "--relay=debug").CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out), `"failmail.db": another process has it open`) {
		t.Errorf("%v: %s", err, out)
	}
}

func TestTheDebugRelayPrintsSummaries(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	output, err := os.Create(filepath.Join(folder, "output"))
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	addr := freeAddress(t)
	cmd := command(t, folder, "--bind="+addr, "--relay=debug", "--flush-on-exit")
	cmd.Stdout = output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	var acknowledged, attempted atomic.Int64
	for acknowledged.Load() == 0 { // until it listens
		flood(addr, 1, 1, &acknowledged, &attempted)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	printed, err := os.ReadFile(output.Name())
	if err != nil || !strings.Contains(string(printed), "RCPT TO:<ops@example.com>") || !strings.Contains(string(printed), "1 new error at ") {
		t.Errorf("%v, printed:\n%s", err, printed)
	}
}

func TestADamagedStoreDoesNotKeepTheProxyFromStarting(t *testing.T) {
	t.Parallel()
	relay, folder := startRelay(t), t.TempDir()
	p := startProcess(t, folder, "--relay="+relay.Addr(), "--wait=1h", "--max-wait=1h")
	p.send(t, "Subject: before", "x")
	p.end(t, syscall.SIGTERM)
	file := filepath.Join(folder, "failmail.db")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content[:5000], 0o600); err != nil {
		t.Fatal(err)
	}
	p = startProcess(t, folder, "--relay="+relay.Addr(), "--wait=10ms")
	p.send(t, "Subject: after", "x")
	waitUntil(t, p, func() bool { return len(relay.Mails()) == 1 })
	if !strings.Contains(p.log.String(), "failmail.db.damaged-") || !strings.Contains(p.log.String(), "set aside") {
		t.Errorf("the log does not tell of it:\n%s", p.log)
	}
	p.end(t, syscall.SIGTERM)
}
