package main

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/sendmail"
	"github.com/hut8labs/failmail/pkg/deliver"
)

func sendCommand() *cli.Command {
	return &cli.Command{
		Name:      "send",
		Usage:     "hand a mail from standard input to a proxy, like sendmail",
		ArgsUsage: "[-t] [-i] [-f ADDRESS] [-F NAME] [-S SERVER] [RECIPIENT ...]",
		Description: "-t  take the recipients from To, Cc and Bcc, and drop Bcc\n" +
			"-i  a line with a single dot does not end the mail\n" +
			"-f ADDRESS  the sender; default: this user at this machine\n" +
			"-F NAME  the sender's full name, if the mail has no From\n" +
			"-S SERVER  host[:port] or unix:/path of the proxy; default: FAILMAIL_SERVER, or the first address of --bind\n\n" +
			"Options that concern sendmail's queue are accepted and ignored.\n" +
			"Called as sendmail, failmail does the same: link /usr/sbin/sendmail to it.\n" +
			"Exit codes are those of sysexits.h: 64 usage, 66 no input, 69 refused, 75 try again.",
		SkipFlagParsing: true,
		Action: func(c *cli.Context) error {
			args := c.Args().Slice()
			if len(args) == 1 && args[0] == "-h" {
				return showHelp(c, c.Command)
			}
			return runSend(c, args)
		},
	}
}

func runSend(c *cli.Context, args []string) error {
	request, err := sendmail.Parse(args)
	if err == nil {
		err = request.Send(c.Context, c.App.Reader, func(server string) (deliver.Sender, error) { return serverOf(c, server) })
	}
	var failed *sendmail.Error
	if errors.As(err, &failed) {
		return &exitError{failed.Code, failed.Err}
	}
	return err
}
