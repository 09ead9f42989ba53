package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/spelling"
)

// A usageError is a mistake on the command line.
type usageError struct{ problem string }

func (e *usageError) Error() string { return e.problem }

func newApp(stdin io.Reader, stdout, stderr io.Writer) *cli.App {
	app := &cli.App{
		Name:  "failmail",
		Usage: "SMTP proxy that turns floods of alert mail into summaries",
		Description: "Point your application's SMTP setting at failmail instead of your relay.\n" +
			"Without a command, failmail runs the proxy until SIGTERM or SIGINT.",
		Version:         version,
		Flags:           proxyFlags(),
		Action:          runProxy,
		Commands:        []*cli.Command{explainCommand(), sendCommand(), statusCommand(), flushCommand(), muteCommand(), unmuteCommand(), renderCommand(), checkCommand(), resendCommand(), backupCommand(), demoCommand(), completionCommand(), manCommand()},
		Reader:          stdin,
		Writer:          stdout,
		ErrWriter:       stderr,
		HideHelpCommand: true,
		OnUsageError:    explainUsage,
		ExitErrHandler:  func(*cli.Context, error) {}, // run reports errors
	}
	for _, command := range app.Commands {
		command.OnUsageError = explainUsage
		withSettings(command)
	}
	return app
}

// unknownCommand says which one was probably meant.
func unknownCommand(c *cli.Context, name string) error {
	var names []string
	for _, command := range c.App.VisibleCommands() {
		names = append(names, command.Name)
	}
	suggested := ""
	if near := spelling.Nearest(name, names); near != "" {
		suggested = ", did you mean " + near
	}
	return &usageError{fmt.Sprintf("unknown command %q%s; failmail --help lists the commands, and without one failmail runs the proxy", name, suggested)}
}

// explainUsage rewrites what the flag parser says so that it names the flag as
// it is written and what would be right.
func explainUsage(c *cli.Context, err error, _ bool) error {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		name = strings.TrimPrefix(name, "-")
		return &usageError{fmt.Sprintf("unknown flag --%s%s; failmail --help lists them",
			name, suggestion(c, name))}
	}
	for _, form := range []string{"invalid value %q for flag -%s", "invalid boolean value %q for -%s"} {
		var value, name string
		if _, scanErr := fmt.Sscanf(text, form, &value, &name); scanErr == nil {
			name = strings.TrimSuffix(name, ":")
			return &usageError{fmt.Sprintf("--%s %q is not a %s", name, value, kindOf(c, name))}
		}
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		name = strings.TrimPrefix(name, "-")
		return &usageError{fmt.Sprintf("--%s needs a %s", name, kindOf(c, name))}
	}
	return &usageError{text + "; see failmail --help"}
}

// environmentMistake rewrites what the library says of a variable it cannot use,
// which it reports without calling OnUsageError.
func environmentMistake(err error) (string, bool) {
	var value, kind, variable string
	_, scanErr := fmt.Sscanf(err.Error(), "could not parse %q as %s value from environment variable %q", &value, &kind, &variable)
	if scanErr != nil {
		return "", false
	}
	return fmt.Sprintf("%s=%q in the environment is not a %s; correct it, or unset it for the default", variable, value, kind), true
}

func flagsOf(c *cli.Context) []cli.Flag {
	if c.Command != nil && c.Command.Name != "" && c.Command.Name != c.App.Name {
		return slices.Concat(c.Command.Flags, settingsRead()[c.Command.Name])
	}
	return c.App.Flags
}

func kindOf(c *cli.Context, name string) string {
	for _, flag := range flagsOf(c) {
		for _, known := range flag.Names() {
			if known != name {
				continue
			}
			switch flag.(type) {
			case *cli.DurationFlag:
				return "duration; use one such as 30s, 5m or 1h30m"
			case *cli.Int64Flag, *cli.IntFlag:
				if strings.Contains(flag.(cli.DocGenerationFlag).GetUsage(), "`BYTES`") {
					return "whole number of bytes; use one such as 1048576"
				}
				return "whole number; use one such as 10"
			case *cli.BoolFlag:
				return "truth value; use true or false"
			}
		}
	}
	return "value; see failmail --help"
}

// suggestion names the flag that was probably meant.
func suggestion(c *cli.Context, name string) string {
	name, _, _ = strings.Cut(name, "=")
	if near := cli.SuggestFlag(flagsOf(c), name, false); near != "" {
		return ", did you mean " + near
	}
	return ""
}
