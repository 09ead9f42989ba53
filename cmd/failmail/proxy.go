package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
	"github.com/hut8labs/failmail/pkg/store/postgres"
	"github.com/hut8labs/failmail/pkg/store/sqlite"
)

// proxyFlags are the settings of the proxy. Each can also be given in the
// environment, as FAILMAIL_ and the name in capitals.
func proxyFlags() []cli.Flag {
	return append([]cli.Flag{
		&cli.GenericFlag{Name: "bind", EnvVars: env("bind"), Value: &list{values: []string{failmail.DefaultBind}, commas: true, env: env("bind")[0]}, Usage: "receive mails on `ADDRESS`: host:port, smtps://host:port, lmtp://host:port, unix:/path or lmtp+unix:/path; may be repeated; localhost means both 127.0.0.1 and ::1"},
		&cli.DurationFlag{Name: "wait", EnvVars: env("wait"), Value: failmail.DefaultWait, Usage: "send a summary this `DURATION` after its last mail"},
		&cli.DurationFlag{Name: "max-wait", EnvVars: env("max-wait"), Value: failmail.DefaultMaxWait, Usage: "send a summary at most this `DURATION` after its first mail"},
		&cli.StringFlag{Name: "store", EnvVars: env("store"), Value: "sqlite:" + failmail.DefaultStore, Usage: "keep what was received in `URL`: sqlite:FILE, postgres://USER@HOST/DATABASE that several nodes may share, or memory: to forget it when the process is killed"},
		&cli.Int64Flag{Name: "max-store", EnvVars: env("max-store"), Value: 1 << 30, Usage: "when the store has grown to `BYTES`, counts go on and no further samples are kept"},
		&cli.DurationFlag{Name: "retry-for", EnvVars: env("retry-for"), Value: failmail.DefaultRetryFor, Usage: "try to deliver a summary for this `DURATION` after it was due, then put it into the fail-dir; 0 tries once"},
		&cli.StringFlag{Name: "fail-dir", EnvVars: env("fail-dir"), Value: failmail.DefaultFailDir, Usage: "put summaries that cannot be sent into the maildir `DIR`"},
		&cli.StringFlag{Name: "all-dir", EnvVars: env("all-dir"), Usage: "keep a copy of every mail received in the maildir `DIR`"},
		&cli.StringFlag{Name: "bind-http", EnvVars: env("bind-http"), Value: defaultBindHTTP, Usage: "serve the page, the API, /metrics, /healthz and /readyz on `HOST:PORT`, to users of --credentials if there are any; \"\" for none"},
		&cli.DurationFlag{Name: "shutdown-timeout", EnvVars: env("shutdown-timeout"), Value: failmail.DefaultShutdownTimeout, Usage: "on SIGTERM, wait this `DURATION` for mails in transfer"},
		&cli.BoolFlag{Name: "flush-on-exit", EnvVars: env("flush-on-exit"), Usage: "on SIGTERM, send what was received instead of keeping it for the next start"},
		&cli.StringFlag{Name: "log-format", EnvVars: env("log-format"), Value: "text", Usage: "write the log as `FORMAT`: text or json"},
		&cli.StringFlag{Name: "log-level", EnvVars: env("log-level"), Value: "info", Usage: "log from `LEVEL` on: debug, info, warn or error"},
		pidfileFlag(),
	}, slices.Concat(groupingFlags(), relayFlags(), summaryFlags(), accessFlags(), configFlags(), legacyFlags())...)
}

