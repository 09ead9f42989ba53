package web

import (
	"strings"
	"testing"
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
