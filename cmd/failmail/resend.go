package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/deliver"
)

func resendCommand() *cli.Command {
	return &cli.Command{
		Name:      "resend",
		Usage:     "send the mails in the fail-dir again",
		ArgsUsage: "[DIR]",
		Description: "DIR is a maildir; the default is --fail-dir. Mails that were sent are marked as passed in the\n" +
			"maildir and not sent again; the others stay. The page of a running proxy can do the same, even\n" +
			"at the same time: no mail is sent twice.",
		Flags:  []cli.Flag{&option{name: "quiet", deflt: false, usage: "print only failures"}},
		Action: resend,
	}
}

func resend(c *cli.Context) error {
	dir := c.Args().First()
	switch {
	case c.NArg() > 1:
		return &usageError{fmt.Sprintf("resend takes one folder, not %q as well; leave it out", c.Args().Get(1))}
	case dir == "":
		dir = c.String("fail-dir")
	}
	sender, err := openRelay(c)
	if err != nil {
		return err
	}
	defer sender.Close()
	var last deliver.Resent
	sent, failed, busy := 0, 0, 0
	err = (&deliver.Maildir{Dir: dir}).Resend(c.Context, sender, func(r deliver.Resent) {
		last = r
		switch {
		case errors.Is(r.Err, deliver.ErrGone): // the page, or another resend, was faster
			return
		case errors.Is(r.Err, deliver.ErrBusy):
			busy++
			return
		case r.Err != nil:
			failed++
			fmt.Fprintf(c.App.ErrWriter, "%d of %d: %s: %v\n", r.Done, r.Total, r.File, r.Err)
			return
		}
		sent++
		if !c.Bool("quiet") {
			fmt.Fprintf(c.App.Writer, "%d of %d: sent to %d recipients: %s\n", r.Done, r.Total, len(r.Mail.To), failmail.NewMessage("", nil, r.Mail.Raw).Subject())
		}
	})
	failed += last.Total - last.Done // which were not even tried
	switch {
	case errors.Is(err, os.ErrNotExist) && !filepath.IsAbs(dir):
		here, _ := os.Getwd() // or the sentence has a hole
		return fmt.Errorf("%w in %s; run this where the proxy runs, or name the fail-dir: failmail resend DIR", err, here)
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%w; name the fail-dir: failmail resend DIR", err)
	case err != nil:
		return err
	case failed > 0:
		return fmt.Errorf("%d sent, %d not; those stay in %s; correct the cause and run it again", sent, failed, dir)
	case c.Bool("quiet"):
		return nil
	}
	if busy > 0 {
		fmt.Fprintf(c.App.Writer, "%d sent; %d more are being sent by the proxy, or another resend\n", sent, busy)
		return nil
	}
	fmt.Fprintf(c.App.Writer, "%d sent\n", sent)
	return nil
}

// openRelay returns what sends through --relay.
func openRelay(c *cli.Context) (*deliver.Failover, error) {
	relay := c.String("relay")
	relays, err := deliver.ParseRelays(relay)
	if err != nil {
		return nil, &usageError{fmt.Sprintf("--relay: %v", err)}
	}
	options, err := relayOptionsFrom(c)
	if err != nil {
		return nil, err
	}
	options.Logger = slog.New(slog.NewTextHandler(c.App.ErrWriter, logOptions(slog.LevelWarn)))
	options.Output = c.App.Writer
	sender, err := deliver.Open(relays, options)
	if err != nil {
		return nil, &usageError{fmt.Sprintf("--relay %q: %v", relay, err)}
	}
	return sender, nil
}
