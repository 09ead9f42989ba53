// Package sendertest is the conformance suite of [deliver.Sender]. A Sender that
// passes it keeps the promises in the comment of the interface, as far as they
// can be seen from outside without the other side failing.
//
//	func TestWebhook(t *testing.T) {
//		sendertest.Run(t, func(t *testing.T) sendertest.Fixture {
//			hook, posts := start(t)
//			return sendertest.Fixture{Sender: hook, Received: posts}
//		})
//	}
//
// Each subtest has a fresh Fixture. A Proxy calls Send from one goroutine at a time; that a
// Sender is safe for concurrent use is tried if the Fixture says so.
package sendertest

import (
	"context"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/deliver"
)

// A Fixture is a Sender with a view of where its mails go.
type Fixture struct {
	Sender deliver.Sender
	// Received returns what the other side has taken so far, in any order,
	// with the line ends as CRLF again. A mail for which Send returned nil must
	// be among it. MessageID may be left empty.
	Received func() []deliver.Mail
	// Refuse tells the other side what to do with mails from now on. Nil if it
	// cannot refuse any.
	Refuse func(Refusal)
	// Concurrent says that Send may be called by many goroutines at once, which
	// the interface does not ask for.
	Concurrent bool
}

// A Refusal is what the other side does with mails.
type Refusal int

const (
	Accept Refusal = iota
	RefuseForNow
	RefuseForGood
)

// patience ends a Send that does not return; no Sender that conforms comes
// near it.
const patience = 10 * time.Second

// Run tests the Sender that open returns. If it has a Close method, that is
// tested as well, and called in the end. Each call of open returns a new one
// whose other side is empty and accepts everything; what it needs to clean up
// it registers with t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	for _, c := range []struct {
		sentence string
		run      func(t *testing.T, f Fixture)
	}{
		{"a mail that was accepted has arrived for all its recipients, byte for byte", arrives},
		{"a mail is not changed", leavesMailAlone},
		{"the same mail may be sent twice", sendsTwice},
		{"a mail inherits nothing from the one before", keepsMailsApart},
		{"one sender sends many mails", sendsMany},
		{"a context that ends after Send returned does not disturb the next mail", outlivesContexts},
		{"many goroutines send at once", sendsConcurrently},
		{"a refusal for now is temporary, and the next attempt succeeds", refusedForNow},
		{"a refusal for good is permanent, and does not disturb the next mail", refusedForGood},
		{"Close may be called twice", closesTwice},
		{"Send returns when its context has ended beforehand, and says what happened", mindsContext},
	} {
		t.Run(c.sentence, func(t *testing.T) { c.run(t, start(t, open)) })
	}
	t.Run("any mail arrives", func(t *testing.T) {
		for _, s := range samples() {
			t.Run(s.name, func(t *testing.T) {
				f := start(t, open)
				send(t, f, &s.mail)
				received(t, f, s.mail)
			})
		}
	})
}

func start(t *testing.T, open func(t *testing.T) Fixture) Fixture {
	f := open(t)
	if closer, ok := f.Sender.(io.Closer); ok {
		t.Cleanup(func() { closer.Close() })
	}
	return f
}

func arrives(t *testing.T, f Fixture) {
	m := sample("1", "a@example.com", "b@example.com")
	send(t, f, &m)
	received(t, f, m)
}

func leavesMailAlone(t *testing.T, f Fixture) {
	m := sample("1", "a@example.com", "b@example.com")
	// An append to either slice would write into the room behind it.
	raw, to := append(m.Raw, "behind the mail"...), append(m.To, "behind@example.com")
	m.Raw, m.To = raw[:len(m.Raw)], to[:len(m.To)]
	wantRaw, wantTo, want := slices.Clone(raw), slices.Clone(to), m
	send(t, f, &m)
	if m.From != want.From || m.MessageID != want.MessageID || len(m.Raw) != len(want.Raw) || len(m.To) != len(want.To) {
		t.Errorf("the mail became %+v", m)
	}
	if !slices.Equal(raw, wantRaw) || !slices.Equal(to, wantTo) {
		t.Errorf("the mail became %q to %q, was %q to %q", raw, to, wantRaw, wantTo)
	}
}

func sendsTwice(t *testing.T, f Fixture) {
	m := sample("1", "a@example.com")
	send(t, f, &m)
	send(t, f, &m)
	received(t, f, m, m)
}

func keepsMailsApart(t *testing.T, f Fixture) {
	one, two := sample("1", "a@example.com", "b@example.com"), sample("2", "c@example.com")
	two.From = "other@example.com"
	send(t, f, &one)
	send(t, f, &two)
	received(t, f, one, two)
}

func sendsMany(t *testing.T, f Fixture) {
	var want []deliver.Mail
	for i := range 25 {
		m := sample(string(rune('a'+i)), "a@example.com")
		send(t, f, &m)
		want = append(want, m)
	}
	received(t, f, want...)
}

func outlivesContexts(t *testing.T, f Fixture) {
	one, two := sample("1", "a@example.com"), sample("2", "a@example.com")
	ctx, cancel := context.WithCancel(t.Context())
	if err := try(ctx, t, f, &one); err != nil {
		t.Fatalf("Send = %v", err)
	}
	cancel()
	send(t, f, &two)
	received(t, f, one, two)
}

// A Sender that waits for nobody may still accept the mail. What it must not do
// is to claim so wrongly, or to leave a copy where it reports a failure.
func mindsContext(t *testing.T, f Fixture) {
	m := sample("1", "a@example.com")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := try(ctx, t, f, &m)
	if err == nil {
		received(t, f, m)
		return
	}
	if deliver.IsPermanent(err) {
		t.Errorf("%v is permanent, so the mail would not be tried again", err)
	}
	received(t, f)
	send(t, f, &m) // the next attempt
	received(t, f, m)
}

// send fails the test unless the mail is accepted.
func send(t *testing.T, f Fixture, m *deliver.Mail) {
	t.Helper()
	if err := try(t.Context(), t, f, m); err != nil {
		t.Fatalf("Send = %v", err)
	}
}

// try fails the test if Send does not return.
func try(ctx context.Context, t *testing.T, f Fixture, m *deliver.Mail) error {
	t.Helper()
	result := make(chan error, 1)
	go func() { result <- f.Sender.Send(ctx, m) }()
	select {
	case err := <-result:
		return err
	case <-time.After(patience):
		t.Fatalf("Send has not returned after %v", patience)
		return nil
	}
}

// received fails the test unless exactly the wanted mails have arrived.
func received(t *testing.T, f Fixture, want ...deliver.Mail) {
	t.Helper()
	got := f.Received()
	for _, w := range want {
		i := slices.IndexFunc(got, func(g deliver.Mail) bool {
			return g.From == w.From && slices.Equal(g.To, w.To) && string(g.Raw) == string(w.Raw)
		})
		if i < 0 {
			t.Errorf("<%s> to %q has not arrived: %.200q", w.From, w.To, w.Raw)
			continue
		}
		got = slices.Delete(slices.Clone(got), i, i+1)
	}
	for _, g := range got {
		t.Errorf("nobody sent <%s> to %q: %.200q", g.From, g.To, g.Raw)
	}
}
