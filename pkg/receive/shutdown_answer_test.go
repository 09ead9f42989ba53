package receive_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/receive"
)

func TestShutdownAnswersBeforeItCuts(t *testing.T) {
	h, entered, _ := blocking()
	server := start(t, h, receive.Options{MaxInFlight: 64 * mebibyte})
	within := map[string]struct{ commands, answer string }{
		"in the middle of DATA": {"DATA\r\nhalf a ma", "451 4.4.2 "},
		"before DATA":           {"", "421 "},
		"between two chunks":    {"BDAT 5\r\nhalf\n", "421 "},
		"waiting to be handled": {"DATA\r\n" + contents["lines in CRLF"] + ".\r\n", "421 4.3.2 "},
	}
	handled := dial(t, server.addr)
	handled.untilData()
	handled.send(contents["lines in CRLF"] + ".\r\n")
	<-entered
	peers := make(map[string]*peer)
	for name, test := range within {
		p := dial(t, server.addr)
		p.untilRcpt()
		p.send(test.commands)
		switch {
		case strings.HasPrefix(test.commands, "DATA"):
			p.expect("354 ")
		case test.commands != "":
			p.expect("250 ")
		}
		peers[name] = p
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown = %v", err)
	}
	handled.expect("452 ")
	for name, p := range peers {
		if reply, err := p.reply(); err != nil || !strings.HasPrefix(reply, within[name].answer) {
			t.Errorf("%s: reply = %q, %v; want %q", name, reply, err, within[name].answer)
		}
	}
}

func TestShutdownSaysWhatItCut(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	entered := make(chan struct{})
	server := start(t, receive.HandlerFunc(func(context.Context, *receive.Message) error {
		close(entered)
		<-release // whatever its context says
		return nil
	}), receive.Options{})
	p := dial(t, server.addr)
	p.untilData()
	p.send("m\r\n.\r\n")
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := server.Shutdown(ctx)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "1 connections were cut, 1 of them within a mail") {
		t.Errorf("Shutdown = %v", err)
	}
}
