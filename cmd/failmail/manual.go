package main

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
)

// manCommand prints the manual page, for packages. It is made from the flags
// themselves, so that it cannot lag behind them.
func manCommand() *cli.Command {
	return &cli.Command{
		Name:   "man",
		Usage:  "print the manual page failmail(1)",
		Hidden: true,
		Action: func(c *cli.Context) error {
			_, err := io.WriteString(c.App.Writer, manual(freshApp()))
			return err
		},
	}
}

// freshApp returns the app as no environment has changed its defaults.
func freshApp() *cli.App {
	app := newApp(strings.NewReader(""), io.Discard, io.Discard)
	app.Setup()
	return app
}

// manual returns the manual page in the man(7) language. The library's own page
// leaves the environment out and reads patterns such as ".*" as Markdown.
func manual(app *cli.App) string {
	var m manPage
	m.line(`.TH FAILMAIL 1 "" "failmail %s" "User Commands"`, roff(app.Version))
	m.section("NAME")
	m.text(app.Name + " - " + app.Usage)
	m.section("SYNOPSIS")
	m.line(`.B failmail`)
	m.line("[OPTION ...]")
	for _, command := range app.VisibleCommands() {
		m.line(".br")
		m.line(".B failmail %s", roff(command.Name))
		if args := synopsis(command); args != "" {
			m.text(args)
		}
	}
	m.section("DESCRIPTION")
	m.paragraphs(app.Description)
	m.line(".PP")
	m.text("Each option can also be given in the environment, as the name that is shown with it.")
	m.section("OPTIONS")
	m.flags(app.VisibleFlags())
	m.section("COMMANDS")
	for _, command := range app.VisibleCommands() {
		m.line(".SS failmail %s", roff(strings.TrimSpace(command.Name+" "+synopsis(command))))
		m.text(sentence(command.Usage))
		if command.Description != "" {
			m.line(".PP")
			m.paragraphs(command.Description)
		}
		m.flags(slices.Concat(command.VisibleFlags(), settingsListed(command.Name)))
	}
	m.section("SIGNALS")
	m.item("SIGTERM, SIGINT", "End: take no more mails, finish those in transfer, and keep what is not due yet for the next start. A second one ends at once.")
	m.item("SIGHUP", "Read the settings and the certificates again. What only a new start can change is named in the log.")
	m.item("SIGUSR1", "Start the program anew, perhaps a newer version, and hand the listening sockets over to it. No client is refused. If the new process does not come to serve, the old one goes on; the log says why.")
	m.section("EXIT STATUS")
	m.item("0", "It ended as it was told to.")
	m.item(fmt.Sprint(exitFailure), "It could not do it; standard error has the reason.")
	m.item(fmt.Sprint(exitUsage), "The command line or the environment has a mistake.")
	m.text("Those of failmail send are named there.")
	m.section("SEE ALSO")
	m.text("systemd.service(5), sendmail(8)")
	return m.String()
}

func synopsis(command *cli.Command) string {
	if len(command.Flags)+len(settingsListed(command.Name)) > 0 && !strings.Contains(command.ArgsUsage, "[--") {
		return strings.TrimSpace("[OPTION ...] " + command.ArgsUsage)
	}
	return command.ArgsUsage
}

// A manPage is written in the man(7) language.
type manPage struct{ strings.Builder }

func (m *manPage) line(format string, args ...any) { fmt.Fprintf(m, format+"\n", args...) }
func (m *manPage) section(name string)             { m.line(".SH %s", name) }
func (m *manPage) text(text string)                { m.line("%s", roff(text)) }

func (m *manPage) item(tag, text string) {
	m.line(".TP")
	m.line(".B %s", roff(tag))
	m.text(text)
}

// paragraphs writes a description, whose tables keep their columns.
func (m *manPage) paragraphs(description string) {
	for i, paragraph := range strings.Split(description, "\n\n") {
		if i > 0 {
			m.line(".PP")
		}
		if strings.Contains(paragraph, "  ") {
			m.line(".nf")
			defer m.line(".fi")
		}
		for line := range strings.SplitSeq(paragraph, "\n") {
			m.text(line)
		}
	}
}

func (m *manPage) flags(flags []cli.Flag) {
	for _, flag := range flags {
		o, known := optionOf(flag)
		if !known {
			continue
		}
		m.line(".TP")
		tag := `\fB` + roff(strings.Join(o.dashed(), ", ")) + `\fR`
		if o.takesValue {
			tag += ` \fI` + roff(o.placeholder) + `\fR`
		}
		m.line("%s", tag)
		m.text(sentence(o.usage))
		if o.deflt != "" {
			m.text("Default: " + o.deflt + ".")
		}
		for _, name := range o.env {
			m.text("Environment: " + name + ".")
		}
	}
}

// An option is what is said of a flag.
type option struct {
	names       []string
	usage       string
	placeholder string // of the value
	takesValue  bool
	repeated    bool
	deflt       string
	env         []string
}

var (
	placeholders = regexp.MustCompile("`([^`]*)`")
	trailing     = regexp.MustCompile("; `[^`]*`$") // one that is no part of the sentence
)

func optionOf(flag cli.Flag) (option, bool) {
	f, known := flag.(cli.DocGenerationFlag)
	if !known {
		return option{}, false
	}
	usage := f.GetUsage()
	text := placeholders.ReplaceAllString(trailing.ReplaceAllString(usage, ""), "$1")
	o := option{
		names: flag.Names(), takesValue: f.TakesValue(), placeholder: "VALUE",
		repeated: strings.Contains(usage, "may be repeated"), env: f.GetEnvVars(),
		usage: text,
	}
	if found := placeholders.FindStringSubmatch(usage); found != nil {
		o.placeholder = found[1]
	}
	if o.takesValue {
		o.deflt = f.GetDefaultText()
		if unquoted, err := strconv.Unquote(o.deflt); err == nil {
			o.deflt = unquoted
		}
	}
	return o, true
}

// dashed returns the names as they are typed.
func (o option) dashed() []string {
	var names []string
	for _, name := range o.names {
		if len(name) == 1 {
			names = append(names, "-"+name)
		} else {
			names = append(names, "--"+name)
		}
	}
	return names
}

// sentence makes one of a line of --help.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + strings.TrimSuffix(text[1:], ".") + "."
}

// roff escapes text so that it is printed as it stands.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "\n", " ", "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(text)
	if strings.HasPrefix(text, ".") {
		return `\&` + text
	}
	return text
}
