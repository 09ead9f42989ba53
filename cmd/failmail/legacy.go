package main

import (
	"fmt"
	"iter"
	"log/slog"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/internal/envelope"
)

// A command line of failmail 0.2 starts as it is: its flags are old forms of ours.

// An oldForm is a hidden flag that stands for an option, or changes its value.
type oldForm struct {
	name   string
	deflt  any
	as     string // the value of the option, with VALUE for that of the old form; empty for the same
	better string // what to write instead; empty for the option
	own    bool   // stands for no value of the option, and is read where it is needed
}

// instead is what to write instead of the old form of the option name.
func (f oldForm) instead(name string) string {
	switch {
	case f.better != "":
		return f.better
	case f.as != "":
		return "--" + name + "=" + f.as
	}
	return "--" + name
}

// oldForms returns those that are given, with their options.
func oldForms(c *cli.Context) iter.Seq2[oldForm, *option] {
	return func(yield func(oldForm, *option) bool) {
		for _, o := range settings() {
			for _, form := range o.old {
				if c.IsSet(form.name) && !yield(form, o) {
					return
				}
			}
		}
	}
}

// carryOld gives options what their old forms stand for. A new form wins over the old
// one, and either of the command line over the file.
func carryOld(c *cli.Context) error {
	for form, o := range oldForms(c) {
		value := fmt.Sprint(c.Value(form.name))
		// With nothing for its value, an old form said so.
		if form.own || c.IsSet(o.name) || form.as != "" && (value == "" || value == "false") {
			continue
		}
		if form.as != "" {
			value = strings.ReplaceAll(form.as, "VALUE", value)
		}
		if err := c.Set(o.name, value); err != nil {
			return &usageError{fmt.Sprintf("--%s %q is not a %s", form.name, value, o.remedy())}
		}
	}
	return nil
}

// overTLS gives each address that names no protocol the one of --ssl.
func overTLS(c *cli.Context) error {
	if !c.Bool("ssl") {
		return nil
	}
	binds := listOf(c, "bind")
	for i, bind := range binds {
		if !strings.Contains(bind, ":/") && bind != failmail.NoListener {
			binds[i] = "smtps://" + bind
		}
	}
	return setList(c, "bind", binds)
}

// addRewrite makes a rule for a file of --rewrite-src and --rewrite-dest.
func addRewrite(c *cli.Context) error {
	source, replacement := c.String("rewrite-src"), c.String("rewrite-dest")
	if source == "" {
		return nil
	}
	if strings.Contains(replacement, "=") { // read as a part of the pattern
		return &usageError{fmt.Sprintf("--rewrite-dest %q cannot be written to a file: it contains \"=\"; use an address without one", replacement)}
	}
	if pattern, err := envelope.ParsePattern(source); err == nil && pattern.Regexp().String() != source {
		source = "(?:" + source + ")" // which only a regular expression has
	}
	return setList(c, "rewrite-recipient", append(listOf(c, "rewrite-recipient"), source+"="+replacement))
}

// warnOld says what to write instead.
func warnOld(c *cli.Context, log *slog.Logger) {
	for form, o := range oldForms(c) {
		log.Warn("an old option still works; better write another", "option", "--"+form.name, "better", form.instead(o.name))
	}
}
