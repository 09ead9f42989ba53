package main

import (
	"log/slog"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/demo"
)

func demoCommand() *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "send a storm of mails through a temporary proxy and show the summary",
		Description: "Starts a proxy on free ports with a temporary store and a throw-away relay, sends mails over SMTP\n" +
			"as four hosts in trouble would, and prints what the relay receives. Nothing leaves\n" +
			"this machine.",
		Flags: []cli.Flag{
			&option{name: "mails", deflt: 600, usage: "send `N` mails"},
			&option{name: "wait", deflt: 2 * time.Second, usage: "send the summary this `DURATION` after the last mail"},
			&option{name: "verbose", deflt: false, usage: "show the proxy's log"},
		},
		Action: runDemo,
	}
}

func runDemo(c *cli.Context) error {
	o := demo.Options{Mails: c.Int("mails"), Wait: c.Duration("wait"), Out: c.App.Writer}
	if o.Mails < 1 || o.Wait <= 0 {
		return &usageError{"--mails and --wait must be more than zero; leave them out for the defaults"}
	}
	if c.Bool("verbose") {
		o.Log = slog.New(slog.NewTextHandler(c.App.ErrWriter, nil))
	}
	return demo.Run(c.Context, o)
}
