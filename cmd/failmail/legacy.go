package main

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail"
)

// A command line of failmail 0.2 starts as it is: its names are hidden aliases.

func legacyFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "receiver", Hidden: true, Usage: "only receive: another process on the same store sends"},
		&cli.BoolFlag{Name: "sender", Hidden: true, Usage: "only send what another process on the same store receives"},
		&cli.StringFlag{Name: "bind-addr", Hidden: true, Usage: "old name of --bind"},
		&cli.StringFlag{Name: "relay-addr", Hidden: true, Usage: "old name of --relay"},
		&cli.DurationFlag{Name: "wait-period", Hidden: true, Usage: "old name of --wait"},
		&cli.StringFlag{Name: "message-store", Hidden: true, Usage: "old form of --store: a folder"},
		&cli.BoolFlag{Name: "memory-store", Hidden: true, Usage: "old form of --store=memory:"},
		&cli.BoolFlag{Name: "ssl", Hidden: true, Usage: "old form of --bind=smtps://…"},
		&cli.DurationFlag{Name: "poll", Hidden: true, Value: 5 * time.Second, Usage: "does nothing: what is due is noticed at once"},
	}
}

// applyLegacy carries old names over to the new ones. A new name that is given
// too wins.
func applyLegacy(c *cli.Context) error {
	carry := func(old, name, value string) error {
		if !c.IsSet(old) || c.IsSet(name) {
			return nil
		}
		if err := c.Set(name, value); err != nil {
			return &usageError{fmt.Sprintf("--%s %q is not a %s", old, value, kindOf(c, name))}
		}
		return nil
	}
	for _, alias := range [][3]string{
		{"bind-addr", "bind", c.String("bind-addr")},
		{"relay-addr", "relay", c.String("relay-addr")},
		{"wait-period", "wait", c.Duration("wait-period").String()},
		{"message-store", "store", "sqlite:" + filepath.Join(c.String("message-store"), failmail.DefaultStore)},
	} {
		if err := carry(alias[0], alias[1], alias[2]); err != nil {
			return err
		}
	}
	if c.Bool("memory-store") {
		return carry("memory-store", "store", "memory:")
	}
	return nil
}

// setHalves makes the proxy receive only, or send only.
func setHalves(c *cli.Context, config *failmail.Config) {
	config.ReceiveOnly = c.Bool("receiver") && !c.Bool("sender")
	config.SendOnly = c.Bool("sender") && !c.Bool("receiver")
	if config.SendOnly {
		config.Bind = failmail.NoListener
	}
	if c.Bool("ssl") {
		binds := strings.Split(config.Bind, ",")
		for i, bind := range binds {
			if !strings.Contains(bind, ":/") && bind != failmail.NoListener {
				binds[i] = "smtps://" + bind
			}
		}
		config.Bind = strings.Join(binds, ",")
	}
}

// warnLegacy says what to write instead.
func warnLegacy(c *cli.Context, log *slog.Logger) {
	instead := map[string]string{
		"bind-addr": "--bind", "relay-addr": "--relay", "wait-period": "--wait", "batch-expr": "--batch", "group-expr": "--group",
		"message-store": "--store=sqlite:FILE", "memory-store": "--store=memory:", "ssl": "--bind=smtps://HOST:PORT",
		"rewrite-src": "--rewrite-recipient", "rewrite-dest": "--rewrite-recipient", "relay-command": "--relay=exec:COMMAND",
		"poll": "nothing: what is due is noticed at once",
	}
	for _, name := range c.FlagNames() {
		if better := instead[name]; better != "" {
			log.Warn("an old option still works; better write another", "option", "--"+name, "better", better)
		}
	}
}
