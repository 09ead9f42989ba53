package browser

import (
	"context"
	"errors"
	"os/exec"
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/hut8labs/failmail/internal/testutil"
)

// One browser serves all tests; each has a tab in a profile of its own.
var browser struct {
	sync.Once
	ctx   context.Context
	close func()
	err   error
}

func startBrowser() {
	// As root Chromium runs only without its own sandbox. To plain.example it
	// does not say where a request comes from, as to any host over plain HTTP but
	// this machine; evil.example is somebody else's.
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox,
		chromedp.Flag("host-resolver-rules", "MAP *.example 127.0.0.1"))
	allocator, cancelAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	browser.ctx = ctx
	browser.close = func() {
		chromedp.Cancel(ctx)
		cancel()
		cancelAllocator()
	}
	if browser.err = chromedp.Do(ctx); browser.err != nil {
		// The end of one that never began would be waited for in vain.
		browser.close = func() { cancel(); cancelAllocator() }
	}
}

func closeBrowser() {
	if browser.close != nil {
		browser.close()
	}
}

// A tab is a page in the browser, and what happened on it.
type tab struct {
	context.Context
	mu       sync.Mutex
	requests []string // addresses asked for
	dialogs  []string
	problems []string // exceptions and errors on the console
}

func openTab(t *testing.T) *tab {
	t.Helper()
	browser.Do(startBrowser)
	if errors.Is(browser.err, exec.ErrNotFound) {
		testutil.Lacks(t, "Chromium is not installed; as root: apt-get install chromium")
	}
	if browser.err != nil {
		t.Fatalf("start Chromium: %v", browser.err)
	}
	ctx, cancel := chromedp.NewContext(browser.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &tab{}
	if err := chromedp.Listen(ctx, b.note); err != nil {
		t.Fatal(err)
	}
	ctx, cancelTimeout := context.WithTimeout(ctx, 2*patience)
	t.Cleanup(cancelTimeout)
	b.Context = ctx
	for _, enable := range []cdp.Command[cdp.Empty, cdp.Empty]{runtime.Enable, log.Enable} {
		call(t, b, enable, cdp.Empty{})
	}
	call(t, b, page.Enable, page.EnableParams{})
	call(t, b, network.Enable, network.EnableParams{})
	return b
}

func call[P, R any](t *testing.T, b *tab, command cdp.Command[P, R], params P) R {
	t.Helper()
	result, err := chromedp.Call(b, command, params)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func (b *tab) note(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	case *page.EventJavascriptDialogOpening:
		b.dialogs = append(b.dialogs, e.Message)
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			b.problems = append(b.problems, e.Entry.Text)
		}
	}
}

// heard returns what happened so far.
func (b *tab) heard() (requests, dialogs, problems []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.requests), slices.Clone(b.dialogs), slices.Clone(b.problems)
}

// screen makes the tab that of a device, high enough for all of the page: frames
// out of sight are not painted.
func (b *tab) screen(t *testing.T, width int64, scheme string) {
	t.Helper()
	call(t, b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: 2600, DeviceScaleFactor: 1, Mobile: width < 500})
	call(t, b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// open shows the page and waits until changes come in.
func (b *tab) open(t *testing.T, address string) {
	t.Helper()
	b.do(t, chromedp.Navigate(address))
	b.until(t, `document.getElementById("link").textContent === "live"`)
}

func (b *tab) do(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b, steps...); err != nil {
		t.Fatal(err)
	}
}

// eval evaluates JavaScript.
func eval[T any](t *testing.T, b *tab, script string) T {
	t.Helper()
	result, err := chromedp.Run(b, chromedp.Evaluate[T](script))
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return result
}

// until waits for JavaScript to be true. It asks from outside: what the library
// has for it evaluates text within the page, which the page forbids.
func (b *tab) until(t *testing.T, script string) {
	t.Helper()
	waitFor(t, script, func() bool { return eval[bool](t, b, "Boolean("+script+")") })
}

// press clicks the first button whose label begins with a text.
func (b *tab) press(t *testing.T, label string) {
	t.Helper()
	b.do(t, chromedp.Click(chromedp.Search(`//button[starts-with(normalize-space(.), "`+label+`")]`)))
}
