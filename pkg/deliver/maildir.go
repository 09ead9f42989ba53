package deliver

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/emersion/go-maildir"

	"github.com/hut8labs/failmail/internal/envelope"
)

// Maildir keeps mails in a maildir, where any mail reader can open them. It is
// safe for concurrent use, also by several processes.
//
// Each mail begins with its envelope: Return-Path (RFC 5321 section 4.4), one
// X-Envelope-To field for each recipient, so that it can be sent later to whom it
// was meant for, and X-Failmail-Reason if Keep was told why it is kept. An address
// that no server takes is kept in the field X-Envelope-Refused, and Resend does not
// send the mail until somebody has corrected it. Lines end in LF, as mail readers
// expect of a file.
type Maildir struct {
	Dir string

	mu    sync.Mutex
	ready bool // the folders exist

	listing listing
}

// A listing is what is known of the mails that wait.
type listing struct {
	sync.Mutex
	entries []entry
	changed [2]time.Time // of the folders, when entries were read
	settled bool         // entries are right as long as changed is
	known   map[string]Stored
}

var _ Sender = (*Maildir)(nil)

// Send implements Sender. The mail is on disk when it returns nil: the file and
// the folder that names it are synced, which go-maildir leaves to its caller.
func (d *Maildir) Send(ctx context.Context, m *Mail) error { return d.Keep(ctx, m, nil) }

// Keep does what Send does, and writes down why the mail is kept, for [Stored].
func (d *Maildir) Keep(_ context.Context, m *Mail, why error) error {
	if err := d.Init(); err != nil {
		return err
	}
	if err := d.write(m, why); err != nil {
		return fmt.Errorf("write to maildir %q: %w", d.Dir, err)
	}
	return nil
}

// Init creates the maildir if it is missing.
func (d *Maildir) Init() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ready {
		return nil
	}
	err := os.MkdirAll(filepath.Dir(d.Dir), 0o700)
	if err == nil {
		err = maildir.Dir(d.Dir).Init()
	}
	if err != nil {
		return fmt.Errorf("create maildir %q: %w", d.Dir, err)
	}
	d.ready = true
	return nil
}

// Check reports what would keep mails from being written. It creates nothing that
// stays, since it may be asked by another user than the one who writes.
func (d *Maildir) Check() error {
	folders := []string{d.Dir}
	for _, name := range []string{"tmp", "new", "cur"} {
		if folder := filepath.Join(d.Dir, name); exists(folder) {
			folders = append(folders, folder)
		}
	}
	for !exists(folders[0]) && folders[0] != filepath.Dir(folders[0]) {
		folders[0] = filepath.Dir(folders[0]) // in which the rest will be made
	}
	for _, folder := range folders {
		probe, err := os.CreateTemp(folder, ".failmail-")
		if err != nil {
			return fmt.Errorf("write to maildir %q: %w", d.Dir, err)
		}
		if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
			return fmt.Errorf("write to maildir %q: %w", d.Dir, err)
		}
	}
	return nil
}

// exists also counts what cannot be looked at.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, os.ErrNotExist)
}

func (d *Maildir) write(m *Mail, why error) error {
	message, w, err := maildir.Dir(d.Dir).Create(nil)
	if err != nil {
		d.forget()
		return err
	}
	temporary := filepath.Join(d.Dir, "tmp", message.Key())
	e := envelope.Envelope{From: m.From, To: m.To}
	if why != nil {
		e.Reason = why.Error()
	}
	if err := fill(w, e.Before(m.Raw), m.Raw); err != nil {
		// Closing would move half a mail to where it is seen.
		gone := os.Remove(temporary)
		w.Close() // has nothing left to move
		return errors.Join(err, gone)
	}
	if err := w.Close(); err != nil {
		d.forget()
		return errors.Join(err, os.Remove(temporary))
	}
	return syncFolder(filepath.Dir(message.Filename()))
}

// fill writes texts with LF line ends, one piece after the other: a changed copy
// of a large mail would take as much memory again.
func fill(w io.Writer, texts ...[]byte) error {
	out := bufio.NewWriterSize(w, 64<<10)
	for _, text := range texts {
		for len(text) > 0 {
			line, rest, found := bytes.Cut(text, []byte("\r\n"))
			out.Write(line) // an error shows at the flush
			if found {
				out.WriteByte('\n')
			}
			text = rest
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	file, ok := w.(interface{ Sync() error })
	if !ok {
		return errors.New("the file cannot be synced")
	}
	return file.Sync()
}

// forget makes the next mail create the folders again, in case an operator
// moved the maildir away.
func (d *Maildir) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ready = false
}

func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
