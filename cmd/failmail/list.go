package main

import (
	"os"
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
	env    string // the variable that the library sets it from first
	sets   int
}

var _ cli.Generic = (*list)(nil)

// Set adds what one use of the flag gives.
func (l *list) Set(text string) error {
	// The first value replaces the default, and the first of the command line
	// also those of the environment, which the library brings before.
	fromEnv := l.env != "" && os.Getenv(l.env) != ""
	if l.sets == 0 || l.sets == 1 && fromEnv {
		l.values = nil
	}
	l.sets++
	if l.commas {
		text = strings.ReplaceAll(text, ",", "\n")
	}
	for value := range strings.SplitSeq(text, "\n") {
		l.values = append(l.values, strings.TrimSpace(value))
	}
	return nil
}

// String is what --help shows as the default.
func (l *list) String() string { return strings.Join(l.values, ", ") }

// listOf returns the values of a flag that was made with a list.
func listOf(c *cli.Context, flag string) []string {
	if l, ok := c.Generic(flag).(*list); ok {
		return slices.Clone(l.values)
	}
	return nil
}
