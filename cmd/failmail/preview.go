package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hut8labs/failmail/pkg/message"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/mailbox"
	"github.com/hut8labs/failmail/internal/storm"
	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/receive"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
	"github.com/hut8labs/failmail/pkg/store/sqlite"
)

func renderCommand() *cli.Command {
	return &cli.Command{
		Name:      "render",
		Usage:     "show what a summary would look like",
		ArgsUsage: "[PATH ...]",
		Description: "PATH is a mail (.eml), an mbox, a maildir, a folder with files that end in .eml, - for\n" +
			"standard input, or the store of a proxy (sqlite:FILE), which is only read. Without one, the\n" +
			"mails of the demo are taken. The options of the proxy that say what a summary looks like,\n" +
			"such as --template and --subject, work here too. docs/templates.md says what templates see.",
		Flags: []cli.Flag{
			&option{name: "as", deflt: "text", choices: []string{"text", "html", "mail"}, usage: "print the summary as text, HTML for a browser, or a mail"},
			&option{name: "output", short: "o", usage: "write to `FILE` instead of standard output"},
			&option{name: "write-template", usage: "write the standard templates to `DIR`, to begin from with --template, and end"},
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
	batches, err := previewed(c)
	if err != nil {
		return err
	}
	if len(batches) == 0 {
		return errors.New("there is no mail to summarise; name a file or a folder that holds some")
	}
	var out []byte
	for _, b := range batches {
		s := render.NewSummary(b, render.Origin{From: previewFrom(c), Hostname: "preview.example"}, time.Now())
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
		return &usageError{"--write-template \"\" is no folder; name one, which is made if need be"}
	}
	files, err := render.WriteTemplates(folder)
	if err != nil {
		return fmt.Errorf("--write-template: %w", err)
	}
	fmt.Fprintf(c.App.Writer, "wrote %s; see what they make of a storm with: failmail render --template %s\n", strings.Join(files, " and "), folder)
	return nil
}

func previewFrom(c *cli.Context) string {
	if from := c.String("from"); from != "" {
		return from
	}
	return "failmail@preview.example"
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

// previewed returns the batches that the arguments make.
func previewed(c *cli.Context) ([]*store.Batch, error) {
	batchBy, groupBy, err := groupersFrom(c)
	if err != nil {
		return nil, err
	}
	classifier := &batch.Classifier{Batch: batchBy, Group: groupBy, Window: store.Window{Wait: time.Second, MaxWait: time.Second}}
	collected := memory.New(store.Limits{})
	record := func(m *receive.Message) error { return collected.Record(c.Context, classifier.Classify(m)) }
	if !c.Args().Present() {
		for _, mail := range storm.Mails(1, 600, time.Now()) {
			m := message.New(mail.From, mail.To, mail.Data)
			m.Helo = mail.Helo
			if err := record(m); err != nil {
				return nil, err
			}
		}
	}
	var batches []*store.Batch
	for _, path := range c.Args().Slice() {
		if file, isStore := strings.CutPrefix(path, "sqlite:"); isStore {
			stored, err := fromStore(c.Context, file)
			if err != nil {
				return nil, err
			}
			batches = append(batches, stored...)
			continue
		}
		for mail, err := range (&mailbox.Reader{Stdin: c.App.Reader}).Mails(c.Context, path) {
			if err != nil {
				return nil, err
			}
			m := message.New(mail.From, []string{"you@preview.example"}, append([]byte(nil), mail.Raw...))
			if err := record(m); err != nil {
				return nil, err
			}
		}
	}
	own, err := claimAll(c.Context, collected)
	return append(batches, own...), err
}

func claimAll(ctx context.Context, s store.Store) ([]*store.Batch, error) {
	var batches []*store.Batch
	for {
		b, err := s.Claim(ctx, store.Never.Add(-time.Hour), time.Hour)
		if err != nil || b == nil {
			return batches, err
		}
		batches = append(batches, b)
	}
}

// fromStore returns what a store has collected. It works on a copy: a running
// proxy has the file to itself, and a look must not change it.
func fromStore(ctx context.Context, file string) (batches []*store.Batch, err error) {
	folder, err := os.MkdirTemp("", "failmail-render-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	copied := filepath.Join(folder, "copy.db")
	if err := copyFile(file, copied); err != nil {
		return nil, fmt.Errorf("read the store: %w; name its file, such as sqlite:failmail.db", err)
	}
	if err := copyFile(file+"-wal", copied+"-wal"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the store: %w", err)
	}
	s, err := sqlite.Open(copied, store.Limits{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return claimAll(ctx, s)
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
