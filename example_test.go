package failmail_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"strings"

	"github.com/hut8labs/failmail"
)

// A service that runs its own proxy: the application sends to localhost:2525.
func Example() {
	p, err := failmail.New(failmail.Config{
		Relay:  "mail.example.com:25",
		From:   "failmail@example.com",
		Logger: slog.Default(),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := p.Run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// One headline for each service, whatever the subject says.
func ExampleGrouperFunc() {
	byService := failmail.GrouperFunc(func(m *failmail.Message) (string, error) {
		service, _, found := strings.Cut(m.Subject(), ":")
		if !found {
			return "", fmt.Errorf("no service in subject %q", m.Subject())
		}
		return service, nil
	})
	_, err := failmail.New(failmail.Config{Group: byService})
	fmt.Println(err)

	m := failmail.NewMessage("app@example.com", []string{"ops@example.com"},
		[]byte("Subject: billing: card declined\n\nOrder 4711 failed.\n"))
	fmt.Println(byService(m))
	// Output:
	// <nil>
	// billing <nil>
}

// Expressions spare writing Go for the usual wishes.
func ExampleGroup() {
	group, err := failmail.Group(`{{submatch "^\\[([a-z]+)\\]" .Subject}} on {{.Host}}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	m := failmail.NewMessage("app@example.com", nil, []byte("Subject: [billing] card declined\n\n"))
	m.Helo = "web1.example.com"
	fmt.Println(group.Group(m))

	_, err = failmail.Group("subjekt")
	fmt.Println(err != nil)
	// Output:
	// billing on web1.example.com <nil>
	// true
}

// Mails can be handed over without SMTP, and summaries sent by other means.
func ExampleProxy_Submit() {
	sent := make(chan *failmail.Mail, 1)
	p, err := failmail.New(failmail.Config{
		Bind:        failmail.NoListener,
		FlushOnExit: true,
		Store:       failmail.NewMemoryStore(),
		Sender: failmail.SenderFunc(func(_ context.Context, m *failmail.Mail) error {
			sent <- m
			return nil
		}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	if err := p.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	for range 3 {
		m := failmail.NewMessage("app@example.com", []string{"ops@example.com"}, []byte("Subject: disk full\n\n97%\n"))
		if err := p.Submit(ctx, m); err != nil {
			fmt.Println(err)
		}
	}
	if err := p.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	summary := failmail.NewMessage("", nil, (<-sent).Raw)
	fmt.Println(summary.Subject())
	// Output: [failmail] 1 new: disk full
}

// A Sender may be anything: here, a chat service behind a webhook.
func ExampleSenderFunc() {
	toChat := failmail.SenderFunc(func(ctx context.Context, m *failmail.Mail) error {
		text := failmail.NewMessage(m.From, m.To, m.Raw).Body()
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://chat.example.com/hook", strings.NewReader(text))
		if err != nil {
			return failmail.Permanent(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err // tried again later
		}
		defer response.Body.Close()
		if response.StatusCode >= 400 && response.StatusCode < 500 {
			return failmail.Permanent(fmt.Errorf("the chat refused it: %s", response.Status))
		}
		return nil
	})
	_, err := failmail.New(failmail.Config{Sender: toChat})
	fmt.Println(err)
	// Output: <nil>
}
