package failmail_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/hut8labs/failmail"
)

func TestHandlerTellsWhetherMailsAreTaken(t *testing.T) {
	p, err := failmail.New(failmail.Config{
		Bind: failmail.NoListener, Store: failmail.NewMemoryStore(), FailDir: t.TempDir(),
		Sender: failmail.SenderFunc(func(context.Context, *failmail.Mail) error { return nil }),
	})
	if err != nil {
		t.Fatal(err)
	}
	expect := func(when, path string, status int, part string) {
		t.Helper()
		w := httptest.NewRecorder()
		p.Handler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != status || !strings.Contains(w.Body.String(), part) {
			t.Errorf("%s, %s: %d %q; want %d %q", when, path, w.Code, w.Body, status, part)
		}
	}
	expect("before the start", "/healthz", 200, "ok")
	expect("before the start", "/readyz", 503, "not running")
	expect("before the start", "/metrics", 200, "failmail_store_up 0")
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect("running", "/readyz", 200, "ready")
	if err := p.Submit(t.Context(), failmail.NewMessage("a@example.com", []string{"b@example.com"}, []byte("Subject: x\r\n\r\ny\r\n"))); err != nil {
		t.Fatal(err)
	}
	expect("running", "/metrics", 200, "\nfailmail_pending_mails 1\n")
	expect("running", "/metrics", 200, "\nfailmail_mails_recorded_total 1\n")
	expect("running", "/nothing", 404, "not found")
	page := httptest.NewRecorder()
	p.Handler().ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
	problems, err := promlint.New(page.Body).Lint() // what "promtool check metrics" does
	if err != nil || len(problems) > 0 {
		t.Errorf("the metrics go against Prometheus' conventions: %v %v", problems, err)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect("after the end", "/readyz", 503, "not running")
	expect("after the end", "/metrics", 200, "\nfailmail_mails_recorded_total 1\n")
}

func TestSeveralProxiesShareARegistry(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	for _, team := range []string{"billing", "shipping"} {
		p, err := failmail.New(failmail.Config{Bind: failmail.NoListener, Store: failmail.NewMemoryStore(), FailDir: t.TempDir(), Relay: "debug"})
		if err != nil {
			t.Fatal(err)
		}
		prometheus.WrapRegistererWith(prometheus.Labels{"team": team}, registry).MustRegister(p.Metrics())
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if !strings.HasPrefix(family.GetName(), "failmail_") {
			t.Errorf("%s is not about a proxy", family.GetName())
		}
		if family.GetName() == "failmail_summaries_total" && len(family.GetMetric()) != 2 {
			t.Errorf("%d proxies are told apart", len(family.GetMetric()))
		}
	}
}
