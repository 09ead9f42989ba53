// Package sink is an SMTP server that takes every mail and keeps it in memory:
// the throw-away relay of the demo and of tests.
package sink

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/hut8labs/failmail/pkg/receive"
)

// A Sink collects mails. Its methods are safe for concurrent use.
type Sink struct {
	server *receive.Server
	addr   net.Addr

	mu      sync.Mutex
	mails   []*receive.Message
	arrived chan struct{} // closed and replaced at each arrival
	refusal func(*receive.Message) *receive.Refusal
}

// Start listens on addr, "localhost:0" for any free port. Stop ends it.
func Start(addr string) (*Sink, error) {
	listeners, err := receive.Listen(context.Background(), addr)
	if err != nil {
		return nil, err
	}
	s := &Sink{addr: listeners[0].Addr(), arrived: make(chan struct{})}
	s.server = receive.NewServer(receive.HandlerFunc(s.keep), receive.Options{Hostname: "sink"})
	for _, l := range listeners {
		go s.server.Serve(l) // ends when Stop closes l
	}
	return s, nil
}

// Refuse makes the sink answer with what decide returns, unless that is nil.
func (s *Sink) Refuse(decide func(*receive.Message) *receive.Refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusal = decide
}

// RefuseAll makes the sink answer every mail so.
func (s *Sink) RefuseAll(code int, text string) {
	s.Refuse(func(*receive.Message) *receive.Refusal {
		return &receive.Refusal{Code: code, Enhanced: [3]int{code / 100, 0, 0}, Text: text}
	})
}

func (s *Sink) keep(_ context.Context, m *receive.Message) error {
	s.mu.Lock()
	refusal := s.refusal
	s.mu.Unlock()
	if refusal != nil {
		if r := refusal(m); r != nil {
			return r
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, m)
	close(s.arrived)
	s.arrived = make(chan struct{})
	return nil
}

// Addr returns the address as "host:port".
func (s *Sink) Addr() string { return s.addr.String() }

// Mails returns what has arrived so far.
func (s *Sink) Mails() []*receive.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*receive.Message(nil), s.mails...)
}

// WaitFor returns all mails as soon as enough says so, or ctx's error and the
// mails so far when it ends first.
func (s *Sink) WaitFor(ctx context.Context, enough func([]*receive.Message) bool) ([]*receive.Message, error) {
	for {
		s.mu.Lock()
		mails, arrived := append([]*receive.Message(nil), s.mails...), s.arrived
		s.mu.Unlock()
		if enough(mails) {
			return mails, nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return mails, ctx.Err()
		}
	}
}

// Stop closes the sink and its connections.
func (s *Sink) Stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	s.server.Shutdown(ctx) // what is cut here is the sender's to repeat
}
