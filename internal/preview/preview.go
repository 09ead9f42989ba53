// Package preview collects mails into batches, as a proxy does, for a look at what
// becomes of them.
package preview

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/learning"
	"github.com/hut8labs/failmail/internal/mailbox"
	"github.com/hut8labs/failmail/internal/storm"
	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/family"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/recognise"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
	"github.com/hut8labs/failmail/pkg/store/sqlite"
)

// Options say whose mails are shown, and how they are grouped.
type Options struct {
	Batch, Group batch.Grouper
	Meanings     *recognise.Recogniser
	// Paths are mails, mboxes, folders, mailbox.Stdin, or stores as sqlite:FILE. If
	// there are none, the mails of the demo are taken.
	Paths []string
	Stdin io.Reader
}

// Batches returns the batches that the mails make, and those of the stores, as
// summaries show them.
func Batches(ctx context.Context, o Options) ([]*store.Batch, error) {
	families := &family.Families{}
	classifier := &batch.Classifier{Batch: o.Batch, Group: o.Group, Meanings: o.Meanings, Families: families, Open: &recognise.Open{}, Window: store.Window{Wait: time.Second, MaxWait: time.Second}}
	collected := memory.New(store.Limits{})
	record := func(m *message.Message) error { return collected.Record(ctx, classifier.Classify(m)) }
	if len(o.Paths) == 0 {
		for _, mail := range storm.Mails(1, 600, time.Now()) {
			m := message.New(mail.From, mail.To, mail.Data)
			m.Helo = mail.Helo
			if err := record(m); err != nil {
				return nil, err
			}
		}
	}
	var batches []*store.Batch
	for _, path := range o.Paths {
		if file, isStore := strings.CutPrefix(path, "sqlite:"); isStore {
			stored, err := fromStore(ctx, file)
			if err != nil {
				return nil, err
			}
			batches = append(batches, stored...)
			continue
		}
		for mail, err := range (&mailbox.Reader{Stdin: o.Stdin}).Mails(ctx, path) {
			if err != nil {
				return nil, err
			}
			m := message.New(mail.From, []string{"you@preview.example"}, append([]byte(nil), mail.Raw...))
			if err := record(m); err != nil {
				return nil, err
			}
		}
	}
	own, err := claimAll(ctx, collected, families)
	return append(batches, own...), err
}

// claimAll returns all batches of s, as summaries show them. families may have noted
// some of their texts.
func claimAll(ctx context.Context, s store.Store, families *family.Families) ([]*store.Batch, error) {
	if err := learning.New(families, s, slog.New(slog.DiscardHandler)).Sync(ctx); err != nil {
		return nil, err
	}
	var batches []*store.Batch
	for {
		b, err := s.Claim(ctx, store.Never.Add(-time.Hour), time.Hour)
		if err != nil || b == nil {
			return batches, err
		}
		batches = append(batches, batch.Present(b, families))
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
	return claimAll(ctx, s, &family.Families{})
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
