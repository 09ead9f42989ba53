package main

import (
	"errors"
	"flag"
	"fmt"
	"io"

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
		Usage:     "show how mails, or the lines of a log, would be grouped, and why",
		ArgsUsage: "[--batch EXPRESSION] [--group EXPRESSION] [--lines] [--json] [PATH ...]",
		Description: "PATH is a mail (.eml), an mbox, a maildir, a folder with files that end in .eml, or - for\n" +
			"standard input, which is read if there is none. Nothing is sent, and no file is changed.\n\n" +
			"With --lines, each line of every PATH is taken for the text of a mail without a subject;\n" +
			"--lines=FILE does so with FILE only. --json prints an object for each mail: source, batch,\n" +
			"group, fingerprint, and masked, which is the text after masking or, of a stack trace, the\n" +
			"reason. What is in no file is not known: the host is localhost, and RemoteAddr is empty.\n\n" +
			"Exit codes: 0; 1 if something could not be read; 2 for a mistake in the arguments.\n" +
			"docs/grouping.md says how mails are grouped.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "lines", Usage: "take each line for the text of a mail"},
			&cli.BoolFlag{Name: "json", Usage: "print one JSON object for each mail, in the order read"},
			&cli.IntFlag{Name: "top", Value: 50, Usage: "list the `N` largest groups; 0 for all"},
		},
		HideHelpCommand: true,
		SkipFlagParsing: true, // parseExplain also takes flags behind a PATH
		Action: func(c *cli.Context) error {
			parsed, inputs, err := parseExplain(c)
			switch {
			case err != nil:
				return err
			case parsed.Bool("help"), parsed.Bool("h"):
				return cli.ShowSubcommandHelp(c)
			}
			return runExplain(parsed, inputs)
		},
	}
}

// parseExplain takes flags before, between and behind the PATHs.
func parseExplain(c *cli.Context) (*cli.Context, []explain.Input, error) {
	set := flag.NewFlagSet("explain", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	var lines linesFlag
	for _, f := range c.Command.Flags {
		if f.Names()[0] == "lines" {
			set.Var(&lines, "lines", "")
		} else if err := f.Apply(set); err != nil {
			return nil, nil, err
		}
	}
	var inputs []explain.Input
	for args := c.Args().Slice(); len(args) > 0; {
		if err := set.Parse(args); err != nil {
			return nil, nil, explainUsage(c, err, true)
		}
		rest := set.Args()
		if read := len(args) - len(rest); read > 0 && args[read-1] == "--" {
			for _, path := range rest {
				inputs = append(inputs, explain.Input{Path: path})
			}
			break
		}
		if len(rest) > 0 {
			inputs = append(inputs, explain.Input{Path: rest[0]})
			rest = rest[1:]
		}
		args = rest
	}
	for i := range inputs {
		inputs[i].Lines = lines.all
	}
	for _, file := range lines.files {
		inputs = append(inputs, explain.Input{Path: file, Lines: true})
	}
	if len(inputs) == 0 {
		inputs = []explain.Input{{Path: mailbox.Stdin, Lines: lines.all}}
	}
	parsed := cli.NewContext(c.App, set, c)
	parsed.Command = c.Command
	return parsed, inputs, nil
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

func (l *linesFlag) String() string   { return "" }
func (l *linesFlag) IsBoolFlag() bool { return true }

func runExplain(c *cli.Context, inputs []explain.Input) error {
	batchBy, groupBy, err := groupersFrom(c)
	if err != nil {
		return err
	}
	if c.Int("top") < 0 {
		return &usageError{fmt.Sprintf("--top \"%d\" is negative; use 0 for all groups", c.Int("top"))}
	}
	err = explain.Run(c.Context, explain.Options{
		Classifier: &batch.Classifier{Batch: batchBy, Group: groupBy},
		Inputs:     inputs, JSON: c.Bool("json"), Top: c.Int("top"),
		Stdin: c.App.Reader, Stdout: c.App.Writer, Stderr: c.App.ErrWriter,
	})
	var interrupted *explain.Interrupted
	if errors.As(err, &interrupted) {
		return &exitError{exitInterrupted, err}
	}
	return err
}
