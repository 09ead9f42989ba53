package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/deliver"
)

// inBubble returns a relay and a sender to it that is closed with the test, for
// use in a bubble.
func inBubble(t *testing.T, c testutil.Config, limits deliver.Limits) (*testutil.Peer, *deliver.SMTP) {
	c.Patience = 24 * time.Hour
	peer := testutil.New(c)
	sender := &deliver.SMTP{Addr: "relay.example.com:25", Hostname: "me", Limits: limits, Dial: peer.Dial}
	t.Cleanup(func() {
		sender.Close()
		peer.Wait()
	})
	return peer, sender
}

func mustSend(t *testing.T, s deliver.Sender) {
	t.Helper()
	if err := s.Send(t.Context(), to("a@x")); err != nil {
		t.Fatal(err)
	}
}

func TestAKeptConnectionTakesTheNextMail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer, sender := inBubble(t, testutil.Config{}, deliver.Limits{IdleTimeout: 30 * time.Second})
		mustSend(t, sender)
		<-time.After(29 * time.Second)
		mustSend(t, sender)
		want := "EHLO me|MAIL FROM:<failmail@x>|RCPT TO:<a@x>|DATA|NOOP|MAIL FROM:<failmail@x>|RCPT TO:<a@x>|DATA"
		if got := strings.Join(peer.Commands(), "|"); got != want || peer.Connections() != 1 {
			t.Errorf("%d connections with %s, want one with %s", peer.Connections(), got, want)
		}
	})
}

func TestAnIdleConnectionIsClosedPolitely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer, sender := inBubble(t, testutil.Config{}, deliver.Limits{IdleTimeout: 30 * time.Second})
		mustSend(t, sender)
		<-time.After(30*time.Second - time.Nanosecond)
		synctest.Wait()
		if peer.Open() != 1 {
			t.Fatal("the connection is not kept")
		}
		<-time.After(time.Nanosecond)
		synctest.Wait()
		commands := peer.Commands()
		if peer.Open() != 0 || commands[len(commands)-1] != "QUIT" {
			t.Errorf("%d connections are open after %q", peer.Open(), commands)
		}
		mustSend(t, sender)
		if peer.Connections() != 2 {
			t.Errorf("%d connections, want 2", peer.Connections())
		}
	})
}

func TestAConnectionIsClosedAfterSoManyMails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer, sender := inBubble(t, testutil.Config{}, deliver.Limits{IdleTimeout: time.Minute, MaxMails: 3})
		for range 7 {
			mustSend(t, sender)
		}
		synctest.Wait()
		if peer.Connections() != 3 || peer.Open() != 1 {
			t.Errorf("%d connections, %d still open; want 3 and 1", peer.Connections(), peer.Open())
		}
	})
}

func TestARefusedMailIsClearedAwayBeforeTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer, sender := inBubble(t, testutil.Config{Script: testutil.Script{"RCPT#1": "550 no"}}, deliver.Limits{IdleTimeout: time.Minute})
		if err := sender.Send(t.Context(), to("a@x")); fateOf(err) != permanent {
			t.Fatal(err)
		}
		mustSend(t, sender)
		want := "EHLO me|MAIL FROM:<failmail@x>|RCPT TO:<a@x>|RSET|EHLO me|MAIL FROM:<failmail@x>|RCPT TO:<a@x>|DATA"
		if got := strings.Join(peer.Commands(), "|"); got != want {
			t.Errorf("the relay got %s, want %s", got, want)
		}
	})
}

func TestARelayThatRestartsIsNotAFailure(t *testing.T) {
	peer := testutil.Start(t, testutil.Config{})
	sender := &deliver.SMTP{Addr: peer.Addr, Limits: deliver.Limits{IdleTimeout: time.Minute}}
	defer sender.Close()
	for range 5 {
		mustSend(t, sender)
		peer.HangUp()
	}
	if len(peer.Mails()) != 5 || peer.Connections() != 5 {
		t.Errorf("%d mails over %d connections, want 5 over 5", len(peer.Mails()), peer.Connections())
	}
}

