package deliver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/emersion/go-maildir"

	"github.com/hut8labs/failmail/internal/envelope"
)

// A Resent says what became of one mail of a Maildir.
type Resent struct {
	File  string
	Mail  *Mail // nil if the file could not be read
	Err   error // why it was not, or only partly, sent
	Total int   // mails that are to be sent, of which this is number Done
	Done  int
}

// Resend sends every mail in d again that was not sent yet, to the recipients its
// envelope names, and calls report after each one. A mail that went is marked as
// passed (maildir flag P), which mail readers show, and not sent a second time.
// One that did not go stays as it is; one that some recipients refused is kept
// for them. Resend stops when ctx ends. The error is about the folder.
func (d *Maildir) Resend(ctx context.Context, sender Sender, report func(Resent)) error {
	if _, err := os.Stat(d.Dir); err != nil {
		return fmt.Errorf("open maildir: %w", err)
	}
	var waiting []*maildir.Message
	err := walkAll(maildir.Dir(d.Dir), func(m *maildir.Message) {
		if !slices.Contains(m.Flags(), maildir.FlagPassed) && !slices.Contains(m.Flags(), maildir.FlagTrashed) {
			waiting = append(waiting, m)
		}
	})
	if err != nil {
		return fmt.Errorf("read maildir %q: %w", d.Dir, err)
	}
	// The file's name begins with the time.
	slices.SortFunc(waiting, func(a, b *maildir.Message) int { return strings.Compare(a.Key(), b.Key()) })
	for i, m := range waiting {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r := Resent{File: m.Filename(), Total: len(waiting), Done: i + 1}
		r.Mail, r.Err = readStored(m)
		if r.Err == nil {
			r.Err = d.resend(ctx, sender, m, r.Mail)
		}
		report(r)
	}
	return nil
}

// walkAll visits the mails of dir, those that no mail reader has seen too.
func walkAll(dir maildir.Dir, visit func(*maildir.Message)) error {
	if _, err := dir.Unseen(); err != nil { // moves new to cur
		return err
	}
	return dir.Walk(func(m *maildir.Message) error { visit(m); return nil })
}

func (d *Maildir) resend(ctx context.Context, sender Sender, stored *maildir.Message, m *Mail) error {
	err := sender.Send(ctx, m)
	refused, partly := errors.AsType[*RefusedError](err)
	if err != nil && !partly {
		return err
	}
	if partly {
		if len(refused.Refused) == len(m.To) {
			return err
		}
		rest := &Mail{From: m.From, MessageID: m.MessageID, Raw: m.Raw}
		for _, to := range m.To {
			if refused.Refused[to] != nil {
				rest.To = append(rest.To, to)
			}
		}
		// Kept first: should the mark fail, a copy is better than a loss.
		if keepErr := d.Send(ctx, rest); keepErr != nil {
			return errors.Join(err, keepErr)
		}
	}
	if markErr := stored.SetFlags(append(stored.Flags(), maildir.FlagPassed)); markErr != nil {
		return fmt.Errorf("it was sent, but cannot be marked, and would be sent again: %w", errors.Join(err, markErr))
	}
	return err
}

// readStored reads a mail with the envelope that Send has put on top.
func readStored(stored *maildir.Message) (*Mail, error) {
	f, err := stored.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	var m Mail
	if m.From, m.To, raw, err = envelope.Cut(raw); err != nil {
		return nil, err
	}
	if len(m.To) == 0 {
		return nil, errors.New("it names no recipients; put a line \"X-Envelope-To: <ADDRESS>\" on top, or delete it")
	}
	m.Raw = bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	return &m, nil
}
