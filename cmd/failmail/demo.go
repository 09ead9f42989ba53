package main

import (
	"cmp"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/demo"
)

func demoCommand() *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "show how 600 mails become one, or simulate a shop on a live page",
		Description: "Starts a proxy on free ports with a temporary store and a throw-away relay, sends mails over SMTP\n" +
			"as four hosts in trouble would, and prints what the relay receives. Nothing leaves\n" +
			"this machine.\n\n" +
			"With --serve it is a live demo: it simulates days at a shop, a few minutes each, with errors,\n" +
			"an outage, backups and a missing mail, and serves the page until Ctrl-C. It sends nothing\n" +
			"anywhere and leaves no files behind.",
		Flags: []cli.Flag{
			&option{name: "mails", deflt: 600, usage: "send `N` mails"},
			&option{name: "serve", deflt: false, usage: "simulate days at a shop instead, in an endless loop, and serve the page until Ctrl-C"},
			&option{name: "bind-http", deflt: "localhost:0", usage: "with --serve, serve the page at `HOST:PORT` of this machine; port 0 picks a free port"},
			&option{name: "wait", deflt: 2 * time.Second, usage: "send the summary this `DURATION` after the last mail; with --serve, the default is 5s"},
			&option{name: "verbose", deflt: false, usage: "show the proxy's log"},
		},
		Action: runDemo,
	}
}

func runDemo(c *cli.Context) error {
	wait := c.Duration("wait")
	if c.Int("mails") < 1 || wait <= 0 {
		return &usageError{"--mails and --wait must be more than zero; leave them out for the defaults"}
	}
	var log *slog.Logger
	if c.Bool("verbose") {
		log = slog.New(slog.NewTextHandler(c.App.ErrWriter, nil))
	}
	switch {
	case !c.Bool("serve") && c.IsSet("bind-http"):
		return &usageError{"--bind-http is for the page of the live demo; add --serve"}
	case !c.Bool("serve"):
		return demo.Run(c.Context, demo.Options{Mails: c.Int("mails"), Wait: wait, Out: c.App.Writer, Log: log})
	case c.IsSet("mails"):
		return &usageError{"--mails does not go with --serve, which sends mails until it ends; leave one of them out"}
	}
	return serveDemo(c, log)
}

func serveDemo(c *cli.Context, log *slog.Logger) error {
	address := c.String("bind-http")
	if host, _, err := net.SplitHostPort(address); err != nil || !isLoopback(host) {
		return &usageError{fmt.Sprintf("--bind-http %q is not an address that only this machine has, which the demo is for; use localhost:PORT", address)}
	}
	guard := &guard{address: address, log: cmp.Or(log, slog.New(slog.DiscardHandler)).With("component", "http")}
	if err := guard.admit(nil); err != nil {
		return err
	}
	o := demo.LiveOptions{HTTP: address, Version: version, Out: c.App.Writer, Log: log, Guard: guard.protect}
	if c.IsSet("wait") {
		o.Wait = c.Duration("wait")
	}
	return demo.Serve(c.Context, o)
}