// env names the environment variable of a flag.
func env(flag string) []string {
	return []string{"FAILMAIL_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))}
}

// runProxy is the action without a command.
func runProxy(c *cli.Context) (err error) {
	if c.Args().Present() {
		return &usageError{fmt.Sprintf("unknown command %q; failmail --help lists the commands, and without one failmail runs the proxy", c.Args().First())}
	}
	if err := loadConfig(c); err != nil {
		return err
	}
	if path := c.String("write-config"); path != "" {
		return writeConfig(c, path)
	}
	logger, err := newLogger(c.App.ErrWriter, c.String("log-format"), c.String("log-level"))
	if err != nil {
		return err
	}
	config, err := configFrom(c, logger)
	if err != nil {
		return err
	}
	// A mistake on the command line is reported before any file is touched.
	if _, err := failmail.New(config); err != nil {
		return asUsage(err)
	}
	warnLegacy(c, logger)
	watch, err := watchFrom(c, config.Access.Authenticate, logger)
	if err != nil {
		return err
	}
	from, err := findPredecessor()
	if err != nil {
		return err
	}
	supervised, err := supervise(c.String("pidfile"), from != nil, logger)
	if err != nil {
		return err
	}
	defer supervised.close()
	if config.Bind != failmail.NoListener {
		if config.Listeners, err = openSockets(c.Context, config.Bind, c, from); err != nil {
			return err
		}
	}
	defer closeAll(config.Listeners)
	if from != nil {
		if err := from.await(); err != nil {
			return err
		}
	}
	// Only now has the process that is being replaced left the address.
	if err := watch.listen(c.Context); err != nil {
		return err
	}
	successor := &handover{listeners: config.Listeners, log: logger}
	defer runtime.KeepAlive(successor) // after the store is closed
	if config.Store, err = openStore(c, logger); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, config.Store.Close()) }()
	if _, forgetful := config.Store.(*memory.Store); forgetful {
		config.FlushOnExit = true
	}
	proxy, err := failmail.New(config)
	if err != nil {
		return asUsage(err)
	}
	reload := func() error { return reloadConfig(c, proxy, logger) }
	return serve(c.Context, proxy, watch, successor, reload, supervised)
}

// serve runs the proxy until ctx ends or SIGUSR1 has made another process take
// over. SIGHUP reads the settings again.
func serve(ctx context.Context, proxy *failmail.Proxy, watch *watch, successor *handover, reload func() error, supervised *supervised) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	handovers, reloads := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(handovers, syscall.SIGUSR1)
	defer signal.Stop(handovers)
	signal.Notify(reloads, syscall.SIGHUP)
	defer signal.Stop(reloads)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-reloads:
				if err := reload(); err != nil {
					successor.log.Error("cannot take the new settings, the old ones stay; correct them and send SIGHUP again", "error", err)
				}
				continue
			case <-handovers:
			}
			supervised.reloading()
			if err := successor.start(); err != nil {
				supervised.stays()
				successor.log.Error("cannot hand over, this process goes on; correct it and send SIGUSR1 again", "error", err)
				continue
			}
			supervised.handedOver(successor.pid)
			cancel()
		}
	}()
	go watch.serve(ctx, proxy.Handler())
	supervised.start(ctx, proxy.Ready)
	return proxy.Run(ctx)
}

// reloadConfig reads the command line, the environment and the file again, as a
// new start would, and names what only that can change.
func reloadConfig(c *cli.Context, proxy *failmail.Proxy, logger *slog.Logger) error {
	app := newApp(c.App.Reader, io.Discard, io.Discard)
	var config failmail.Config
	app.Action = func(fresh *cli.Context) (err error) {
		if err := loadConfig(fresh); err != nil {
			return err
		}
		config, err = configFrom(fresh, logger)
		return err
	}
	if err := app.RunContext(c.Context, os.Args); err != nil {
		return err
	}
	kept, err := proxy.Reload(config)
	if err != nil {
		return asUsage(err)
	}
	for _, field := range kept {
		logger.Warn("a setting changes only with a new start; restart, or send SIGUSR1", "option", "--"+flagName(field))
	}
	return nil
}

func configFrom(c *cli.Context, logger *slog.Logger) (failmail.Config, error) {
	if err := applyLegacy(c); err != nil {
		return failmail.Config{}, err
	}
	config := failmail.Config{
		Bind:            strings.Join(listOf(c, "bind"), ","),
		Wait:            c.Duration("wait"),
		MaxWait:         c.Duration("max-wait"),
		RetryFor:        c.Duration("retry-for"),
		ShutdownTimeout: c.Duration("shutdown-timeout"),
		FlushOnExit:     c.Bool("flush-on-exit"),
		FailDir:         c.String("fail-dir"),
		AllDir:          c.String("all-dir"),
		MaxMessageSize:  c.Int64("max-message-size"),
		MaxInFlight:     c.Int64("max-in-flight"),
		MaxRecipients:   c.Int("max-recipients"),
		MaxConnections:  c.Int("max-connections"),
		MaxPerClient:    c.Int("max-per-client"),
		IdleTimeout:     c.Duration("idle-timeout"),
		SessionTimeout:  c.Duration("session-timeout"),
		Logger:          logger,
	}
	if err := checkGiven(c); err != nil {
		return config, err
	}
	setHalves(c, &config)
	if config.RetryFor <= 0 {
		config.RetryFor = -1
	}
	var err error
	if err := setGrouping(c, &config); err != nil {
		return config, err
	}
	if err := setRelay(c, &config); err != nil {
		return config, err
	}
	if err := setSummary(c, &config); err != nil {
		return config, err
	}
	if config.Access, err = accessFrom(c); err != nil {
		return config, err
	}
	if config.TrustedProxies, err = parseNetworks("proxy-protocol-from", listOf(c, "proxy-protocol-from")); err != nil {
		return config, err
	}
	config.TLS, err = tlsFrom(c, logger)
	return config, err
}

