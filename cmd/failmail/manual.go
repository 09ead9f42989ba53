package main

import (
	"fmt"
	"io"
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
	m.text(app.Description)
	m.line(".PP")
	m.text("Options can also be set in the environment, under the names given below, and in a TOML file; see --config. " + quantities)
	m.section("OPTIONS")
	for _, s := range listedSections() {
		m.line(".SS %s", roff(s.title))
		m.options(s.options)
	}
	m.section("COMMANDS")
	for _, command := range app.VisibleCommands() {
		m.line(".SS failmail %s", roff(strings.TrimSpace(command.Name+" "+synopsis(command))))
		m.text(sentence(command.Usage))
		m.paragraphs(command.Description)
		m.options(optionsOf(command))
	}
	m.section("SIGNALS")
	m.item("SIGTERM, SIGINT", "Stop: accept no more mails, finish those in transfer, and keep what is not due yet for the next start. A second signal stops immediately.")
	m.item("SIGHUP", "Reload the settings and the certificates. The log names the settings that need a restart.")
	m.item("SIGUSR1", "Start the program again, perhaps a newer version, and hand the listening sockets over to it. No client is refused. If the new process fails to start, the old one continues, and the log says why.")
	m.section("EXIT STATUS")
	m.item("0", "Success.")
	m.item(fmt.Sprint(exitFailure), "Failure; standard error has the reason.")
	m.item(fmt.Sprint(exitUsage), "A mistake on the command line, in the environment or in the file of --config.")
	m.text("The description of failmail send lists its own.")
	m.section("SEE ALSO")
	m.text("systemd.service(5), sendmail(8)")
	return m.String()
}

func synopsis(command *cli.Command) string {
	if len(command.Flags)+len(settingsListed(command.Name)) > 0 {
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

// paragraphs writes a description.
func (m *manPage) paragraphs(description string) {
	for _, block := range paragraphsOf(description) {
		if block.rows == nil {
			m.line(".PP")
			m.text(block.text)
		}
		for _, row := range block.rows {
			m.item(row.Tag, row.Text)
		}
	}
}

func (m *manPage) options(options []*option) {
	for _, o := range options {
		m.line(".TP")
		tag := `\fB` + roff(strings.Join(o.dashed(), ", ")) + `\fR`
		if o.takesValue() {
			tag += ` \fI` + roff(o.placeholder()) + `\fR`
		}
		m.line("%s", tag)
		m.text(sentence(o.text()))
		if text := o.defaultText(); text != "" {
			m.text("Default: " + text + ".")
		}
		if o.env != "" {
			m.text("Environment: " + o.env + ".")
		}
	}
}

// sentence makes one of a usage.
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
