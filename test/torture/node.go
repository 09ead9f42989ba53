//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// A node is one failmail, started and ended many times with the same addresses.
type node struct {
	binary, folder string // its log is in the folder
	addr, http     string
	args           []string // but the addresses
	process        atomic.Pointer[os.Process]
}

func newNode(binary, folder string, args ...string) (*node, error) {
	// By a name of its own, so that the program can be replaced.
	n := &node{binary: filepath.Join(folder, "failmail"), folder: folder, args: args}
	if err := os.Symlink(binary, n.binary); err != nil {
		return nil, err
	}
	for _, addr := range []*string{&n.addr, &n.http} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		*addr = l.Addr().String()
		defer l.Close() // once both are chosen, so that they differ
	}
	return n, nil
}

// startTimeout is how long a start may take on a busy machine.
const startTimeout = 30 * time.Second

// start returns when the node takes connections.
func (n *node) start() error {
	command := exec.Command(n.binary, append([]string{"--bind=" + n.addr, "--bind-http=" + n.http, "--log-level=error"}, n.args...)...)
	command.Dir = n.folder
	log, err := os.OpenFile(n.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		return err
	}
	n.process.Store(command.Process)
	return n.await()
}

// await returns when the node takes connections.
func (n *node) await() error {
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(10 * time.Millisecond) {
		c, err := dial(n.addr)
		if err == nil {
			c.close()
			return nil
		}
		if n.ended() {
			return fmt.Errorf("failmail ended at its start; see %s", n.log())
		}
		if time.Now().After(deadline) {
			n.kill()
			return fmt.Errorf("failmail did not start: %w; see %s", err, n.log())
		}
	}
}

func (n *node) log() string { return filepath.Join(n.folder, "log") }

// ended reports whether the process is gone; it may be called before Wait.
func (n *node) ended() bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", n.pid()))
	_, state, _ := strings.Cut(string(stat), ") ")
	return err != nil || strings.HasPrefix(state, "Z")
}

func (n *node) pid() int { return n.process.Load().Pid }

func (n *node) signal(s syscall.Signal) { n.process.Load().Signal(s) }

func (n *node) kill() {
	n.signal(syscall.SIGKILL)
	n.process.Load().Wait() // "signal: killed" is no news
}

// stop ends the node as a service manager does.
func (n *node) stop() error {
	n.signal(syscall.SIGTERM)
	return n.wait()
}

// wait returns when the process has ended.
func (n *node) wait() error {
	state, err := n.process.Load().Wait()
	if err == nil && !state.Success() {
		err = errors.New(state.String())
	}
	if err != nil {
		return fmt.Errorf("stop failmail: %w; see %s", err, n.log())
	}
	return nil
}

// pidfile is for a node that hands over.
const pidfile = "failmail.pid"

// adopt makes this process the parent of those whose parent has ended, as a node
// that hands over does: only a parent is told how a process has ended.
func adopt() error {
	const setChildSubreaper = 36 // prctl(2)
	if _, _, err := syscall.RawSyscall(syscall.SYS_PRCTL, setChildSubreaper, 1, 0); err != 0 {
		return fmt.Errorf("prctl: %w", err)
	}
	return nil
}

// handOver makes a new process take over.
func (n *node) handOver() error {
	old := n.pid()
	n.signal(syscall.SIGUSR1)
	if err := n.wait(); err != nil {
		return err
	}
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(10 * time.Millisecond) {
		text, err := os.ReadFile(filepath.Join(n.folder, pidfile))
		pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		if err == nil && pid != 0 && pid != old {
			process, err := os.FindProcess(pid)
			if err != nil {
				return err
			}
			n.process.Store(process)
			return n.await()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("no process took over from %d; see %s", old, n.log())
		}
	}
}

// descriptors returns how many files and sockets the process has open.
func (n *node) descriptors() int {
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", n.pid()))
	if err != nil {
		return 0
	}
	return len(open)
}

// gauge reads one metric; -1 if it cannot be read.
func (n *node) gauge(name string) int {
	response, err := http.Get("http://" + n.http + "/metrics")
	if err != nil {
		return -1
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return -1
	}
	_, rest, found := strings.Cut(string(text), "\n"+name+" ")
	value, _, _ := strings.Cut(rest, "\n")
	v, err := strconv.ParseFloat(value, 64)
	if !found || err != nil {
		return -1
	}
	return int(v)
}

// idle reports whether the store that the node uses has nothing to send.
func (n *node) idle() bool {
	return n.gauge("failmail_pending_mails") == 0 && n.gauge("failmail_outbox_summaries") == 0
}

// memory returns what the kernel says of the process: "VmRSS" now, "VmHWM" at most.
func (n *node) memory(field string) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.pid()))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, field+":"); found {
			kib, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib << 10
		}
	}
	return 0
}
