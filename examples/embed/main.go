// Command embed is a service that brings its own Failmail: it starts a proxy,
// reports its errors to it by mail, and ends both together.
package main

import (
	"context"
	"log/slog"
	"net/smtp"
	"os"
	"os/signal"

	"github.com/hut8labs/failmail"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	p, err := failmail.New(failmail.Config{
		Bind:   "localhost:0",
		Relay:  "debug", // prints summaries; name your SMTP server here
		Logger: slog.Default(),
	})
	if err != nil {
		slog.Error("cannot configure failmail", "error", err)
		os.Exit(1)
	}
	if err := p.Start(ctx); err != nil {
		slog.Error("cannot start failmail", "error", err)
		os.Exit(1)
	}
	mail := []byte("Subject: [example] payment failed\r\n\r\ncard declined for order 4711\r\n")
	if err := smtp.SendMail(p.Addr().String(), nil, "app@example.com", []string{"ops@example.com"}, mail); err != nil {
		slog.Error("cannot report an error", "error", err)
	}
	slog.Info("the summary comes 30 s after the last mail; end with Ctrl-C", "addr", p.Addr())
	<-ctx.Done()
	if err := p.Shutdown(context.Background()); err != nil {
		slog.Error("failmail did not end well", "error", err)
		os.Exit(1)
	}
}
