package browser

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/hut8labs/failmail"
)

// show opens a page that has no script of its own.
func (b *tab) show(t *testing.T, address string) {
	t.Helper()
	b.do(t, chromedp.Navigate(address))
	b.until(t, `document.readyState === "complete" && document.querySelector("main")`)
}

const nagiosDown = "** PROBLEM Service Alert: db1/Disk /var is CRITICAL **"

// startProblems returns a Proxy with problems of every kind, and the IDs of one that has all
// that a page shows and of a hostile one.
func startProblems(t *testing.T) (p *failmail.Proxy, full, hostile string) {
	t.Helper()
	p, _ = startProxy(t, failmail.Config{})
	flood(t, p, 300, time.Now(), "")
	submit(t, p, nagiosDown, "State: CRITICAL")
	submit(t, p, "** PROBLEM Host Alert: web3 is DOWN **", "State: DOWN")
	submit(t, p, "** RECOVERY Host Alert: web3 is UP **", "State: UP")
	submit(t, p, "Zahlungsübersicht: 3 Aufträge fehlgeschlagen", "Fehler: Gläubiger-ID ungültig für Kunde Müller")
	submit(t, p, `"><img src=x onerror=alert(1)> failed`, `ERROR </pre></details><script>alert("text")</script> failed: `+strings.Repeat("unbreakable", 40))
	ids := map[string]string{"checkout": "", "onerror": ""}
	for word := range ids {
		found, _, err := p.Problems(t.Context(), word, 0, 1)
		if err != nil || len(found) != 1 {
			t.Fatalf("%s: %d problems, %v", word, len(found), err)
		}
		ids[word] = found[0].ID
	}
	for _, act := range []struct {
		action failmail.ProblemAction
		text   string
	}{{failmail.Acknowledge, ""}, {failmail.Own, "the shop team"}, {failmail.Note, "restarted the pool\n" + strings.Repeat("long", 60)}} {
		for _, id := range ids {
			if _, err := p.Act(t.Context(), id, act.action, "<i>ann</i>", act.text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := p.MuteProblem(t.Context(), ids["onerror"], "ann", "known", failmail.MuteEnd{Over: true}); err != nil {
		t.Fatal(err)
	}
	return p, ids["checkout"], ids["onerror"]
}

func TestThePagesOfProblemsAreForEverybodyOnAnyScreen(t *testing.T) {
	t.Parallel()
	p, full, hostile := startProblems(t)
	address := serve(t, p.Handler())
	empty, _ := startProxy(t, failmail.Config{})
	for name, page := range map[string]string{
		"list":     address + "problems",
		"found":    address + "problems?q=" + url.QueryEscape("is:open source:nagios"),
		"nothing":  address + "problems?q=nowhere",
		"mistaken": address + "problems?q=is:opne",
		"empty":    serve(t, empty.Handler()) + "problems",
		"problem":  address + "problems/" + full + "?done=note",
		"hostile":  address + "problems/" + hostile,
		"unknown":  address + "problems/0123456789abcdef",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := openTab(t)
			b.show(t, page)
			eval[chromedp.Void](t, b, `document.querySelectorAll("details").forEach(d => d.open = true)`)
			b.fitsAnyScreen(t, "problems-"+name)
			for _, scheme := range []string{"light", "dark"} {
				b.screen(t, 1200, scheme)
				b.until(t, `document.getAnimations().length === 0`)
				for _, complaint := range eval[[]string](t, b, complaints) {
					t.Errorf("%s: %s", scheme, complaint)
				}
			}
			requests, dialogs, problems := b.heard()
			problems = slices.DeleteFunc(problems, func(text string) bool {
				return strings.HasPrefix(text, "Failed to load resource: the server responded with a status of 40")
			})
			if len(dialogs)+len(problems) > 0 {
				t.Errorf("dialogs %q, complaints of the browser %q", dialogs, problems)
			}
			for _, request := range requests {
				if !strings.HasPrefix(request, "http://127.0.0.1:") {
					t.Errorf("a request left: %s", request)
				}
			}
		})
	}
}

// Everything that is done about a problem is done by plain forms, over plain HTTP.
func TestAProblemIsSearchedAndActedOnWithoutScript(t *testing.T) {
	t.Parallel()
	p, _ := startProxy(t, failmail.Config{})
	for i := range 3 {
		submit(t, p, nagiosDown, fmt.Sprint("free space: ", 300+i, " MB"))
	}
	address := serve(t, p.Handler())
	b := openTab(t)
	call(t, b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.show(t, "http://plain.example"+address[strings.LastIndex(address, ":"):])
	b.do(t, chromedp.SendKeys(chromedp.CSS("#q"), "disk is:open"))
	b.press(t, "Search")
	b.until(t, `location.pathname === "/failmail/problems" && document.querySelector(".found")?.innerText === "1 problem for disk is:open"`)
	b.do(t, chromedp.Click(chromedp.CSS(".problems a")))
	b.until(t, `document.querySelector(".headline")?.innerText.startsWith("NEW ") && document.querySelectorAll(".history li").length === 1`)

	happened := 1
	expect := func(notice, event string) {
		t.Helper()
		happened++
		b.until(t, fmt.Sprintf(`document.querySelectorAll(".history li").length === %d`, happened))
		b.until(t, fmt.Sprintf(`document.querySelector("[role=status]").innerText === %q && document.querySelector(".history li").innerText.includes(%q)`, notice, event))
	}
	b.press(t, "Acknowledge")
	expect("Acknowledged.", "acknowledged it")
	b.press(t, "Undo the acknowledgement")
	expect("No longer acknowledged.", "undid the acknowledgement")
	b.do(t, chromedp.SendKeys(chromedp.CSS("#owner"), "bob"))
	b.press(t, "Set")
	expect("The owner is set.", "made bob")
	b.do(t, chromedp.SendKeys(chromedp.CSS("#note"), "cleans up <b>now</b>"))
	b.press(t, "Add")
	expect("Noted.", "cleans up <b>now</b>")
	b.press(t, "Mute")
	expect("Muted. Mails counted so far stay in their summary.", "muted it")
	b.press(t, "Unmute")
	expect("Unmuted.", "unmuted it")
	b.do(t, chromedp.SendKeys(chromedp.CSS("#why"), "old logs are gone"))
	b.press(t, "Resolve")
	expect("Resolved: it is over, until another mail comes.", "old logs are gone")
	b.until(t, `document.querySelector(".headline").innerText.startsWith("OVER ") && !document.querySelector("#why")`)

	b.do(t, chromedp.Click(chromedp.Search(`//footer//a[.="all problems"]`)))
	b.until(t, `location.pathname === "/failmail/problems" && document.querySelector(".found")?.innerText === "1 problem"`)
}
