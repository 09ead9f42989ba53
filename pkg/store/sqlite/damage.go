package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// A file that is damaged must not keep alerts from being delivered: it is set
// aside, and the proxy goes on with a fresh one. What it held can perhaps be
// recovered with SQLite's own ".recover".

// wholeCheck is up to which size a file is read whole at every start; it takes
// a tenth of a second. A larger one is read when a damage was met before.
const wholeCheck = 64 << 20

// markDamage is put behind the name of a file in which a damage was met.
const markDamage = "-damaged"

// stamp is how a time stands in a name.
const stamp = "20060102T150405Z"

var header = []byte("SQLite format 3\x00")

// isOurs reports whether the file at path may be a store: empty, an SQLite file,
// or one whose first page was lost. Anything else belongs to somebody, and is
// not touched.
func isOurs(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	first := make([]byte, len(header))
	n, _ := f.Read(first) // less is enough to see
	first = first[:n]
	return n == 0 || bytes.Equal(first, header) || len(bytes.Trim(first, "\x00")) == 0
}

func isDamage(err error) bool {
	return errors.Is(err, sqlite3.CORRUPT) || errors.Is(err, sqlite3.NOTADB)
}

// noteDamage leaves a mark if err says that the file is damaged, so that the
// next start reads it whole.
func (s *Store) noteDamage(err error) {
	if isDamage(err) && s.vfs == "" {
		os.WriteFile(s.path+markDamage, []byte(err.Error()+"\n"), 0o600) // a courtesy
	}
}

// check reads the file whole if that is quick, or called for.
func (s *Store) check() error {
	if s.vfs != "" {
		return s.checkWhole()
	}
	info, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	if _, err := os.Stat(s.path + markDamage); info.Size() > wholeCheck && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return s.checkWhole()
}

// checkWhole looks for damage. SQLite takes a page that it cannot read for damaged, so what
// it finds counts if the disk can be read.
func (s *Store) checkWhole() error {
	found, err := s.quickCheck()
	if err != nil || found == "" {
		return err
	}
	if err := s.read(); err != nil {
		return fmt.Errorf("%w, and so %s", err, found)
	}
	if found, err = s.quickCheck(); err != nil || found == "" {
		return err // it could not be read for a moment
	}
	return fmt.Errorf("%w: %s", sqlite3.CORRUPT, found)
}

// read reads the database and its log to their ends.
func (s *Store) read() error {
	for _, pointer := range []sqlite3.FcntlOpcode{sqlite3.FCNTL_FILE_POINTER, sqlite3.FCNTL_JOURNAL_POINTER} {
		opened, err := s.conn.FileControl("main", pointer)
		if err != nil {
			return err
		}
		f, ok := opened.(vfs.File)
		if !ok {
			continue // there is no log yet
		}
		size, err := f.Size()
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, io.NewSectionReader(f, 0, size)); err != nil {
			return err
		}
	}
	return nil
}

// quickCheck returns what is wrong with the file; empty if nothing is.
func (s *Store) quickCheck() (found string, err error) {
	stmt, _, err := s.conn.Prepare("PRAGMA quick_check(1)")
	if err != nil {
		return "", err
	}
	defer stmt.Close()
	if stmt.Step() && stmt.ColumnText(0) != "ok" {
		found = stmt.ColumnText(0)
	}
	return found, stmt.Err()
}

// setAside renames the files of a damaged store, and returns the new name.
func setAside(path string, now time.Time) (string, error) {
	aside := path + ".damaged-" + now.UTC().Format(stamp)
	if err := os.Rename(path, aside); err != nil {
		return "", err
	}
	// Without its log the file lacks the last changes.
	if err := os.Rename(path+"-wal", aside+"-wal"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := os.Remove(path + markDamage); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return aside, nil
}

// SetAside returns where the file is that was found damaged when the store was
// opened, and why; empty if it was sound.
func (s *Store) SetAside() (path, reason string) { return s.aside, s.damage }
