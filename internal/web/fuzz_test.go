package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/hut8labs/failmail"
)

// What anybody posts is done or refused; nothing of it comes alive on the page.
func FuzzForms(f *testing.F) {
	for i, body := range []string{"id=0", "what=disk&for=2h&reason=%3Cb%3E", "id=1", "what=%5B&for=x", `{"batch":0}`, `{"what":"a","for":"1h"}`, `{"id":99999999999999999999}`, "a=%zz;b", "[[[["} {
		f.Add(uint8(i), body)
	}
	paths := []string{"/flush", "/retry", "/mute", "/unmute", "/api/flush", "/api/retry", "/api/mutes", "/merge", "/split", "/api/merge", "/api/split"}
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		p, _ := startProxy(t, failmail.Config{})
		path := paths[int(which)%len(paths)]
		for _, accept := range []string{"application/json", "text/html"} {
			w := ask(t, p.Handler(), http.MethodPost, path, body, "Accept", accept)
			reply := w.Body.String()
			if w.Code >= 500 || w.Code == http.StatusNotFound && !strings.Contains(body, "id") || !utf8.ValidString(reply) {
				t.Errorf("%s of %q is answered with %d %q", path, body, w.Code, reply)
			}
			if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") && !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s of %q is answered with %q, which is no JSON", path, body, reply)
			}
		}
		page := ask(t, p.Handler(), http.MethodGet, "/", "").Body.String()
		node, err := html.Parse(strings.NewReader(page))
		if err != nil || !utf8.ValidString(page) {
			t.Fatalf("the page cannot be read: %v", err)
		}
		for node := range node.Descendants() {
			if found := alive(node); found != "" {
				t.Errorf("after %s of %q the page has %s", path, body, found)
			}
		}
	})
}
