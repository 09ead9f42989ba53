// Package failmailtest helps programs that embed Failmail to test what they make of
// it: a grouping function, a renderer, a hook, pages about problems.
//
//	func TestServicesAreGrouped(t *testing.T) {
//		p := failmailtest.Start(t, failmail.Config{Group: mine})
//		p.Mail("Subject: disk full on db1\n\n97 %")
//		summaries := p.Summaries()
//		if len(summaries) != 1 || summaries[0].Header.Get("X-Failmail-Groups") != "1" {
//			t.Errorf("got %d summaries", len(summaries))
//		}
//	}
//
// A [Proxy] has all methods of a [failmail.Proxy], such as Problems and Handler. It has no
// port, nothing is durable, and its end is that of the test, so tests may run in
// parallel; in a bubble of testing/synctest, time passes at once. The methods are safe for
// concurrent use, except that Summaries is the last.
package failmailtest

import (
	"context"
	"sync"
	"testing"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

// Addresses of what Mail submits.
const (
	From = "app@example.com"
	To   = "ops@example.com"
)

// A Proxy is a failmail.Proxy that keeps what it would send. Its methods are safe for
// concurrent use, as those of failmail.Proxy are, except that Summaries is the last.
type Proxy struct {
	*failmail.Proxy
	t testing.TB

	mu   sync.Mutex
	sent []*message.Message
}

// Start starts a Proxy with config, and ends it with the test. Unless config says
// otherwise, nothing is written to disk but the fail-dir, in a folder of the test, and
// mails come in by Mail and Submit only. It may run in a bubble of testing/synctest.
func Start(t testing.TB, config failmail.Config) *Proxy {
	t.Helper()
	p := &Proxy{t: t}
	if config.Bind == "" && len(config.Listeners) == 0 {
		config.Bind = failmail.NoListener
	}
	if config.Store == nil {
		config.Store = memory.New(store.Limits{})
	}
	if config.FailDir == "" {
		config.FailDir = t.TempDir()
	}
	if config.Sender == nil {
		config.Sender = failmail.SenderFunc(p.keep)
	}
	config.FlushOnExit = true
	proxy, err := failmail.New(config)
	if err != nil {
		t.Fatalf("failmailtest: %v", err)
	}
	if err := proxy.Start(context.Background()); err != nil {
		t.Fatalf("failmailtest: %v", err)
	}
	p.Proxy = proxy
	t.Cleanup(func() { p.stop() })
	return p
}

func (p *Proxy) keep(_ context.Context, m *failmail.Mail) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, message.New(m.From, m.To, m.Raw))
	return nil
}

// Mail submits raw, a mail as in RFC 5322, from From to To. It fails the test when
// the Proxy does not take it.
func (p *Proxy) Mail(raw string) {
	p.t.Helper()
	if err := p.Submit(context.Background(), failmail.NewMessage(From, []string{To}, []byte(raw))); err != nil {
		p.t.Fatalf("failmailtest: submit a mail: %v", err)
	}
}

// Summaries stops the Proxy and returns every summary it has made, also of what was
// not yet due, in the order in which they were sent. With a Sender of your own there
// are none.
func (p *Proxy) Summaries() []*failmail.Message {
	p.t.Helper()
	p.stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent
}

func (p *Proxy) stop() {
	if err := p.Shutdown(context.Background()); err != nil {
		p.t.Errorf("failmailtest: stop: %v", err)
	}
}
