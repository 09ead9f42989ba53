// Command customgrouper runs a proxy that gives each service its own summary
// and each error code its own headline. Send it some mails, and end it with Ctrl-C
// to see their summaries at once:
//
//	printf 'Subject: order 1 failed\nX-Service: shop\n\nE1001: declined\n' | failmail send ops@example.com
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"regexp"
	"syscall"

	"github.com/hut8labs/failmail"
)

var errorCode = regexp.MustCompile(`\bE[0-9]{4}\b`)

// byService says which mails share a summary. A mail for which it fails is kept
// too, in a summary that tells the error.
func byService(m *failmail.Message) (string, error) {
	service := m.Header.Get("X-Service")
	if service == "" {
		return "", fmt.Errorf("mail from %s has no X-Service", m.Host())
	}
	return service, nil
}

// byCode says which mails of a summary share a headline.
func byCode(m *failmail.Message) (string, error) {
	if code := errorCode.FindString(m.Body()); code != "" {
		return code, nil
	}
	return m.Subject(), nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p, err := failmail.New(failmail.Config{
		Batch:  failmail.GrouperFunc(byService),
		Group:  failmail.GrouperFunc(byCode),
		Relay:  "debug", // prints summaries; name your SMTP server here
		Logger: slog.Default(),
		// Do not leave what is pending in the store to the next start.
		FlushOnExit: true,
	})
	if err == nil {
		err = p.Run(ctx)
	}
	if err != nil {
		slog.Error("customgrouper", "error", err)
		os.Exit(1)
	}
}
