package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

func completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print the completion script for a shell",
		ArgsUsage: "bash|zsh|fish",
		Description: "For bash: source <(failmail completion bash)\n\n" +
			"For zsh: failmail completion zsh >\"${fpath[1]}/_failmail\"\n\n" +
			"For fish: failmail completion fish >~/.config/fish/completions/failmail.fish\n\n" +
			"The packages of failmail install all three.",
		Action: func(c *cli.Context) error {
			scripts := map[string]func([]completed) string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}
			script, known := scripts[c.Args().First()]
			if !known || c.NArg() > 1 {
				return &usageError{fmt.Sprintf("completion %q: name a shell: bash, zsh or fish", strings.Join(c.Args().Slice(), " "))}
			}
			_, err := io.WriteString(c.App.Writer, script(completions(freshApp())))
			return err
		},
	}
}

// A candidate is what may be typed in a place.
type candidate struct {
	words          []string
	files, folders bool
}

// value is what completes the value of an option.
func (o *option) value() candidate {
	return candidate{o.choices, o.placeholder() == "FILE", o.placeholder() == "DIR"}
}

// A completed is a command, or the proxy for the empty name.
type completed struct {
	name, usage string
	options     []*option
	arguments   candidate
}

// completions has the proxy last, whose arguments are the commands.
func completions(app *cli.App) (all []completed) {
	var proxy completed
	for _, s := range listedSections() {
		proxy.options = append(proxy.options, s.options...)
	}
	for _, command := range app.VisibleCommands() {
		proxy.arguments.words = append(proxy.arguments.words, command.Name)
	}
	for _, command := range app.VisibleCommands() {
		c := completed{name: command.Name, usage: command.Usage, options: optionsOf(command)}
		args := command.ArgsUsage
		c.arguments.files = strings.Contains(args, "PATH") || strings.Contains(args, "DIR")
		if args != "" && args == strings.ToLower(args) {
			c.arguments.words = strings.Split(args, "|")
		}
		if args == "[COMMAND]" {
			c.arguments = proxy.arguments
		}
		all = append(all, c)
	}
	return append(all, proxy)
}

// optionsOf returns the options of a command, and those of the proxy that it reads.
func optionsOf(command *cli.Command) []*option {
	return append(ownOptions(command), settingsListed(command.Name)...)
}

// ownOptions returns those that only the command has, and --help.
func ownOptions(command *cli.Command) (options []*option) {
	for _, f := range command.VisibleFlags() {
		options = append(options, f.(*option))
	}
	return append(options, newSection("Help", asking).options[0])
}

func (c candidate) bash() string {
	const reply = "mapfile -t COMPREPLY < <(compgen %s -- \"$cur\")"
	switch {
	case c.words != nil:
		return fmt.Sprintf(reply, "-W "+quote(strings.Join(c.words, " ")))
	case c.files:
		return fmt.Sprintf("compopt -o filenames; "+reply, "-f")
	case c.folders:
		return fmt.Sprintf("compopt -o filenames; "+reply, "-d")
	}
	return ":"
}

func bashCompletion(all []completed) string {
	var values, commands strings.Builder
	// A command's own before those of the proxy, whose name matches each.
	all = slices.SortedStableFunc(slices.Values(all), func(a, b completed) int { return cmp.Compare(b.name, a.name) })
	for _, c := range all {
		var flags []string
		for _, o := range c.options {
			flags = append(flags, o.dashed()...)
			if o.takesValue() {
				of := cmp.Or(c.name, "*")
				fmt.Fprintf(&values, "\t%s:%s) %s; return ;;\n", of, strings.Join(o.dashed(), "|"+of+":"), o.value().bash())
			}
		}
		pattern, rest := c.name, c.arguments.bash()
		if pattern == "" {
			pattern, rest = "*", "((COMP_CWORD > 1)) || "+rest
		}
		fmt.Fprintf(&commands, "\t%s)\n\t\tif [[ $cur == -* ]]; then %s; return; fi; %s ;;\n", pattern, candidate{words: flags}.bash(), rest)
	}
	return `# Completions of failmail for bash.
_failmail() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	# "--flag=value" comes as three words.
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	case ${COMP_WORDS[1]}:$prev in
` + values.String() + "\tesac\n\tcase ${COMP_WORDS[1]} in\n" + commands.String() + "\tesac\n}\ncomplete -F _failmail failmail\n"
}

