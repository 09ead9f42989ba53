package main

import (
	"cmp"
	"errors"
	"log/slog"
	"os"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/internal/supervise"
)

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
	if err := readSettings(c); err != nil {
		return err
	}
	if path := c.String("write-config"); path != "" {
		if err := addRewrite(c); err != nil {
			return err
		}
		return writeConfig(c, path)
	}
	logger, level := loggerFrom(c)
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
	warnOld(c, logger)
	warnConflicts(c, config, logger)
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

// configFrom returns what the settings say, which readSettings has completed.
func configFrom(c *cli.Context, logger *slog.Logger) (failmail.Config, error) {
	config := failmail.Config{Version: release, Logger: logger}
	if err := checkSettings(c, settings()); err != nil {
		return config, err
	}
	assign(c, &config)
	config.Bind = strings.Join(listOf(c, "bind"), ",")
	if config.ReceiveOnly && config.SendOnly { // both halves are the whole
		config.ReceiveOnly, config.SendOnly = false, false
	}
	if config.SendOnly {
		config.Bind = failmail.NoListener
	}
	config.FlushOnExit = config.FlushOnExit || c.String("store") == memoryStore
	if config.RetryFor <= 0 {
		config.RetryFor = -1
	}
	if !c.IsSet("max-wait") {
		config.MaxWait = max(config.MaxWait, config.Wait)
	}
	for _, set := range []func(*cli.Context, *failmail.Config) error{setGrouping, setRelay, setSummary, setAccess} {
		if err := set(c, &config); err != nil {
			return config, err
		}
	}
	var err error
	config.TLS, err = tlsFrom(c, logger)
	return config, err
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
		inFlag := failmail.FieldError{Field: cmp.Or(flagsFor(field.Field), field.Field), Value: field.Value, Problem: inFlags(field.Problem)}
		problems = append(problems, inFlag.Error())
	}
	return &usageError{strings.Join(problems, "\n")}
}

// fieldNamed finds the fields that the library names, such as Config.TLS.
var fieldNamed = regexp.MustCompile(`\b(Config|Options|HTTP|TLS|Auth|Hook|Standard)\.[A-Z]\w*`)

// inFlags says in flags what the library says in fields.
func inFlags(text string) string {
	return fieldNamed.ReplaceAllStringFunc(text, func(name string) string {
		field := strings.TrimPrefix(name, "Config.")
		if name == "Options.TLS" { // of the receiving side
			field = "TLS"
		}
		return cmp.Or(flagsFor(field), name)
	})
}

// loggerFrom returns what is logged to, and from which level on, which may change.
func loggerFrom(c *cli.Context) (*slog.Logger, *slog.LevelVar) {
	level := new(slog.LevelVar)
	setLevel(level, c.String("log-level"))
	options := logOptions(level)
	if c.String("log-format") == "json" {
		return slog.New(slog.NewJSONHandler(c.App.ErrWriter, options)), level
	}
	return slog.New(slog.NewTextHandler(c.App.ErrWriter, options)), level
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

// setLevel takes one of the choices of --log-level, which slog knows as well.
func setLevel(level *slog.LevelVar, name string) {
	_ = level.UnmarshalText([]byte(name))
}
