// Command slog logs to the terminal, and mails what is an error: the
// summary comes from a Proxy inside the program, no mail per record.
package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/hut8labs/failmail"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	terminal := slog.NewTextHandler(os.Stderr, nil)
	err := run(ctx, terminal, failmail.Config{
		Bind:        failmail.NoListener,
		Relay:       "debug", // prints summaries; name your SMTP server here
		FlushOnExit: true,
		Logger:      slog.New(terminal), // not the one that mails
	})
	if err != nil {
		slog.Error("slog", "error", err)
		os.Exit(1)
	}
}

// run logs until ctx ends.
func run(ctx context.Context, terminal slog.Handler, config failmail.Config) error {
	p, err := failmail.New(config)
	if err != nil {
		return err
	}
	if err := p.Start(ctx); err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	mail := newMailHandler(p, mailOptions{
		From: "shop@example.com", To: []string{"ops@example.com"}, Prefix: "shop", Host: host,
	})
	work(slog.New(slog.NewMultiHandler(terminal, mail)))
	<-ctx.Done()
	return p.Shutdown(context.WithoutCancel(ctx))
}

// work is the program.
func work(log *slog.Logger) {
	log.Info("ready") // to the terminal only
	for order := 4711; order < 4714; order++ {
		log.WithGroup("order").Error("payment failed", "id", order, "error", errors.New("card declined"))
	}
	log.Error("no stock", slog.Group("item", "sku", "A-17", "left", 0))
}
