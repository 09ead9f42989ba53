package browser

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/failmailtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	closeBrowser()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// An outlet is a relay that notes what it gets.
type outlet struct {
	mu    sync.Mutex
	mails []*failmail.Mail
	err   error
}

func (o *outlet) Send(_ context.Context, m *failmail.Mail) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return o.err
	}
	o.mails = append(o.mails, m)
	return nil
}

func (o *outlet) fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.err = err
}

func (o *outlet) sent() []*failmail.Mail {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]*failmail.Mail(nil), o.mails...)
}

// startProxy runs a Proxy whose batches stay open until the test flushes them.
func startProxy(t *testing.T, config failmail.Config) (*failmail.Proxy, *outlet) {
	t.Helper()
	relay := &outlet{}
	config.Sender = relay
	config.Wait, config.MaxWait = cmp.Or(config.Wait, time.Hour), cmp.Or(config.MaxWait, 24*time.Hour)
	return failmailtest.Start(t, config).Proxy, relay
}

// serve mounts a handler under a prefix, as an embedder does.
func serve(t *testing.T, handler http.Handler) (address string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/failmail/", http.StripPrefix("/failmail", handler))
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		server.CloseClientConnections() // of streams
		server.Close()
	})
	return server.URL + "/failmail/"
}

func submit(t *testing.T, p *failmail.Proxy, subject, body string, fields ...string) {
	t.Helper()
	raw := "From: app@web1.example\r\nSubject: " + subject + "\r\n"
	for _, field := range fields {
		raw += field + "\r\n"
	}
	m := failmail.NewMessage("app@web1.example", []string{"ops@example.com"}, []byte(raw+"\r\n"+body+"\r\n"))
	if err := p.Submit(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

// waitFor asks until ok, or the test's time is over.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for !ok() {
		select {
		case <-ticker.C:
		case <-timeout.C:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// patience is for machines that do much else.
const patience = time.Minute
