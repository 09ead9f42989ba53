// Command embed is a shop that brings its own Failmail: it mails its errors to a proxy
// inside itself, and shows on its own pages what is wrong.
//
//	go run ./examples/embed
//	curl localhost:8080/problems
//	curl -d by=ann -d note='the bank is told' localhost:8080/problems/ID/ack
//
// Ctrl-C ends both, and prints the summary that would have been sent.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/smtp"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hut8labs/failmail"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	listener, err := net.Listen("tcp", "localhost:8080")
	if err == nil {
		err = run(ctx, listener, failmail.Config{
			Bind:        "localhost:0",             // any free port, for the mails of the shop
			Relay:       "debug",                   // prints summaries; name your SMTP server here
			Store:       failmail.NewMemoryStore(), // leave it out to have mails outlive a crash, in failmail.db
			FlushOnExit: true,                      // send what is pending at the end; not needed with a file
			Logger:      slog.Default(),
		})
	}
	if err != nil {
		slog.Error("embed", "error", err)
		os.Exit(1)
	}
}

// run serves the shop on listener until ctx ends.
func run(ctx context.Context, listener net.Listener, config failmail.Config) error {
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
	slog.Info("the shop is open", "problems", "http://"+listener.Addr().String()+"/problems", "mails", p.Addr())

	server := &http.Server{Handler: routes(p), ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case <-ctx.Done():
	case err = <-served:
	}
	// The server first, since its pages ask the Proxy.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), failmail.DefaultShutdownTimeout)
	defer cancel()
	return errors.Join(err, server.Shutdown(end), p.Shutdown(end))
}

// report is what any mail library does, in any language.
func report(server, text string) error {
	mail := []byte("Subject: [shop] payment failed\r\n\r\n" + text + "\r\n")
	return smtp.SendMail(server, nil, "app@example.com", []string{"ops@example.com"}, mail)
}
