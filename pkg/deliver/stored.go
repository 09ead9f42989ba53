package deliver

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/internal/envelope"
)

// A Stored is a mail that waits in a Maildir to be sent again.
type Stored struct {
	Name       string    // of its file up to the flags: it stays when a mail reader changes these
	Since      time.Time // when it was put there
	From       string
	To         []string // at most maxStoredTo
	Recipients int      // how many there are
	Subject    string   // decoded, on one line
	MessageID  string   // without angle brackets
	Reason     string   // why it was put there; empty if that is not known
	Problem    string   // why it cannot be sent again as it is; empty if it can
}

// Bounds on what is read of a mail to list it: 1,000 of them are kept in memory.
const (
	maxStoredTo     = 20
	maxStoredHeader = 64 << 10
	maxStoredRead   = 8 << 20 // 100,000 recipients are 3 MB
)

// Count returns how many mails wait in d: those in new and cur that are marked
// neither as passed nor as trashed. A folder that is not there has none.
func (d *Maildir) Count() (int, error) {
	entries, err := d.waiting()
	return len(entries), err
}

// List returns the newest of the mails that wait in d, at most limit of them, and
// how many there are. One that cannot be read is listed with its Problem.
func (d *Maildir) List(limit int) (newest []Stored, total int, err error) {
	entries, err := d.waiting()
	if err != nil {
		return nil, 0, err
	}
	d.listing.Lock()
	defer d.listing.Unlock()
	known := make(map[string]Stored)
	for i := len(entries) - 1; i >= 0 && len(newest) < limit; i-- {
		s, found := d.listing.known[entries[i].key]
		if !found || s.Problem != "" { // which somebody may have mended
			s = look(entries[i])
		}
		known[s.Name] = s
		newest = append(newest, s)
	}
	d.listing.known = known
	return newest, len(entries), nil
}

// An entry is a file of a maildir.
type entry struct {
	path  string
	key   string // the name without the flags
	flags string // one letter each
}

// infoSeparator stands between the key and the flags of a name.
func infoSeparator() string {
	if runtime.GOOS == "windows" {
		return ";"
	}
	return ":"
}

func (e entry) done() bool { return strings.ContainsAny(e.flags, "PT") } // passed, trashed

// racy is how long after its last change a folder can change again without its
// time of change telling: file systems count it in steps of up to 2 s.
const racy = 3 * time.Second

// waiting returns what waits in d, the oldest first. The folder is read again
// only when it has changed.
func (d *Maildir) waiting() ([]entry, error) {
	changed, err := d.changed()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	d.listing.Lock()
	defer d.listing.Unlock()
	if d.listing.settled && changed == d.listing.changed {
		return d.listing.entries, nil
	}
	all, err := d.entries()
	if err != nil {
		return nil, err
	}
	entries := slices.DeleteFunc(all, entry.done)
	d.listing.entries, d.listing.changed, d.listing.settled = entries, changed, true
	for _, at := range changed {
		if now.Sub(at) < racy {
			d.listing.settled = false
		}
	}
	return entries, nil
}

// changed returns when new and cur were changed last; the zero times if they are
// not there.
func (d *Maildir) changed() (at [2]time.Time, err error) {
	for i, folder := range [2]string{"new", "cur"} {
		info, err := os.Stat(filepath.Join(d.Dir, folder))
		switch {
		case err == nil:
			at[i] = info.ModTime()
		case !errors.Is(err, os.ErrNotExist):
			return at, fmt.Errorf("read maildir: %w", err)
		}
	}
	return at, nil
}

// entries returns all mails of d, the oldest first: the name begins with the time.
func (d *Maildir) entries() ([]entry, error) {
	byKey := make(map[string]entry)
	// In the order that mails move, so that none is missed on its way.
	for _, folder := range [2]string{"new", "cur"} {
		files, err := os.ReadDir(filepath.Join(d.Dir, folder))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("read maildir: %w", err)
		}
		for _, file := range files {
			if file.IsDir() || strings.HasPrefix(file.Name(), ".") {
				continue
			}
			key, info, _ := strings.Cut(file.Name(), infoSeparator())
			flags, _ := strings.CutPrefix(info, "2,")
			byKey[key] = entry{filepath.Join(d.Dir, folder, file.Name()), key, flags}
		}
	}
	entries := make([]entry, 0, len(byKey))
	for _, e := range byKey {
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	return entries, nil
}

// look reads what is listed of a mail.
func look(e entry) Stored {
	s := Stored{Name: e.key}
	f, err := os.Open(e.path)
	if err != nil {
		s.Problem = err.Error()
		return s
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil {
		s.Since = info.ModTime()
	}
	// A copy of the folder has times of its own.
	if seconds, _, found := strings.Cut(e.key, "."); found {
		if unix, err := strconv.ParseInt(seconds, 10, 64); err == nil && unix > 0 {
			s.Since = time.Unix(unix, 0)
		}
	}
	kept, begin, err := begins(f)
	s.From, s.Reason, s.Recipients = kept.From, kept.Reason, len(kept.To)
	s.To = slices.Clone(kept.To[:min(len(kept.To), maxStoredTo)])
	if err != nil {
		s.Problem = err.Error()
	}
	begin = crlf(begin[:min(len(begin), maxStoredHeader)])
	header, _, _ := content.SplitHeader(begin) // what is no field is left out
	s.Subject, s.MessageID = content.Field(&header, "Subject"), messageID(begin)
	return s
}

// begins returns the envelope of a stored mail, and what of the mail was read with
// it. The error says why the mail cannot be sent.
func begins(f io.Reader) (e envelope.Envelope, begin []byte, err error) {
	var file []byte
	for _, size := range []int64{maxStoredHeader, maxStoredRead} {
		more, err := io.ReadAll(io.LimitReader(f, size))
		if err != nil {
			return e, nil, err
		}
		file = append(file, more...)
		e, begin, err = envelope.Cut(file)
		if err == nil && len(e.To) == 0 {
			err = errNobody
		}
		// A header of its own behind the envelope shows that this was all of it.
		if int64(len(more)) < size || err != nil || len(begin) > maxStoredLine/2 {
			return e, begin, err
		}
	}
	return e, begin, err
}

func messageID(raw []byte) string {
	header, _, _ := content.SplitHeader(raw[:min(len(raw), maxStoredHeader)])
	return strings.Trim(content.Field(&header, "Message-Id"), "<>")
}

// maxStoredLine is longer than any line of an envelope.
const maxStoredLine = 4 << 10

// crlf undoes what Maildir does to the ends of lines.
func crlf(text []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}
