package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/urfave/cli/v2"

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
			&cli.IntFlag{Name: "top", Value: defaultTop, Usage: "list the `N` largest groups; 0 for all"},
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

// An input is one PATH.
type input struct {
	path  string
	lines bool
}

// parseExplain takes flags before, between and behind the PATHs.
func parseExplain(c *cli.Context) (*cli.Context, []input, error) {
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
	var inputs []input
	for args := c.Args().Slice(); len(args) > 0; {
		if err := set.Parse(args); err != nil {
			return nil, nil, explainUsage(c, err, true)
		}
		rest := set.Args()
		if read := len(args) - len(rest); read > 0 && args[read-1] == "--" {
			for _, path := range rest {
				inputs = append(inputs, input{path: path})
			}
			break
		}
		if len(rest) > 0 {
			inputs = append(inputs, input{path: rest[0]})
			rest = rest[1:]
		}
		args = rest
	}
	for i := range inputs {
		inputs[i].lines = lines.all
	}
	for _, file := range lines.files {
		inputs = append(inputs, input{file, true})
	}
	if len(inputs) == 0 {
		inputs = []input{{mailbox.Stdin, lines.all}}
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

func runExplain(c *cli.Context, inputs []input) error {
	batchBy, groupBy, err := groupersFrom(c)
	if err != nil {
		return err
	}
	if c.Int("top") < 0 {
		return &usageError{fmt.Sprintf("--top \"%d\" is negative; use 0 for all groups", c.Int("top"))}
	}
	e := &explanation{
		classifier: &batch.Classifier{Batch: batchBy, Group: groupBy},
		out:        bufio.NewWriterSize(c.App.Writer, 64<<10),
		progress:   newProgress(c.App.ErrWriter, c.App.Writer),
	}
	if c.Bool("json") {
		e.teller = newJSONTeller(e.out)
	} else {
		e.table = newTable(maxListed)
		e.teller = e.table
	}
	reader := &mailbox.Reader{Stdin: c.App.Reader, Waiting: func() { e.out.Flush() }} // whose error comes again with the next write
	err = e.read(c.Context, reader, inputs)
	e.progress.end()
	if e.table != nil && (e.table.mails > 0 || len(e.failures) == 0) {
		e.table.write(e.out, c.Int("top"), e.noun(inputs))
	}
	if flushErr := e.out.Flush(); flushErr != nil {
		return fmt.Errorf("write the result: %w", flushErr)
	}
	if err != nil {
		return err
	}
	return e.failed()
}

// An explanation is one run of the command.
type explanation struct {
	classifier *batch.Classifier
	out        *bufio.Writer
	teller     teller
	table      *table // the teller, unless it is JSON
	progress   *progress
	mails      int
	failures   []string
	unlisted   int // failures beyond maxFailures
}

// A teller tells what was found out about each mail.
type teller interface {
	add(p placed) error
}

// maxFailures bounds the failures that are told one by one.
const maxFailures = 20

func (e *explanation) read(ctx context.Context, reader *mailbox.Reader, inputs []input) error {
	for _, in := range inputs {
		if in.path == mailbox.Stdin && isTerminal(reader.Stdin) {
			e.progress.say("reading from the terminal; end it with Ctrl-D, or name files")
		}
		var mails iter.Seq2[mailbox.Mail, error]
		if in.lines {
			mails = reader.Lines(ctx, in.path)
		} else {
			mails = reader.Mails(ctx, in.path)
		}
		for mail, err := range mails {
			switch {
			case ctx.Err() != nil:
				return &exitError{exitInterrupted, fmt.Errorf("interrupted after %s", amount(e.mails, e.noun(inputs)))}
			case err != nil:
				e.fail(err)
				continue
			}
			if err := e.teller.add(place(e.classifier, mail)); err != nil {
				return fmt.Errorf("write the result: %w", err)
			}
			e.mails++
			e.progress.at(e.mails, e.noun(inputs))
		}
	}
	return nil
}

func (e *explanation) fail(err error) {
	if len(e.failures) == maxFailures {
		e.unlisted++
		return
	}
	e.failures = append(e.failures, err.Error())
}

// failed returns what could not be read as one error, or nil.
func (e *explanation) failed() error {
	if len(e.failures) == 0 {
		return nil
	}
	lines := e.failures
	if e.unlisted > 0 {
		lines = append(lines, fmt.Sprintf("%s more could not be read", thousands(e.unlisted)))
	}
	return errors.New(strings.Join(lines, "\n"))
}

// noun says what was counted.
func (e *explanation) noun(inputs []input) string {
	for _, in := range inputs {
		if !in.lines {
			return "mail"
		}
	}
	return "line"
}
