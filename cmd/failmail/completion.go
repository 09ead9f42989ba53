package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

func completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print the completions for a shell",
		ArgsUsage: "bash|zsh|fish",
		Description: "For bash: source <(failmail completion bash)\n\n" +
			"For zsh: failmail completion zsh >\"${fpath[1]}/_failmail\"\n\n" +
			"For fish: failmail completion fish >~/.config/fish/completions/failmail.fish\n\n" +
			"The packages of failmail bring them along.",
		Action: func(c *cli.Context) error {
			scripts := map[string]func(*cli.App) string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}
			script, known := scripts[c.Args().First()]
			if !known || c.NArg() > 1 {
				return &usageError{fmt.Sprintf("completion %q: name a shell: bash, zsh or fish", strings.Join(c.Args().Slice(), " "))}
			}
			_, err := io.WriteString(c.App.Writer, script(freshApp()))
			return err
		},
	}
}

// choices are the values of the options that have only a few.
var choices = map[string][]string{
	"log-format": {"text", "json"},
	"log-level":  {"debug", "info", "warn", "error"},
	"relay-tls":  {"auto", "require", "off"},
	"redact":     {"on", "off"},
	"as":         {"text", "html", "mail"},
	"first":      {"send", "hold"},
	"recipients": {"union", "each"},
}

// choicesOf returns the values of o, if there are only a few.
func (o option) choicesOf() []string {
	for _, name := range o.names {
		if values := choices[name]; values != nil {
			return values
		}
	}
	return nil
}

// short is what fits behind an option in a list.
func (o option) short() string {
	text, _, _ := strings.Cut(o.usage, ";")
	text, _, _ = strings.Cut(text, ": ")
	return text
}

// A completed is a command, or the proxy for the empty name, with its options.
type completed struct {
	name, usage string
	options     []option
	files       bool // for arguments
}

func completions(app *cli.App) []completed {
	all := []completed{{options: optionsOf(app.VisibleFlags())}}
	for _, command := range app.VisibleCommands() {
		all = append(all, completed{command.Name, command.Usage, optionsOf(slices.Concat(command.VisibleFlags(), settingsListed(command.Name))),
			strings.Contains(command.ArgsUsage, "PATH") || strings.Contains(command.ArgsUsage, "DIR")})
	}
	return all
}

func optionsOf(flags []cli.Flag) (options []option) {
	for _, flag := range flags {
		if o, known := optionOf(flag); known {
			options = append(options, o)
		}
	}
	return options
}

func namesOf(all []completed) (names []string) {
	for _, c := range all[1:] {
		names = append(names, c.name)
	}
	return names
}

func bashCompletion(app *cli.App) string {
	var s strings.Builder
	all := completions(app)
	s.WriteString(`# Completions of failmail for bash.
_failmail() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	# "--flag=value" comes as three words.
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	case $prev in
`)
	var files, folders, others []string
	seen := map[string]bool{}
	for _, c := range all {
		for _, o := range c.options {
			pattern := strings.Join(o.dashed(), "|")
			if !o.takesValue || seen[pattern] {
				continue
			}
			seen[pattern] = true
			switch values := o.choicesOf(); {
			case values != nil:
				fmt.Fprintf(&s, "\t%s) mapfile -t COMPREPLY < <(compgen -W %s -- \"$cur\"); return ;;\n", pattern, quote(strings.Join(values, " ")))
			case o.placeholder == "FILE":
				files = append(files, pattern)
			case o.placeholder == "DIR":
				folders = append(folders, pattern)
			default:
				others = append(others, pattern)
			}
		}
	}
	const reply = "mapfile -t COMPREPLY < <(compgen %s -- \"$cur\")"
	fmt.Fprintf(&s, "\t%s) compopt -o filenames; "+reply+"; return ;;\n", strings.Join(files, "|"), "-f")
	fmt.Fprintf(&s, "\t%s) compopt -o filenames; "+reply+"; return ;;\n", strings.Join(folders, "|"), "-d")
	fmt.Fprintf(&s, "\t%s) return ;;\n\tesac\n\tcase ${COMP_WORDS[1]} in\n", strings.Join(others, "|"))
	for _, c := range slices.Concat(all[1:], all[:1]) {
		var flags []string
		for _, o := range c.options {
			flags = append(flags, o.dashed()...)
		}
		pattern, rest := c.name, ""
		switch {
		case c.name == "":
			pattern = "*"
			rest = fmt.Sprintf("; ((COMP_CWORD > 1)) || "+reply, "-W "+quote(strings.Join(namesOf(all), " ")))
		case c.name == "completion":
			rest = "; " + fmt.Sprintf(reply, "-W 'bash zsh fish'")
		case c.files:
			rest = "; compopt -o filenames; " + fmt.Sprintf(reply, "-f")
		}
		fmt.Fprintf(&s, "\t%s)\n\t\tif [[ $cur == -* ]]; then "+reply+"; return; fi%s ;;\n", pattern, "-W "+quote(strings.Join(flags, " ")), rest)
	}
	s.WriteString("\tesac\n}\ncomplete -F _failmail failmail\n")
	return s.String()
}

