// Command screenshots takes the pictures of docs/images of the live demo, in a good
// minute: make screenshots.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/hut8labs/failmail/internal/demo"
)

// A shot is a picture of a page at a time of the demo.
type shot struct {
	file string
	at   time.Duration // since the demo began
	path string        // of a page
	// link is JavaScript for the address of the page that is meant, on that of path; empty if
	// it is that one.
	link          string
	width, height int64
	scheme        string
}

const (
	found = `document.querySelector(".problems a")?.href`
	// summary is the link to the last one whose subject has a text.
	summary = `[...document.querySelectorAll(".sent li")].find(li => li.innerText.includes(%q))?.querySelector("a")?.href`
)

var outage, release = fmt.Sprintf(summary, "psycopg2"), fmt.Sprintf(summary, "release 2.15")

// shots are in the order in which they are taken: while the database is down, and when a
// summary has told of it.
var shots = []shot{
	{"page.png", 60 * time.Second, "", "", 1200, 1560, "light"},
	{"summary.png", 64 * time.Second, "", outage, 820, 960, "light"},
	{"phone.png", 64 * time.Second, "", release, 360, 960, "dark"},
	{"problem.png", 66 * time.Second, "problems?q=KeyError", found, 1280, 980, "light"},
}

func main() {
	folder := flag.String("folder", "../../docs/images", "write the pictures into this folder")
	at := flag.Duration("at", 0, "take all of them so long after the demo began, to see how it looks then")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := take(ctx, *folder, *at); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

func take(ctx context.Context, folder string, at time.Duration) (err error) {
	live, err := demo.StartLive(ctx, demo.LiveOptions{HTTP: "localhost:0", Version: "2.0.0", Out: io.Discard})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- live.Run(ctx) }()
	defer func() { cancel(); err = errors.Join(err, <-ended) }()
	began := time.Now()

	// As root Chromium runs only without its own sandbox.
	allocator, end := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)...)
	defer end()
	tab, closeTab := chromedp.NewContext(allocator)
	defer closeTab()
	for _, s := range shots {
		if at > 0 {
			s.at = at
		}
		select {
		case <-time.After(time.Until(began.Add(s.at))):
		case <-ctx.Done():
			return ctx.Err()
		}
		picture, err := s.take(tab, live.URL)
		if err == nil {
			picture, err = shrink(picture)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, s.file), picture, 0o600)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.file, err)
		}
		fmt.Println(filepath.Join(folder, s.file))
	}
	return nil
}

func (s shot) take(tab context.Context, url string) ([]byte, error) {
	if err := s.show(tab, url+s.path); err != nil {
		return nil, err
	}
	if s.link != "" {
		address, err := chromedp.Run(tab, chromedp.Evaluate[string](s.link+` ?? ""`))
		if err != nil {
			return nil, err
		}
		if address == "" {
			return nil, errors.New("there is no such link on the page; see what the demo shows at that time")
		}
		if err := s.show(tab, address); err != nil {
			return nil, err
		}
	}
	return chromedp.Run(tab, chromedp.CaptureScreenshot())
}

// show opens a page on the screen of a device, and waits until it looks as it will.
func (s shot) show(tab context.Context, address string) error {
	for _, set := range []func() error{
		func() error {
			_, err := chromedp.Call(tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
				Width: s.width, Height: s.height, DeviceScaleFactor: 1, Mobile: s.width < 500})
			return err
		},
		func() error {
			_, err := chromedp.Call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: s.scheme}}})
			return err
		},
		func() error { return chromedp.Do(tab, chromedp.Navigate(address)) },
	} {
		if err := set(); err != nil {
			return err
		}
	}
	return wait(tab, `document.readyState === "complete" && document.getAnimations().length === 0 &&
		(document.getElementById("link")?.textContent ?? "live") === "live"`)
}

// wait asks until JavaScript is true, for a while. It asks from outside: what the library has
// for it evaluates text within the page, which the page forbids.
func wait(tab context.Context, script string) error {
	ctx, cancel := context.WithTimeout(tab, 20*time.Second)
	defer cancel()
	for {
		if is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script)); err != nil {
			return fmt.Errorf("wait for %s: %w", script, err)
		} else if is {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", script, ctx.Err())
		}
	}
}
