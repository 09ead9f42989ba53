package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

// SQLite goes on with the files that it has open, whatever becomes of their names:
// what is committed after that is gone with the process. So each commit looks whether
// they are still what the names stand for.

// A fileError says what somebody did to a file of the store under a running process.
type fileError struct {
	name string
	what string // removed, replaced or truncated
	hint string
}

func (e *fileError) Error() string {
	return fmt.Sprintf("%q was %s while in use; %s", e.name, e.what, e.hint)
}

const (
	removed   = "removed"
	replaced  = "replaced"
	truncated = "truncated"
)

// A file is one that SQLite has open.
type file struct {
	name string
	is   fs.FileInfo // when SQLite was done with it last; nil if it was not there
}

// look returns what became of the file since; "" if nothing did.
func (f *file) look() (what string, now fs.FileInfo, err error) {
	now, err = os.Stat(f.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if now, err = nil, nil; f.is != nil {
			what = removed
		}
	case err != nil || f.is == nil:
	case !os.SameFile(f.is, now):
		what = replaced
	case now.Size() < f.is.Size():
		what = truncated
	}
	return what, now, err
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

// check returns a *fileError if a file is not what SQLite has open.
func (f files) check() error {
	for _, file := range f {
		what, _, err := file.look()
		if err != nil {
			return err
		}
		if what != "" {
			return &fileError{file.name, what, "what was counted is still held, and is written again within seconds"}
		}
	}
	return nil
}

// Repair implements store.Repairer. What SQLite still has open is written anew, so
// that nothing is lost; a file that was truncated is set aside, since it is not known
// what is left of it.
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
	database, log := s.files[0], s.files[1]
	ofDatabase, _, err := database.look()
	if err != nil {
		return "", err
	}
	ofLog, _, err := log.look()
	if err != nil {
		return "", err
	}
	switch {
	case ofDatabase == replaced:
		return "", &fileError{database.name, replaced, "put back the file that was there, or move the new one away, " +
			"so that what was counted can be written again; stop failmail before you restore a backup"}
	case ofDatabase == truncated || ofLog == truncated:
		return s.startAfresh()
	case ofDatabase == removed:
		return s.writeAgain()
	case ofLog != "":
		return s.moveLog()
	}
	return "", nil
}

// writeAgain writes a database whose name is gone to a new file.
func (s *Store) writeAgain() (did string, err error) {
	whole := s.path + ".rescue"
	if err := os.Remove(whole); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := createFile(whole); err != nil {
		return "", err
	}
	if err := s.conn.Backup("main", "file:"+escape(whole)); err != nil {
		return "", errors.Join(err, os.Remove(whole))
	}
	if err := syncFile(whole); err != nil {
		return "", err
	}
	if err := s.release(); err != nil {
		return "", err
	}
	// The log of the old file would be taken for one of the new.
	if err := os.Remove(s.path + "-wal"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := os.Rename(whole, s.path); err != nil {
		return "", err
	}
	return "the store was removed while in use, and is written again; nothing is lost", s.connect()
}

// moveLog writes what is in a log whose name is gone to the database.
func (s *Store) moveLog() (did string, err error) {
	if err := s.conn.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return "", err
	}
	if err := s.release(); err != nil {
		return "", err
	}
	if err := os.Remove(s.path + "-wal"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err // somebody's log would be taken for this store's
	}
	return "the log of the store was removed while in use, and is written again; nothing is lost", s.connect()
}

// startAfresh sets a truncated store aside.
func (s *Store) startAfresh() (did string, err error) {
	s.release() // it may well complain
	aside, err := setAside(s.path, time.Now())
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("the store was truncated while in use; it is set aside as %q, and a fresh one made: "+
		"what was pending in it is not sent", aside), s.connect()
}

// release closes the connection.
func (s *Store) release() error {
	err := errors.Join(s.stmt.close(), s.conn.Close())
	s.conn, s.stmt, s.journal = nil, statements{}, journal{}
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

func syncFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
