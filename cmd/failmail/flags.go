package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/internal/phrase"
)

// The settings of the proxy are the options of failmail without a command: one table,
// in the order in which people read it. A new one is an entry in it, and what reads
// its value.

// A section has the options about one thing.
type section struct {
	title   string
	options []*option
}

// sections returns the table. The options are copies, since the environment changes
// them.
func sections() []section {
	return []section{
		newSection("Receive mails", receiving),
		newSection("Decide who may send", admitting),
		newSection("Group mails into summaries", grouping),
		newSection("Write summaries", layout),
		newSection("Send summaries", relaying),
		newSection("Store, observe and configure", operating),
	}
}

func newSection(title string, table []option) section {
	s := section{title: title}
	for _, o := range table {
		if o.is&(hidden|noEnv) == 0 {
			o.env = "FAILMAIL_" + strings.ToUpper(strings.ReplaceAll(o.name, "-", "_"))
		}
		s.options = append(s.options, &o)
	}
	return s
}

// listedSections returns what --help and the manual list.
func listedSections() []section {
	all := sections()
	for i := range all {
		all[i].options = slices.DeleteFunc(all[i].options, func(o *option) bool { return !o.IsVisible() })
	}
	return append(all, newSection("Help", asking))
}

// settings returns the options of the table, and behind them their old forms.
func settings() (all []*option) {
	var old []*option
	for _, s := range sections() {
		for _, o := range s.options {
			all = append(all, o)
			for _, form := range o.old {
				old = append(old, &option{name: form.name, deflt: form.deflt, is: hidden, readBy: o.readBy, usage: "old form of " + form.instead(o.name)})
			}
		}
	}
	return append(all, old...)
}

// pageCommands are those that find the page of a running proxy by its settings.
const pageCommands = "status problems problem report ack note own resolve flush mute unmute merge split expect backup"

// proxyFlags are the settings as flags, and what asks for help.
func proxyFlags() (flags []cli.Flag) {
	for _, o := range append(settings(), newSection("Help", asking).options...) {
		flags = append(flags, o)
	}
	return flags
}

// settingsOf returns the settings that a command reads. Others on its command line
// are refused; the environment and the file are shared, and hold more.
func settingsOf(command string) (read []*option) {
	for _, o := range settings() {
		if command == "check" && o.name != "write-config" || slices.Contains(strings.Fields(o.readBy), command) {
			read = append(read, o)
		}
	}
	return read
}

// settingsListed returns those of settingsOf that --help and the manual list with
// the command. Those of check are all of them; listed once is enough.
func settingsListed(command string) []*option {
	if command == "check" {
		return nil
	}
	return slices.DeleteFunc(settingsOf(command), func(o *option) bool { return !o.IsVisible() })
}

// checkSettings refuses values that no reader of the settings could make sense of, and
// those that a Config would take for "use the default".
func checkSettings(c *cli.Context, read []*option) error {
	for _, o := range read {
		value := c.Value(o.name)
		text := fmt.Sprint(value)
		several, _ := value.([]string)
		switch {
		case o.is&required != 0 && (text == "" || slices.Contains(several, "")):
			return &usageError{fmt.Sprintf("--%s is empty; leave it out for the default", o.name)}
		case o.is&positive != 0 && !isPositive(value):
			noun, _ := o.kind()
			return &usageError{fmt.Sprintf("--%s %q must be more than zero; use a %s such as %v", o.name, text, noun, o.defaultText())}
		case o.choices != nil && o.is&open == 0 && !slices.Contains(o.choices, text):
			return &usageError{fmt.Sprintf("--%s %q is unknown; use %s", o.name, text, phrase.Or(o.choices))}
		}
	}
	return nil
}

func isPositive(number any) bool {
	v := reflect.ValueOf(number)
	return v.CanInt() && v.Int() > 0
}

// assign sets the fields of a Config whose options have values of the same type. The
// other fields that options name are set by what reads them: there a [failmail.FieldError]
// is told in flags.
func assign(c *cli.Context, config *failmail.Config) {
	fields := reflect.ValueOf(config).Elem()
	for _, o := range settings() {
		value, field := reflect.ValueOf(c.Value(o.name)), fields.FieldByName(o.field)
		if field.IsValid() && value.Type().AssignableTo(field.Type()) {
			field.Set(value)
		}
	}
}

// flagsFor returns the flags that set a field, as option.field names it; ""
// if there are none.
func flagsFor(field string) string {
	var names []string
	all := false
	for _, o := range settings() {
		if o.field == field {
			names, all = append(names, "--"+o.name), o.is&paired != 0
		}
	}
	if all {
		return strings.Join(names, " and ")
	}
	return phrase.Or(names)
}
