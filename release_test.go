package failmail_test

import (
	"context"
	"testing"

	"github.com/hut8labs/failmail"
)

func TestReleaseKeepsInTheStoreWhatShutdownWouldSend(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(*failmail.Proxy, context.Context) error
		want int
	}{"Release": {(*failmail.Proxy).Release, 0}, "Shutdown": {(*failmail.Proxy).Shutdown, 1}} {
		t.Run(name, func(t *testing.T) {
			sent := 0
			p, err := failmail.New(failmail.Config{
				Bind: failmail.NoListener, Store: failmail.NewMemoryStore(), FailDir: t.TempDir(), FlushOnExit: true,
				Sender: failmail.SenderFunc(func(context.Context, *failmail.Mail) error { sent++; return nil }),
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			mail := failmail.NewMessage("app@example.com", []string{"ops@example.com"}, []byte("Subject: x\r\n\r\nx\r\n"))
			if err := p.Submit(t.Context(), mail); err != nil {
				t.Fatal(err)
			}
			if err := test.end(p, t.Context()); err != nil || sent != test.want {
				t.Errorf("%d summaries were sent, want %d (%v)", sent, test.want, err)
			}
		})
	}
}
