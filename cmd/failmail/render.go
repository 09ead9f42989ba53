package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/preview"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/render"
)

func renderCommand() *cli.Command {
	return &cli.Command{
		Name:      "render",
		Usage:     "show what a summary would look like",
		ArgsUsage: "[PATH ...]",
		Description: "PATH is a mail (.eml), an mbox, a maildir, a folder with files that end in .eml, - for\n" +
			"standard input, or the store of a proxy (sqlite:FILE), which is only read. Without PATH,\n" +
			"the mails of the demo are used. The settings for what a summary looks like, such as --template and\n" +
			"--subject, work here too. docs/templates.md describes what templates can use.",
		Flags: []cli.Flag{
			&option{name: "as", deflt: "text", choices: []string{"text", "html", "mail"}, usage: "print the summary as text, HTML for a browser, or a mail"},
			&option{name: "output", short: "o", usage: "write to `FILE` instead of standard output"},
			&option{name: "write-template", usage: "write the standard templates to `DIR`, as a starting point for --template, and exit"},
		},
		Action: runRender,
	}
}

func runRender(c *cli.Context) error {
	if c.IsSet("write-template") {
		return writeTemplates(c)
	}
	form := c.String("as")
	if form != "text" && form != "html" && form != "mail" {
		return &usageError{fmt.Sprintf("--as %q is unknown; use text, html or mail", form)}
	}
	renderer, err := rendererFrom(c)
	if err != nil {
		return err
	}
	redactor, err := redactorFrom(c)
	if err != nil {
		return err
	}
	batchBy, groupBy, err := groupersFrom(c)
	if err != nil {
		return err
	}
	meanings, err := meaningsFrom(c)
	if err != nil {
		return err
	}
	batches, err := preview.Batches(c.Context, preview.Options{Batch: batchBy, Group: groupBy, Meanings: meanings, Paths: c.Args().Slice(), Stdin: c.App.Reader})
	if err != nil {
		return err
	}
	if len(batches) == 0 {
		return errors.New("there are no mails to summarise; name a file or a folder that has some")
	}
	var out []byte
	for _, b := range batches {
		origin := render.Origin{From: cmp.Or(c.String("from"), "failmail@preview.example"), Hostname: "preview.example"}
		s := render.NewSummary(b, origin, time.Now())
		s.Redact(redactor)
		text, err := renderAs(c.Context, renderer, s, form)
		if err != nil {
			return err
		}
		out = append(out, text...)
	}
	if file := c.String("output"); file != "" {
		if err := os.WriteFile(file, out, 0o600); err != nil {
			return fmt.Errorf("%w; name another file with --output", err)
		}
		return nil
	}
	_, err = c.App.Writer.Write(out)
	return err
}

func writeTemplates(c *cli.Context) error {
	folder := c.String("write-template")
	if folder == "" {
		return &usageError{"--write-template \"\" is not a folder; name one, which is created if needed"}
	}
	files, err := render.WriteTemplates(folder)
	if err != nil {
		return fmt.Errorf("--write-template: %w", err)
	}
	fmt.Fprintf(c.App.Writer, "wrote %s; see what they make of a storm with: failmail render --template %s\n", strings.Join(files, " and "), folder)
	return nil
}

func renderAs(ctx context.Context, r render.Standard, s *render.Summary, form string) ([]byte, error) {
	if form == "html" {
		return r.HTML(s)
	}
	mail, err := r.Render(ctx, s)
	if err != nil || form == "mail" {
		return mail.Raw, err
	}
	m := message.New("", nil, mail.Raw)
	return []byte("Subject: " + m.Subject() + "\n\n" + m.Body() + "\n"), nil
}
