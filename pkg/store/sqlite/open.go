// Package sqlite keeps batches and outbox in one SQLite file, the default store.
// It needs no cgo: github.com/ncruces/go-sqlite3 brings SQLite as Go code.
//
//	s, err := sqlite.Open("/var/lib/shop/alerts.db", store.Limits{})
//	if err != nil {
//		return err
//	}
//	defer s.Close()
//	p, err := failmail.New(failmail.Config{Store: s})
//
// Write-ahead logging with synchronous=FULL makes every commit durable before
// Record returns, in a power cut too. One process owns the file; a second one is
// refused with [ErrInUse]. A file that is damaged is set aside, and a fresh one made: see
// [Store.SetAside]. A newer version reads the file of an older one.
//
// A Store is safe for concurrent use. A program that runs several Proxies opens a file
// for each.
package sqlite

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/pkg/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// busyTimeout lets a restart overlap with the end of the process it replaces.
const busyTimeout = 2 * time.Second

// Store is a store.Store in one file. It is safe for concurrent use; calls are
// served one after the other, because SQLite has one writer.
type Store struct {
	path   string
	vfs    string // the SQLite VFS that path is on; empty for the operating system's
	limits store.Limits
	aside  string // where a damaged predecessor is; empty if there was none
	damage string // what was wrong with it

	mu      sync.Mutex
	conn    *sqlite3.Conn // nil once closed, or until a Repair that failed is tried again
	closing bool
	stmt    statements
	journal pending
	files   files

	copying sync.Mutex // held, before mu, by whom the connection must not be closed for
}

var _ store.Store = (*Store)(nil)

// Open opens the store in the file at path, creating it and its folder if they
// are missing. Claims left by a process that died are given back at once. A file
// that is damaged is set aside, see SetAside, and a fresh one made. Errors are
// *OpenError.
func Open(path string, limits store.Limits) (*Store, error) {
	s, err := open(path, limits, "")
	if err == nil || !isDamage(err) || !isOurs(path) {
		return s, err
	}
	aside, asideErr := setAside(path, time.Now())
	if asideErr != nil {
		return nil, openError(path, errors.Join(err, asideErr))
	}
	var damage *OpenError
	reason := err
	if errors.As(err, &damage) {
		reason = damage.Err
	}
	if s, err = open(path, limits, ""); err != nil {
		return nil, err
	}
	s.aside, s.damage = aside, reason.Error()
	return s, nil
}

// OpenVFS is Open for a file that is not the operating system's but that of the SQLite
// VFS which is registered under a name (see github.com/ncruces/go-sqlite3/vfs): of a disk
// that fails when a test says so, say. A file that is damaged is not set aside, and one
// that is removed under a running process not noticed.
func OpenVFS(path string, limits store.Limits, vfs string) (*Store, error) {
	return open(path, limits, vfs)
}

// open opens the store on the SQLite VFS with the given name, the usual one if it
// is empty.
func open(path string, limits store.Limits, vfs string) (*Store, error) {
	if vfs == "" {
		if err := createFile(path); err != nil {
			return nil, &OpenError{path, folderHint, err}
		}
	}
	// An absolute path is never taken for one of SQLite's special names.
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, openError(path, err)
	}
	conn, err := openConn(absolute, vfs)
	if err != nil {
		return nil, openError(path, err)
	}
	s := &Store{path: path, vfs: vfs, limits: limits.WithDefaults(), conn: conn}
	if err := s.prepare(); err != nil {
		conn.Close() // the first error is the one to report
		return nil, openError(path, err)
	}
	if vfs == "" {
		s.files = filesOf(absolute)
		s.files.note()
	}
	return s, nil
}

func openConn(absolute, vfs string) (*sqlite3.Conn, error) {
	return sqlite3.Open("file:" + escape(absolute) + "?modeof=" + escape(absolute) + "&vfs=" + vfs)
}

// createFile makes an empty file that only its owner can read, since samples
// are mail. The write-ahead log gets the same permissions, by modeof in Open.
func createFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// escape lets any path stand in an SQLite URI, as sqlite.org/uri.html says.
func escape(path string) string {
	return strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23", "&", "%26", "+", "%2b").Replace(path)
}

func (s *Store) prepare() error {
	if err := s.conn.BusyTimeout(busyTimeout); err != nil {
		return err
	}
	// In exclusive mode the lock taken by the first write is kept, which
	// refuses a second process and spares the shared-memory file.
	err := s.conn.Exec(`
		PRAGMA locking_mode = EXCLUSIVE;
		PRAGMA auto_vacuum = INCREMENTAL;
		PRAGMA journal_mode = WAL;
		PRAGMA synchronous = FULL;
		PRAGMA foreign_keys = ON;
		PRAGMA journal_size_limit = 4194304;
		BEGIN IMMEDIATE;
		COMMIT`)
	if err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	if err := s.moveToDatabase(); err != nil {
		return err
	}
	if err := s.migrate(); err != nil {
		return err
	}
	// This process has the file to itself, so every lease is a dead one's.
	if err := s.conn.Exec(`UPDATE batches SET lease_until = 0; UPDATE outbox SET lease_until = 0`); err != nil {
		return err
	}
	if err := s.stmt.prepare(s.conn); err != nil {
		return err
	}
	return s.replay()
}

// moveToDatabase empties the log. A process whose sync failed, and that was killed then, has
// left in it what the kernel shows and never writes; whatever is added behind that would
// be lost with it when the power is cut. Where a full disk has no room for the database, the
// log goes on.
func (s *Store) moveToDatabase() error {
	if err := s.conn.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil && !errors.Is(err, sqlite3.FULL) {
		return err
	}
	return nil
}

// applicationID marks a file as a store: "fail".
const applicationID = 0x6661696c

func (s *Store) migrate() error {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	version, err := s.number("PRAGMA user_version")
	if err != nil {
		return err
	}
	application, err := s.number("PRAGMA application_id")
	if err != nil {
		return err
	}
	tables, err := s.number("SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return err
	}
	// Stores of 1.0 have a version and no ID.
	if application != applicationID && (application != 0 || version == 0 && tables > 0) {
		return &foreignError{}
	}
	if version > len(files) {
		return &newerError{version, len(files)}
	}
	for i, file := range files[version:] {
		script, err := migrations.ReadFile(file)
		if err != nil {
			return err
		}
		err = s.conn.Exec(fmt.Sprintf("BEGIN IMMEDIATE;\n%s\nPRAGMA user_version = %d; PRAGMA application_id = %d; COMMIT",
			script, version+i+1, applicationID))
		if err != nil {
			return errors.Join(fmt.Errorf("migrate with %s: %w", filepath.Base(file), err), s.rollback())
		}
	}
	return nil
}

// number returns what a query of one number answers.
func (s *Store) number(query string) (number int, err error) {
	stmt, _, err := s.conn.Prepare(query)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, stmt.Close()) }()
	if stmt.Step() {
		number = stmt.ColumnInt(0)
	}
	return number, stmt.Err()
}

// Close implements store.Store.
func (s *Store) Close() error {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	s.copying.Lock()
	defer s.copying.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		return nil
	}
	// What has no name any more would be gone with the process.
	err := s.leave()
	if s.conn == nil {
		return err
	}
	return errors.Join(err, s.release()) // the journal waits for the next start
}
