package web_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/hut8labs/failmail"
)

// ask sends a request to a handler as nothing mounts it.
func ask(t *testing.T, handler http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if method == http.MethodPost && !strings.HasPrefix(target, "/api/") {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, request)
	return w
}

func TestEveryReplyForbidsTheBrowserWhatItDoesNotNeed(t *testing.T) {
	t.Parallel()
	p, _ := startProxy(t, failmail.Config{})
	submit(t, p, "disk full", "no space")
	if _, err := p.Flush(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "a summary", func() bool { return len(p.Recent()) == 1 })
	preview := regexp.MustCompile(`sent/[0-9a-f]{16}`).FindString(ask(t, p.Handler(), "GET", "/", "").Body.String())
	const page = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
		"frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	const none = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	for path, want := range map[string]struct {
		status          int
		kind, policy    string
		referrer, cache string
	}{
		"/": {200, "text/html; charset=utf-8", page, "same-origin", "no-store"},
		"/" + preview: {200, "text/html; charset=utf-8", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; " +
			"frame-ancestors 'self'; sandbox", "no-referrer", "no-store"},
		"/problems":                      {200, "text/html; charset=utf-8", page, "same-origin", "no-store"},
		"/problems/0123456789abcdef":     {404, "text/html; charset=utf-8", page, "same-origin", "no-store"},
		"/problems/0123456789abcdef/act": {405, "text/plain; charset=utf-8", none, "no-referrer", ""},
		"/api/problems":                  {200, "application/json", none, "no-referrer", "no-store"},
		"/api/problems/x":                {404, "application/json", none, "no-referrer", "no-store"},
		"/sent/0123456789abcdef":         {404, "application/json", none, "no-referrer", "no-store"},
		"/static/page.css":               {200, "text/css; charset=utf-8", none, "no-referrer", "no-cache"},
		"/static/page.js":                {200, "text/javascript; charset=utf-8", none, "no-referrer", "no-cache"},
		"/static/icon.svg":               {200, "image/svg+xml; charset=utf-8", none, "no-referrer", "no-cache"},
		"/static/":                       {404, "text/plain; charset=utf-8", none, "no-referrer", ""},
		"/static/x/page.js":              {404, "text/plain; charset=utf-8", none, "no-referrer", ""},
		"/api/stats":                     {200, "application/json", none, "no-referrer", "no-store"},
		"/api/batches":                   {200, "application/json", none, "no-referrer", "no-store"},
		"/api/outbox":                    {200, "application/json", none, "no-referrer", "no-store"},
		"/api/mutes":                     {200, "application/json", none, "no-referrer", "no-store"},
		"/api/heartbeats":                {200, "application/json", none, "no-referrer", "no-store"},
		"/healthz":                       {200, "text/plain; charset=utf-8", none, "no-referrer", "no-store"},
		"/readyz":                        {200, "text/plain; charset=utf-8", none, "no-referrer", "no-store"},
		"/index.html":                    {404, "text/plain; charset=utf-8", none, "no-referrer", ""},
		"/flush":                         {405, "text/plain; charset=utf-8", none, "no-referrer", ""},
	} {
		w := ask(t, p.Handler(), "GET", path, "")
		if w.Code != want.status {
			t.Errorf("%s: status %d, want %d", path, w.Code, want.status)
		}
		for name, value := range map[string]string{
			"Content-Type": want.kind, "Content-Security-Policy": want.policy, "Referrer-Policy": want.referrer, "Cache-Control": want.cache,
			"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := w.Header().Get(name); got != value {
				t.Errorf("%s: %s is %q, want %q", path, name, got, value)
			}
		}
	}
}

