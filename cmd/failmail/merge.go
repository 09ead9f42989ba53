package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/internal/web"
)

func mergeCommand() *cli.Command {
	return &cli.Command{
		Name:      "merge",
		Usage:     "merge two errors permanently",
		ArgsUsage: "ERROR ERROR",
		Description: "ERROR is the ID of a problem, as failmail problems lists it, or a fingerprint: v2: and 16 digits,\n" +
			"as failmail explain and summaries show it. The command first shows the mails of both errors in\n" +
			"open batches. The store remembers the merge; failmail split undoes it.",
		Flags: []cli.Flag{httpFlag(), asFlag(), &option{name: "dry-run", deflt: false, usage: "show which errors would be merged, and merge nothing"}},
		Action: func(c *cli.Context) error {
			request := web.MergeRequest{Fingerprints: c.Args().Slice(), By: who(c.String("as"))}
			if err := request.Check(); err != nil {
				return &usageError{err.Error()}
			}
			return merge(c, request)
		},
	}
}

// merge shows what a request is about, and then carries it out.
func merge(c *cli.Context, request web.MergeRequest) error {
	proxy, err := clientFrom(c)
	if err != nil {
		return err
	}
	would := request
	would.DryRun = true
	var about web.LearnReply
	if err := proxy.call(c.Context, http.MethodPost, "/api/merge", would, &about); err != nil {
		return err
	}
	one, other := about.Errors[0], about.Errors[1]
	if one.Fingerprint == other.Fingerprint {
		fmt.Fprintf(c.App.Writer, "these are already one error: %s\n", named(one))
		return nil
	}
	fmt.Fprintf(c.App.Writer, "merges 2 errors: %s and %s\n", named(one), named(other))
	if c.Bool("dry-run") {
		fmt.Fprintln(c.App.Writer, "nothing was merged, since --dry-run was given")
		return nil
	}
	var done web.LearnReply
	if err := proxy.call(c.Context, http.MethodPost, "/api/merge", request, &done); err != nil {
		return err
	}
	fmt.Fprintf(c.App.Writer, "merged; undo it with: failmail split %s\n", done.Undo)
	return nil
}

func splitCommand() *cli.Command {
	return &cli.Command{
		Name:      "split",
		Usage:     "separate a text permanently from the error that it was merged with",
		ArgsUsage: "ERROR",
		Description: "ERROR is the fingerprint of the text itself, which failmail explain --json prints for each mail,\n" +
			"or the former ID of its problem. From then on it is an error of its own, until failmail merge.\n" +
			"The store remembers the split.",
		Flags: []cli.Flag{httpFlag(), asFlag(), &option{name: "dry-run", deflt: false, usage: "show which error it belongs to, and split nothing"}},
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return &usageError{fmt.Sprintf("split takes 1 error, not %d: a fingerprint, as failmail explain --json prints it for each mail, or the ID of a problem", c.NArg())}
			}
			request := web.SplitRequest{Fingerprint: c.Args().First(), By: who(c.String("as"))}
			if err := request.Check(); err != nil {
				return &usageError{err.Error()}
			}
			return split(c, request)
		},
	}
}

// split shows what a request is about, and then carries it out.
func split(c *cli.Context, request web.SplitRequest) error {
	proxy, err := clientFrom(c)
	if err != nil {
		return err
	}
	would := request
	would.DryRun = true
	var about web.LearnReply
	if err := proxy.call(c.Context, http.MethodPost, "/api/split", would, &about); err != nil {
		return err
	}
	from := about.Errors[0]
	if from.Texts > 1 {
		fmt.Fprintf(c.App.Writer, "splits 1 of %d texts off: %s\n", from.Texts, named(from))
	} else {
		fmt.Fprintf(c.App.Writer, "keeps separate what is already an error of its own: %s\n", named(from))
	}
	if c.Bool("dry-run") {
		fmt.Fprintln(c.App.Writer, "nothing was split, since --dry-run was given")
		return nil
	}
	if err := proxy.call(c.Context, http.MethodPost, "/api/split", request, nil); err != nil {
		return err
	}
	fmt.Fprintln(c.App.Writer, "split off; mails counted so far stay where they are")
	return nil
}

// named is what an error is called, with its mails in the open batches.
func named(e web.OpenError) string {
	title := phrase.Shorten(strings.TrimSpace(e.Title), maxMatchTitle)
	switch {
	case title == "":
		return e.Fingerprint + " (no mail had it so far)"
	case e.Mails == 0:
		return title + " (in no open batch)"
	}
	return fmt.Sprintf("%s (%s)", title, phrase.Count(e.Mails, "mail"))
}
