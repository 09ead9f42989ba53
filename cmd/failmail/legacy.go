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

// carry gives the flag name what old stands for, unless it is given itself.
func carry(c *cli.Context, old, name, value string) error {
	if !c.IsSet(old) || c.IsSet(name) {
		return nil
	}
	if err := c.Set(name, value); err != nil {
		return &usageError{fmt.Sprintf("--%s %q is not a %s", old, value, kindOf(c, name))}
	}
	return nil
}

// modernise carries over all that a file can hold, so that --write-config makes
// one of an old command line. The rest works on without: what those flags mean
// is told apart where they are read.
func modernise(c *cli.Context) error {
	if err := applyLegacy(c); err != nil {
		return err
	}
	for _, alias := range [][3]string{
		{"batch-expr", "batch", c.String("batch-expr")},
		{"group-expr", "group", c.String("group-expr")},
		{"relay-command", "relay", relayFrom(c)},
	} {
		if err := carry(c, alias[0], alias[1], alias[2]); err != nil {
			return err
		}
	}
	// A list grows by what it is set to.
	if source := c.String("rewrite-src"); source != "" {
		if err := c.Set("rewrite-recipient", source+"="+c.String("rewrite-dest")); err != nil {
			return err
		}
	}
	if bind, ok := c.Generic("bind").(*list); ok && c.Bool("ssl") {
		over := overTLS(bind.String())
		bind.values = nil
		return c.Set("bind", over)
	}
	return nil
}

// applyLegacy carries old names over to the new ones. A new name that is given
// too wins.
func applyLegacy(c *cli.Context) error {
	for _, alias := range [][3]string{
		{"bind-addr", "bind", c.String("bind-addr")},
		{"relay-addr", "relay", c.String("relay-addr")},
		{"wait-period", "wait", c.Duration("wait-period").String()},
		{"message-store", "store", "sqlite:" + filepath.Join(c.String("message-store"), failmail.DefaultStore)},
	} {
		if err := carry(c, alias[0], alias[1], alias[2]); err != nil {
			return err
		}
	}
	if c.Bool("memory-store") {
		return carry(c, "memory-store", "store", "memory:")
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
		config.Bind = overTLS(config.Bind)
	}
}

// overTLS gives each address that names no protocol the one of --ssl.
func overTLS(bind string) string {
	binds := strings.Split(bind, ",")
	for i, bind := range binds {
		bind = strings.TrimSpace(bind)
		if !strings.Contains(bind, ":/") && bind != failmail.NoListener {
			binds[i] = "smtps://" + bind
		}
	}
	return strings.Join(binds, ",")
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
