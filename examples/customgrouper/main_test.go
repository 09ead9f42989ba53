package main

import (
	"slices"
	"testing"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/failmailtest"
)

func TestServicesHaveSummariesAndCodesHaveHeadlines(t *testing.T) {
	p := failmailtest.Start(t, failmail.Config{Batch: failmail.GrouperFunc(byService), Group: failmail.GrouperFunc(byCode)})
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
	var subjects []string
	for _, summary := range p.Summaries() {
		subjects = append(subjects, summary.Subject())
	}
	slices.Sort(subjects)
	want := []string{
		"[failmail] 1 new: E1001: order <num> failed",
		"[failmail] 1 new: cannot batch: mail from web1.example.com has no X-Service: E1001", // kept, and said so
		"[failmail] 1 new: no label: the printer is out of paper",
	}
	if !slices.Equal(subjects, want) {
		t.Errorf("the summaries are %q, want %q", subjects, want)
	}
}
