//go:build unix

package supervise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hut8labs/failmail/pkg/receive"
)

// What the new process says, a line each.
const (
	wordRelease = "release" // close what only one process can have open
	wordServing = "serving" // you may leave
)

// handed describes the descriptors from firstSocket on: the sockets for mail, then
// the two pipes, the real standard error, and the socket for HTTP if there is one.
type handed struct {
	Sockets []receive.Endpoint `json:"sockets"`
	HTTP    string             `json:"http,omitempty"` // what HTTP.Address was
}

// A predecessor is the process that this one replaces.
type predecessor struct {
	kinds  []receive.Endpoint
	words  *os.File // to write to
	turn   *os.File // has a byte when the predecessor has released what it had; ends when it has left
	stderr *os.File // nil from version 1.0
	http   *os.File // nil if there is none
	bind   string   // what http was made for
}

// findPredecessor returns nil when this process was started by a person.
func findPredecessor() (*predecessor, error) {
	text := os.Getenv(handoverEnv)
	if text == "" {
		return nil, nil
	}
	os.Unsetenv(handoverEnv) // it is not for the process that replaces this one
	var h handed
	err := json.Unmarshal([]byte(text), &h)
	alone := err != nil // version 1.0 hands over the sockets alone, and leaves after the first word
	if alone {
		err = json.Unmarshal([]byte(text), &h.Sockets)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w; unset it", handoverEnv, err)
	}
	next := firstSocket + len(h.Sockets)
	file := func(name string) *os.File {
		syscall.CloseOnExec(next) // no hook shall keep it open
		f := os.NewFile(uintptr(next), name)
		next++
		return f
	}
	syscall.SetNonblock(next+1, true) // so that waiting for the turn can be ended
	p := &predecessor{kinds: h.Sockets, bind: h.HTTP, words: file("words"), turn: file("turn")}
	if alone {
		return p, nil
	}
	// Up to "serving", standard error leads through the predecessor. If that is
	// killed meanwhile, this process must not die of it.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	p.stderr = file("standard error")
	if h.HTTP != "" {
		p.http = file("HTTP")
	}
	return p, nil
}

// release returns when the predecessor has closed what it had open.
func (p *predecessor) release(ctx context.Context) error {
	p.say(wordRelease)
	return p.await(ctx)
}

// serving says that this process serves, and returns when the predecessor leaves.
func (p *predecessor) serving(ctx context.Context) error {
	if p.stderr != nil {
		if err := replaceStderr(p.stderr); err != nil {
			return fmt.Errorf("take over standard error: %w", err)
		}
		p.stderr.Close()
		signal.Reset(syscall.SIGPIPE)
	}
	p.say(wordServing)
	defer p.words.Close()
	defer p.turn.Close()
	return p.await(ctx)
}

// say is not heard by a predecessor that is gone, which has released everything.
func (p *predecessor) say(word string) { io.WriteString(p.words, word+"\n") }

// await returns when it is this process's turn.
func (p *predecessor) await(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { p.turn.SetReadDeadline(time.Now()) })()
	if _, err := p.turn.Read(make([]byte, 1)); err != nil && err != io.EOF {
		return errors.Join(ctx.Err(), err)
	}
	return nil
}

// listener returns the socket for HTTP if it is that of address.
func (p *predecessor) listener(address string) (net.Listener, error) {
	if p == nil || p.http == nil {
		return nil, nil
	}
	l, err := net.FileListener(p.http)
	if err = errors.Join(err, p.http.Close()); err != nil {
		return nil, fmt.Errorf("use the socket for HTTP: %w", err)
	}
	p.http = nil
	if wanted, err := net.ResolveTCPAddr("tcp", address); p.bind != address && (err != nil || wanted.String() != l.Addr().String()) {
		return nil, l.Close()
	}
	return l, nil
}