func TestOtherSitesCannotSteerTheProxy(t *testing.T) {
	t.Parallel()
	p, relay := startProxy(t, failmail.Config{})
	submit(t, p, "disk full", "no space")
	for _, target := range []string{"POST /flush", "POST /retry", "POST /resend", "POST /api/resend", "POST /api/backup", "POST /mute", "POST /unmute", "POST /merge", "POST /split", "POST /api/merge", "POST /api/split", "POST /api/flush", "POST /api/retry", "POST /api/mutes", "POST /problems/0123456789abcdef/act", "POST /api/problems/0123456789abcdef/resolve", "DELETE /api/mutes/1"} {
		method, path, _ := strings.Cut(target, " ")
		for name, header := range map[string][]string{
			"of a browser of today":   {"Sec-Fetch-Site", "cross-site"},
			"of a sister site":        {"Sec-Fetch-Site", "same-site"},
			"of an older browser":     {"Origin", "http://evil.example"},
			"of a sandboxed document": {"Origin", "null"},
		} {
			w := ask(t, p.Handler(), method, path, `{"batch":0}`, header...)
			if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), `{"error":"refused: `) {
				t.Errorf("%s %s: %d %s", target, name, w.Code, w.Body)
			}
		}
	}
	if open, _ := p.Open(t.Context()); len(open) != 1 || len(relay.sent()) != 0 {
		t.Errorf("%d open batches, %d summaries", len(open), len(relay.sent()))
	}
	w := ask(t, p.Handler(), "POST", "/flush", "id=0", "Origin", "http://example.com", "Sec-Fetch-Site", "same-origin")
	if w.Code != http.StatusSeeOther {
		t.Errorf("from the page itself: %d %s", w.Code, w.Body)
	}
}

// Whatever a mail says appears as text.
func TestHostileTextIsEscaped(t *testing.T) {
	t.Parallel()
	p, _ := startProxy(t, failmail.Config{Heartbeats: []*regexp.Regexp{regexp.MustCompile(`^<b>beat`)}})
	for _, hostile := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'onmouseover='alert(1)`, `</textarea></title></style><script>alert(1)</script>`,
		`{{.Problem}}`, `javascript:alert(1)`, `]]>--><svg onload=alert(1)>`, `</p></details></li></ol></main><form action=//evil.example>`,
	} {
		submit(t, p, hostile, hostile, "X-Failmail-Split: "+hostile)
	}
	submit(t, p, "<b>beat", "")
	if _, err := p.Mute(t.Context(), `<i>mute`, `</code><script>alert(1)</script>`, patience); err != nil {
		t.Fatal(err)
	}
	pages := []string{ask(t, p.Handler(), "GET", "/?flushed=%3Cscript%3E&x=%3Cscript%3E", "").Body.String()}
	if _, err := p.Flush(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "summaries", func() bool { return len(p.Recent()) == 8 })
	pages = append(pages, ask(t, p.Handler(), "GET", "/", "").Body.String())
	pages = append(pages, ask(t, p.Handler(), "POST", "/mute", "what="+url.QueryEscape(`"><script>alert(1)</script>(`)+"&for=1h").Body.String())
	for _, id := range regexp.MustCompile(`sent/[0-9a-f]{16}`).FindAllString(pages[1], -1) {
		pages = append(pages, ask(t, p.Handler(), "GET", "/"+id, "").Body.String())
	}
	if len(pages) < 8 {
		t.Fatalf("%d pages", len(pages))
	}
	for _, page := range pages {
		document, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		for node := range document.Descendants() {
			if problem := alive(node); problem != "" {
				t.Errorf("the page has %s:\n%s", problem, page)
			}
		}
	}
}

// alive returns what of an element is not from our templates and could do
// something.
func alive(node *html.Node) string {
	if node.Type != html.ElementNode {
		return ""
	}
	if slices.Contains([]string{"b", "i", "script", "img", "textarea"}, node.Data) && (len(node.Attr) == 0 || node.Attr[0].Val != "note" && !strings.HasPrefix(strings.TrimPrefix(node.Attr[0].Val, "../"), "static/")) {
		return "<" + node.Data + ">"
	}
	for _, a := range node.Attr {
		if strings.HasPrefix(a.Key, "on") || a.Key != "value" && (strings.HasPrefix(a.Val, "javascript:") || strings.HasPrefix(a.Val, "//")) {
			return a.Key + "=" + a.Val
		}
	}
	return ""
}

