package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// The settings of the proxy may stand in front of a command or behind it, in the
// environment and in the file of --config: a command finds the proxy, its relay and its
// fail-dir by the settings that started it.

// proxyOf returns the context that has the settings of the proxy.
func proxyOf(c *cli.Context) *cli.Context {
	for _, ctx := range slices.Backward(c.Lineage()) {
		if ctx.Command != nil && ctx.Command.Name == c.App.Name {
			return ctx
		}
	}
	return c
}

// readSettings completes what the command line and the environment give with the file
// of --config, and with what old forms stand for.
func readSettings(c *cli.Context) error {
	// First those of the command line, over which the file must not win.
	for _, step := range []func(*cli.Context) error{carryOld, loadConfig, carryOld, overTLS} {
		if err := step(c); err != nil {
			return err
		}
	}
	return nil
}

// withSettings has a command refuse arguments that it does not take, and read its settings
// first.
func withSettings(command *cli.Command) {
	command.HideHelp = true
	read, action := settingsOf(command.Name), command.Action
	command.Action = func(c *cli.Context) error {
		if command.ArgsUsage == "" && c.Args().Present() {
			return &usageError{fmt.Sprintf("%s takes no argument %q; see failmail %[1]s --help", command.Name, c.Args().First())}
		}
		if read == nil {
			return action(c)
		}
		proxy := proxyOf(c)
		if err := readSettings(proxy); err != nil {
			return err
		}
		if err := checkSettings(proxy, read); err != nil {
			return err
		}
		return action(c)
	}
}

// arrange puts the settings of the proxy in front of the command, and the options
// of the command in front of its arguments, where the library wants them. People
// write them anywhere. The error names a setting that the command does not read.
func arrange(app *cli.App, args []string) ([]string, error) {
	var command *cli.Command
	var settings, own, rest, problems []string
	var named []string // of the settings
	for at := 1; at < len(args); at++ {
		name := optionName(args[at])
		if command == nil && name == "" {
			if command = app.Command(args[at]); command == nil {
				return args, nil
			}
			continue
		}
		if instead := asked(command, args[at:]); instead != nil {
			return arrange(app, append(args[:1:1], instead...)) // whatever else is there
		}
		o, into := optionNamed(app.Flags, name), &settings
		if command != nil {
			// The options of sendmail have one dash.
			isSetting := o != nil && (strings.HasPrefix(args[at], "--") || command.Name != "send")
			switch ownOption := optionNamed(command.Flags, name); {
			case args[at] == "--":
				rest = append(rest, args[at:]...)
				at = len(args)
				continue
			case name == "", ownOption == nil && !isSetting && command.SkipFlagParsing: // it reads its options itself
				o, into = nil, &rest
			case ownOption != nil || !isSetting:
				o, into = ownOption, &own
			}
		}
		if into == &settings {
			named = append(named, name)
		}
		*into = append(*into, args[at])
		switch {
		case o == nil || !o.takesValue() || strings.Contains(args[at], "="):
		case at+1 < len(args):
			at++
			*into = append(*into, args[at])
		case into == &settings: // in front, it would take the command for its value
			problems = append(problems, fmt.Sprintf("--%s needs a %s", name, o.remedy()))
		}
	}
	if command == nil {
		return args, nil
	}
	if refused := refuse(app, command, named); refused != nil {
		problems = refused
	}
	if problems != nil {
		return nil, &usageError{strings.Join(problems, "\n")}
	}
	if settings == nil && settingsOf(command.Name) == nil {
		app.Flags = nil // a mistake in the environment does not matter
	}
	return slices.Concat(args[:1], settings, []string{command.Name}, own, rest), nil
}

// asked returns the command that does what the option in front of rest asks for, with
// its arguments; nil if that asks for nothing. The command may be nil.
func asked(command *cli.Command, rest []string) []string {
	// The options of sendmail have one dash.
	if command != nil && command.SkipFlagParsing && !strings.HasPrefix(rest[0], "--") {
		return nil
	}
	name := optionName(rest[0])
	switch {
	case name == "version", command == nil && (name == "V" || name == "v"):
		return []string{"version"}
	case name != "help" && name != "h" && name != "help-all":
		return nil
	case command != nil:
		return []string{"help", command.Name}
	case len(rest) > 1 && optionName(rest[1]) == "":
		return []string{"help", rest[1]}
	case name == "help-all":
		return []string{"help", "--all"}
	}
	return []string{"help"}
}

// refuse says which of the named settings command does not read.
func refuse(app *cli.App, command *cli.Command, named []string) (problems []string) {
	for _, name := range named {
		switch {
		case slices.ContainsFunc(settingsOf(command.Name), func(o *option) bool { return o.name == name }), optionNamed(app.Flags, name) == nil: // which the library reports
		case optionNamed(command.Flags, name) != nil:
			problems = append(problems, fmt.Sprintf("--%s in front of the command is a setting of the proxy; write it behind the command: failmail %s --%s …", name, command.Name, name))
		default:
			problems = append(problems, fmt.Sprintf("--%s is a setting of the proxy that failmail %s does not read; leave it out", name, command.Name))
		}
	}
	return problems
}

// optionName returns the name of an option; "" if arg is none.
func optionName(arg string) string {
	if len(arg) < 2 || arg[0] != '-' || arg == "--" {
		return ""
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
	return name
}
