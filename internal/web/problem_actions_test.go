package web_test

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/hut8labs/failmail"
)

// twoErrors returns a proxy that holds two errors, and the IDs of their problems.
func twoErrors(t *testing.T) (p *failmail.Proxy, one, other string) {
	t.Helper()
	p, _ = startProxy(t, failmail.Config{})
	submit(t, p, "disk full", "error: no space on /var")
	submit(t, p, "login refused", "error: wrong key")
	id := func(word string) string {
		found, _, err := p.Problems(t.Context(), word, 0, 1)
		if err != nil || len(found) != 1 {
			t.Fatalf("%+v, %v", found, err)
		}
		return found[0].ID
	}
	return p, id("disk"), id("login")
}

// Two problems that are one error become one, whose history says who did it, and from there
// they are split again.
func TestProblemsAreMergedAndSplitByTheirIDs(t *testing.T) {
	t.Parallel()
	p, one, other := twoErrors(t)
	history := func(id string) string {
		t.Helper()
		found, err := p.Problem(t.Context(), id)
		if err != nil || found == nil {
			t.Fatalf("%+v, %v", found, err)
		}
		last := found.History[len(found.History)-1]
		return fmt.Sprintf("%d mails, %s by %s: %s", found.Count, last.Kind, last.By, last.Text)
	}
	act := func(id, body, want string, status int) {
		t.Helper()
		w := ask(t, p.Handler(), "POST", "/problems/"+id+"/act", body, "Authorization", "Basic YW5uOng=") // ann:x
		if w.Code != status || status == http.StatusBadRequest && !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	act(one, form("action", "merge", "with", " "+other+" "), "", http.StatusSeeOther)
	became, err := p.Problem(t.Context(), other)
	if err != nil || became.Count != 2 {
		t.Fatalf("%+v, %v", became, err)
	}
	part := one
	if became.ID == one {
		part = other
	}
	if got, want := history(became.ID), "2 mails, merged by ann: "+part; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	act(one, form("action", "merge", "with", other), "these two are one error already", http.StatusBadRequest)
	act(one, form("action", "merge", "with", "0123456789abcdef"), "there is no problem 0123456789abcdef", http.StatusBadRequest)
	act(one, form("action", "merge", "with", "disk"), "is not a fingerprint", http.StatusBadRequest)

	page := ask(t, p.Handler(), "GET", "/problems/"+became.ID, "").Body.String()
	if !strings.Contains(page, `action="`+part+`/act"`) || !strings.Contains(page, "Split off again") {
		t.Errorf("the page has no way to split:\n%s", page)
	}
	act(part, form("action", "split"), "", http.StatusSeeOther)
	if got, want := history(became.ID), "2 mails, parted by ann: "+part; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if page = ask(t, p.Handler(), "GET", "/problems/"+became.ID, "").Body.String(); strings.Contains(page, "Split off again") {
		t.Errorf("it can be split off again:\n%s", page)
	}
	if page = ask(t, p.Handler(), "GET", "/problems/"+part, "").Body.String(); strings.Contains(page, "0001") {
		t.Errorf("the page has times that there are not:\n%s", page)
	}
	if got, want := history(part), "0 mails, split by ann: "+became.ID; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if page = ask(t, p.Handler(), "GET", "/problems/"+became.ID, "").Body.String(); !strings.Contains(page, "2") {
		t.Errorf("what was counted is lost:\n%s", page)
	}
}

// The API and the commands take the IDs of problems where they take fingerprints.
func TestTheAPIMergesByTheIDsOfProblems(t *testing.T) {
	t.Parallel()
	p, one, other := twoErrors(t)
	w := ask(t, p.Handler(), "POST", "/api/merge", `{"fingerprints": ["`+one+`", "`+other+`"], "by": "bob"}`)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"title":"login refused"`) || !strings.HasSuffix(w.Body.String(), `"done":true,"undo":"`+other+`"}`+"\n") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	found, err := p.Problem(t.Context(), one)
	if err != nil || found.Count != 2 || found.History[len(found.History)-1].By != "bob" {
		t.Errorf("%+v, %v", found, err)
	}
}

// Who need not log in gives a name once.
func TestTheBrowserRemembersWhoActs(t *testing.T) {
	t.Parallel()
	p, id := oneProblem(t)
	address := serve(t, p.Handler())
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	for at, values := range map[string]url.Values{"name": {"name": {` Ann "O'Hara"; <b> `}}} {
		response, err := browser.PostForm(address+"problems/"+id+"/"+at, values)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%+v, %v", response, err)
		}
		response.Body.Close()
	}
	response, err := browser.PostForm(address+"problems/"+id+"/act", url.Values{"action": {"ack"}})
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%+v, %v", response, err)
	}
	response.Body.Close()
	found, err := p.Problem(t.Context(), id)
	if want := `Ann "O'Hara"; <b>`; err != nil || found.AckedBy != want {
		t.Errorf("acknowledged by %q, want %q, %v", found.AckedBy, want, err)
	}
}

// A list that does not fit on a page goes on, and back.
func TestProblemsArePagedThrough(t *testing.T) {
	t.Parallel()
	p, _ := startProxy(t, failmail.Config{})
	for i := range 120 {
		name := string(rune('a'+i/26)) + string(rune('a'+i%26))
		submit(t, p, "job "+strings.Repeat(name, 3)+" failed", "error: "+strings.Repeat(name, 4))
	}
	for target, want := range map[string][]string{
		"/problems?q=job":             {"120 problems", "showing 1 to 50", `href="problems?offset=50&amp;q=job" rel="next"`},
		"/problems?q=job&offset=50":   {"showing 51 to 100", `href="problems?offset=100&amp;q=job" rel="next"`, `href="problems?offset=0&amp;q=job" rel="prev"`},
		"/problems?q=job&offset=100":  {"showing 101 to 120", `href="problems?offset=50&amp;q=job" rel="prev"`},
		"/problems?q=job&offset=1000": {"There are only 120", `href="problems?offset=950&amp;q=job"`},
		"/problems?offset=x":          {"the offset &#34;x&#34; is not a number from 0 to 1000000"},
	} {
		text := ask(t, p.Handler(), "GET", target, "").Body.String()
		for _, part := range want {
			if !strings.Contains(text, part) {
				t.Errorf("%s has no %s:\n%s", target, part, text)
			}
		}
	}
}

// The page of a problem leads to the summaries that told of it, also by the ID of what became
// part of it.
func TestAProblemLeadsToTheSummariesThatToldOfIt(t *testing.T) {
	t.Parallel()
	p, one, other := twoErrors(t)
	if _, err := p.Flush(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "a summary", func() bool {
		found, err := p.Problem(t.Context(), one)
		return err == nil && len(found.Summaries) == 1 && found.Summaries[0].Result == "sent"
	})
	submit(t, p, "queue stuck", "error: no consumer")
	if err := p.Merge(t.Context(), one, other, "ann"); err != nil {
		t.Fatal(err)
	}
	link := `<a href="../sent/`
	for id, want := range map[string]int{one: 1, other: 1} {
		if text := ask(t, p.Handler(), "GET", "/problems/"+id, "").Body.String(); strings.Count(text, link) != want {
			t.Errorf("%s has no link to %d summaries:\n%s", id, want, text)
		}
	}
	found, _, err := p.Problems(t.Context(), "queue", 0, 1)
	if err != nil || len(found) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	if text := ask(t, p.Handler(), "GET", "/problems/"+found[0].ID, "").Body.String(); strings.Contains(text, link) {
		t.Errorf("no summary told of it yet:\n%s", text)
	}
}
