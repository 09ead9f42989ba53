package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/terminal"
)

// asking are the options that print something and end. [arrange] turns them into the
// commands that do, so that they work beside whatever else is on the line.
var asking = []option{
	{name: "help", short: "h", deflt: false, is: usual | noFile | noEnv, usage: "show help"},
	{name: "help-all", deflt: false, is: usual | noFile | noEnv, usage: "show every option"},
	{name: "version", short: "V", deflt: false, is: usual | noFile | noEnv, usage: "print the version"},
}

// quantities says how durations and sizes are written, wherever a setting comes from.
const quantities = "A duration is written as 30s, 5m, 1h30m, 2d or 1w, a size as 500kB, 32MiB or 1048576."

// task marks commands as those of one section of --help.
func task(title string, commands ...*cli.Command) []*cli.Command {
	for _, command := range commands {
		command.Category = title
	}
	return commands
}

func helpCommand() *cli.Command {
	return &cli.Command{
		Name:      "help",
		Usage:     "show help for failmail or one of its commands",
		ArgsUsage: "[COMMAND]",
		Flags:     []cli.Flag{&option{name: "all", deflt: false, usage: "show every option"}},
		Action: func(c *cli.Context) error {
			name := c.Args().First()
			command := c.App.Command(name)
			switch {
			case c.NArg() > 1:
				return &usageError{fmt.Sprintf("help explains one command at a time, not %q as well; leave it out", c.Args().Get(1))}
			case command == nil && c.Args().Present():
				return unknownCommand(c, name)
			}
			return showHelp(c, command)
		},
	}
}

func versionCommand() *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print the version",
		Action: func(c *cli.Context) error {
			_, err := fmt.Fprintln(c.App.Writer, c.App.Name, "version", c.App.Version)
			return err
		},
	}
}

// showHelp prints what there is to know of a command; of all for nil.
func showHelp(c *cli.Context, command *cli.Command) error {
	page := &terminal.Page{Width: terminal.Width(c.App.Writer)}
	if command == nil {
		overview(page, c.App, c.Bool("all"))
	} else {
		about(page, command)
	}
	_, err := io.WriteString(c.App.Writer, page.String())
	return err
}

// overview writes the commands and the options, either all or the usual ones.
func overview(p *terminal.Page, app *cli.App, all bool) {
	p.Paragraph(app.Name + " - " + app.Usage)
	p.WriteString("\nUsage: failmail [OPTION ...]\n       failmail COMMAND [OPTION ...] [ARGUMENT ...]\n\n")
	p.Paragraph(app.Description)
	var commands []terminal.Section
	for _, command := range app.VisibleCommands() {
		if len(commands) == 0 || commands[len(commands)-1].Title != command.Category {
			commands = append(commands, terminal.Section{Title: command.Category})
		}
		last := &commands[len(commands)-1]
		last.Rows = append(last.Rows, terminal.Row{Tag: command.Name, Text: shortened(command.Usage)})
	}
	p.Sections(commands)
	var options []terminal.Section
	for _, s := range listedSections() {
		options = append(options, listing(s.title, s.options, !all))
	}
	p.Sections(options)
	p.WriteString("\n")
	rest := "failmail help COMMAND explains a command. "
	if !all {
		rest += "failmail" + terminal.Glue + "--help-all lists every option. "
	}
	p.Paragraph(rest + "Options can also be set in the environment, --max-wait as FAILMAIL_MAX_WAIT, and in the TOML file of --config, as max-wait. " + quantities)
}

func about(p *terminal.Page, command *cli.Command) {
	p.Paragraph(strings.TrimSpace("Usage: failmail " + command.Name + " " + synopsis(command)))
	p.WriteString("\n")
	p.Paragraph(sentence(command.Usage))
	for _, block := range paragraphsOf(command.Description) {
		p.WriteString("\n")
		p.Paragraph(block.text)
		p.Rows(block.rows)
	}
	options := []terminal.Section{listing("Options", ownOptions(command), false)}
	if read := settingsListed(command.Name); read != nil {
		title := fmt.Sprintf("Settings of the proxy, also read from the environment (%s and so on) and from --config", read[0].env)
		options = append(options, listing(title, read, false))
	}
	p.Sections(options)
}

// listing has options; of a short one, only the usual ones.
func listing(title string, options []*option, short bool) terminal.Section {
	s := terminal.Section{Title: title}
	for _, o := range options {
		if !short || o.is&usual != 0 {
			s.Rows = append(s.Rows, o.row(short))
		}
	}
	return s
}

// row is the option as --help lists it.
func (o *option) row(short bool) terminal.Row {
	tag, text := strings.Join(o.dashed(), ", "), o.text()
	if o.takesValue() {
		tag += " " + o.placeholder()
	}
	if short {
		text = shortened(text)
	}
	if deflt := o.defaultText(); deflt != "" {
		text += " (default:" + terminal.Glue + deflt + ")"
	}
	return terminal.Row{Tag: tag, Text: text}
}

// shortened is what fits into a list of what there is.
func shortened(text string) string {
	text, _, _ = strings.Cut(text, ";")
	text, _, _ = strings.Cut(text, ": ")
	return text
}

// A paragraph of a description is either text or rows.
type paragraph struct {
	text string
	rows []terminal.Row
}

// paragraphsOf splits a description at its empty lines. A line with a gap in it is a row.
func paragraphsOf(description string) (all []paragraph) {
	if description == "" {
		return nil
	}
	for text := range strings.SplitSeq(description, "\n\n") {
		var block paragraph
		for line := range strings.SplitSeq(text, "\n") {
			if tag, about, isRow := strings.Cut(line, "  "); isRow {
				block.rows = append(block.rows, terminal.Row{Tag: tag, Text: strings.TrimSpace(about)})
			}
		}
		if block.rows == nil {
			block.text = text
		}
		all = append(all, block)
	}
	return all
}
