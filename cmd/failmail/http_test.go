package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func get(t *testing.T, url, user, password string) (status int, body string) {
	t.Helper()
	return getAs(t, url, "", user, password)
}

// getAs asks for another name than that of the address.
func getAs(t *testing.T, url, host, user, password string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	if user != "" {
		request.SetBasicAuth(user, password)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestMetricsCountMailsAndRefusals(t *testing.T) {
	t.Parallel()
	relay, folder, http := startRelay(t), t.TempDir(), freeAddress(t)
	p := startProcess(t, folder, "--relay="+relay.Addr(), "--wait=1ms", "--bind-http="+http, "--max-message-size=1000")
	send := func(body string) error {
		return smtp.SendMail(p.addr, nil, "a@example.com", []string{"ops@example.com"}, []byte("Subject: x\r\n\r\n"+body+"\r\n"))
	}
	if err := send("small"); err != nil {
		t.Fatal(err)
	}
	if err := send(strings.Repeat("large ", 1000)); err == nil {
		t.Fatal("a mail over the limit was taken")
	}
	waitUntil(t, p, func() bool { return len(relay.Mails()) == 1 })
	for _, want := range []string{
		"failmail_smtp_mails_total 1", "failmail_mails_recorded_total 1", "failmail_summaries_total 1",
		`failmail_deliveries_total{result="sent"} 1`,
		`failmail_smtp_refusals_total{code="552",status="5.3.4"} 1`, "failmail_smtp_connections_total 2",
		"failmail_pending_mails 0", "failmail_outbox_summaries 0", "failmail_store_up 1",
	} {
		waitFor(t, "a line of /metrics: "+want, func() bool { // a summary is with the relay before it has left the outbox
			_, metrics := get(t, "http://"+http+"/metrics", "", "")
			return strings.Contains(metrics, "\n"+want+"\n")
		}, p.log)
	}
	for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ready\n"} {
		if status, body := get(t, "http://"+http+path, "", ""); status != 200 || body != want {
			t.Errorf("%s = %d %q", path, status, body)
		}
	}
	p.end(t, syscall.SIGTERM)
}

func TestHTTPAsksForCredentialsWhenThereAreAny(t *testing.T) {
	t.Parallel()
	http := freeAddress(t)
	startProcess(t, t.TempDir(), "--bind-http="+http, "--credentials=ops:secret")
	for name, test := range map[string]struct {
		user, password string
		want           int
	}{
		"nobody":         {"", "", 401},
		"wrong password": {"ops", "guess", 401},
		"right password": {"ops", "secret", 200},
	} {
		if status, _ := get(t, "http://"+http+"/metrics", test.user, test.password); status != test.want {
			t.Errorf("%s: status = %d, want %d", name, status, test.want)
		}
		// Probes come without a password, and learn nothing else.
		for _, path := range []string{"/healthz", "/readyz"} {
			want, text := test.want, "ready\n"
			if test.user == "" {
				want, text = 200, ""
			}
			if status, body := get(t, "http://"+http+path, test.user, test.password); status != want || path == "/readyz" && status == 200 && body != text {
				t.Errorf("%s: %s is %d %q", name, path, status, body)
			}
		}
	}
}

func TestWhoGuessesPasswordsOverHTTPIsSlowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, check := &guard{log: slog.New(slog.DiscardHandler)}, userCheck(func(user, password string) bool { return password == "secret" })
		g.users.Store(&check)
		handler := g.protect(http.NotFoundHandler(), nil)
		ask := func(client, password string) (status int, took time.Duration) {
			request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			request.RemoteAddr = client
			request.SetBasicAuth("ops", password)
			response, start := httptest.NewRecorder(), time.Now()
			handler.ServeHTTP(response, request)
			return response.Code, time.Since(start)
		}
		for i, want := range []time.Duration{0, 0, 0, 1, 2, 4, 8, 16, 30} {
			if status, took := ask("192.0.2.1:1000", "guess"); status != http.StatusUnauthorized || took != want*time.Second {
				t.Errorf("attempt %d: status %d after %v, want %v", i+1, status, took, want*time.Second)
			}
		}
		if status, took := ask("192.0.2.2:1000", "secret"); status != http.StatusNotFound || took != 0 {
			t.Errorf("another client: status %d after %v", status, took)
		}
		statuses := make(chan int, 2)
		for _, password := range []string{"one guess", "another guess"} {
			go func() { status, _ := ask("192.0.2.1:1001", password); statuses <- status }()
		}
		if one, other := <-statuses, <-statuses; one+other != http.StatusUnauthorized+http.StatusTooManyRequests {
			t.Errorf("two at once: status %d and %d", one, other)
		}
	})
}

func TestWithoutUsersHTTPAnswersOnlyToNamesThatNoOtherSiteCanHave(t *testing.T) {
	t.Parallel()
	open, closed := freeAddress(t), freeAddress(t)
	p := startProcess(t, t.TempDir(), "--relay=debug", "--bind-http="+open)
	startProcess(t, t.TempDir(), "--relay=debug", "--bind-http="+closed, "--credentials=ops:secret")
	for host, answered := range map[string]bool{
		open: true, "127.0.0.1": true, "[::1]:8025": true, "192.0.2.7:8025": true, "localhost": true, "LocalHost.:8025": true, "failmail.localhost": true,
		"evil.example": false, "evil.example:8025": false, "localhost.evil.example": false, "127.0.0.1.evil.example": false, "1.2.3.4.5": false,
	} {
		for _, path := range []string{"/", "/metrics", "/api/stats", "/events", "/static/page.js"} {
			if answered && path == "/events" { // it does not end
				continue
			}
			status, body := getAs(t, "http://"+open+path, host, "", "")
			switch {
			case answered && status != http.StatusOK:
				t.Errorf("%s%s: %d %s", host, path, status, body)
			case !answered && (status != http.StatusMisdirectedRequest || !strings.Contains(body, "--credentials") || !strings.Contains(body, host) || !strings.Contains(body, "http://"+open)):
				t.Errorf("%s%s: %d %s", host, path, status, body)
			}
		}
		// Who knows a password is no page of another site.
		if status, _ := getAs(t, "http://"+closed+"/api/stats", host, "ops", "secret"); status != http.StatusOK {
			t.Errorf("%s with a password: %d", host, status)
		}
	}
	if !strings.Contains(p.log.String(), "host=evil.example") {
		t.Errorf("the log does not tell of it:\n%s", p.log)
	}
}
