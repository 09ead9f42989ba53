package main

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/hut8labs/failmail"
)

// The shop as a whole, over SMTP.
func TestEveryReportIsInASummary(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	defer end()
	mails := 0
	err = run(ctx, listener, failmail.Config{
		Bind:        "localhost:0",
		Wait:        time.Millisecond,
		FlushOnExit: true,
		Store:       failmail.NewMemoryStore(),
		FailDir:     t.TempDir(),
		Sender: failmail.SenderFunc(func(_ context.Context, m *failmail.Mail) error {
			defer end()
			count, err := strconv.Atoi(failmail.NewMessage(m.From, m.To, m.Raw).Header.Get("X-Failmail-Count"))
			mails += count
			return err
		}),
	})
	if err != nil || mails != 3 {
		t.Errorf("the summaries stand for %d mails (%v)", mails, err)
	}
}
