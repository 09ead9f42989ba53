package browser

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/internal/storm"
	"github.com/hut8labs/failmail/internal/web"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/render"
)

var screenshots = flag.String("screenshots", "", "write pictures of the page into this folder")

// A scene is a Proxy with a past.
type scene struct {
	*failmail.Proxy
	down bool
}

func (s scene) Recent() []render.Sent {
	recent := s.Proxy.Recent()
	for i := range recent {
		recent[i].Made = recent[i].Made.Add(-time.Duration(i*i*17) * time.Minute)
	}
	return recent
}

func (s scene) PerMinute() []int {
	rng := rand.New(rand.NewPCG(4, 2))
	minutes := make([]int, 60)
	for i := range minutes {
		switch {
		case i > 53:
			minutes[i] = 40 + rng.IntN(130)
		case i > 20 && i < 28:
			minutes[i] = 10 + rng.IntN(30)
		case rng.IntN(4) == 0:
			minutes[i] = rng.IntN(6)
		}
	}
	return minutes
}

func (s scene) Relay() deliver.State {
	state := deliver.State{Name: "mail.shop.example:25"}
	if s.down {
		state.DownSince, state.NextTry = time.Now().Add(-4*time.Minute), time.Now().Add(23*time.Second)
		state.Error = "reach relay: dial tcp 192.0.2.25:25: connect: connection refused"
	}
	return state
}

func newScene(t *testing.T) scene {
	t.Helper()
	now, shared := time.Now(), failmail.NewMemoryStore()
	past, _ := startProxy(t, failmail.Config{Store: shared, Wait: 24 * time.Hour, MaxWait: 24 * time.Hour})
	send := func(p *failmail.Proxy, result string) {
		t.Helper()
		before := len(p.Recent())
		if _, err := p.Flush(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		waitFor(t, "a summary", func() bool { recent := p.Recent(); return len(recent) > before && recent[0].Result == result })
	}
	flood(t, past, 150, now.Add(-3*time.Hour), "payment", "Cron")
	send(past, "sent")
	flood(t, past, 60, now.Add(-25*time.Minute), "checkout")
	send(past, "sent")
	if err := past.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}

	p, relay := startProxy(t, failmail.Config{
		Store: shared, Wait: 5 * time.Minute, MaxWait: 10 * time.Minute,
		Heartbeats: []*regexp.Regexp{regexp.MustCompile("^nightly backup"), regexp.MustCompile("^just monitoring")},
	})
	relay.fail(errors.New("451 4.7.1 Greylisted, please try again in 300 seconds"))
	submit(t, p, "search index is 40 minutes behind", "lag 2412 s", "X-Failmail-Split: search")
	send(p, "postponed")
	submit(t, p, "nightly backup ok", "")
	submit(t, p, "just monitoring", "")
	flood(t, p, 482, now, "")
	submit(t, p, "Invoice run: 3 invoices without a VAT number", "invoice 4711", "X-Failmail-Split: billing")
	for _, m := range [][3]string{{"^Disk space", "waits for the new disks, ticket 4711", "26h"}, {"v2:5b1f0c9a7d3e2468", "", "55m"}} {
		d, _ := time.ParseDuration(m[2])
		if _, err := p.Mute(t.Context(), m[0], m[1], d); err != nil {
			t.Fatal(err)
		}
	}
	return scene{Proxy: p}
}

// flood submits the mails of a storm that ends at end, those whose subject has one
// of the words.
func flood(t *testing.T, p *failmail.Proxy, n int, end time.Time, words ...string) {
	t.Helper()
	for _, m := range storm.Mails(1, n, end) {
		message := failmail.NewMessage(m.From, m.To, m.Data)
		if !slices.ContainsFunc(words, func(word string) bool { return strings.Contains(message.Subject(), word) }) {
			continue
		}
		message.Helo = m.Helo
		message.Received, _ = mail.ParseDate(message.Header.Get("Date"))
		if err := p.Submit(t.Context(), message); err != nil {
			t.Fatal(err)
		}
	}
}

func TestThePageFitsAnyScreenInLightAndDark(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	calm, _ := startProxy(t, failmail.Config{})
	options := web.Options{Metrics: prometheus.NewRegistry(), Version: "v2.0.0"}
	for name, proxy := range map[string]web.Proxy{"busy": s, "down": scene{s.Proxy, true}, "calm": calm} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := openTab(t)
			b.open(t, serve(t, web.New(proxy, options)))
			b.fitsAnyScreen(t, name+"-folded")
			eval[chromedp.Void](t, b, `document.querySelectorAll(".groups tr:first-child details, .sent li:nth-child(2) details, .add").forEach(d => d.open = true)`)
			waitFor(t, "the preview", func() bool {
				requests, _, _ := b.heard()
				return name == "calm" || strings.Contains(strings.Join(requests, " "), "/sent/")
			})
			b.fitsAnyScreen(t, name+"-unfolded")
		})
	}
}

func (b *tab) fitsAnyScreen(t *testing.T, name string) {
	t.Helper()
	for _, width := range []int64{1200, 768, 360} {
		for _, scheme := range []string{"light", "dark"} {
			b.screen(t, width, scheme)
			b.fits(t, fmt.Sprintf("%s-%d-%s", name, width, scheme), width)
		}
	}
}

// fits checks that nothing has to be scrolled sideways, and takes a picture if one
// is wanted.
func (b *tab) fits(t *testing.T, name string, width int64) {
	t.Helper()
	if wide := eval[int64](t, b, "document.documentElement.scrollWidth"); wide > width {
		t.Errorf("%s: the page is %d px wide", name, wide)
	}
	if *screenshots == "" {
		return
	}
	b.until(t, "document.getAnimations().length === 0") // colours may be on their way
	picture, err := chromedp.Run(b, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*screenshots, name+".png"), picture, 0o600); err != nil {
		t.Fatal(err)
	}
}
