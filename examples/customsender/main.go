// Command customsender runs a proxy whose summaries go to a webhook, such as
// that of a chat, instead of a mail server.
//
//	customsender https://chat.example.com/hook
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/hut8labs/failmail"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: customsender URL")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p, err := failmail.New(failmail.Config{Sender: newWebhook(os.Args[1]), Logger: slog.Default()})
	if err == nil {
		err = p.Run(ctx)
	}
	if err != nil {
		slog.Error("customsender", "error", err)
		os.Exit(1)
	}
}
