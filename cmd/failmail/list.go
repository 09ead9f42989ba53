package main

import (
	"flag"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// A list is the value of a flag that may be repeated. What is given replaces
// the default. In one value several stand on lines of their own, as fits the
// environment; with commas set, also between commas. The library's own slices
// split at every comma, which would tear patterns apart.
type list struct {
	values []string
	commas bool
	begun  bool // so that what is set adds to the values
}

var _ flag.Getter = (*list)(nil)

// Set adds what one use of the flag gives.
func (l *list) Set(text string) error {
	if !l.begun {
		l.values, l.begun = nil, true
	}
	if l.commas {
		text = strings.ReplaceAll(text, ",", "\n")
	}
	for value := range strings.SplitSeq(text, "\n") {
		l.values = append(l.values, strings.TrimSpace(value))
	}
	return nil
}

func (l *list) String() string { return strings.Join(l.values, ", ") }

// Get returns a copy of the values.
func (l *list) Get() any { return slices.Clone(l.values) }

// listOf returns the values of an option that may be repeated.
func listOf(c *cli.Context, name string) []string {
	values, _ := c.Value(name).([]string)
	return values
}

// setList replaces the values, whatever gave them.
func setList(c *cli.Context, name string, values []string) error {
	if l, ok := c.Generic(name).(*list); ok {
		l.begun = false
	}
	return c.Set(name, strings.Join(values, "\n"))
}
