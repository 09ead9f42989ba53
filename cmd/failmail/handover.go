package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hut8labs/failmail/pkg/receive"
)

// On SIGUSR1 a failmail starts its own program anew, perhaps a newer version,
// and hands its listening sockets over. The kernel queues the clients that
// connect meanwhile, so none is refused:
//
//	old                               new
//	starts new with the sockets  ──▶  reads its settings
//	                             ◀──  "ready"
//	ends its sessions, closes the
//	store, exits                 ──▶  opens the store, serves
//
// A new one that does not get as far as "ready" is reported, and the old one
// goes on.

// handoverEnv tells the new process what it was handed.
const handoverEnv = "FAILMAIL_HANDOVER"

// readyTimeout is how long the new process may take to read its settings.
const readyTimeout = 10 * time.Second

// A predecessor is the process that this one replaces.
type predecessor struct {
	kinds []receive.Endpoint
	ready *os.File // to write to
	gone  *os.File // ends when the predecessor does
}

// findPredecessor returns nil when this process was started by a person.
func findPredecessor() (*predecessor, error) {
	text := os.Getenv(handoverEnv)
	if text == "" {
		return nil, nil
	}
	os.Unsetenv(handoverEnv) // it is not for the process that replaces this one
	var p predecessor
	if err := json.Unmarshal([]byte(text), &p.kinds); err != nil {
		return nil, fmt.Errorf("%s: %w; unset it", handoverEnv, err)
	}
	next := uintptr(firstSocket + len(p.kinds))
	p.ready, p.gone = os.NewFile(next, "ready"), os.NewFile(next+1, "gone")
	return &p, nil
}

// await says that this process can take over, and returns when it may.
func (p *predecessor) await() error {
	if _, err := io.WriteString(p.ready, "ready\n"); err != nil {
		return fmt.Errorf("take over: %w", err)
	}
	_, err := io.Copy(io.Discard, p.gone)
	return errors.Join(err, p.ready.Close(), p.gone.Close())
}

// A handover replaces this process by another one.
type handover struct {
	listeners []net.Listener
	log       *slog.Logger
	// alive is held open until this process has ended; the other one waits.
	alive *os.File
	pid   int // of the other one
}

// start starts the process that replaces this one. When it returns nil, this one
// has to end.
func (h *handover) start() (err error) {
	var kinds []receive.Endpoint
	var files []*os.File
	defer func() {
		for _, f := range files {
			f.Close() // the new process has its own
		}
	}()
	for _, l := range h.listeners {
		filer, ok := l.(interface{ File() (*os.File, error) })
		if !ok {
			return fmt.Errorf("the socket %s cannot be handed over", l.Addr())
		}
		f, err := filer.File()
		if err != nil {
			return err
		}
		files, kinds = append(files, f), append(kinds, receive.EndpointOf(l))
	}
	ready, readyWriter, err := os.Pipe()
	if err != nil {
		return err
	}
	defer ready.Close()
	files = append(files, readyWriter)
	gone, alive, err := os.Pipe()
	if err != nil {
		return err
	}
	files = append(files, gone)
	process, err := startSuccessor(kinds, files)
	if err != nil {
		return err
	}
	readyWriter.Close() // so that reading ends when the new process does
	ready.SetReadDeadline(time.Now().Add(readyTimeout))
	if _, err := bufio.NewReader(ready).ReadString('\n'); err != nil {
		process.Kill()
		process.Wait()
		return fmt.Errorf("the new process did not get ready: %w", err)
	}
	h.alive, h.pid = alive, process.Pid
	h.log.Info("handing over to a new process", "pid", process.Pid)
	return process.Release()
}

func startSuccessor(kinds []receive.Endpoint, files []*os.File) (*os.Process, error) {
	described, err := json.Marshal(kinds)
	if err != nil {
		return nil, err
	}
	// The program is looked up by its name again, to find a newer version.
	program, err := exec.LookPath(os.Args[0])
	if err != nil {
		return nil, err
	}
	environment := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "LISTEN_") })
	descriptors := []uintptr{0, 1, 2}
	for _, f := range files {
		fd, err := descriptor(f)
		if err != nil {
			return nil, err
		}
		descriptors = append(descriptors, fd)
	}
	pid, err := syscall.ForkExec(program, os.Args, &syscall.ProcAttr{
		Env:   append(environment, handoverEnv+"="+string(described)),
		Files: descriptors,
	})
	runtime.KeepAlive(files)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	return os.FindProcess(pid)
}

// descriptor returns the number of f. File.Fd, and with it os/exec, would put
// the socket into blocking mode, for this process too, whose Accept could then
// not be ended.
func descriptor(f *os.File) (fd uintptr, err error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	err = conn.Control(func(number uintptr) { fd = number })
	return fd, err
}
