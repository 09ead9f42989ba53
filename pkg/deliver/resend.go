package deliver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hut8labs/failmail/internal/envelope"
)

// Why a mail of a Maildir was left alone.
var (
	// ErrBusy says that somebody else is sending the mail at this moment.
	ErrBusy = errors.New("somebody else is sending it right now")
	// ErrGone says that the mail does not wait any more.
	ErrGone = errors.New("it does not wait any more; it may have been sent already, or deleted")
)

// A Resent says what became of one mail of a Maildir.
type Resent struct {
	Name  string // as in Stored
	File  string
	Mail  *Mail // nil if the file could not be read
	Err   error // why it was not, or only partly, sent
	Total int   // mails that are to be sent, of which this is number Done
	Done  int
}

// A ResendResult says what became of the mails of a Maildir that were to be sent
// again.
type ResendResult struct {
	Sent int   // they are marked as passed, and wait no more
	Left int   // they lie there as before, or for the recipients that were refused
	Err  error // why the first of those did not go
}

// Resend sends the mails of d with the names given again, or all that wait, the
// oldest first, to the recipients their envelopes name, and calls report after each
// one. A mail that went is marked as passed (maildir flag P), which mail readers
// show: it does not wait any more. One that did not go stays as it is; one that some
// recipients refused is kept for them.
//
// However many call Resend for a folder at a time, in one process or in several on
// one machine, each mail is sent by one of them; to the others its error is ErrBusy
// or ErrGone. After a crash between the relay's answer and the mark a mail is sent
// again.
//
// Resend stops when ctx ends, and after a mail for which the relay was not even
// reached (see IsUnreachable): what follows would fare the same. The error is about
// the folder, or ctx's.
func (d *Maildir) Resend(ctx context.Context, sender Sender, report func(Resent), names ...string) error {
	if _, err := os.Stat(d.Dir); err != nil {
		return fmt.Errorf("open maildir: %w", err)
	}
	entries, err := d.waiting()
	if err != nil {
		return err
	}
	if len(names) > 0 {
		entries = pick(entries, names)
	}
	for i, e := range entries {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r := Resent{Name: e.key, File: e.path, Total: len(entries), Done: i + 1}
		r.Mail, r.Err = d.resend(ctx, sender, e)
		report(r)
		if IsUnreachable(r.Err) {
			return nil
		}
	}
	return nil
}

// pick returns the entries of the names; one that is not there will be found to be
// gone.
func pick(entries []entry, names []string) (picked []entry) {
	for _, name := range names {
		i, found := slices.BinarySearchFunc(entries, name, func(e entry, name string) int { return strings.Compare(e.key, name) })
		if found {
			picked = append(picked, entries[i])
		} else {
			picked = append(picked, entry{key: name})
		}
	}
	return picked
}

// resend sends one mail, which nobody else can while its file is locked.
func (d *Maildir) resend(ctx context.Context, sender Sender, e entry) (*Mail, error) {
	f, e, err := d.claim(e)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := readStored(f)
	if err != nil {
		return nil, err
	}
	err = sender.Send(ctx, m)
	refused, partly := errors.AsType[*RefusedError](err)
	if err != nil && !partly {
		return m, err
	}
	if partly {
		if len(refused.Refused) == len(m.To) {
			return m, err
		}
		rest := &Mail{From: m.From, MessageID: m.MessageID, Raw: m.Raw}
		for _, to := range m.To {
			if refused.Refused[to] != nil {
				rest.To = append(rest.To, to)
			}
		}
		// Kept first: should the mark fail, a copy is better than a loss.
		if keepErr := d.Keep(ctx, rest, err); keepErr != nil {
			return m, errors.Join(err, keepErr)
		}
	}
	if markErr := d.markPassed(e); markErr != nil {
		return m, fmt.Errorf("it was sent, but cannot be marked, and would be sent again: %w", errors.Join(err, markErr))
	}
	return m, err
}

// claimTries is how often a mail is looked for that others rename meanwhile.
const claimTries = 5

// claim opens and locks the file of a mail, and returns it with its present name.
func (d *Maildir) claim(e entry) (*os.File, entry, error) {
	for range claimTries {
		f, err := os.Open(e.path)
		if err == nil {
			if err := lock(f); err != nil {
				f.Close()
				return nil, e, err
			}
			// It may have been sent and marked before we had the lock.
			if isAt(f, e.path) {
				return f, e, nil
			}
			f.Close()
		} else if !errors.Is(err, os.ErrNotExist) {
			return nil, e, err
		}
		if e, err = d.find(e.key); err != nil {
			return nil, e, err
		}
	}
	return nil, e, ErrBusy
}

// isAt reports whether the open file is the one at path.
func isAt(f *os.File, path string) bool {
	open, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(open, there)
}

// find returns where a mail that waits is now.
func (d *Maildir) find(key string) (entry, error) {
	entries, err := d.entries()
	if err != nil {
		return entry{key: key}, err
	}
	for _, e := range entries {
		if e.key == key && !e.done() {
			return e, nil
		}
	}
	return entry{key: key}, ErrGone
}

// markPassed renames a mail so that it does not wait any more.
func (d *Maildir) markPassed(e entry) (err error) {
	cur := filepath.Join(d.Dir, "cur")
	for range claimTries {
		flags := []byte(e.flags + "P")
		slices.Sort(flags)
		err = os.Rename(e.path, filepath.Join(cur, e.key+infoSeparator()+"2,"+string(flags)))
		if err == nil {
			return syncFolder(cur)
		}
		// A mail reader may have renamed it.
		moved, findErr := d.find(e.key)
		if findErr != nil {
			return err
		}
		e = moved
	}
	return err
}

// errNobody says that a file is not a mail that Keep has written.
var errNobody = errors.New("it names no recipients; put a line \"X-Envelope-To: <ADDRESS>\" on top, or delete it")

// readStored reads a mail with the envelope that Keep has put on top.
func readStored(r io.Reader) (*Mail, error) {
	file, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	e, raw, err := envelope.Cut(file)
	if err == nil && len(e.To) == 0 {
		err = errNobody
	}
	if err != nil {
		return nil, err
	}
	m := &Mail{From: e.From, To: e.To, Raw: crlf(raw)}
	m.MessageID = messageID(m.Raw)
	return m, nil
}
