package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/pkg/store"
)

// SQLite goes on with the files that it has open, whatever becomes of their names:
// what is committed after that is gone with the process. So each commit looks whether
// they are still what the names stand for, and as SQLite has left them.

// A fileError says what somebody did to a file of the store under a running process.
type fileError struct {
	name string
	what string
	hint string
}

func (e *fileError) Error() string {
	return fmt.Sprintf("%q was %s while in use; %s", e.name, e.what, e.hint)
}

// What can happen to a file.
const (
	removed  = "removed"
	replaced = "replaced by another file"
	changed  = "truncated or written to by somebody else"
)

// held is put behind the name of a log that must not be applied to what is beside it.
const held = ".held"

// A file is one that SQLite has open.
type file struct {
	name string
	is   fs.FileInfo // when SQLite was done with it last; nil if it was not there
}

// look returns what became of the file since; "" if nothing did.
func (f *file) look() (what string, err error) {
	now, err := os.Stat(f.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err = nil; f.is != nil {
			what = removed
		}
	case err != nil || f.is == nil:
	case !os.SameFile(f.is, now):
		what = replaced
	case now.Size() != f.is.Size(): // this process has the file to itself
		what = changed
	}
	return what, err
}

// files are the database and its write-ahead log; none for a store on a VFS that is
// not the operating system's.
type files []*file

func filesOf(path string) files { return files{{name: path}, {name: path + "-wal"}} }

// note remembers the files as SQLite has left them. What took the place of one since
// the last check is left for the next one to report.
func (f files) note() {
	for _, file := range f {
		now, err := os.Stat(file.name)
		if err == nil && (file.is == nil || os.SameFile(file.is, now)) {
			file.is = now
		}
	}
}

// check returns a *fileError if a file is not what SQLite has left.
func (f files) check() error {
	for i, file := range f {
		what, err := file.look()
		switch {
		case err != nil:
			return err
		case what == replaced && i == 0:
			// Should this process be killed now, the log would be applied to a
			// database that it does not belong to.
			if of, err := f[1].look(); of == "" && err == nil && f[1].is != nil {
				os.Rename(f[1].name, f[1].name+held) // where it fails, an orderly end does as well
			}
			return &fileError{file.name, what, "put back the file that was there, or move the new one away, " +
				"so that what was counted can be written again; stop failmail before you restore a backup"}
		case what != "":
			return &fileError{file.name, what, "what was counted is written again within seconds, as far as it is there"}
		}
	}
	return nil
}

// Repair implements store.Repairer. What SQLite still has is written anew, so that
// nothing is lost if a name is gone, and as much as can be read if content is.
func (s *Store) Repair(ctx context.Context) (did string, err error) {
	if !s.copying.TryLock() {
		return "", errors.New("a copy is being made")
	}
	defer s.copying.Unlock()
	if err := ctx.Err(); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing:
		return "", store.ErrClosed
	case s.conn == nil:
		return "the store is open again", s.connect()
	}
	return s.repair()
}

// repair is Repair for who holds copying and mu.
func (s *Store) repair() (did string, err error) {
	if len(s.files) == 0 {
		return "", nil
	}
	ofDatabase, err := s.files[0].look()
	if err != nil {
		return "", err
	}
	ofLog, err := s.files[1].look()
	if err != nil {
		return "", err
	}
	switch {
	case ofDatabase == replaced:
		return "", s.files.check()
	case ofDatabase == removed:
		return "the store was removed while in use, and is written again; nothing is lost", s.writeAgain()
	case ofDatabase == changed, ofLog == changed:
		return s.salvage()
	case ofLog != "":
		return "the log of the store was removed while in use, and is written again; nothing is lost", s.moveLog()
	}
	return "", nil
}

// keepHeld writes all that SQLite has to a new file beside the store, and returns its
// name. It fails if that is not sound.
func (s *Store) keepHeld() (name string, err error) {
	name = s.path + ".held-" + time.Now().UTC().Format(stamp)
	if err := createFile(name); err != nil {
		return "", err
	}
	err = s.conn.Backup("main", "file:"+escape(name))
	if err == nil {
		err = sound(name)
	}
	if err == nil {
		err = syncFile(name)
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(name))
	}
	return name, nil
}

// sound reads a file whole.
func sound(name string) error {
	conn, err := openConn(name, "")
	if err != nil {
		return err
	}
	copied := &Store{path: name, conn: conn}
	return errors.Join(copied.checkWhole(), conn.Close())
}

// writeAgain puts what SQLite has in the place of the store.
func (s *Store) writeAgain() error {
	name, err := s.keepHeld()
	if err != nil {
		return err
	}
	return s.exchange(func() error { return os.Rename(name, s.path) })
}

// moveLog writes what is in a log whose name is gone to the database.
func (s *Store) moveLog() error {
	if err := s.conn.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return err
	}
	return s.exchange(func() error { return nil })
}

// salvage keeps a file that was changed for people to look at, and goes on with what
// SQLite has, if that is whole; otherwise with what is in the file, if that is; and
// else with nothing.
func (s *Store) salvage() (did string, err error) {
	name, heldErr := s.keepHeld()
	aside := s.path + ".changed-" + time.Now().UTC().Format(stamp)
	if heldErr == nil {
		return fmt.Sprintf("a file of the store was changed while in use; what was counted is written again, "+
				"and what was found there is in %q", aside),
			s.exchange(func() error { return errors.Join(rename(s.path, aside), os.Rename(name, s.path)) })
	}
	// What is left of the log must not be written to the database in pieces.
	if _, err := s.conn.Config(sqlite3.DBCONFIG_NO_CKPT_ON_CLOSE, true); err != nil {
		return "", err
	}
	did = fmt.Sprintf("a file of the store was truncated or overwritten while in use, and a part of what was counted is LOST: "+
		"it goes on with what the store had last written to the database; what was found there is in %q", aside)
	err = s.exchange(func() error {
		if soundErr := sound(s.path); soundErr == nil {
			return copyFile(s.path, aside)
		}
		did = fmt.Sprintf("the store was truncated or overwritten while in use, and what was pending in it is LOST: "+
			"it goes on with an empty one; what was found there is in %q", aside)
		return rename(s.path, aside)
	})
	return did, err
}

// exchange closes the connection, has the files put into place and opens it again.
func (s *Store) exchange(place func() error) error {
	s.release() // it may well complain: the files are not what it thinks
	if err := place(); err != nil {
		return err
	}
	// The log of the old file, or somebody's, would be taken for that of the new.
	for _, log := range []string{s.path + "-wal", s.path + "-wal" + held} {
		if err := os.Remove(log); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return s.connect()
}

// leave is repair at the end: what cannot be put into its place is left beside it.
func (s *Store) leave() error {
	_, err := s.repair()
	if err == nil || s.conn == nil {
		return err
	}
	name, heldErr := s.keepHeld()
	if heldErr != nil {
		return errors.Join(err, heldErr)
	}
	return fmt.Errorf("%w; what was counted and not sent is in %q: start failmail with it", err, name)
}

// release closes the connection.
func (s *Store) release() error {
	err := errors.Join(s.stmt.close(), s.conn.Close())
	s.conn, s.stmt, s.journal = nil, statements{}, pending{}
	return err
}

// connect opens the file at the path anew, after release.
func (s *Store) connect() error {
	fresh, err := open(s.path, s.limits, "")
	if err != nil {
		return err
	}
	s.conn, s.stmt, s.journal, s.files = fresh.conn, fresh.stmt, fresh.journal, fresh.files
	return nil
}

func rename(from, to string) error {
	if err := os.Rename(from, to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o600)
}

func syncFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