func (c candidate) zsh() string {
	switch {
	case c.words != nil:
		return "(" + strings.Join(c.words, " ") + ")"
	case c.files:
		return "_files"
	case c.folders:
		return "_files -/"
	}
	return ""
}

func zshCompletion(all []completed) string {
	var names, commands strings.Builder
	for _, c := range all {
		if c.name == "" {
			commands.WriteString("\t*)\n")
		} else {
			fmt.Fprintf(&names, "\t\t%s\n", quote(c.name+":"+c.usage))
			fmt.Fprintf(&commands, "\t%s)\n\t\tshift words\n\t\t((CURRENT--))\n", c.name)
		}
		commands.WriteString("\t\t_arguments -s :")
		for _, o := range c.options {
			for _, name := range o.dashed() {
				fmt.Fprintf(&commands, " \\\n\t\t\t%s", quote(zshSpec(name, o)))
			}
		}
		switch {
		case c.name != "" && c.arguments.words != nil:
			fmt.Fprintf(&commands, " \\\n\t\t\t'1:word:%s'", c.arguments.zsh())
		case c.arguments.files:
			fmt.Fprintf(&commands, " \\\n\t\t\t'*:path:%s'", c.arguments.zsh())
		}
		commands.WriteString("\n\t\t;;\n")
	}
	return "#compdef failmail\n# Completions of failmail for zsh.\n\n_failmail() {\n\tlocal -a commands=(\n" + names.String() +
		"\t)\n\tif ((CURRENT == 2)) && [[ $words[2] != -* ]]; then\n\t\t_describe command commands\n\t\treturn\n\tfi\n\tcase $words[2] in\n" +
		commands.String() + "\tesac\n}\n\n_failmail \"$@\"\n"
}

// zshSpec describes an option to _arguments.
func zshSpec(name string, o *option) string {
	usage := "[" + strings.NewReplacer("[", `\[`, "]", `\]`, `\`, `\\`).Replace(shortened(o.text())) + "]"
	if !o.takesValue() {
		return name + usage
	}
	if _, repeated := o.deflt.([]string); repeated {
		name = "*" + name
	}
	return name + "=" + usage + ":" + strings.ReplaceAll(o.placeholder(), ":", `\:`) + ":" + o.value().zsh()
}

func (c candidate) fish() string {
	switch {
	case c.words != nil:
		return " -x -a " + quote(strings.Join(c.words, " "))
	case c.files:
		return " -r -F"
	case c.folders:
		return " -x -a '(__fish_complete_directories)'"
	}
	return " -x"
}

func fishCompletion(all []completed) string {
	var s strings.Builder
	s.WriteString("# Completions of failmail for fish.\ncomplete -c failmail -f\n")
	noCommand := "not __fish_seen_subcommand_from " + strings.Join(all[len(all)-1].arguments.words, " ")
	for _, c := range all {
		when := noCommand
		if c.name != "" {
			when = "__fish_seen_subcommand_from " + c.name
			fmt.Fprintf(&s, "complete -c failmail -n %s -a %s -d %s\n", quote(noCommand), c.name, fishQuote(c.usage))
		}
		for _, o := range c.options {
			fmt.Fprintf(&s, "complete -c failmail -n %s -l %s", quote(when), o.name)
			if o.short != "" {
				fmt.Fprintf(&s, " -s %s", o.short)
			}
			if o.takesValue() {
				s.WriteString(o.value().fish())
			}
			fmt.Fprintf(&s, " -d %s\n", fishQuote(shortened(o.text())))
		}
		if c.name != "" && (c.arguments.words != nil || c.arguments.files) {
			fmt.Fprintf(&s, "complete -c failmail -n %s%s\n", quote(when), c.arguments.fish())
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
