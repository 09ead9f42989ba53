package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/hut8labs/failmail"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheMuxServesProgramAndProxy(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	defer end()
	result := make(chan error)
	go func() {
		result <- run(ctx, listener, failmail.Config{
			Bind: failmail.NoListener, Relay: "debug", Store: failmail.NewMemoryStore(), FailDir: t.TempDir(),
		}, "secret")
	}()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	ask := func(path, password string) (*http.Response, error) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String()+path, nil)
		if err != nil {
			return nil, err
		}
		if password != "" {
			request.SetBasicAuth("ops", password)
		}
		return client.Do(request)
	}
	for _, c := range []struct {
		path, password string
		status         int
		says           string
	}{
		{"/", "", http.StatusOK, "the shop"},
		{"/metrics", "", http.StatusOK, "failmail_store_up 1"},
		{"/failmail/", "", http.StatusUnauthorized, "who are you?"},
		{"/failmail/", "wrong", http.StatusUnauthorized, "who are you?"},
		{"/failmail/", "secret", http.StatusOK, "<html"},
		{"/failmail/readyz", "secret", http.StatusOK, "ready"},
		{"/failmail/api/stats", "secret", http.StatusOK, `"ready":true`},
		{"/failmail/static/page.js", "secret", http.StatusOK, "EventSource"},
	} {
		response, err := ask(c.path, c.password)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != c.status || !strings.Contains(string(body), c.says) {
			t.Errorf("%s with password %q: %d %.300q (%v); want %d, %q", c.path, c.password, response.StatusCode, body, err, c.status, c.says)
		}
	}
	// A page that is being watched must not hold up the end.
	watched, err := ask("/failmail/events", "secret")
	if err != nil {
		t.Fatal(err)
	}
	defer watched.Body.Close()
	end()
	if err := <-result; err != nil {
		t.Error(err)
	}
}
