package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/hut8labs/failmail"
)

// entriesOf returns the fingerprints in the open batches.
func entriesOf(t *testing.T, p *failmail.Proxy) (all []string) {
	t.Helper()
	open, err := p.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range open {
		for _, g := range s.Groups {
			for _, v := range g.Variants {
				all = append(all, v.Fingerprint)
			}
		}
	}
	return all
}

func TestTheAPIMergesAndSplits(t *testing.T) {
	t.Parallel()
	p, _ := startProxy(t, failmail.Config{})
	submit(t, p, "disk full", "x")
	submit(t, p, "disk full", "x")
	submit(t, p, "login refused", "x")
	two := entriesOf(t, p)
	if len(two) != 2 {
		t.Fatalf("the errors are %q", two)
	}
	const unknown = "v2:0123456789abcdef"
	merge := func(a, b string) string { return fmt.Sprintf(`{"fingerprints":["%s","%s"]`, a, b) }
	for _, test := range []struct {
		path, body string
		status     int
		want       string
		entries    int
	}{
		{"/api/merge", `{}`, 400, "takes 2 errors, not 0", 2},
		{"/api/merge", merge(two[0], "disk") + "}", 400, "is not a fingerprint", 2},
		{"/api/merge", merge(two[0], two[0]) + "}", 400, "is named twice", 2},
		{"/api/merge", merge("v1:0123456789abcdef", two[0]) + "}", 400, "of an older version", 2},
		{"/api/split", `{"fingerprint":"disk"}`, 400, "is not a fingerprint", 2},
		{"/api/split", `{"what":"disk"}`, 400, "the body is not JSON such as", 2},
		{"/api/merge", merge(two[0], two[1]) + `,"dry_run":true}`, 200, `"title":"disk full","mails":2},{"fingerprint":"` + two[1] + `","texts":1,"title":"login refused","mails":1}],"done":false`, 2},
		{"/api/merge", merge(two[1], two[0]) + "}", 200, `"done":true`, 1},
		{"/api/merge", merge(two[0], two[1]) + "}", 200, `"texts":2,"title":"disk full","mails":3}],"done":false`, 1},
		{"/api/split", `{"fingerprint":"` + two[1] + `","dry_run":true}`, 200, `"texts":2,"title":"disk full","mails":3}],"done":false`, 1},
		{"/api/split", `{"fingerprint":"` + two[1] + `"}`, 200, `"done":true`, 2},
		{"/api/split", `{"fingerprint":"` + unknown + `"}`, 200, `"texts":1,"title":"","mails":0}],"done":true`, 2},
	} {
		w := ask(t, p.Handler(), "POST", test.path, test.body)
		if got := len(entriesOf(t, p)); w.Code != test.status || !strings.Contains(strings.ReplaceAll(w.Body.String(), `\u`, ""), test.want) || got != test.entries {
			t.Errorf("POST %s %s: %d %s and %d entries, want %d %s and %d", test.path, test.body, w.Code, w.Body, got, test.status, test.want, test.entries)
		}
	}
}

func TestThePageMergesAndSplits(t *testing.T) {
	t.Parallel()
	p, _ := startProxy(t, failmail.Config{})
	submit(t, p, "disk full", "x")
	submit(t, p, "login refused", "x")
	two := entriesOf(t, p)
	page := ask(t, p.Handler(), "GET", "/", "").Body.String()
	for _, want := range []string{`action="merge"`, `action="split"`, `name="what" value="` + two[1] + `"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	post := func(path string, form url.Values) (status int, notice string) {
		t.Helper()
		w := ask(t, p.Handler(), "POST", path, form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Accept", "application/json")
		return w.Code, w.Body.String()
	}
	both := url.Values{"what": {two[0]}, "with": {two[1]}}
	if status, notice := post("/merge", both); status != http.StatusOK || !strings.Contains(notice, "Merged") || len(entriesOf(t, p)) != 1 {
		t.Errorf("merge: %d %s", status, notice)
	}
	if status, problem := post("/merge", both); status != http.StatusConflict || !strings.Contains(problem, "one error already") {
		t.Errorf("merge again: %d %s", status, problem)
	}
	if status, notice := post("/split", url.Values{"what": {two[1]}}); status != http.StatusOK || !strings.Contains(notice, "Split off") || len(entriesOf(t, p)) != 2 {
		t.Errorf("split: %d %s", status, notice)
	}
	if status, problem := post("/split", url.Values{"what": {"disk"}}); status != http.StatusBadRequest || !strings.Contains(problem, "is not a fingerprint") {
		t.Errorf("split of a word: %d %s", status, problem)
	}
}
