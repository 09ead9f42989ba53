// Command embed is a service that brings its own Failmail: it starts a proxy,
// reports its errors to it by mail, and ends both together: Ctrl-C prints the summary.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/smtp"
	"os"
	"os/signal"
	"syscall"

	"github.com/hut8labs/failmail"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, failmail.Config{
		Bind:        "localhost:0", // any free port
		Relay:       "debug",       // prints summaries; name your SMTP server here
		FlushOnExit: true,          // do not leave them to the next start
		Logger:      slog.Default(),
	})
	if err != nil {
		slog.Error("embed", "error", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, config failmail.Config) error {
	p, err := failmail.New(config)
	if err != nil {
		return err
	}
	if err := p.Start(ctx); err != nil {
		return err
	}
	for order := range 3 {
		if err := report(p.Addr().String(), fmt.Sprintf("card declined for order %d", 4711+order)); err != nil {
			slog.Error("cannot report an error", "error", err)
		}
	}
	slog.Info("the summary comes 30 s after the last mail, or now with Ctrl-C", "addr", p.Addr())
	<-ctx.Done()
	return p.Shutdown(context.WithoutCancel(ctx))
}

// report is what any mail library does, in any language.
func report(server, text string) error {
	mail := []byte("Subject: [shop] payment failed\r\n\r\n" + text + "\r\n")
	return smtp.SendMail(server, nil, "app@example.com", []string{"ops@example.com"}, mail)
}
