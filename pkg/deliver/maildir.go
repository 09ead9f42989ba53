package deliver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-maildir"

	"github.com/hut8labs/failmail/internal/content"
)

// Maildir keeps mails in a maildir, where any mail reader can open them. It is
// safe for concurrent use, also by several processes.
//
// Each mail begins with its envelope: Return-Path (RFC 5321 section 4.4), one
// X-Envelope-To field for each recipient, so that it can be sent later to whom it
// was meant for, and X-Failmail-Reason if Keep was told why it is kept. Lines end in LF, as mail readers expect of a file.
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
	if err := fill(w, bytes.ReplaceAll(append(envelope(m, why), m.Raw...), []byte("\r\n"), []byte("\n"))); err != nil {
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

func fill(w io.Writer, data []byte) error {
	if _, err := w.Write(data); err != nil {
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

// reasonField says in the envelope why a mail is kept. It stays below the 998
// bytes of a line (RFC 5322 section 2.1.1).
const (
	reasonField = "X-Failmail-Reason"
	maxReason   = 900
)

func envelope(m *Mail, why error) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Return-Path: <%s>\r\n", oneLine(m.From))
	for _, to := range m.To {
		fmt.Fprintf(&b, "X-Envelope-To: <%s>\r\n", oneLine(to))
	}
	if why != nil {
		text := content.Line(why.Error())
		if len(text) > maxReason {
			end := maxReason
			for !utf8.RuneStart(text[end]) {
				end--
			}
			text = text[:end] + "…"
		}
		fmt.Fprintf(&b, "%s: %s\r\n", reasonField, text)
	}
	return b.Bytes()
}

// oneLine keeps an address from ending the header field it stands in.
func oneLine(address string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, address)
}

func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