// checkGiven refuses what a Config would take for "use the default".
func checkGiven(c *cli.Context) error {
	for _, flag := range []string{"wait", "max-wait", "shutdown-timeout", "idle-timeout", "session-timeout"} {
		if value := c.Duration(flag); value <= 0 {
			return &usageError{fmt.Sprintf("--%s %q must be more than zero; use a duration such as 30s", flag, value)}
		}
	}
	for _, flag := range []string{"max-message-size", "max-in-flight"} {
		if value := c.Int64(flag); value <= 0 {
			return &usageError{fmt.Sprintf("--%s \"%d\" must be more than zero; use a number of bytes such as 33554432", flag, value)}
		}
	}
	for _, flag := range []string{"max-recipients", "max-connections", "max-per-client"} {
		if value := c.Int(flag); value <= 0 {
			return &usageError{fmt.Sprintf("--%s \"%d\" must be more than zero; use a number such as 500", flag, value)}
		}
	}
	for _, flag := range []string{"relay", "fail-dir", "group"} {
		if c.String(flag) == "" {
			return &usageError{fmt.Sprintf("--%s is empty; leave it out for the default", flag)}
		}
	}
	for _, bind := range listOf(c, "bind") {
		if bind == "" {
			return &usageError{"--bind is empty; leave it out for the default"}
		}
	}
	return nil
}

// asUsage names the flags instead of the fields of the Config.
func asUsage(err error) error {
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return err
	}
	var problems []string
	for _, e := range joined.Unwrap() {
		var field *failmail.FieldError
		if !errors.As(e, &field) {
			return err
		}
		problems = append(problems, fmt.Sprintf("--%s %q %s", flagName(field.Field), field.Value, field.Problem))
	}
	return &usageError{strings.Join(problems, "\nfailmail: ")}
}

// flagName turns MaxWait into max-wait.
func flagName(field string) string {
	var name strings.Builder
	for i, r := range field {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				name.WriteByte('-')
			}
			r += 'a' - 'A'
		}
		name.WriteRune(r)
	}
	return name.String()
}

func openStore(c *cli.Context, log *slog.Logger) (failmail.Store, error) {
	limits := store.Limits{StoreBytes: c.Int64("max-store")}
	if limits.StoreBytes <= 0 {
		return nil, &usageError{fmt.Sprintf("--max-store \"%d\" must be more than zero; use a number of bytes such as 1073741824", limits.StoreBytes)}
	}
	url := c.String("store")
	engine, path, _ := strings.Cut(url, ":")
	switch {
	case engine == "memory" && path == "":
		return memory.New(limits), nil
	case engine == "sqlite" && path != "":
		s, err := sqlite.Open(path, limits)
		if err != nil {
			return nil, err
		}
		if aside, reason := s.SetAside(); aside != "" {
			log.Error("the store was damaged; it is set aside, and a fresh one made: what was pending in it is not sent. Check the disk; sqlite3 can perhaps recover the file",
				"store", path, "set_aside", aside, "reason", reason)
		}
		return s, nil
	case engine == "postgres" || engine == "postgresql":
		return postgres.Open(c.Context, url, limits)
	}
	return nil, &usageError{fmt.Sprintf("--store %q is not a store; use sqlite:FILE such as sqlite:%s, postgres://USER@HOST/DATABASE, or memory:", url, failmail.DefaultStore)}
}

func newLogger(w io.Writer, format, level string) (*slog.Logger, error) {
	var options slog.HandlerOptions
	switch level {
	case "debug":
		options.Level = slog.LevelDebug
	case "info":
		options.Level = slog.LevelInfo
	case "warn":
		options.Level = slog.LevelWarn
	case "error":
		options.Level = slog.LevelError
	default:
		return nil, &usageError{fmt.Sprintf("--log-level %q is unknown; use debug, info, warn or error", level)}
	}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, &options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, &options)), nil
	}
	return nil, &usageError{fmt.Sprintf("--log-format %q is unknown; use text or json", format)}
}
