package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/expect"
)

// startRegular has a proxy that expects "nas", and to which two backups have reported for
// two weeks.
func startRegular(t *testing.T) *failmail.Proxy {
	t.Helper()
	p, _ := startProxy(t, failmail.Config{Expect: []expect.Expectation{{Name: "nas", Match: []string{`subject=~"NAS .*"`}, Every: "1d"}}})
	night := time.Now().Truncate(24 * time.Hour)
	for day := 14; day > 0; day-- {
		for _, name := range []string{"srv7", "<b>srv8"} {
			m := failmail.NewMessage("backup@example.com", []string{"ops@example.com"}, []byte("From: backup@example.com\r\nSubject: Backup of "+name+" complete\r\n\r\n"))
			m.Received = night.AddDate(0, 0, -day)
			if err := p.Submit(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
	}
	return p
}

func kinds(t *testing.T, p *failmail.Proxy) (all string) {
	t.Helper()
	states, err := p.Expected(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range states {
		all += s.Name + " " + string(s.Kind) + ";"
	}
	return all
}

func TestTheAPIAddsConfirmsAndDrops(t *testing.T) {
	t.Parallel()
	p := startRegular(t)
	const add = `{"name":"all","match":["subject=~\"Backup of .*\""],"every":"daily 02:00"`
	for _, test := range []struct {
		request, body string
		status        int
		want, kinds   string
	}{
		{"GET /api/expected", "", 200, `"kind":"proposed","match":["source=`, "nas configured;Backup of <b>srv8 proposed;Backup of srv7 proposed;"},
		{"POST /api/expected", `{"name":"x"}`, 400, "match is missing", ""},
		{"POST /api/expected", add + `,"within":"soon"}`, 400, "use one such as 30m or 3h", ""},
		{"POST /api/expected", `{"pattern":"x"}`, 400, "the body is not JSON such as", ""},
		{"POST /api/expected", add + `,"dry_run":true}`, 200, `"done":false,"matches":2,"first":[{"subject":"Backup of`, "nas configured;Backup of <b>srv8 proposed;Backup of srv7 proposed;"},
		{"POST /api/expected/confirm?name=Backup+of+srv7", "", 204, "", "nas configured;Backup of srv7 confirmed;Backup of <b>srv8 proposed;"},
		{"POST /api/expected/confirm?name=nothing", "", 404, "nothing of that name is expected or proposed", ""},
		{"POST /api/expected/confirm", "", 400, "the name is missing", ""},
		{"POST /api/expected", add + `}`, 201, `"done":true`, "nas configured;Backup of srv7 confirmed;all added;"},
		{"POST /api/expected", add + `}`, 409, "there is one of that name already", ""},
		{"POST /api/expected/drop?name=nas", "", 409, "table [[expect]] of the settings file", ""},
		{"DELETE /api/expected?name=nothing", "", 404, "nothing of that name", ""},
		{"DELETE /api/expected?name=all", "", 204, "", "nas configured;Backup of srv7 confirmed;Backup of <b>srv8 proposed;"},
		{"POST /api/expected/drop?name=Backup+of+srv7", "", 204, "", "nas configured;Backup of <b>srv8 proposed;"},
	} {
		method, path, _ := strings.Cut(test.request, " ")
		w := ask(t, p.Handler(), method, path, test.body)
		if got := kinds(t, p); w.Code != test.status || !strings.Contains(w.Body.String(), test.want) || test.kinds != "" && got != test.kinds {
			t.Errorf("%s %s: %d %s, and %s; want %d %s, and %s", test.request, test.body, w.Code, w.Body, got, test.status, test.want, test.kinds)
		}
	}
}

func TestOtherSitesDecideNothing(t *testing.T) {
	t.Parallel()
	p := startRegular(t)
	before := kinds(t, p)
	for _, path := range []string{"/confirm", "/drop", "/api/expected/confirm?name=Backup+of+srv7", "/api/expected/drop?name=Backup+of+srv7"} {
		w := ask(t, p.Handler(), "POST", path, "name=Backup+of+srv7", "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site")
		if w.Code != http.StatusForbidden || kinds(t, p) != before {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestThePageConfirmsAndDrops(t *testing.T) {
	t.Parallel()
	p := startRegular(t)
	page := ask(t, p.Handler(), "GET", "/", "").Body.String()
	for _, want := range []string{`action="confirm"`, `name="name" value="Backup of srv7"`, "Backup of &lt;b&gt;srv8", "seen 14 times", "<h3>Proposed</h3>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	post := func(path, name string, fields ...string) (status int, body, location string) {
		t.Helper()
		w := ask(t, p.Handler(), "POST", path, url.Values{"name": {name}}.Encode(), append(fields, "Content-Type", "application/x-www-form-urlencoded")...)
		return w.Code, w.Body.String(), w.Header().Get("Location")
	}
	if status, _, location := post("/confirm", "Backup of srv7"); status != http.StatusSeeOther || location != "./?confirmed=1" {
		t.Errorf("%d, %s", status, location)
	}
	if page := ask(t, p.Handler(), "GET", "/?confirmed=1", "").Body.String(); !strings.Contains(page, "Confirmed: you will be alerted") {
		t.Error("the page does not say so")
	}
	if status, body, _ := post("/drop", "nas", "Accept", "application/json"); status != http.StatusConflict || !strings.Contains(body, "settings file") {
		t.Errorf("%d, %s", status, body)
	}
	if status, body, _ := post("/drop", "nas"); status != http.StatusConflict || !strings.Contains(body, "settings file") {
		t.Errorf("%d, %s", status, body)
	}
	if status, body, _ := post("/drop", "Backup of srv7", "Accept", "application/json"); status != http.StatusOK || !strings.Contains(body, "neither expected nor proposed") {
		t.Errorf("%d, %s", status, body)
	}
	if got := kinds(t, p); got != "nas configured;Backup of <b>srv8 proposed;" {
		t.Errorf("%s", got)
	}
}
