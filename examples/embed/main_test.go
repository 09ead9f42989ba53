package main

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/hut8labs/failmail"
)

func TestEveryReportIsInASummary(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	var sent []*failmail.Message
	err := run(ctx, failmail.Config{
		Bind:        "localhost:0",
		Wait:        time.Millisecond,
		FlushOnExit: true,
		Store:       failmail.NewMemoryStore(),
		FailDir:     t.TempDir(),
		Sender: failmail.SenderFunc(func(_ context.Context, m *failmail.Mail) error {
			sent = append(sent, failmail.NewMessage(m.From, m.To, m.Raw))
			end()
			return nil
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	mails := 0
	for _, summary := range sent {
		count, err := strconv.Atoi(summary.Header.Get("X-Failmail-Count"))
		if err != nil {
			t.Error(err)
		}
		mails += count
	}
	if mails != 3 {
		t.Errorf("the summaries stand for %d mails", mails)
	}
}
