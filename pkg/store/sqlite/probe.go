package sqlite

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ncruces/go-sqlite3"
)

// ErrInUse is why a file cannot be opened that another process has open.
var ErrInUse = errors.New("another process has it open")

// versionOffset is where a file holds its schema version, four bytes, big-endian
// (sqlite.org/fileformat.html, 1.3).
const versionOffset = 60

// Probe reports why Open would fail, and touches nothing that the file holds. While
// another process has the file open, that is an ErrInUse if all else is right as
// far as can be seen: the folder can be written to, and the schema is not that of a
// newer version. Like Open it creates the file and its folder if they are missing.
// Errors are *OpenError.
func Probe(path string) error {
	if err := createFile(path); err != nil {
		return &OpenError{path, folderHint, err}
	}
	// The write-ahead log is made beside the file.
	beside, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-probe-*")
	if err != nil {
		return &OpenError{path, folderHint, err}
	}
	if err := errors.Join(beside.Close(), os.Remove(beside.Name())); err != nil {
		return &OpenError{path, folderHint, err}
	}
	if !isOurs(path) {
		return openError(path, sqlite3.NOTADB)
	}
	if err := probeVersion(path); err != nil {
		return openError(path, err)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return openError(path, err)
	}
	conn, err := openConn(absolute, "")
	if err != nil {
		return openError(path, err)
	}
	defer conn.Close()
	err = conn.BusyTimeout(0)
	if err == nil {
		err = conn.Exec("SELECT count(*) FROM sqlite_schema")
	}
	if err != nil && !isDamage(err) { // Open sets a damaged file aside
		return openError(path, err)
	}
	return nil
}

// probeVersion reads the schema version past any lock. A version that is in the
// write-ahead log only is not seen; Open sees it.
func probeVersion(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	version := make([]byte, 4)
	if _, err := f.ReadAt(version, versionOffset); err == io.EOF {
		return nil // a file to be
	} else if err != nil {
		return err
	}
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if have := int(binary.BigEndian.Uint32(version)); err == nil && have > len(files) {
		err = &newerError{have, len(files)}
	}
	return err
}
