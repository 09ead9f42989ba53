package web_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/hut8labs/failmail"
)

// What the relay refuses for good is on the page, in the API and in the metrics, until
// it is sent from there.
func TestTheFailDirIsShownAndSent(t *testing.T) {
	t.Parallel()
	p, relay := startProxy(t, failmail.Config{})
	relay.fail(failmail.Permanent(errors.New("550 no such user")))
	submit(t, p, "disk full", "no space")
	if _, err := p.Flush(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	get := func(path string) string { return ask(t, p.Handler(), "GET", path, "").Body.String() }
	waitFor(t, "a mail in the fail-dir", func() bool {
		stats := get("/api/stats") // it leaves the outbox once it is in the fail-dir
		return strings.Contains(stats, `"fail_dir":{"mails":1}`) && strings.Contains(stats, `"outbox":{"waiting":0`)
	})
	agree := func(path string, parts ...string) {
		t.Helper()
		page := get(path)
		for _, part := range parts {
			if !strings.Contains(page, part) {
				t.Errorf("%s lacks %q", path, part)
			}
		}
	}
	agree("/", `<a href="#failed">not delivered</a>`, "Nothing is waiting for the relay", "550 no such user", ">Resend<")
	agree("/metrics", "\nfailmail_fail_dir_mails 1\n")
	agree("/api/failed", `"to":["ops@example.com"],"recipients":1,"subject":"[failmail] 1 new: disk full"`, `"reason":"550 no such user"`)
	post := func(path, body string, status int, part string) {
		t.Helper()
		if w := ask(t, p.Handler(), "POST", path, body); w.Code != status || !strings.Contains(w.Body.String()+w.Header().Get("Location"), part) {
			t.Errorf("%s %s: %d %s", path, body, w.Code, w.Body)
		}
	}
	post("/api/resend", `{}`, 200, `{"sent":0,"left":1,"reason":"550 no such user"}`)
	agree("/", "tried again at")
	post("/resend", "", 502, "1 mail stays in the fail-dir: 550 no such user")
	post("/api/resend", `{"name":"1.unknown"}`, 404, "it may have been sent already")
	relay.fail(nil)
	failed, total, err := p.Failed(t.Context())
	if err != nil || total != 1 {
		t.Fatalf("%d in the fail-dir, %v", total, err)
	}
	post("/resend", "name="+failed[0].Name, 303, "./?resent=1")
	post("/resend", "name="+failed[0].Name, 404, "it may have been sent already")
	post("/api/resend", `{}`, 200, `{"sent":0,"left":0}`)
	agree("/api/stats", `"fail_dir":{"mails":0}`)
	agree("/metrics", "\nfailmail_fail_dir_mails 0\n")
	if n := len(relay.sent()); n != 1 {
		t.Errorf("the relay has %d mails", n)
	}
	if recent := p.Recent(); recent[0].Result != "sent" {
		t.Errorf("the summary is %s", recent[0].Result)
	}
}

func TestAMuteSaysWhatItMatchesAndRefusesEverything(t *testing.T) {
	t.Parallel()
	p, _ := startProxy(t, failmail.Config{})
	submit(t, p, "disk full", "a")
	submit(t, p, "disk full", "a")
	submit(t, p, "login failed", "b")
	for _, test := range []struct {
		body   string
		status int
		part   string
	}{
		{`{"what":"^disk","for":"1h","dry_run":true}`, 200, `"matches":{"mails":2,"errors":1,"first":[{"title":"disk full","mails":2}]}`},
		{`{"what":".*","for":"100d","dry_run":true}`, 200, `"matches":{"everything":true,"mails":3,"errors":2`},
		{`{"what":".*","for":"100d"}`, 400, "matches every mail"},
		{`{"what":"\\w","for":"1h"}`, 400, "matches every mail"},
		{`{"what":"a*","for":"1h"}`, 400, "matches every mail"},
		{`{"what":".*","for":"1h","force":true}`, 201, `"pattern":".*"`},
	} {
		if w := ask(t, p.Handler(), "POST", "/api/mutes", test.body); w.Code != test.status || !strings.Contains(w.Body.String(), test.part) {
			t.Errorf("%s: %d %s", test.body, w.Code, w.Body)
		}
	}
	if mutes, _ := p.Mutes(t.Context()); len(mutes) != 1 {
		t.Errorf("%d mutes", len(mutes))
	}
}
