package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/deliver"
	"github.com/hut8labs/failmail/pkg/deliver/sendertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A receiver is the other side of a webhook.
type receiver struct {
	mu     sync.Mutex
	posts  []post
	status int
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	var p post
	if err := json.NewDecoder(request.Body).Decode(&p); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.status != http.StatusOK {
		http.Error(w, "not now", r.status)
		return
	}
	r.posts = append(r.posts, p)
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *receiver) got() []post {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.posts)
}

func start(t *testing.T) (*receiver, *webhook) {
	t.Helper()
	r := &receiver{status: http.StatusOK}
	server := httptest.NewServer(r)
	hook := newWebhook(server.URL)
	hook.client.Transport = &http.Transport{}
	t.Cleanup(func() {
		hook.client.CloseIdleConnections()
		server.Close()
	})
	return r, hook
}

func TestWebhookConforms(t *testing.T) {
	sendertest.Run(t, func(t *testing.T) sendertest.Fixture {
		r, hook := start(t)
		return sendertest.Fixture{
			Sender:     hook,
			Concurrent: true,
			Received: func() (mails []deliver.Mail) {
				for _, p := range r.got() {
					mails = append(mails, deliver.Mail{From: p.From, To: p.To, MessageID: p.ID, Raw: p.Mail})
				}
				return mails
			},
			Refuse: func(refusal sendertest.Refusal) {
				r.answer(map[sendertest.Refusal]int{
					sendertest.Accept:        http.StatusOK,
					sendertest.RefuseForNow:  http.StatusServiceUnavailable,
					sendertest.RefuseForGood: http.StatusForbidden,
				}[refusal])
			},
		}
	})
}

func TestAnswersAreToldApart(t *testing.T) {
	refusal := errors.New("refused")
	for status, want := range map[int][2]bool{ // permanent, throttled
		http.StatusBadRequest:      {true, false},
		http.StatusRequestTimeout:  {false, false},
		http.StatusTooManyRequests: {false, true},
		http.StatusBadGateway:      {false, false},
	} {
		err := judge(status, refusal)
		if got := [2]bool{deliver.IsPermanent(err), deliver.IsThrottled(err)}; got != want || !errors.Is(err, refusal) {
			t.Errorf("%d: %v is permanent, throttled: %v, want %v", status, err, got, want)
		}
	}
	if err := judge(http.StatusNoContent, refusal); err != nil {
		t.Errorf("204: %v", err)
	}
}

func TestNobodyThereIsNotTheMailsFault(t *testing.T) {
	_, hook := start(t)
	hook.url = "http://127.0.0.1:1/nobody"
	err := hook.Send(t.Context(), &deliver.Mail{MessageID: "1@example.com", To: []string{"ops@example.com"}, Raw: []byte("Subject: x\r\n\r\nx\r\n")})
	if !deliver.IsUnreachable(err) || deliver.IsUncertain(err) {
		t.Errorf("%v: unreachable %v, uncertain %v", err, deliver.IsUnreachable(err), deliver.IsUncertain(err))
	}
}

func TestASummaryArrives(t *testing.T) {
	r, hook := start(t)
	p, err := failmail.New(failmail.Config{
		Bind: failmail.NoListener, Sender: hook, FlushOnExit: true,
		Store: failmail.NewMemoryStore(), FailDir: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		m := failmail.NewMessage("app@example.com", []string{"ops@example.com"}, []byte("Subject: disk full\n\n97%\n"))
		if err := p.Submit(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Shutdown(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	posts := r.got()
	if len(posts) != 1 || posts[0].Subject != "[failmail] 1 new: disk full" || !strings.Contains(posts[0].Text, "97%") {
		t.Errorf("the webhook got %+v", posts)
	}
}
