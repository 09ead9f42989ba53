package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/hut8labs/failmail"
)

// A watcher reads a stream of events.
type watcher struct {
	response *http.Response
	lines    *bufio.Scanner
}

func watch(t *testing.T, ctx context.Context, address string) *watcher {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"events", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	return &watcher{response, lines}
}

type event struct {
	Now      int64
	Title    string
	Sections map[string]string
}

// next returns false at the end of the stream.
func (w *watcher) next(t *testing.T) (e event, more bool) {
	t.Helper()
	for w.lines.Scan() {
		data, found := strings.CutPrefix(w.lines.Text(), "data: ")
		if !found {
			continue
		}
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			t.Fatal(err)
		}
		return e, true
	}
	return e, false
}

func TestEventsTellOnlyWhatHasChanged(t *testing.T) {
	t.Parallel()
	p, _ := startProxy(t, failmail.Config{})
	w := watch(t, t.Context(), serve(t, p.Handler()))
	if kind := w.response.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("Content-Type %q", kind)
	}
	first, _ := w.next(t)
	if len(first.Sections) != 9 || first.Now == 0 {
		t.Errorf("the first event has %d sections", len(first.Sections))
	}
	submit(t, p, "disk full", "no space")
	second, _ := w.next(t)
	var names []string
	for name := range second.Sections {
		names = append(names, name)
	}
	slices.Sort(names)
	if got := strings.Join(names, " "); got != "batches problems rate status" || second.Title != "(1) Failmail" {
		t.Errorf("after a mail: %s, %q", got, second.Title)
	}
	if !strings.Contains(second.Sections["batches"], "disk full") {
		t.Errorf("batches: %s", second.Sections["batches"])
	}
	if _, err := p.Mute(t.Context(), "x", "", patience); err != nil {
		t.Fatal(err)
	}
	third, _ := w.next(t)
	delete(third.Sections, "rate") // a new minute may have begun
	if len(third.Sections) != 1 || !strings.Contains(third.Sections["mutes"], "<code class=\"title\">x</code>") {
		t.Errorf("after a mute: %v", third.Sections)
	}
}

func TestEventsEndWithTheProxy(t *testing.T) {
	t.Parallel()
	p, _ := startProxy(t, failmail.Config{})
	w := watch(t, t.Context(), serve(t, p.Handler()))
	w.next(t)
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	last, more := w.next(t)
	if !more || !strings.Contains(last.Sections["status"], "not ready") {
		t.Errorf("the last event: %v", last.Sections)
	}
	if _, more := w.next(t); more {
		t.Error("the stream goes on")
	}
}

func TestStreamsOfEventsAreBounded(t *testing.T) {
	t.Parallel()
	p, _ := startProxy(t, failmail.Config{})
	address := serve(t, p.Handler())
	var ends []context.CancelFunc
	for range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ends = append(ends, cancel)
		if _, more := watch(t, ctx, address).next(t); !more {
			t.Fatal("a stream ended")
		}
	}
	full := watch(t, t.Context(), address).response
	text, _ := io.ReadAll(full.Body)
	if full.StatusCode != http.StatusServiceUnavailable || full.Header.Get("Retry-After") == "" || !strings.Contains(string(text), "close some") {
		t.Errorf("one too many: %s %s", full.Status, text)
	}
	ends[7]()
	waitFor(t, "the room of the one that left", func() bool {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		return watch(t, ctx, address).response.StatusCode == http.StatusOK
	})
}
