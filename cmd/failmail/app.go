package main

import (
	"errors"
	"fmt"
	"io"
	"regexp"
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
		Version: release,
		Flags:   proxyFlags(),
		Action:  runProxy,
		Commands: slices.Concat(
			task("Set up and run", checkCommand(), sendCommand(), backupCommand()),
			task("See how it is doing", statusCommand(), problemsCommand(), problemCommand(), reportCommand(), expectCommand()),
			task("Act on problems", actCommands()...),
			task("Act on summaries and errors", flushCommand(), muteCommand(), unmuteCommand(), mergeCommand(), splitCommand(), resendCommand()),
			task("Try it out", demoCommand(), explainCommand(), renderCommand()),
			task("Help", helpCommand(), versionCommand(), completionCommand(), manCommand()),
		),
		Reader:         stdin,
		Writer:         stdout,
		ErrWriter:      stderr,
		HideHelp:       true, // its own would sort the sections, and not wrap
		HideVersion:    true,
		OnUsageError:   explainUsage,
		ExitErrHandler: func(*cli.Context, error) {}, // run reports errors
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
	return &usageError{fmt.Sprintf("unknown command %q%s; failmail --help lists the commands", name, suggested)}
}

// wrongValue is what the flag parser says of a value.
var wrongValue = regexp.MustCompile(`^invalid (?:boolean )?value ("(?:[^"\\]|\\.)*") for (?:flag )?-([a-z-]+)`)

// explainUsage rewrites what the flag parser says so that it names the flag as
// it is written and what would be right.
func explainUsage(c *cli.Context, err error, _ bool) error {
	flags, help := c.App.Flags, "failmail --help-all"
	if c.Command != nil && c.Command.Name != "" && c.Command.Name != c.App.Name {
		flags, help = slices.Clone(c.Command.Flags), "failmail "+c.Command.Name+" --help"
		for _, o := range settingsOf(c.Command.Name) {
			flags = append(flags, o)
		}
	}
	text := err.Error()
	remedy := func(name string) string {
		if o := optionNamed(flags, name); o != nil {
			return o.remedy()
		}
		return (&option{}).remedy()
	}
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		name = strings.TrimPrefix(name, "-")
		suggested := ""
		if near := nearestFlag(flags, strings.Split(name, "=")[0]); near != "" {
			suggested = ", did you mean --" + near
		}
		return &usageError{fmt.Sprintf("unknown flag --%s%s; %s lists them", name, suggested, help)}
	}
	if m := wrongValue.FindStringSubmatch(text); m != nil {
		return &usageError{fmt.Sprintf("--%s %s is not a %s", m[2], m[1], remedy(m[2]))}
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		name = strings.TrimPrefix(name, "-")
		return &usageError{fmt.Sprintf("--%s needs a %s", name, remedy(name))}
	}
	if usage, ours := errors.AsType[*usageError](err); ours {
		return usage
	}
	return &usageError{text + "; see " + help}
}

// nearestFlag returns the flag that was probably meant, of those that --help lists; empty
// if none is near.
func nearestFlag(flags []cli.Flag, name string) string {
	var names []string
	for _, f := range flags {
		if listed, ok := f.(cli.VisibleFlag); ok && listed.IsVisible() {
			names = append(names, f.Names()[0])
		}
	}
	return spelling.Nearest(name, names)
}
