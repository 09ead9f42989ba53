package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
)

// The settings of the proxy are the options of failmail without a command. They may
// stand in front of a command or behind it, in the environment and in the file of
// --config: a command finds the proxy, its relay and its fail-dir by the settings
// that started it.

// settingsRead returns the settings of the proxy that each command reads. What is
// given on the command line and not read is refused; the environment and the file are
// shared, and say more.
func settingsRead() map[string][]cli.Flag {
	proxy := proxyFlags()
	only := func(names ...string) []cli.Flag {
		return slices.DeleteFunc(slices.Clone(proxy), func(f cli.Flag) bool { return !slices.Contains(names, f.Names()[0]) })
	}
	page := only("config", "bind-http", "credentials", "credentials-file")
	return map[string][]cli.Flag{
		"status": page, "flush": page, "mute": page, "unmute": page,
		"backup":  slices.Concat(page, only("store")),
		"resend":  slices.Concat(only("config", "fail-dir", "relay-addr"), connectionFlags()),
		"explain": slices.Concat(only("config"), expressionFlags()),
		"render":  slices.Concat(only("config"), expressionFlags(), layoutFlags()),
		"send":    only("config", "bind", "bind-addr", "credentials"),
		"check":   slices.DeleteFunc(slices.Clone(proxy), func(f cli.Flag) bool { return f.Names()[0] == "write-config" }),
	}
}

// settingsListed returns those of settingsRead that --help and the manual list with
// the command. Those of check are all of them, listed once is enough.
func settingsListed(command string) (listed []cli.Flag) {
	if command == "check" {
		return nil
	}
	for _, f := range settingsRead()[command] {
		if visible, ok := f.(cli.VisibleFlag); ok && visible.IsVisible() {
			listed = append(listed, f)
		}
	}
	return listed
}

// proxyOf returns the context that has the settings of the proxy.
func proxyOf(c *cli.Context) *cli.Context {
	for _, ctx := range slices.Backward(c.Lineage()) {
		if ctx.Command != nil && ctx.Command.Name == c.App.Name {
			return ctx
		}
	}
	return c
}

// withSettings has a command read the file of --config and old names first, if they
// concern it, and list what it reads.
func withSettings(command *cli.Command) {
	if listed := settingsListed(command.Name); len(listed) > 0 {
		var text strings.Builder
		text.WriteString("\nSETTINGS OF THE PROXY, also read from the environment and from --config:")
		for _, f := range listed {
			text.WriteString("\n   " + f.String())
		}
		command.CustomHelpTemplate = cli.CommandHelpTemplate + "{{" + strconv.Quote(text.String()+"\n") + "}}"
	}
	if settingsRead()[command.Name] == nil {
		return
	}
	action := command.Action
	command.Action = func(c *cli.Context) error {
		proxy := proxyOf(c)
		if err := loadConfig(proxy); err != nil {
			return err
		}
		if err := applyLegacy(proxy); err != nil {
			return err
		}
		return action(c)
	}
}

// A commandLine is one whose parts are told apart.
type commandLine struct {
	settings []string // options that are the proxy's, with their values
	named    []string // the names of these
	lacking  string   // the name of one without its value
	own      []string // options of the command, with their values
	rest     []string
}

// arrange puts the settings of the proxy in front of the command, and the options
// of the command in front of its arguments, where the library wants them. People
// write them anywhere. The error names a setting that the command does not read.
func arrange(app *cli.App, args []string) ([]string, error) {
	var l commandLine
	var command *cli.Command
	at := 1
	for ; at < len(args) && command == nil; at++ {
		if name := optionName(args[at]); name == "" {
			if command = app.Command(args[at]); command == nil {
				return args, nil
			}
		} else {
			at = l.setting(args, at, app.Flags, name)
		}
	}
	if command == nil {
		return args, nil
	}
	for ; at < len(args); at++ {
		switch name := optionName(args[at]); {
		case args[at] == "--":
			l.rest = append(l.rest, args[at:]...)
			at = len(args)
		case name == "":
			l.rest = append(l.rest, args[at])
		// The options of sendmail have one dash.
		case flagOf(command.Flags, name) == nil && flagOf(app.Flags, name) != nil && (strings.HasPrefix(args[at], "--") || command.Name != "send"):
			at = l.setting(args, at, app.Flags, name)
		case command.SkipFlagParsing: // it knows its options itself, and where they stand
			l.rest = append(l.rest, args[at])
		default:
			l.own, at = take(l.own, args, at, command.Flags, name)
		}
	}
	return slices.Concat(args[:1], l.settings, []string{command.Name}, l.own, l.rest), l.refuse(app, command)
}

func (l *commandLine) setting(args []string, at int, flags []cli.Flag, name string) int {
	l.named = append(l.named, name)
	flag, known := flagOf(flags, name).(cli.DocGenerationFlag)
	if known && flag.TakesValue() && !strings.Contains(args[at], "=") && at+1 == len(args) {
		l.lacking = name // moved to the front, it would take the command for its value
	}
	l.settings, at = take(l.settings, args, at, flags, name)
	return at
}

// take appends the option at args[at], and its value if that is the next argument,
// and returns where it ends.
func take(into, args []string, at int, flags []cli.Flag, name string) ([]string, int) {
	into = append(into, args[at])
	flag, known := flagOf(flags, name).(cli.DocGenerationFlag)
	if known && flag.TakesValue() && !strings.Contains(args[at], "=") && at+1 < len(args) {
		at++
		into = append(into, args[at])
	}
	return into, at
}

// refuse names what command does not read.
func (l *commandLine) refuse(app *cli.App, command *cli.Command) error {
	reads := settingsRead()[command.Name]
	var problems []string
	for _, name := range l.named {
		switch {
		case flagOf(reads, name) != nil, flagOf(app.Flags, name) == nil: // which the library reports
		case flagOf(command.Flags, name) != nil:
			problems = append(problems, fmt.Sprintf("--%s in front of the command is a setting of the proxy; write it behind: failmail %s --%s …", name, command.Name, name))
		default:
			problems = append(problems, fmt.Sprintf("--%s is a setting of the proxy that failmail %s does not use; leave it out", name, command.Name))
		}
	}
	if l.lacking != "" && len(problems) == 0 {
		problems = append(problems, fmt.Sprintf("--%s needs a %s", l.lacking, kindOf(cli.NewContext(app, nil, nil), l.lacking)))
	}
	if len(problems) == 0 {
		return nil
	}
	return &usageError{strings.Join(problems, "\n")}
}

// optionName returns the name of an option; "" if arg is none.
func optionName(arg string) string {
	if len(arg) < 2 || arg[0] != '-' || arg == "--" {
		return ""
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
	return name
}