func TestThePageWorksUnderAPrefixWithoutScript(t *testing.T) {
	t.Parallel()
	p, relay := startProxy(t, failmail.Config{})
	address := serve(t, p.Handler())
	submit(t, p, "disk full", "no space")
	get := func(address string) string {
		t.Helper()
		response, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != 200 {
			t.Errorf("%s: %s, %v", address, response.Status, err)
		}
		return string(text)
	}
	page := get(address)
	links := regexp.MustCompile(`(?:href|src|action)="([^"#][^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(links) < 8 {
		t.Fatalf("only %d links", len(links))
	}
	for _, link := range links {
		if strings.HasPrefix(link[1], "/") || strings.Contains(link[1], ":") {
			t.Errorf("the link %q is not relative", link[1])
		}
		if !slices.Contains([]string{"flush", "mute", "merge", "split"}, link[1]) { // those take no GET
			get(address + strings.ReplaceAll(link[1], "&amp;", "&"))
		}
	}
	post := func(form string, values url.Values, status int, want string) {
		t.Helper()
		response, err := http.PostForm(address+form, values)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		if at := response.Request.URL.Path; response.StatusCode != status || !strings.Contains(string(text), want) || status == 200 && at != "/failmail/" && !strings.Contains(string(text), ">Cancel</a>") {
			t.Errorf("%s %v: %s at %s, want %q:\n%s", form, values, response.Status, at, want, text)
		}
	}
	post("mute", url.Values{"what": {"^db1"}, "for": {"2h"}, "reason": {"ticket 4711"}}, 200, `name="sure"`)
	post("mute", url.Values{"what": {".*"}, "for": {"2h"}}, 200, "This matches every mail")
	if mutes, err := p.Mutes(t.Context()); err != nil || len(mutes) != 0 {
		t.Fatalf("muted without a second word: %+v, %v", mutes, err)
	}
	post("mute", url.Values{"what": {"^db1"}, "for": {"2h"}, "reason": {"ticket 4711"}, "sure": {"1"}}, 200, "Muted.")
	post("mute", url.Values{"what": {"(half"}, "for": {"2h"}}, 400, `value="(half"`) // it is not lost
	post("mute", url.Values{"what": {"x"}, "for": {"soon"}}, 400, "30m, 2h or 3d")
	mutes, err := p.Mutes(t.Context())
	if err != nil || len(mutes) != 1 || mutes[0].Reason != "ticket 4711" {
		t.Fatalf("mutes %+v, %v", mutes, err)
	}
	id := fmt.Sprint(mutes[0].ID)
	post("unmute", url.Values{"id": {id}}, 200, "Unmuted.")
	post("unmute", url.Values{"id": {id}}, 404, "there is no mute "+id)
	post("flush", url.Values{"id": {"9999"}}, 404, "there is no open batch 9999")
	post("flush", url.Values{"id": {"soon"}}, 400, "reload the page")
	post("flush", url.Values{"id": {"0"}}, 200, "1 summary is being sent.")
	waitFor(t, "the summary", func() bool { return len(relay.sent()) == 1 })
	post("flush", url.Values{"id": {"0"}}, 200, "nothing to send")
	post("retry", url.Values{"id": {"0"}}, 200, "nothing to try again")
	post("retry", url.Values{"id": {"5"}}, 404, "no mail 5 in the outbox")
}

func TestFilesOfThePageAreKeptByTheBrowser(t *testing.T) {
	t.Parallel()
	p, _ := startProxy(t, failmail.Config{})
	page := ask(t, p.Handler(), "GET", "/", "").Body.String()
	for _, file := range []string{"page.css", "page.js", "icon.svg"} {
		link := regexp.MustCompile(`static/` + regexp.QuoteMeta(file) + `\?v=[0-9a-f]{16}`).FindString(page)
		if link == "" {
			t.Fatalf("no link to %s", file)
		}
		w := ask(t, p.Handler(), "GET", "/"+link, "")
		if got := w.Header().Get("Cache-Control"); got != "private, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control %q", file, got)
		}
		if w := ask(t, p.Handler(), "GET", "/static/"+file, "", "If-None-Match", w.Header().Get("ETag")); w.Code != http.StatusNotModified {
			t.Errorf("%s again: %d", file, w.Code)
		}
	}
}
