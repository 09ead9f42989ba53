// Package explain shows how mails, or the lines of a log, would be grouped, and why.
package explain

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/hut8labs/failmail/internal/mailbox"
	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/family"
	"github.com/hut8labs/failmail/pkg/recognise"
)

// An Input is one file or folder to read.
type Input struct {
	Path  string // or [mailbox.Stdin]
	Lines bool   // each line is the text of a mail
}

// Options say what is explained, and how.
type Options struct {
	Classifier *batch.Classifier
	BySubject  bool // the Classifier groups by [batch.DefaultGroup]
	Inputs     []Input
	JSON       bool // an object for each mail, in the order read, instead of a table
	Top        int  // groups in the table; 0 for all
	Stdin      io.Reader
	Stdout     io.Writer
	Stderr     io.Writer // for the progress
}

// Interrupted is the error of a [Run] whose context has ended. What was found out by
// then is written.
type Interrupted struct{ after string }

func (i *Interrupted) Error() string { return "interrupted after " + i.after }

// Run reads the inputs and then writes what becomes of their mails. The error has a line for
// each of the first that could not be read.
func Run(ctx context.Context, o Options) error {
	families := &family.Families{}
	o.Classifier.Families, o.Classifier.Open = families, &recognise.Open{}
	e := &explanation{classifier: o.Classifier, entries: newEntries(o.Classifier), progress: newProgress(o.Stderr, o.Stdout)}
	if o.JSON {
		e.json = &jsonTeller{entries: e.entries, bySubject: o.BySubject}
	}
	err := e.read(ctx, &mailbox.Reader{Stdin: o.Stdin}, o.Inputs)
	e.progress.end()
	out := bufio.NewWriterSize(o.Stdout, 64<<10)
	if e.json != nil {
		err = errors.Join(err, e.json.write(out))
	} else if e.mails > 0 || len(e.failures) == 0 {
		newTable(e.entries).write(out, o.Top, e.noun(o.Inputs))
		if e.mails == 2 {
			(&pair{e.entries, e.first[0], e.first[1]}).write(out)
		}
	}
	if flushErr := out.Flush(); flushErr != nil {
		return fmt.Errorf("write the result: %w", flushErr)
	}
	if err != nil {
		return err
	}
	return e.failed()
}

// An explanation is one run.
type explanation struct {
	classifier *batch.Classifier
	entries    *entries
	json       *jsonTeller // nil for a table
	progress   *progress
	mails      int
	first      []placed // two of them at most
	failures   []string
	unlisted   int // failures beyond maxFailures
}

// maxFailures bounds the failures that are told one by one.
const maxFailures = 20

func (e *explanation) read(ctx context.Context, reader *mailbox.Reader, inputs []Input) error {
	for _, in := range inputs {
		if in.Path == mailbox.Stdin && isTerminal(reader.Stdin) {
			e.progress.say("reading from the terminal; end it with Ctrl-D, or name files")
		}
		var mails iter.Seq2[mailbox.Mail, error]
		if in.Lines {
			mails = reader.Lines(ctx, in.Path)
		} else {
			mails = reader.Mails(ctx, in.Path)
		}
		for mail, err := range mails {
			switch {
			case ctx.Err() != nil:
				return &Interrupted{phrase.Count(e.mails, e.noun(inputs))}
			case err != nil:
				e.fail(err)
				continue
			}
			parts := place(e.classifier, mail)
			for _, p := range parts {
				e.entries.add(p)
			}
			if e.json != nil {
				e.json.add(parts[0])
			}
			if e.mails++; e.mails <= 2 {
				e.first = append(e.first, parts[0])
			}
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
		lines = append(lines, fmt.Sprintf("%s more could not be read", phrase.Number(e.unlisted)))
	}
	return errors.New(strings.Join(lines, "\n"))
}

// noun says what was counted.
func (e *explanation) noun(inputs []Input) string {
	for _, in := range inputs {
		if !in.Lines {
			return "mail"
		}
	}
	return "line"
}
