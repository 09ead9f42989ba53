package main

import (
	"context"
	"slices"
	"testing"

	"github.com/hut8labs/failmail"
)

func TestServicesHaveSummariesAndCodesHaveHeadlines(t *testing.T) {
	var subjects []string
	p, err := failmail.New(failmail.Config{
		Batch:       failmail.GrouperFunc(byService),
		Group:       failmail.GrouperFunc(byCode),
		Bind:        failmail.NoListener,
		FlushOnExit: true,
		Store:       failmail.NewMemoryStore(),
		FailDir:     t.TempDir(),
		Sender: failmail.SenderFunc(func(_ context.Context, m *failmail.Mail) error {
			subjects = append(subjects, failmail.NewMessage(m.From, m.To, m.Raw).Subject())
			return nil
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, raw := range []string{
		"Subject: order 1 failed\nX-Service: shop\n\nE1001: card declined\n",
		"Subject: order 2 failed\nX-Service: shop\n\nE1001: card declined\n",
		"Subject: no label\nX-Service: shipping\n\nthe printer is out of paper\n",
		"Subject: who am I?\n\nE1001\n",
	} {
		m := failmail.NewMessage("app@example.com", []string{"ops@example.com"}, []byte(raw))
		m.Helo = "web1.example.com"
		if err := p.Submit(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	slices.Sort(subjects)
	want := []string{
		"[failmail] 1 new: E1001",
		"[failmail] 1 new: cannot batch: mail from web1.example.com has no X-Service", // kept, and said so
		"[failmail] 1 new: no label",
	}
	if !slices.Equal(subjects, want) {
		t.Errorf("the summaries are %q, want %q", subjects, want)
	}
}
