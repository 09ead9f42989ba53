package sink_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/hut8labs/failmail/internal/sink"
	"github.com/hut8labs/failmail/pkg/receive"
)

func start(t *testing.T) *sink.Sink {
	t.Helper()
	s, err := sink.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

func send(s *sink.Sink, subject string) error {
	c, err := smtp.Dial(s.Addr())
	if err != nil {
		return err
	}
	defer c.Close()
	return c.SendMail("f@x", []string{"t@x"}, strings.NewReader("Subject: "+subject+"\r\n\r\n"))
}

func TestSinkKeepsMailsInOrder(t *testing.T) {
	s := start(t)
	for _, subject := range []string{"one", "two"} {
		if err := send(s, subject); err != nil {
			t.Fatal(err)
		}
	}
	mails := s.Mails()
	if len(mails) != 2 || mails[0].Subject() != "one" || mails[1].Subject() != "two" || mails[0].From != "f@x" || mails[0].To[0] != "t@x" {
		t.Errorf("the sink holds %d mails: %+v", len(mails), mails)
	}
	mails[0] = nil
	if s.Mails()[0] == nil {
		t.Error("the caller's slice is the sink's own")
	}
}

func TestSinkRefusesAsTold(t *testing.T) {
	s := start(t)
	s.Refuse(func(m *receive.Message) *receive.Refusal {
		if m.Subject() != "bad" {
			return nil
		}
		return &receive.Refusal{Code: 450, Enhanced: [3]int{4, 2, 1}, Text: "Full"}
	})
	var reply *smtp.SMTPError
	if err := send(s, "bad"); !errors.As(err, &reply) || reply.Code != 450 {
		t.Errorf("bad mail: %v, want 450", err)
	}
	if err := send(s, "good"); err != nil {
		t.Errorf("good mail: %v", err)
	}
	if mails := s.Mails(); len(mails) != 1 || mails[0].Subject() != "good" {
		t.Errorf("the sink holds %d mails", len(mails))
	}
}

func TestWaitForReturnsWhenEnoughHasArrived(t *testing.T) {
	s := start(t)
	sent := make(chan error, 1)
	go func() {
		for _, subject := range []string{"one", "two", "three"} {
			if err := send(s, subject); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	mails, err := s.WaitFor(t.Context(), func(m []*receive.Message) bool { return len(m) >= 3 })
	if err != nil || len(mails) != 3 {
		t.Errorf("WaitFor = %d mails, %v", len(mails), err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

func TestWaitForReturnsWhatThereIsWhenTheContextEnds(t *testing.T) {
	s := start(t)
	if err := send(s, "one"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	mails, err := s.WaitFor(ctx, func([]*receive.Message) bool { return false })
	if !errors.Is(err, context.Canceled) || len(mails) != 1 {
		t.Errorf("WaitFor = %d mails, %v", len(mails), err)
	}
}

func TestStopClosesThePortAndMayBeCalledTwice(t *testing.T) {
	s := start(t)
	if err := send(s, "one"); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	s.Stop()
	if conn, err := net.Dial("tcp", s.Addr()); err == nil {
		conn.Close()
		t.Error("the port still accepts connections")
	}
	if len(s.Mails()) != 1 {
		t.Error("the mails are gone with the server")
	}
}

func TestStartReportsAnAddressInUse(t *testing.T) {
	s := start(t)
	second, err := sink.Start(s.Addr())
	if err == nil {
		second.Stop()
		t.Fatal("Start succeeded twice on one address")
	}
	if !strings.Contains(err.Error(), s.Addr()) {
		t.Errorf("%q does not name the address", err)
	}
}
