package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/deliver"
)

// checkTimeout bounds the wait for the relays.
const checkTimeout = 30 * time.Second

func checkCommand() *cli.Command {
	return &cli.Command{
		Name:  "check",
		Usage: "check the settings and greet the relay, without receiving or sending anything",
		Description: "The settings are those of the flags in front of \"check\", of the environment and of --config.\n" +
			"Prints what would run. Exit codes: 0; 1 if the relay does not answer; 2 if a setting is wrong.",
		Action: runCheck,
	}
}

func runCheck(c *cli.Context) error {
	proxy := c.Lineage()[1] // the flags are the proxy's
	if err := loadConfig(proxy); err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(c.App.ErrWriter, &slog.HandlerOptions{Level: slog.LevelWarn}))
	config, err := configFrom(proxy, logger)
	if err != nil {
		return err
	}
	if _, err := failmail.New(config); err != nil {
		return asUsage(err)
	}
	if _, err := watchFrom(proxy, config.Access.Authenticate, logger); err != nil {
		return err
	}
	out := c.App.Writer
	fmt.Fprintln(out, "The settings are in order. This would run:")
	for _, line := range [][2]string{ // what is empty has the default
		{"receive on", config.Bind}, {"relay", config.Relay}, {"from", config.From},
		{"summaries", fmt.Sprintf("%s after the last mail, at most %s after the first", config.Wait, config.MaxWait)},
		{"grouped by", proxy.String("group")}, {"store", proxy.String("store")}, {"fail-dir", config.FailDir}, {"HTTP", proxy.String("bind-http")},
	} {
		if line[1] != "" {
			fmt.Fprintf(out, "  %-11s %s\n", line[0], line[1])
		}
	}
	return greetRelays(c.Context, c, config)
}

func greetRelays(ctx context.Context, c *cli.Context, config failmail.Config) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	relays, err := deliver.ParseRelays(config.Relay)
	if err != nil {
		return err
	}
	sender, err := deliver.Open(relays, config.RelayOptions)
	if err != nil {
		return err
	}
	defer sender.Close()
	reports, err := sender.Check(ctx)
	for _, r := range reports {
		switch {
		case r.Err != nil:
			continue
		case r.LoggedIn && r.Encrypted:
			fmt.Fprintf(c.App.Writer, "The relay %s answers, over TLS, and takes the login.\n", r.Relay)
		case r.Encrypted:
			fmt.Fprintf(c.App.Writer, "The relay %s answers, over TLS.\n", r.Relay)
		case r.LoggedIn:
			fmt.Fprintf(c.App.Writer, "The relay %s answers, and takes the login.\n", r.Relay)
		default:
			fmt.Fprintf(c.App.Writer, "The relay %s answers.\n", r.Relay)
		}
	}
	if err != nil {
		return errors.Join(err, errors.New("summaries would wait and be tried again; start the relay, or name another one with --relay"))
	}
	return nil
}
