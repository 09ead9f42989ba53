//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/hut8labs/failmail/pkg/message"

	"github.com/hut8labs/failmail/pkg/receive"
)

// A trouble is what a relay can have.
type trouble string

const (
	none      trouble = "none"
	down      trouble = "down"      // refuses connections
	throttles trouble = "throttles" // answers every mail with 421
	slow      trouble = "slow"      // answers after slowAnswer
	dead      trouble = "dead"      // takes connections and says nothing, then they break
	forgets   trouble = "forgets"   // takes a mail and never answers, then the connection breaks
)

var troubles = []trouble{down, throttles, slow, dead, forgets}

const slowAnswer = 2 * time.Second

// A relay takes summaries, and has troubles. It keeps only what the ledger asks
// for, as there are many in an hour.
type relay struct {
	addr string

	mu        sync.Mutex
	trouble   trouble
	broken    chan struct{} // closed once the connections of this trouble are
	stop      func()        // what serves now
	summaries []*receive.Message
}

func startRelay() (*relay, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{addr: l.Addr().String(), broken: make(chan struct{})}
	r.serve(l)
	return r, nil
}

// turn ends the trouble that there is and begins another one; none for a relay that
// works. Connections break, as when a relay starts anew.
func (r *relay) turn(to trouble) error {
	r.mu.Lock()
	r.trouble = to
	stop, broken := r.stop, r.broken
	r.stop, r.broken = func() {}, make(chan struct{})
	r.mu.Unlock()
	stop()
	close(broken)
	if to == down {
		return nil
	}
	l, err := net.Listen("tcp", r.addr)
	if err != nil {
		return fmt.Errorf("bring the relay back: %w", err)
	}
	if to == dead {
		r.stop = ignore(l)
	} else {
		r.serve(l)
	}
	return nil
}

func (r *relay) serve(l net.Listener) {
	server := receive.NewServer(receive.HandlerFunc(r.take), receive.Options{Hostname: "relay"})
	var serving sync.WaitGroup
	serving.Go(func() { server.Serve(l) })
	r.stop = func() {
		now, cancel := context.WithCancel(context.Background())
		cancel() // what is cut is the sender's to repeat
		server.Shutdown(now)
		serving.Wait()
	}
}

func (r *relay) take(ctx context.Context, m *receive.Message) error {
	r.mu.Lock()
	trouble, broken := r.trouble, r.broken
	r.mu.Unlock()
	switch trouble {
	case throttles:
		return &receive.Refusal{Code: 421, Enhanced: [3]int{4, 7, 0}, Text: "Too many mails; try again later"}
	case slow:
		select {
		case <-time.After(slowAnswer):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	// Only the header, and only what the ledger looks at.
	stub := fmt.Appendf(nil, "Message-ID: %s\r\nSubject: %s\r\nX-Failmail-Count: %s\r\n\r\n",
		m.Header.Get("Message-Id"), m.Header.Get("Subject"), m.Header.Get("X-Failmail-Count"))
	r.mu.Lock()
	r.summaries = append(r.summaries, message.New(m.From, m.To, stub))
	r.mu.Unlock()
	if trouble == forgets {
		// Not until ctx ends: that is before the connections break, and a reply would
		// still be heard. A refusal of what was taken would make failmail count it twice.
		<-broken
		return io.ErrUnexpectedEOF
	}
	return nil
}

// taken returns the summaries so far.
func (r *relay) taken() []*receive.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*receive.Message(nil), r.summaries...)
}

func (r *relay) close() { r.stop() }

// ignore takes connections on l and leaves them alone. The function it returns
// breaks them.
func ignore(l net.Listener) (stop func()) {
	var accepting sync.WaitGroup
	var conns []net.Conn
	accepting.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns = append(conns, c)
		}
	})
	return func() {
		l.Close()
		accepting.Wait()
		for _, c := range conns {
			c.Close()
		}
	}
}
