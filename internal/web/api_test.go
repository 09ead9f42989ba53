package web_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/deliver"
)

func decode[T any](t *testing.T, w *httptest.ResponseRecorder) (body T) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return body
}

func TestThePageAndTheAPIAnswerWhileTheProxyDoesNotRun(t *testing.T) {
	t.Parallel()
	p, err := failmail.New(failmail.Config{Bind: failmail.NoListener, Store: failmail.NewMemoryStore()})
	if err != nil {
		t.Fatal(err)
	}
	if w := ask(t, p.Handler(), "GET", "/", ""); w.Code != 200 || !strings.Contains(w.Body.String(), "not ready") {
		t.Errorf("page: %d", w.Code)
	}
	if w := ask(t, p.Handler(), "GET", "/api/stats", ""); w.Code != 200 || !strings.Contains(w.Body.String(), `"ready":false,"problem":"failmail: the proxy is not running"`) {
		t.Errorf("stats: %d %s", w.Code, w.Body)
	}
	for _, path := range []string{"GET /api/batches", "GET /api/outbox", "GET /api/heartbeats", "GET /api/mutes", "POST /api/flush", "POST /api/retry"} {
		method, path, _ := strings.Cut(path, " ")
		if w := ask(t, p.Handler(), method, path, "{}"); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "not running") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestTheAPICountsAndSteers(t *testing.T) {
	t.Parallel()
	p, relay := startProxy(t, failmail.Config{Heartbeats: []*regexp.Regexp{regexp.MustCompile("^just monitoring")}})
	for i := range 3 {
		submit(t, p, "disk full", fmt.Sprint("no space on sda", i))
	}
	submit(t, p, "just monitoring", "")
	relay.fail(errors.New("451 4.3.0 try again"))
	h := p.Handler()

	batches := decode[[]struct {
		ID     int64
		Mails  int
		To     []string
		Groups []struct {
			Title, State string
			Mails        int
			Hosts        []struct{ Name string }
			Variants     []struct{ Fingerprint, Reason string }
		}
	}](t, ask(t, h, "GET", "/api/batches", ""))
	if len(batches) != 1 || batches[0].Mails != 3 || batches[0].To[0] != "ops@example.com" || len(batches[0].Groups) != 1 {
		t.Fatalf("batches: %+v", batches)
	}
	if g := batches[0].Groups[0]; g.Title != "disk full: no space on sda<num>" || g.State != "NEW" || g.Mails != 3 || len(g.Hosts) != 1 || !strings.HasPrefix(g.Variants[0].Fingerprint, "v2:") {
		t.Errorf("group: %+v", g)
	}
	if beats := decode[[]struct {
		Name  string
		Count int
	}](t, ask(t, h, "GET", "/api/heartbeats", "")); len(beats) != 1 || beats[0].Name != "^just monitoring" || beats[0].Count != 1 {
		t.Errorf("heartbeats: %+v", beats)
	}
	for _, test := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"/api/flush", `{"batch":77}`, 404, `{"error":"there is no open batch 77; it may have been sent already"}`},
		{"/api/flush", `{"batch":-1}`, 404, `there is no open batch -1`},
		{"/api/flush", `{"all":true}`, 400, `unknown field`},
		{"/api/flush", ``, 400, `the body is not JSON such as {\"batch\": 42}, or 0 for all: EOF`},
		{"/api/mutes", `{"pattern":"x"}`, 400, `the body is not JSON such as {\"what\": \"^Disk space\"`},
		{"/api/flush", fmt.Sprintf(`{"batch":%d}`, batches[0].ID), 200, `{"batches":1}`},
		{"/api/retry", `{"id":77}`, 404, `no mail 77`},
		{"/api/mutes", `{"what":"(","for":"1h"}`, 400, `is wrong`},
		{"/api/mutes", `{"what":"x","for":"1 hour"}`, 400, `30m, 2h or 3d`},
		{"/api/mutes", `{"what":"x","for":"1h"}`, 201, `"pattern":"x"`},
	} {
		if w := ask(t, h, "POST", test.path, test.body); w.Code != test.status || !strings.Contains(w.Body.String(), test.want) {
			t.Errorf("POST %s %s: %d %s, want %d %s", test.path, test.body, w.Code, w.Body, test.status, test.want)
		}
	}
	type outgoing struct {
		ID        int64
		Mails     int
		Attempts  int
		LastError string `json:"last_error"`
	}
	var outbox []outgoing
	waitFor(t, "a failure in the outbox", func() bool {
		outbox = decode[[]outgoing](t, ask(t, h, "GET", "/api/outbox", ""))
		return len(outbox) == 1 && outbox[0].LastError != ""
	})
	if o := outbox[0]; o.Mails != 3 || o.Attempts < 1 || o.LastError != "451 4.3.0 try again" {
		t.Errorf("outbox: %+v", o)
	}
	if w := ask(t, h, "POST", "/api/flush", `{"batch":0}`); w.Code != 200 || strings.TrimSpace(w.Body.String()) != `{"batches":0}` {
		t.Errorf("nothing to flush: %d %s", w.Code, w.Body)
	}
	type stats struct {
		Ready     bool
		Mails     struct{ Total, LastHour int }
		Outbox    struct{ Waiting, Failing int }
		Summaries struct{ Made, Postponed int }
		Relay     struct{ Up bool }
		Mutes     int
	}
	s := decode[stats](t, ask(t, h, "GET", "/api/stats", ""))
	if !s.Ready || s.Mails.Total != 3 || s.Outbox.Waiting != 1 || s.Outbox.Failing != 1 || s.Summaries.Made != 1 || s.Summaries.Postponed < 1 || !s.Relay.Up || s.Mutes != 1 {
		t.Errorf("stats: %+v", s)
	}
	relay.fail(nil)
	waitFor(t, "the delivery", func() bool {
		ask(t, h, "POST", "/api/retry", fmt.Sprintf(`{"id":%d}`, outbox[0].ID))
		return len(relay.sent()) == 1
	})
}

