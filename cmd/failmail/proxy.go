package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/internal/supervise"
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
		&cli.StringFlag{Name: "pidfile", EnvVars: env("pidfile"), Usage: "keep the number of the process in `FILE` while it takes mails"},
	}, slices.Concat(groupingFlags(), relayFlags(), summaryFlags(), accessFlags(), configFlags(), legacyFlags())...)
}

// env names the environment variable of a flag.
func env(flag string) []string {
	return []string{"FAILMAIL_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))}
}

// gcPercent is how far the heap grows before the collector runs, unless GOGC says
// otherwise. What a proxy keeps is small, a few MB, so that with Go's 100 the
// collector would take a tenth of the time of a storm.
const gcPercent = 200

// memoryLimit is what the runtime may take, by collecting more often instead of
// growing: mails in transfer, three eighths more for parsing, relaying and what is not
// yet collected, and what the proxy needs without any. The program and SQLite come on
// top, some 30 MiB, and what a busy machine allocates while it collects: 50 MiB have
// been seen.
func memoryLimit(maxInFlight int64) int64 { return maxInFlight/8*11 + 8<<20 }

// leastMemoryLimit is what batches of many groups need, however small --max-in-flight
// is.
const leastMemoryLimit = 96 << 20

// limitMemory makes the collector keep what --max-in-flight promises, unless the
// environment knows better.
func limitMemory(maxInFlight int64) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(max(memoryLimit(maxInFlight), leastMemoryLimit))
	}
}

// runProxy is the action without a command.
func runProxy(c *cli.Context) error {
	if c.Args().Present() {
		return unknownCommand(c, c.Args().First())
	}
	signals := supervise.Listen()
	defer signals.Stop()
	if err := loadConfig(c); err != nil {
		return err
	}
	if path := c.String("write-config"); path != "" {
		if err := modernise(c); err != nil {
			return err
		}
		return writeConfig(c, path)
	}
	logger, level, err := loggerFrom(c)
	if err != nil {
		return err
	}
	config, err := configFrom(c, logger)
	if err != nil {
		return err
	}
	limitMemory(config.MaxInFlight)
	// A mistake on the command line is reported before any file is touched.
	if _, err := failmail.New(config); err != nil {
		return asUsage(err)
	}
	storage, err := storageFrom(c)
	if err != nil {
		return err
	}
	warnLegacy(c, logger)
	guard, err := guardFrom(c, config.Access.Authenticate, logger)
	if err != nil {
		return err
	}
	reloader := &reloader{start: c, guard: guard, level: level, logger: logger}
	return asUsage(supervise.Run(c.Context, supervise.Options{
		Config:   config,
		Storage:  storage,
		HTTP:     supervise.HTTP{Address: c.String("bind-http"), Chosen: c.IsSet("bind-http"), Guard: guard.protect},
		SocketFD: c.Int("socket-fd"),
		Pidfile:  c.String("pidfile"),
		Reload:   reloader.reload,
		Signals:  signals,
		Log:      logger,
	}))
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
		FlushOnExit:     c.Bool("flush-on-exit") || c.String("store") == memoryStore,
		FailDir:         c.String("fail-dir"),
		AllDir:          c.String("all-dir"),
		MaxMessageSize:  c.Int64("max-message-size"),
		MaxInFlight:     c.Int64("max-in-flight"),
		MaxRecipients:   c.Int("max-recipients"),
		MaxConnections:  c.Int("max-connections"),
		MaxPerClient:    c.Int("max-per-client"),
		IdleTimeout:     c.Duration("idle-timeout"),
		SessionTimeout:  c.Duration("session-timeout"),
		Version:         version,
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
	var mistake *supervise.Mistake
	if errors.As(err, &mistake) {
		return &usageError{mistake.Problem}
	}
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
		problems = append(problems, fmt.Sprintf("--%s %q %s", flagName(field.Field), field.Value, inFlags(field.Problem)))
	}
	return &usageError{strings.Join(problems, "\n")}
}

// fieldNamed finds the fields that the library names, such as Config.TLS.
var fieldNamed = regexp.MustCompile(`\b(Config|Options|HTTP|TLS|Auth|Hook|Standard)\.[A-Z]\w*`)

// inFlags says in flags what the library says in fields.
func inFlags(text string) string {
	return fieldNamed.ReplaceAllStringFunc(text, func(name string) string {
		if flags := setBy[name]; flags != "" {
			return flags
		}
		if field, ours := strings.CutPrefix(name, "Config."); ours {
			return "--" + flagName(field)
		}
		return name
	})
}

// setBy are the fields that several flags set, and those of other types than Config.
var setBy = map[string]string{
	"Config.TLS": "--tls-cert and --tls-key", "Options.TLS": "--tls-cert and --tls-key",
	"Config.Access": "--allow-net, --credentials, --credentials-file or --allow-recipient",
	"TLS.Policy":    "--relay-tls", "TLS.Files": "--relay-ca", "Auth.User": "--relay-user", "Auth.Token": "--relay-token-command",
	"Hook.Timeout": "--on-summary-timeout", "Standard.MaxBytes": "--max-summary",
	"Options.Pidfile": "--pidfile", "Options.SocketFD": "--socket-fd", "HTTP.Address": "--bind-http",
}

// flagName turns MaxWait into max-wait.
func flagName(field string) string {
	if name := renamed[field]; name != "" {
		return name
	}
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

// renamed are the flags that are not called like their fields.
var renamed = map[string]string{
	"TrustedProxies": "proxy-protocol-from", "ReceiveOnly": "receiver", "SendOnly": "sender", "First": "quiet",
}

// loggerFrom returns what is logged to, and from which level on, which may change.
func loggerFrom(c *cli.Context) (*slog.Logger, *slog.LevelVar, error) {
	level := new(slog.LevelVar)
	if err := setLevel(level, c.String("log-level")); err != nil {
		return nil, nil, err
	}
	options := logOptions(level)
	switch format := c.String("log-format"); format {
	case "text":
		return slog.New(slog.NewTextHandler(c.App.ErrWriter, options)), level, nil
	case "json":
		return slog.New(slog.NewJSONHandler(c.App.ErrWriter, options)), level, nil
	default:
		return nil, nil, &usageError{fmt.Sprintf("--log-format %q is unknown; use text or json", format)}
	}
}

// logOptions have the log speak of flags. What a mail said stays as it is.
func logOptions(level slog.Leveler) *slog.HandlerOptions {
	return &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.MessageKey || a.Key == "error" {
			a.Value = slog.StringValue(inFlags(a.Value.String()))
		}
		return a
	}}
}

func setLevel(level *slog.LevelVar, name string) error {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	wanted, known := levels[name]
	if !known {
		return &usageError{fmt.Sprintf("--log-level %q is unknown; use debug, info, warn or error", name)}
	}
	level.Set(wanted)
	return nil
}
