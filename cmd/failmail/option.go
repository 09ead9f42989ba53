package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/internal/size"
)

// An option is a flag of failmail or of one of its commands. What an entry says is
// all there is to say: the command line, the environment, the file of --config,
// --help, the manual and the completions are derived from it.
type option struct {
	name  string
	short string // "o" of --output, -o
	usage string // what it does, with the `PLACEHOLDER` of its value
	// deflt is the value when none is given. Its type is the kind of the option: bool,
	// int, int64 for a size in bytes, time.Duration, []string for one that may be
	// repeated, or string, for which nil stands as well. linesFlag is that of explain.
	deflt   any
	shown   string   // the default in words, where deflt does not say it
	choices []string // the values it takes; completed in shells
	is      trait
	readBy  string // the commands that read it, besides the proxy and check
	field   string // of [failmail.Config] that it sets, see assign, or of another type, as in "TLS.Policy"
	old     []oldForm

	env   string // its environment variable; empty for none
	given bool   // by the environment
}

// A trait is what only some options are.
type trait uint

const (
	hidden   trait = 1 << iota // from --help, the manual, completions and --write-config
	positive                   // takes no value below 1, or no duration of 0
	required                   // takes no empty value
	open                       // takes other values than its choices, too
	commas                     // repeated, or separated by commas
	paired                     // with the others of its field, or not at all
	restart                    // only a new start takes a change
	noFile                     // makes no sense in a file
	noEnv                      // makes no sense in the environment
	usual                      // one of the few that --help lists; --help-all lists the others, too
)

var _ cli.VisibleFlag = (*option)(nil)

// Names and the next two make an option a flag of the library, as do String and Apply.
func (o *option) Names() []string {
	if o.short != "" {
		return []string{o.name, o.short}
	}
	return []string{o.name}
}

func (o *option) String() string  { return "--" + o.name }
func (o *option) IsSet() bool     { return o.given }
func (o *option) IsVisible() bool { return o.is&hidden == 0 }

func (o *option) takesValue() bool {
	switch o.deflt.(type) {
	case bool, linesFlag:
		return false
	}
	return true
}

// defaultText is the default as people read it.
func (o *option) defaultText() string {
	switch deflt := o.deflt.(type) {
	case []string:
		return strings.Join(deflt, ", ")
	case time.Duration:
		return phrase.Duration(deflt)
	case int64:
		return size.Format(deflt)
	case nil:
		return o.shown
	}
	if !o.takesValue() {
		return ""
	}
	return fmt.Sprint(o.deflt)
}

var placeholders = regexp.MustCompile("`([^`]*)`")

// text is the usage without its mark.
func (o *option) text() string { return strings.ReplaceAll(o.usage, "`", "") }

// placeholder is what stands for the value: the choices, or what usage marks.
func (o *option) placeholder() string {
	if o.choices != nil && o.is&open == 0 {
		return strings.Join(o.choices, "|")
	}
	if found := placeholders.FindStringSubmatch(o.usage); found != nil {
		return found[1]
	}
	return "VALUE"
}

// dashed returns the names as they are typed.
func (o *option) dashed() []string {
	names := []string{"--" + o.name}
	if o.short != "" {
		names = append(names, "-"+o.short)
	}
	return names
}

// kind says what a value must be, and names some.
func (o *option) kind() (noun, remedy string) {
	switch o.deflt.(type) {
	case time.Duration:
		return "duration", "use one such as 30s, 5m, 1h30m or 2d"
	case int64:
		return "size", "use one such as 500kB, 32MiB or 1048576"
	case int:
		return "whole number", "use one such as 10"
	case bool:
		return "truth value", "use true or false"
	}
	return "value", "see failmail --help-all"
}

// remedy says what is right for a value that is not of the kind.
func (o *option) remedy() string {
	noun, remedy := o.kind()
	return noun + "; " + remedy
}

// Apply adds the option to set, with the value that the environment gives.
func (o *option) Apply(set *flag.FlagSet) error {
	switch deflt := o.deflt.(type) {
	case bool:
		set.Bool(o.name, deflt, "")
	case int:
		set.Int(o.name, deflt, "")
	case int64:
		set.Var((*sizeValue)(&deflt), o.name, "")
	case time.Duration:
		set.Var((*durationValue)(&deflt), o.name, "")
	case []string:
		set.Var(&list{values: deflt, commas: o.is&commas != 0}, o.name, "")
	case linesFlag:
		set.Var(&deflt, o.name, "")
	case string:
		set.String(o.name, deflt, "")
	case nil:
		set.String(o.name, "", "")
	}
	value := set.Lookup(o.name).Value
	if o.short != "" {
		set.Var(value, o.short, "")
	}
	text, found := os.LookupEnv(o.env)
	_, isText := value.(flag.Getter).Get().(string)
	if !found || text == "" && !isText {
		return nil // an empty text may say something, such as "no page"
	}
	if err := value.Set(text); err != nil {
		return &usageError{fmt.Sprintf("%s=%q in the environment is not a %s", o.env, text, o.remedy())}
	}
	if l, ok := value.(*list); ok {
		l.begun = false // what the command line gives replaces it
	}
	o.given = true
	return nil
}

// optionNamed returns the option of flags with that name; nil if there is none.
func optionNamed(flags []cli.Flag, name string) *option {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return f.(*option)
		}
	}
	return nil
}
