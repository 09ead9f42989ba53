package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/failmailtest"
)

const declined = "Subject: [shop] payment failed\n\ncard declined for order 4711\n"

// failmailtest has no port and no disk: mails go in with Mail, summaries come out with Summaries.
func TestProblemsAreListedAndAcknowledged(t *testing.T) {
	p := failmailtest.Start(t, failmail.Config{})
	pages := routes(p.Proxy)
	p.Mail(declined)
	p.Mail(declined)

	said, status := ask(pages, http.MethodGet, "/problems", nil)
	if status != http.StatusOK || !strings.HasPrefix(said, "problems: 1\n") || !strings.Contains(said, "open  2 mails, last ") {
		t.Fatalf("%d %s", status, said)
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(said, "problems: 1\n"), " ")
	if said, status = ask(pages, http.MethodPost, "/problems/"+id+"/ack", url.Values{"by": {"ann"}}); status != http.StatusOK || !strings.HasPrefix(said, "ann looks at ") {
		t.Errorf("%d %s", status, said)
	}
	if said, _ = ask(pages, http.MethodGet, "/problems?q=payment", nil); !strings.Contains(said, "(ann looks at it)") {
		t.Errorf("the list does not say so: %s", said)
	}
	if summaries := p.Summaries(); len(summaries) != 1 || !strings.Contains(summaries[0].Body(), "card declined") {
		t.Errorf("got %d summaries", len(summaries))
	}
}

func TestMistakesAreAnswered(t *testing.T) {
	p := failmailtest.Start(t, failmail.Config{})
	pages := routes(p.Proxy)
	if said, status := ask(pages, http.MethodGet, "/problems?q=is:opne", nil); status != http.StatusBadRequest || !strings.Contains(said, "did you mean is:open?") {
		t.Errorf("a question with a mistake: %d %s", status, said)
	}
	if said, status := ask(pages, http.MethodPost, "/problems/0123456789abcdef/ack", url.Values{"by": {"ann"}}); status != http.StatusNotFound {
		t.Errorf("an unknown problem: %d %s", status, said)
	}
}

func ask(pages http.Handler, method, target string, form url.Values) (said string, status int) {
	request := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response := httptest.NewRecorder()
	pages.ServeHTTP(response, request)
	return response.Body.String(), response.Code
}
