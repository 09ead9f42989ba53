//go:build unix

package supervise

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// A successor is the process that is to replace this one. Its methods are for one
// goroutine.
type successor struct {
	process *os.Process
	words   *os.File // it writes to
	read    *bufio.Reader
	turn    *os.File // to write to

	ended    chan struct{} // closed when it has ended
	state    *os.ProcessState
	said     chan struct{} // closed when its standard error has ended
	lastLine string        // of that; to be read after said
}

// startSuccessor runs program with args, and hands it the sockets and, unless it is
// nil, http, which was made for bind. What it writes to standard error goes to
// stderr.
func startSuccessor(program string, args []string, sockets []*os.File, kinds []receive.Endpoint, http *os.File, bind string, stderr *os.File) (_ *successor, err error) {
	var pipes [6]*os.File // the reading and the writing end of words, turn, errors
	for i := 0; i < len(pipes) && err == nil; i += 2 {
		pipes[i], pipes[i+1], err = os.Pipe()
	}
	words, wordsWriter, turnReader, turn, lines, errorWriter := pipes[0], pipes[1], pipes[2], pipes[3], pipes[4], pipes[5]
	defer closeFiles(wordsWriter, turnReader, errorWriter) // the process has its own
	if err != nil {
		closeFiles(words, turn, lines)
		return nil, err
	}
	errorWriter.Fd() // puts it into blocking mode, as any program expects
	h := handed{Sockets: kinds}
	files := append(slices.Clone(sockets), wordsWriter, turnReader, stderr)
	if http != nil {
		h.HTTP, files = bind, append(files, http)
	}
	process, err := startProgram(program, args, h, errorWriter, files)
	if err != nil {
		closeFiles(words, turn, lines)
		return nil, err
	}
	n := &successor{process: process, words: words, read: bufio.NewReader(words), turn: turn,
		ended: make(chan struct{}), said: make(chan struct{})}
	go func() {
		n.state, _ = process.Wait() // it is this one's child
		close(n.ended)
	}()
	go n.listen(lines, stderr)
	return n, nil
}

func startProgram(program string, args []string, h handed, stderr *os.File, files []*os.File) (*os.Process, error) {
	described, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	// It is looked up by its name again, to find a newer version.
	if program, err = exec.LookPath(program); err != nil {
		return nil, err
	}
	environment := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "LISTEN_") })
	descriptors := []uintptr{0, 1}
	for _, f := range append([]*os.File{stderr}, files...) {
		fd, err := descriptor(f)
		if err != nil {
			return nil, err
		}
		descriptors = append(descriptors, fd)
	}
	pid, err := syscall.ForkExec(program, args, &syscall.ProcAttr{
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

// listen passes on what the process writes to standard error.
func (n *successor) listen(lines, stderr *os.File) {
	defer close(n.said)
	defer lines.Close()
	for in := bufio.NewReader(lines); ; {
		line, err := in.ReadString('\n')
		io.WriteString(stderr, line)
		if text := strings.TrimSpace(line); text != "" {
			n.lastLine = text
		}
		if err != nil {
			return
		}
	}
}

// await returns the next word of the process.
func (n *successor) await(ctx context.Context, limit time.Duration) (string, error) {
	n.words.SetReadDeadline(time.Now().Add(limit))
	defer context.AfterFunc(ctx, func() { n.words.SetReadDeadline(time.Now()) })()
	heard := make(chan struct{})
	defer close(heard)
	go func() {
		select {
		case <-n.ended: // something that it has started may hold its end open
			n.words.SetReadDeadline(time.Now().Add(lastWordTime))
		case <-heard:
		}
	}()
	word, err := n.read.ReadString('\n')
	switch {
	case err == nil:
		return strings.TrimSuffix(word, "\n"), nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "", fmt.Errorf("the new process did not serve within %s", limit)
	}
	return "", err
}

// release tells the process that it is its turn.
func (n *successor) release() { n.turn.Write([]byte{'\n'}) } // if it is gone, await says so

// leave tells the process that this one leaves, once all that it wrote is passed on.
func (n *successor) leave() {
	n.turn.Close()
	wait(n.said, endTime)
}

// lastWordTime is how long what the process has said may be on its way when it has ended.
const lastWordTime = 100 * time.Millisecond

// endTime is how long a process that failed may take to end by itself, and again
// after SIGTERM, so that what it does to the store is whole.
const endTime = 2 * time.Second

// end ends the process, which failed with err, and returns what it has to say.
func (n *successor) end(err error) error {
	limit := time.Duration(0)
	if errors.Is(err, io.EOF) {
		limit = endTime // it is about to
	}
	byItself := wait(n.ended, limit)
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if wait(n.ended, 0) {
			break
		}
		n.process.Signal(signal)
		wait(n.ended, endTime)
	}
	closeFiles(n.words, n.turn)
	if byItself {
		err = fmt.Errorf("the new process ended instead of taking over: %s", n.state)
	}
	if wait(n.said, endTime) && n.lastLine != "" {
		err = fmt.Errorf("%w: %s", err, n.lastLine)
	}
	return err
}

// wait reports whether done is closed within limit.
func wait(done <-chan struct{}, limit time.Duration) bool {
	select {
	case <-done:
		return true
	default:
	}
	select {
	case <-done:
		return true
	case <-time.After(limit):
		return false
	}
}

func closeFiles(files ...*os.File) {
	for _, f := range files {
		f.Close() // nil is fine
	}
}

// copies returns files of the sockets of listeners, which outlive them.
func copies(listeners []net.Listener) (files []*os.File, kinds []receive.Endpoint, err error) {
	for _, l := range listeners {
		filer, ok := l.(interface{ File() (*os.File, error) })
		if !ok {
			closeFiles(files...)
			return nil, nil, fmt.Errorf("the socket %s cannot be handed over", l.Addr())
		}
		f, err := filer.File()
		if err != nil {
			closeFiles(files...)
			return nil, nil, err
		}
		files, kinds = append(files, f), append(kinds, receive.EndpointOf(l))
	}
	return files, kinds, nil
}
