package web

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

func TestAPreviewKeepsOnlyWhatLaysOutText(t *testing.T) {
	t.Parallel()
	c := newCleaner()
	for in, want := range map[string]string{
		`<p class="meta" onclick="x()">a<br>b</p>`:                      `<p class="meta">a<br>b</p>`,
		`<script>alert(1)</script>t`:                                    `t`,
		`<ScRiPt src=//evil.example></sCrIpT>t`:                         `t`,
		`<img src="http://evil.example/pixel.gif">t`:                    `t`,
		`<a href="http://evil.example">t</a>`:                           `t`,
		`<a href="javascript:alert(1)">t</a>`:                           `t`,
		`<a href="#group-1">t</a>`:                                      `<a href="#group-1">t</a>`,
		`<form action="//evil.example"><input name="p"><button>t`:       `t`,
		`<iframe src="//evil.example"></iframe>t`:                       `t`,
		`<object data="//evil.example">t</object>`:                      ``,
		`<meta http-equiv="refresh" content="0;url=//evil.example">t`:   `t`,
		`<link rel="dns-prefetch" href="//evil.example">t`:              `t`,
		`<base href="//evil.example">t`:                                 `t`,
		`<svg><style><img src=x onerror=alert(1)></style></svg>t`:       `t`,
		`<title>a</title>t`:                                             `t`,
		`<td width="50" background="//evil.example">t</td>`:             `<td width="50">t</td>`,
		`<p style="color: red; background: url(//evil.example)">t</p>`:  `<p style="color: red">t</p>`,
		`<p style="position: fixed; top: 0">t</p>`:                      `<p>t</p>`,
		`<!DOCTYPE html><html><body onload="x()"><main>t</main></body>`: `<main>t</main>`,
		`<style>p { color: red }</style>`:                               `<style>p { color: red }</style>`,
	} {
		if got := strings.TrimSpace(string(c.clean([]byte(in)))); got != want {
			t.Errorf("%s\n became %s\n    want %s", in, got, want)
		}
	}
}

func TestAPreviewOfAStandardSummaryLooksAsTheMailDoes(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.March, 9, 3, 17, 42, 0, time.UTC)
	b := &store.Batch{HeldSince: at}
	for i := range 8 {
		b.Add(&store.Entry{
			Group: fmt.Sprint(i % 2), Title: "disk full", Fingerprint: "v2:1", Received: at.Add(time.Duration(i) * time.Minute),
			Sample: []byte("From: app@shop.example\r\nSubject: disk full\r\n\r\nno space left\r\n"),
		}, store.Limits{}.WithDefaults())
	}
	page, err := render.Standard{}.HTML(render.NewSummary(b, render.Origin{From: "failmail@mon1", Hostname: "mon1"}, at))
	if err != nil {
		t.Fatal(err)
	}
	want, got := looks(t, page), looks(t, newCleaner().clean(page))
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) || want[i] != got[i] {
			t.Fatalf("element %d differs:\n got %v\nwant %v", i, got[min(i, len(got)):], want[min(i, len(want)):])
		}
	}
}

// looks returns what is in the body of a page, and how it is laid out.
func looks(t *testing.T, page []byte) (all []string) {
	t.Helper()
	document, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	spaces := strings.NewReplacer("; ", ";", ": ", ":", ";mso-hide:all", "") // browsers do not know that
	for n := range document.Descendants() {
		if n.Type != html.ElementNode || !slices.ContainsFunc(slices.Collect(n.Ancestors()), isBody) {
			continue
		}
		look := n.Data
		for _, a := range n.Attr {
			if a.Key != "nowrap" { // the style sheet says so, too
				look += fmt.Sprintf(" %s=%q", a.Key, spaces.Replace(a.Val))
			}
		}
		all = append(all, look)
	}
	return all
}

func isBody(n *html.Node) bool { return n.DataAtom == atom.Body }

// A style element must end where the browser sees its end.
func TestAStyleSheetCannotHideMarkup(t *testing.T) {
	t.Parallel()
	c := newCleaner()
	for _, in := range []string{
		`<style></style/><img src=x onerror=alert(1)>`,
		`<style>a{content:"</style><img src=x onerror=alert(1)>"}</style>`,
		`<style><!--</style><script>alert(1)</script>-->`,
	} {
		got := strings.ToLower(string(c.clean([]byte(in))))
		if strings.Contains(got, "<img") || strings.Contains(got, "<script") {
			t.Errorf("%s\n became %s", in, got)
		}
	}
}
