package demo

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hut8labs/failmail/internal/storm"
)

// An output is safe for concurrent use.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func TestTheLiveDemoShowsMailsOnItsPageAndTakesThoseOfOthers(t *testing.T) {
	var out output
	l, err := StartLive(t.Context(), LiveOptions{HTTP: "localhost:0", Version: "v9", Out: &out})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	until(t, "the first error", func() bool {
		return strings.Contains(get(t, l.URL+"api/problems?q=ChargeFailed"), "SocketTimeoutException")
	})
	if page := get(t, l.URL); !strings.Contains(page, "to nowhere: this is a demo") || !strings.Contains(page, "restic worker1") {
		t.Errorf("the page is %s", page)
	}
	mail := storm.Mail{Helo: "nas7", From: "me@nas7.example", To: []string{"you@example.com"}, Data: []byte("Subject: disk full on nas7\r\n\r\n97 %\r\n")}
	if err := inject(ctx, l.Proxy.Addr().String(), []storm.Mail{mail}, new(atomic.Int64)); err != nil {
		t.Fatal(err)
	}
	if found := get(t, l.URL+"api/problems?q=nas7"); !strings.Contains(found, "disk full on nas7") {
		t.Errorf("of a mail of one's own there is %s", found)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := http.Get(l.URL); err == nil {
		t.Error("the page is still served")
	}
	if text := out.String(); !strings.HasPrefix(text, "day 1, 08:00  ") {
		t.Errorf("it tells %q", text)
	}
}

func TestTheLiveDemoSaysWhatIsToBeSeenAndHowToEndIt(t *testing.T) {
	var out output
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, LiveOptions{HTTP: "localhost:0", Out: &out}) }()
	until(t, "the begin of the day", func() bool { return strings.Contains(out.String(), "day 1, 08:00  ") })
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	text := out.String()
	for _, want := range []string{"Open http://127.0.0.1:", "/problems", "| failmail send -S 127.0.0.1:", "97 %%", "Ctrl-C", "MISSING", "The demo is over"} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "%!") {
		t.Errorf("it prints\n%s", text)
	}
}

func TestTheLiveDemoNamesAnAddressThatIsInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	err = Serve(t.Context(), LiveOptions{HTTP: l.Addr().String(), Out: io.Discard})
	if err == nil || !strings.Contains(err.Error(), l.Addr().String()) || !strings.Contains(err.Error(), "--bind-http") {
		t.Errorf("it says %v", err)
	}
}

func get(t *testing.T, address string) string {
	t.Helper()
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// until asks until ok, or the test's time is over.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	timeout := time.NewTimer(time.Minute)
	defer timeout.Stop()
	for !ok() {
		select {
		case <-ticker.C:
		case <-timeout.C:
			t.Fatalf("%s did not come within a minute", what)
		}
	}
}
