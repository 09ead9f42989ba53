package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hut8labs/failmail/internal/web"
)

// What a checker such as axe would find.
const complaints = `(() => {
  const found = [];
  const check = (ok, what, element) => ok || found.push(what + ": " + (element ? element.outerHTML.slice(0, 120) : ""));
  const name = (e) => (e.getAttribute("aria-label") || (e.getAttribute("aria-labelledby") || "").split(" ").map((id) => document.getElementById(id)?.textContent).join(" ") || e.textContent || e.title).trim();
  check(document.documentElement.lang, "no language");
  check(document.title, "no title");
  check(document.querySelectorAll("h1").length === 1, "not one h1");
  check(document.querySelectorAll("main").length === 1, "not one main");
  let level = 0;
  for (const h of document.querySelectorAll("h1, h2, h3, h4")) {
    check(Number(h.tagName[1]) <= level + 1, "a level of headings is left out", h);
    level = Number(h.tagName[1]);
  }
  for (const e of document.querySelectorAll("button, a[href], summary, section, iframe")) check(name(e), "no name", e);
  for (const e of document.querySelectorAll("input:not([type=hidden]), select, textarea")) check(e.labels.length > 0 && e.labels[0].textContent.trim(), "no label", e);
  for (const e of document.querySelectorAll("table")) check(e.querySelectorAll("thead th[scope=col]").length === e.querySelector("tbody tr").cells.length, "columns without headers", e);
  for (const e of document.querySelectorAll("th")) check(e.textContent.trim(), "an empty header", e);
  for (const e of document.querySelectorAll("img")) check(e.hasAttribute("alt"), "no alternative", e);
  for (const e of document.querySelectorAll("svg")) check(e.getAttribute("role") === "img" && name(e), "no alternative", e);
  for (const e of document.querySelectorAll("[aria-labelledby], [aria-describedby]"))
    for (const id of (e.getAttribute("aria-labelledby") || e.getAttribute("aria-describedby")).split(" ")) check(document.getElementById(id), "refers to nothing", e);
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  check(new Set(ids).size === ids.length, "an id is there twice: " + ids.filter((id, i) => ids.indexOf(id) !== i));
  for (const e of document.querySelectorAll("[tabindex]")) check(e.tabIndex <= 0, "an order of its own", e);
  for (const e of document.querySelectorAll("[style]")) check(false, "a style the policy forbids", e);

  // Contrast (WCAG 2.2, 1.4.3).
  const parse = (color) => color.match(/[\d.]+/g).map(Number);
  const light = (c) => { const v = c / 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  const behind = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const e = node.parentElement;
    if (!node.data.trim() || !e.checkVisibility() || e.closest("noscript, .hidden, iframe")) continue;
    const [a, b] = [luminance(parse(getComputedStyle(e).color)), luminance(behind(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    check(ratio >= 4.5, "contrast " + ratio.toFixed(2), e);
  }
  return found;
})()`

func TestThePageIsForEverybody(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	options := web.Options{Metrics: prometheus.NewRegistry(), Version: "v2.0.0"}
	for name, proxy := range map[string]web.Proxy{"busy": s, "relay down": scene{s.Proxy, true}} {
		b := openTab(t)
		b.open(t, serve(t, web.New(proxy, options)))
		eval[chromedp.Void](t, b, `document.querySelectorAll("details").forEach(d => d.open = true)`)
		for _, scheme := range []string{"light", "dark"} {
			b.screen(t, 1200, scheme)
			// Colours may be on their way.
			b.until(t, `document.getAnimations().length === 0`)
			for _, complaint := range eval[[]string](t, b, complaints) {
				t.Errorf("%s, %s: %s", name, scheme, complaint)
			}
		}
		// As a screen reader gets it.
		tree := call(t, b, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		unnamed := 0
		for _, node := range tree.Nodes {
			if node.Ignored || node.Role == nil || node.Name == nil {
				continue
			}
			if role := strings.Trim(string(node.Role.Value), `"`); role == "button" || role == "textbox" || role == "combobox" || role == "link" {
				if strings.Trim(string(node.Name.Value), `" `) == "" {
					unnamed++
				}
			}
		}
		if unnamed > 0 {
			t.Errorf("%s: %d controls without a name", name, unnamed)
		}
	}
}

func TestThePageIsUsedFromTheKeyboard(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	b := openTab(t)
	b.open(t, serve(t, web.New(s, web.Options{Metrics: prometheus.NewRegistry()})))
	b.do(t, chromedp.KeyEvent(kb.Tab))
	if first := eval[string](t, b, "document.activeElement.className"); first != "skip" {
		t.Errorf("the first stop is %q", first)
	}
	reached := map[string]bool{}
	for range 60 {
		b.do(t, chromedp.KeyEvent(kb.Tab))
		text := eval[string](t, b, "document.activeElement.textContent.trim()")
		reached[text] = true
		if text == "readiness" {
			break
		}
		if text != "" && eval[bool](t, b, `getComputedStyle(document.activeElement).outlineStyle === "none"`) {
			t.Errorf("nothing shows that %q has the focus", text)
		}
	}
	for _, want := range []string{"Send all 2 now", "Add a mute", "readiness"} {
		if !reached[want] {
			t.Errorf("the keyboard does not reach %q", want)
		}
	}
}
