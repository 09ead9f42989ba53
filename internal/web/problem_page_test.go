package web_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/hut8labs/failmail"
)

// form returns names and values as a form sends them.
func form(pairs ...string) string {
	values := make(url.Values)
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return values.Encode()
}

// nothingAlive expects that a page has no elements but ours.
func nothingAlive(t *testing.T, page string) {
	t.Helper()
	document, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for node := range document.Descendants() {
		if found := alive(node); found != "" {
			t.Errorf("the page has %s:\n%s", found, page)
		}
	}
}

// Whatever a mail says, and whatever people write, appears as text on the pages of problems.
func TestHostileTextOfProblemsIsEscaped(t *testing.T) {
	t.Parallel()
	p, _ := startProxy(t, failmail.Config{})
	hostile := []string{
		`<script>alert(1)</script> failed`, `"><img src=x onerror=alert(1)> failed`, `'onmouseover='alert(1) failed`,
		`</textarea></title></style></pre><script>alert(1)</script> failed`, `{{.Problem}} failed`, `javascript:alert(1) failed`,
	}
	for _, text := range hostile {
		submit(t, p, text, "error: "+text, "X-Failmail-Object: "+text)
	}
	all, total, err := p.Problems(t.Context(), "", 0, 100)
	if err != nil || total != len(hostile) {
		t.Fatalf("%d problems, %v", total, err)
	}
	pages := []string{"/problems", "/problems?q=" + url.QueryEscape(`"`+hostile[0]), "/problems?q=" + url.QueryEscape(hostile[0]), "/problems/" + url.PathEscape(hostile[1]), "/problems/x?done=" + url.QueryEscape(hostile[0])}
	for i, one := range all {
		for _, action := range []failmail.ProblemAction{failmail.Note, failmail.Own, failmail.Acknowledge} {
			if _, err := p.Act(t.Context(), one.ID, action, hostile[i], hostile[i]); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := p.MuteProblem(t.Context(), one.ID, hostile[i], hostile[i], failmail.MuteEnd{At: time.Now().Add(patience)}); err != nil {
			t.Fatal(err)
		}
		pages = append(pages, "/problems/"+one.ID+"?done="+url.QueryEscape(hostile[i]))
	}
	for _, page := range append(pages, "/") {
		text := ask(t, p.Handler(), "GET", page, "").Body.String()
		if !strings.Contains(text, "</html>") {
			t.Errorf("%s ends with %q", page, text[max(0, len(text)-100):])
		}
		nothingAlive(t, text)
	}
	nothingAlive(t, ask(t, p.Handler(), "POST", "/problems/"+url.PathEscape(hostile[1])+"/act", form("action", hostile[0])).Body.String())
}

func TestAPageOfNoProblemLeadsOn(t *testing.T) {
	t.Parallel()
	p, _ := oneProblem(t)
	w := ask(t, p.Handler(), "GET", "/problems/0123456789abcdef", "")
	if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "there is no problem with this ID") || !strings.Contains(w.Body.String(), `action="../problems"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask(t, p.Handler(), "GET", "/problems?q=is:opne", ""); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "did you mean is:open?") || !strings.Contains(w.Body.String(), `value="is:opne"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A form works as it stands in the page, wherever that is mounted.
func TestThePagesOfProblemsWorkUnderAPrefixWithoutScript(t *testing.T) {
	t.Parallel()
	p, id := oneProblem(t)
	address := serve(t, p.Handler())
	get := func(at string) (text string, status int) {
		t.Helper()
		response, err := http.Get(at)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body), response.StatusCode
	}
	link := regexp.MustCompile(`(?:href|src|action)="([^"#][^"]*)"`)
	for page, want := range map[string]int{
		"problems": 200, "problems?q=disk": 200, "problems?q=nowhere": 200, "problems?q=is:opne": 400, "problems/" + id: 200, "problems/0123456789abcdef": 404,
	} {
		text, status := get(address + page)
		base, err := url.Parse(address + page)
		links := link.FindAllStringSubmatch(text, -1)
		if status != want || err != nil || len(links) < 5 {
			t.Fatalf("%s: %d, %v, %d links", page, status, err, len(links))
		}
		for _, found := range links {
			to, err := base.Parse(html.UnescapeString(found[1]))
			if err != nil || !strings.HasPrefix(to.String(), address) {
				t.Errorf("%s links to %q, which is %s", page, found[1], to)
				continue
			}
			expected := 200
			switch {
			case strings.HasSuffix(to.Path, "/act"), strings.HasSuffix(to.Path, "/name"): // take no GET
				expected = 405
			case strings.Contains(to.RawQuery, "opne"):
				expected = 400
			}
			if _, status := get(to.String()); status != expected {
				t.Errorf("%s links to %s, which answers %d", page, found[1], status)
			}
		}
	}
	post := func(values string, status int, at, want string) {
		t.Helper()
		parsed, _ := url.ParseQuery(values)
		response, err := http.PostForm(address+"problems/"+id+"/act", parsed)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		if got := response.Request.URL.Path; response.StatusCode != status || got != "/failmail/problems/"+id+at || !strings.Contains(string(text), want) {
			t.Errorf("%s: %s at %s, want %d, %q:\n%s", values, response.Status, got, status, want, text)
		}
	}
	post("action=ack", 200, "", "Acknowledged.")
	post("action=unack", 200, "", "No longer acknowledged.")
	post("action=unack", 400, "/act", "nobody has acknowledged the problem")
	post("action=own&text=ann", 200, "", `value="ann"`)
	post("action=note&text=line+1%0D%0Aline+2", 200, "", "line 1\nline 2")
	post("action=note&text=+", 400, "/act", "the note is empty; write something")
	post("action=mute&for=4h&text=known", 200, "", "Muted.")
	post("action=mute&for=soon", 400, "/act", "cannot end a mute")
	post("action=unmute", 200, "", "Unmuted.")
	post("action=mute&for=4h&until=over", 200, "", "muted until it is over")
	post("action=unmute", 200, "", "Unmuted.")
	post("action=expect&every=daily+02:00", 200, "", "You will be alerted when no mail about this comes in time.")
	post("action=resolve&text=gone", 200, "", "Resolved: it is over")
	post("action=resolve", 400, "/act", "there is nothing to do")
	post("action=explode", 404, "/act", "there is no action")
	// From a refusal there is a way back.
	refused := ask(t, p.Handler(), "POST", "/problems/"+id+"/act", "action=explode")
	back := link.FindAllStringSubmatch(refused.Body.String(), -1)
	at, err := url.Parse(address + "problems/" + id + "/act")
	if err != nil || !slices.ContainsFunc(back, func(found []string) bool {
		to, err := at.Parse(found[1])
		return err == nil && to.String() == address+"problems/"+id
	}) {
		t.Errorf("%s", refused.Body)
	}
}

// The page tells who acted only if it knows.
func TestThePageSaysWhetherItKnowsWhoActs(t *testing.T) {
	t.Parallel()
	p, id := oneProblem(t)
	const unknown = "requires no credentials"
	if text := ask(t, p.Handler(), "GET", "/problems/"+id, "").Body.String(); !strings.Contains(text, unknown) {
		t.Errorf("%s", text)
	}
	ask(t, p.Handler(), "POST", "/problems/"+id+"/act", "action=note&text=x", "Authorization", "Basic YW5uOng=")
	if text := ask(t, p.Handler(), "GET", "/problems/"+id, "", "Authorization", "Basic YW5uOng=").Body.String(); strings.Contains(text, unknown) || !strings.Contains(text, "ann noted") {
		t.Errorf("%s", text)
	}
}
