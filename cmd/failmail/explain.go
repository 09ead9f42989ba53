package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/explain"
	"github.com/hut8labs/failmail/internal/mailbox"
	"github.com/hut8labs/failmail/pkg/batch"
)

// exitInterrupted is what shells report of a program that SIGINT ended.
const exitInterrupted = 130

func explainCommand() *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "show how mails or log lines would be grouped, and why",
		ArgsUsage: "[PATH ...]",
		Description: "PATH is a mail (.eml), an mbox, a maildir, a folder with files that end in .eml, or - for\n" +
			"standard input, which is the default. Nothing is sent, and no file is changed.\n\n" +
			"With --lines, each line of every PATH is treated as the text of a mail without a subject;\n" +
			"--lines=FILE does so for FILE only. --json prints an object for each mail, with source, batch,\n" +
			"group, fingerprint, masked (the text after masking or, for a stack trace, the reason), entry\n" +
			"(equal for mails that a summary shows as one), headline, status, severity, sender, object and\n" +
			"why. For two mails, the table ends with why they are one error, or why not and what would merge\n" +
			"them. Everything is read before anything is printed. Since files lack some data, the host is\n" +
			"localhost, and RemoteAddr is empty.\n\n" +
			"Exit codes: 0; 1 if something could not be read; 2 for a mistake in the arguments.\n" +
			"docs/grouping.md explains how mails are grouped.",
		Flags: []cli.Flag{
			&option{name: "lines", deflt: linesFlag{}, usage: "treat each line as the text of a mail"},
			&option{name: "json", deflt: false, usage: "print one JSON object for each mail, in the order read"},
			&option{name: "top", deflt: 50, usage: "list the `N` largest groups; 0 for all"},
		},
		Action: runExplain,
	}
}

// A linesFlag is --lines, a truth value, or --lines=FILE.
type linesFlag struct {
	all   bool
	files []string
}

func (l *linesFlag) Set(text string) error {
	switch text {
	case "true", "false":
		l.all = text == "true"
	default:
		l.files = append(l.files, text)
	}
	return nil
}

func (l *linesFlag) Get() any         { return *l }
func (l *linesFlag) String() string   { return "" }
func (l *linesFlag) IsBoolFlag() bool { return true }

// inputsOf returns what the PATHs and --lines=FILE name; standard input if nothing.
func inputsOf(c *cli.Context) (inputs []explain.Input) {
	lines, _ := c.Value("lines").(linesFlag)
	for _, path := range c.Args().Slice() {
		inputs = append(inputs, explain.Input{Path: path, Lines: lines.all})
	}
	for _, file := range lines.files {
		inputs = append(inputs, explain.Input{Path: file, Lines: true})
	}
	if len(inputs) == 0 {
		inputs = []explain.Input{{Path: mailbox.Stdin, Lines: lines.all}}
	}
	return inputs
}

func runExplain(c *cli.Context) error {
	batchBy, groupBy, err := groupersFrom(c)
	if err != nil {
		return err
	}
	if c.Int("top") < 0 {
		return &usageError{fmt.Sprintf("--top \"%d\" is negative; use 0 for all groups", c.Int("top"))}
	}
	meanings, err := meaningsFrom(c)
	if err != nil {
		return err
	}
	err = explain.Run(c.Context, explain.Options{
		Classifier: &batch.Classifier{Batch: batchBy, Group: groupBy, Meanings: meanings},
		BySubject:  c.String("group") == batch.DefaultGroup,
		Inputs:     inputsOf(c), JSON: c.Bool("json"), Top: c.Int("top"),
		Stdin: c.App.Reader, Stdout: c.App.Writer, Stderr: c.App.ErrWriter,
	})
	var interrupted *explain.Interrupted
	if errors.As(err, &interrupted) {
		return &exitError{exitInterrupted, err}
	}
	return err
}