func zshCompletion(app *cli.App) string {
	var s strings.Builder
	all := completions(app)
	s.WriteString("#compdef failmail\n# Completions of failmail for zsh.\n\n_failmail() {\n\tlocal -a commands=(\n")
	for _, c := range all[1:] {
		fmt.Fprintf(&s, "\t\t%s\n", quote(c.name+":"+c.usage))
	}
	s.WriteString("\t)\n\tif ((CURRENT == 2)) && [[ $words[2] != -* ]]; then\n\t\t_describe command commands\n\t\treturn\n\tfi\n\tcase $words[2] in\n")
	for _, c := range slices.Concat(all[1:], all[:1]) {
		if c.name == "" {
			s.WriteString("\t*)\n")
		} else {
			fmt.Fprintf(&s, "\t%s)\n\t\tshift words\n\t\t((CURRENT--))\n", c.name)
		}
		s.WriteString("\t\t_arguments -s :")
		for _, o := range c.options {
			for _, name := range o.dashed() {
				fmt.Fprintf(&s, " \\\n\t\t\t%s", quote(zshSpec(name, o)))
			}
		}
		switch {
		case c.name == "completion":
			s.WriteString(" \\\n\t\t\t'1:shell:(bash zsh fish)'")
		case c.files:
			s.WriteString(" \\\n\t\t\t'*:path:_files'")
		}
		s.WriteString("\n\t\t;;\n")
	}
	s.WriteString("\tesac\n}\n\n_failmail \"$@\"\n")
	return s.String()
}

// zshSpec describes an option to _arguments.
func zshSpec(name string, o option) string {
	spec := name
	if o.takesValue {
		spec += "="
	}
	if o.repeated {
		spec = "*" + spec
	}
	spec += "[" + strings.NewReplacer("[", `\[`, "]", `\]`, `\`, `\\`).Replace(o.short()) + "]"
	values := o.choicesOf()
	switch {
	case !o.takesValue:
		return spec
	case values != nil:
		return spec + ":" + o.placeholder + ":(" + strings.Join(values, " ") + ")"
	case o.placeholder == "FILE":
		return spec + ":FILE:_files"
	case o.placeholder == "DIR":
		return spec + ":DIR:_files -/"
	}
	return spec + ":" + strings.ReplaceAll(o.placeholder, ":", `\:`) + ":"
}

func fishCompletion(app *cli.App) string {
	var s strings.Builder
	all := completions(app)
	s.WriteString("# Completions of failmail for fish.\ncomplete -c failmail -f\n")
	commands := strings.Join(namesOf(all), " ")
	for _, c := range all {
		when := "__fish_seen_subcommand_from " + c.name
		if c.name == "" {
			when = "not __fish_seen_subcommand_from " + commands
		} else {
			fmt.Fprintf(&s, "complete -c failmail -n %s -a %s -d %s\n", quote("not __fish_seen_subcommand_from "+commands), c.name, fishQuote(c.usage))
		}
		for _, o := range c.options {
			fmt.Fprintf(&s, "complete -c failmail -n %s", quote(when))
			for _, name := range o.names {
				if len(name) == 1 {
					fmt.Fprintf(&s, " -s %s", name)
				} else {
					fmt.Fprintf(&s, " -l %s", name)
				}
			}
			values := o.choicesOf()
			switch {
			case !o.takesValue:
			case values != nil:
				fmt.Fprintf(&s, " -x -a %s", quote(strings.Join(values, " ")))
			case o.placeholder == "FILE":
				s.WriteString(" -r -F")
			case o.placeholder == "DIR":
				s.WriteString(" -x -a '(__fish_complete_directories)'")
			default:
				s.WriteString(" -x")
			}
			fmt.Fprintf(&s, " -d %s\n", fishQuote(o.short()))
		}
		switch {
		case c.name == "completion":
			fmt.Fprintf(&s, "complete -c failmail -n %s -a 'bash zsh fish'\n", quote(when))
		case c.files:
			fmt.Fprintf(&s, "complete -c failmail -n %s -F\n", quote(when))
		}
	}
	return s.String()
}

// quote makes one word of text for bash and zsh.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// fishQuote makes one word of text for fish.
func fishQuote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
}
