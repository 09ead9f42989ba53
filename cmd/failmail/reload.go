package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail"
)

// A reloader puts settings into force that have changed since the start.
type reloader struct {
	start  *cli.Context // what the start has read
	guard  *guard
	level  *slog.LevelVar
	logger *slog.Logger
}

// reload reads the command line, the environment and the file again, as a new
// start would, and names what only that can change. When something is wrong,
// nothing changes.
func (r *reloader) reload(proxy *failmail.Proxy) error {
	app := newApp(r.start.App.Reader, io.Discard, io.Discard)
	var kept []string
	app.Action = func(fresh *cli.Context) (err error) {
		kept, err = r.take(fresh, proxy)
		return err
	}
	if err := app.RunContext(r.start.Context, os.Args); err != nil {
		return err
	}
	for _, flag := range kept {
		r.logger.Warn("a setting changes only with a new start; restart, or send SIGUSR1", "option", flag)
	}
	return nil
}

func (r *reloader) take(fresh *cli.Context, proxy *failmail.Proxy) (kept []string, err error) {
	if err := readSettings(fresh); err != nil {
		return nil, err
	}
	config, err := configFrom(fresh, r.logger)
	if err != nil {
		return nil, err
	}
	for _, o := range settings() {
		if o.is&restart != 0 && fmt.Sprint(fresh.Value(o.name)) != fmt.Sprint(r.start.Value(o.name)) {
			kept = append(kept, "--"+o.name)
		}
	}
	// What the store keeps at the end is a matter of the one that is in use.
	config.FlushOnExit = fresh.Bool("flush-on-exit") || r.start.String("store") == memoryStore
	users := *r.guard.users.Load()
	if err := r.guard.admit(config.Access.Authenticate); err != nil {
		return nil, err
	}
	fields, err := proxy.Reload(config)
	if err != nil {
		r.guard.users.Store(&users)
		return nil, asUsage(err)
	}
	for _, field := range fields {
		kept = append(kept, flagsFor(field))
	}
	setLevel(r.level, fresh.String("log-level"))
	warnConflicts(fresh, config, r.logger)
	return kept, nil
}