// When the relay is down, who looks wants to know why.
func TestThePageAndTheAPISayWhyTheRelayIsDown(t *testing.T) {
	t.Parallel()
	p, relay := startProxy(t, failmail.Config{Version: "v2.3.4"})
	relay.fail(deliver.Unreachable(errors.New("dial tcp 192.0.2.25:25: connect: <connection> refused")))
	submit(t, p, "disk full", "no space")
	type stats struct {
		Version string
		Relay   struct {
			Up        bool
			DownSince *time.Time `json:"down_since"`
			NextTry   *time.Time `json:"next_try"`
			Error     string
		}
	}
	look := func() stats { return decode[stats](t, ask(t, p.Handler(), "GET", "/api/stats", "")) }
	flush := func(up bool) {
		t.Helper()
		if _, err := p.Flush(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		waitFor(t, "an attempt", func() bool { return look().Relay.Up == up })
	}
	flush(false)
	if s := look(); s.Version != "v2.3.4" || s.Relay.Error != "dial tcp 192.0.2.25:25: connect: <connection> refused" || s.Relay.DownSince == nil || s.Relay.NextTry == nil {
		t.Errorf("stats: %+v", s)
	}
	page := ask(t, p.Handler(), "GET", "/", "").Body.String()
	for _, want := range []string{"v2.3.4", "dial tcp 192.0.2.25:25: connect: &lt;connection&gt; refused", "next try at"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	relay.fail(nil)
	waitFor(t, "the batch to be open again", func() bool { open, err := p.Open(t.Context()); return err == nil && len(open) == 1 })
	flush(true)
	if s := look(); s.Relay.Error != "" || s.Relay.DownSince != nil {
		t.Errorf("up again: %+v", s)
	}
}

func TestWhatTheAPIDoesNotHaveIsSaidInJSON(t *testing.T) {
	t.Parallel()
	p, _ := startProxy(t, failmail.Config{})
	for target, want := range map[string]int{"/api/": 404, "/api/problem": 404, "/api/problems/x/y": 404} {
		if w := ask(t, p.Handler(), "GET", target, ""); w.Code != want || !strings.HasPrefix(w.Body.String(), `{"error":"there is no `+target) {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	if w := ask(t, p.Handler(), "POST", "/api/stats", ""); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("a wrong method: %d %s", w.Code, w.Body)
	}
}
