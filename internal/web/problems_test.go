package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/hut8labs/failmail"
)

const nagiosDown = "** PROBLEM Service Alert: db1/Disk /var is CRITICAL **"

// oneProblem returns a Proxy that was told of two problems, and the ID of one.
func oneProblem(t *testing.T) (p *failmail.Proxy, id string) {
	t.Helper()
	p, _ = startProxy(t, failmail.Config{})
	submit(t, p, "login refused", "x")
	submit(t, p, nagiosDown, "State: CRITICAL")
	found, _, err := p.Problems(t.Context(), "disk", 0, 1)
	if err != nil || len(found) != 1 {
		t.Fatalf("%d problems, %v", len(found), err)
	}
	return p, found[0].ID
}

// keysOf returns those of a JSON object, in order.
func keysOf(t *testing.T, text string) (keys []string) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	for depth := 0; ; {
		token, err := decoder.Token()
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			if depth--; depth == 0 {
				return keys
			}
		default:
			if depth == 1 {
				keys = append(keys, fmt.Sprint(token))
				var value json.RawMessage
				if err := decoder.Decode(&value); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// What programs rely on is there whether it is empty or not.
func TestTheAPIOfProblemsHasWhatIsPromised(t *testing.T) {
	t.Parallel()
	empty, _ := startProxy(t, failmail.Config{})
	if w := ask(t, empty.Handler(), "GET", "/api/problems", ""); w.Code != 200 || w.Body.String() != `{"total":0,"problems":[]}`+"\n" {
		t.Errorf("no problems: %d %s", w.Code, w.Body)
	}
	p, id := oneProblem(t)
	promised := []string{"id", "headline", "status", "state", "new", "count", "first", "last", "source", "object", "hosts", "owner", "acked_by", "muted_until", "days"}
	list := decode[struct {
		Total    int
		Problems []json.RawMessage
	}](t, ask(t, p.Handler(), "GET", "/api/problems?q=disk&limit=10", ""))
	if list.Total != 1 || len(list.Problems) != 1 {
		t.Fatalf("%+v", list)
	}
	for name, test := range map[string]struct {
		text string
		keys []string
	}{
		"in a list": {string(list.Problems[0]), promised},
		"alone":     {ask(t, p.Handler(), "GET", "/api/problems/"+id, "").Body.String(), append(promised, "samples", "history")},
	} {
		keys := keysOf(t, test.text)
		for _, key := range test.keys {
			if !slices.Contains(keys, key) {
				t.Errorf("%s: %q is missing in %s", name, key, test.text)
			}
		}
	}
	one := decode[failmail.Problem](t, ask(t, p.Handler(), "GET", "/api/problems/"+id, ""))
	if one.ID != id || one.State != "open" || one.Count != 1 || one.Source != "nagios" || one.Object != "db1/Disk /var" || len(one.Days) != 1 || one.Days[0].Count != 1 || len(one.Samples) != 1 || len(one.History) != 1 || one.MutedUntil != nil {
		t.Errorf("%+v", one)
	}
	if _, err := time.Parse(time.RFC3339, one.First.Format(time.RFC3339Nano)); err != nil || one.First.IsZero() {
		t.Errorf("first: %v", err)
	}
}

func TestTheAPIOfProblemsAnswersQuestions(t *testing.T) {
	t.Parallel()
	p, id := oneProblem(t)
	other := decode[struct{ Problems []failmail.Problem }](t, ask(t, p.Handler(), "GET", "/api/problems", "")).Problems[1].ID
	for target, want := range map[string]struct {
		status int
		body   string
	}{
		"/api/problems":                          {200, `{"total":2,"problems":[{"id":"` + id},
		"/api/problems?limit=1":                  {200, `{"total":2,"problems":[{"id":"` + id},
		"/api/problems?limit=0":                  {200, `{"total":2,"problems":[]}`},
		"/api/problems?limit=1000":               {200, `{"total":2,"problems":[{`},
		"/api/problems?limit=1001":               {400, `{"error":"the limit \"1001\" is not a number from 0 to 1000"}`},
		"/api/problems?limit=-1":                 {400, `is not a number from 0 to 1000`},
		"/api/problems?limit=x":                  {400, `is not a number from 0 to 1000`},
		"/api/problems?offset=1":                 {200, `{"total":2,"problems":[{"id":"` + other},
		"/api/problems?offset=2":                 {200, `{"total":2,"problems":[]}`},
		"/api/problems?offset=-1":                {400, `{"error":"the offset \"-1\" is not a number from 0 to 1000000"}`},
		"/api/problems?q=is:over":                {200, `{"total":0,"problems":[]}`},
		"/api/problems?q=host:web1+is:new":       {200, `{"total":0,"problems":[]}`},
		"/api/problems?q=source:nagios+CRITICAL": {200, `{"total":1,"problems":[{"id":"` + id},
		"/api/problems?q=is:opne":                {400, `{"error":"at character 1: is:opne: \"opne\" is not a state; did you mean is:open?"}`},
		"/api/problems/" + id:                    {200, `{"id":"` + id},
		"/api/problems/0123456789abcdef":         {404, `{"error":"there is no problem with this ID; failmail problems and the page list those that are known"}`},
		"/api/problems/%3Cb%3E":                  {404, `there is no problem with this ID`},
	} {
		if w := ask(t, p.Handler(), "GET", target, ""); w.Code != want.status || !strings.Contains(w.Body.String(), want.body) {
			t.Errorf("%s: %d %s, want %d %s", target, w.Code, w.Body, want.status, want.body)
		}
	}
}

func TestProblemsOfAProxyThatDoesNotRunAreUnknownForNow(t *testing.T) {
	t.Parallel()
	p, err := failmail.New(failmail.Config{Bind: failmail.NoListener, Store: failmail.NewMemoryStore()})
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"GET /api/problems", "GET /api/problems/x", "POST /api/problems/x/ack", "POST /api/problems/x/unmute", "GET /problems", "GET /problems/x", "POST /problems/x/act"} {
		method, path, _ := strings.Cut(target, " ")
		body := ""
		if strings.HasSuffix(path, "/act") {
			body = "action=ack"
		}
		if w := ask(t, p.Handler(), method, path, body); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "not running") {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}

func TestTheAPIActsOnAProblem(t *testing.T) {
	t.Parallel()
	p, id := oneProblem(t)
	ann := []string{"Authorization", "Basic YW5uOng="} // ann:x
	for _, test := range []struct {
		action, body string
		header       []string
		status       int
		want         string // part of the body; of a success the last event
	}{
		{"ack", "", nil, 200, `{acked  }`},
		{"unack", "{}", ann, 200, `{unacked ann }`},
		{"unack", "", nil, 400, "nobody has acknowledged the problem; there is nothing to undo"},
		{"ack", `{"by":"ann","text":"looks"}`, ann, 200, `{acked ann looks}`},
		{"own", `{"by":"bob","text":"the dba team"}`, ann, 200, `{owned bob (as ann) the dba team}`},
		{"note", `{"by":"bob","text":"a\nb"}`, nil, 200, "{noted bob a\nb}"},
		{"note", `{"by":"bob"}`, nil, 400, "the note is empty; write something"},
		{"note", `{"text":"` + strings.Repeat("x", 4001) + `"}`, nil, 400, "4000 are the most"},
		{"note", `{"text":"` + strings.Repeat("x", 70_000) + `"}`, nil, 400, "request body too large"},
		{"note", `{"note":"x"}`, nil, 400, `the body is not JSON such as {\"by\": \"ann\", \"text\": \"looks at it\"}`},
		{"note", `"x"`, nil, 400, "the body is not JSON such as"},
		{"mute", `{"for":"2h","text":"known"}`, ann, 200, `{muted ann until `},
		{"mute", "", nil, 400, `\"\" cannot end a mute; use a duration such as 2h or 3d`},
		{"mute", `{"for":"-2h"}`, nil, 400, `\"-2h\" cannot end a mute`},
		{"unmute", "", nil, 200, `{unmuted  }`},
		{"merge", `{"with":"v2:0123456789abcdef"}`, ann, 400, `is about the thing \"db1/Disk /var\", whatever is said of it; only errors`},
		{"expect", `{"every":"daily 25:00"}`, ann, 400, `\"25:00\" is not a time of day`},
		{"expect", `{"every":"daily 02:00","within":"soon"}`, ann, 400, `within: the duration \"soon\" is wrong`},
		{"expect", `{"every":"daily 02:00","within":"2h"}`, ann, 200, `{expected ann daily 02:00}`},
		{"expect", `{"every":"daily 02:00"}`, ann, 409, `there is one of that name already`},
		{"resolve", `{"text":"gone"}`, ann, 200, `{resolved ann gone}`},
		{"resolve", "", nil, 400, "the problem is over since"},
		{"ack", "", nil, 400, "the problem is over since"},
		{"delete", "", nil, 404, `there is no action \"delete\"; take one of ack, expect, merge, mute, note, own, resolve, split, unack, unmute`},
	} {
		w := ask(t, p.Handler(), "POST", "/api/problems/"+id+"/"+test.action, test.body, test.header...)
		got := w.Body.String()
		if w.Code == http.StatusOK {
			became := decode[failmail.Problem](t, w)
			last := became.History[len(became.History)-1]
			if got = fmt.Sprintf("{%s %s %s}", last.Kind, last.By, last.Text); became.ID != id {
				t.Errorf("%s: problem %s", test.action, became.ID)
			}
		}
		if w.Code != test.status || !strings.Contains(got, test.want) {
			t.Errorf("%s %.80s: %d %s, want %d %s", test.action, test.body, w.Code, got, test.status, test.want)
		}
	}
	for _, action := range []string{"ack", "note", "mute", "unmute", "resolve", "expect"} {
		if w := ask(t, p.Handler(), "POST", "/api/problems/0123456789abcdef/"+action, `{"text":"x","for":"1h"}`); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "there is no problem with this ID") {
			t.Errorf("%s of none: %d %s", action, w.Code, w.Body)
		}
	}
	one := decode[failmail.Problem](t, ask(t, p.Handler(), "GET", "/api/problems/"+id, ""))
	var kinds []string
	for _, e := range one.History {
		kinds = append(kinds, string(e.Kind))
	}
	if want := strings.Fields("began acked unacked acked owned noted muted unmuted expected resolved"); !reflect.DeepEqual(kinds, want) || one.Owner != "the dba team" || one.AckedBy != "ann" || one.MutedUntil != nil || one.State != "over" {
		t.Errorf("%v, want %v; %+v", kinds, want, one)
	}
	if mutes, err := p.Mutes(t.Context()); err != nil || len(mutes) != 0 {
		t.Errorf("mutes: %+v, %v", mutes, err)
	}
}

// Whatever anybody asks for or does is done or refused, and nothing of it comes alive.
func FuzzActs(f *testing.F) {
	for _, seed := range [][4]string{{"note", "ann", "<script>alert(1)</script>", ""}, {"own", "", "</textarea><b>", ""}, {"mute", "<i>", "x", "2h"}, {"resolve", "\x00", "\xff", ""}, {"ack", "a", "", "disk is:open"}, {"x", "", "", `"`}} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	f.Fuzz(func(t *testing.T, action, by, text, other string) {
		p, id := oneProblem(t)
		for _, request := range []struct{ method, target, body string }{
			{"POST", "/problems/" + id + "/act", form("action", action, "by", by, "text", text, "for", other)},
			{"GET", "/problems/" + id + "?" + form("done", action), ""},
			{"GET", "/problems?" + form("q", other), ""},
			{"GET", "/problems?" + form("q", text), ""},
			{"GET", "/api/problems?" + form("q", text, "limit", other), ""},
		} {
			w := ask(t, p.Handler(), request.method, request.target, request.body)
			if reply := w.Body.String(); w.Code >= 500 || !utf8.ValidString(reply) {
				t.Errorf("%s %s %q is answered with %d %q", request.method, request.target, request.body, w.Code, reply)
			} else if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				nothingAlive(t, reply)
			}
		}
	})
}