func TestThereAreNoMoreConnectionsThanAllowed(t *testing.T) {
	const allowed, mails = 3, 60
	peer := testutil.Start(t, testutil.Config{})
	var mu sync.Mutex
	open, most := 0, 0
	count := func(by int) {
		mu.Lock()
		defer mu.Unlock()
		open += by
		most = max(most, open)
	}
	sender := &deliver.SMTP{Addr: peer.Addr, Limits: deliver.Limits{IdleTimeout: time.Minute, MaxConns: allowed, MaxMails: 7}}
	sender.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err == nil {
			count(1)
			conn = &counted{Conn: conn, closed: sync.OnceFunc(func() { count(-1) })}
		}
		return conn, err
	}
	var senders sync.WaitGroup
	for i := range mails {
		senders.Go(func() {
			if err := sender.Send(t.Context(), to(fmt.Sprintf("%d@x", i))); err != nil {
				t.Error(err)
			}
		})
	}
	senders.Wait()
	sender.Close()
	seen := make(map[string]int)
	for _, m := range peer.Mails() {
		seen[strings.Join(m.To, " ")]++
	}
	if len(seen) != mails || len(peer.Mails()) != mails {
		t.Errorf("%d mails arrived, %d of them different; want %d", len(peer.Mails()), len(seen), mails)
	}
	if most > allowed || open != 0 {
		t.Errorf("there were up to %d connections, and %d at the end; want %d and 0", most, open, allowed)
	}
}

type counted struct {
	net.Conn
	closed func()
}

func (c *counted) Close() error {
	c.closed()
	return c.Conn.Close()
}

func TestAWaitForAConnectionEndsWithTheContext(t *testing.T) {
	peer := testutil.Start(t, testutil.Config{Script: testutil.Script{"MAIL": testutil.Hang}})
	sender := &deliver.SMTP{Addr: peer.Addr, Limits: deliver.Limits{MaxConns: 1}}
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() { first <- sender.Send(ctx, to("a@x")) }()
	<-peer.Hung
	gone, cancelSecond := context.WithCancel(t.Context())
	cancelSecond()
	err := sender.Send(gone, to("a@x"))
	if !errors.Is(err, context.Canceled) || deliver.IsUnreachable(err) || !strings.Contains(err.Error(), "limit of 1 connections") {
		t.Errorf("Send = %v", err)
	}
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) || deliver.IsUnreachable(err) {
		t.Errorf("Send = %v, unreachable %v", err, deliver.IsUnreachable(err))
	}
}

func TestCloseTakesLeaveAndMayBeCalledTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer, sender := inBubble(t, testutil.Config{Script: testutil.Script{"QUIT": testutil.Hang}}, deliver.Limits{IdleTimeout: time.Hour})
		mustSend(t, sender)
		start := time.Now()
		for range 2 {
			if err := sender.Close(); err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		if took := time.Since(start); took != 5*time.Second || peer.Open() != 0 {
			t.Errorf("Close took %v of a relay's silence, and %d connections are open; want 5s and none", took, peer.Open())
		}
		mustSend(t, sender) // over a connection of its own
		synctest.Wait()
		if peer.Open() != 0 {
			t.Error("a connection is kept although the sender is closed")
		}
	})
}

func TestNoMoreMailsBeginInAMinuteThanAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, sender := inBubble(t, testutil.Config{}, deliver.Limits{Rate: 3})
		start := time.Now()
		var at []time.Duration
		for i := range 8 {
			if i == 1 {
				<-time.After(50 * time.Second)
			}
			mustSend(t, sender)
			at = append(at, time.Since(start))
		}
		s := time.Second
		want := []time.Duration{0, 50 * s, 50 * s, 60 * s, 110 * s, 110 * s, 120 * s, 170 * s}
		if fmt.Sprint(at) != fmt.Sprint(want) {
			t.Errorf("mails were sent at %v, want %v", at, want)
		}
	})
}

func TestAWaitBecauseOfTheRateEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer, sender := inBubble(t, testutil.Config{}, deliver.Limits{Rate: 1})
		mustSend(t, sender)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err := sender.Send(ctx, to("a@x"))
		if !errors.Is(err, context.DeadlineExceeded) || fateOf(err) != temporary || !strings.Contains(err.Error(), "limit of 1 mails a minute") {
			t.Errorf("Send = %v", err)
		}
		if len(peer.Mails()) != 1 {
			t.Errorf("%d mails were sent", len(peer.Mails()))
		}
	})
}
