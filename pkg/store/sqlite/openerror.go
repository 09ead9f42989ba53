package sqlite

import (
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"
)

// An OpenError says which file could not be opened as a store, why, and what
// to do.
type OpenError struct {
	Path string
	Hint string
	Err  error
}

// Error names the file, the cause and the remedy on one line.
func (e *OpenError) Error() string {
	return fmt.Sprintf("open store %q: %v; %s", e.Path, e.Err, e.Hint)
}

// Unwrap returns the cause.
func (e *OpenError) Unwrap() error { return e.Err }

const folderHint = "check that the folder exists and is writable by this user, or name another file"

func openError(path string, err error) error {
	hint := "name another file"
	var newer *newerError
	switch {
	case errors.Is(err, sqlite3.BUSY), errors.Is(err, sqlite3.LOCKED):
		err = ErrInUse
		hint = "stop the other failmail, or give this one a file of its own"
	case errors.Is(err, sqlite3.NOTADB), errors.Is(err, sqlite3.CORRUPT):
		hint = "move the file away to start with an empty store, or name another file"
	case errors.As(err, &newer):
		hint = "run that version, or name another file"
	case errors.Is(err, sqlite3.READONLY), errors.Is(err, sqlite3.PERM), errors.Is(err, sqlite3.CANTOPEN):
		hint = "make the file and its folder writable for this user, or name another file"
	}
	return &OpenError{path, hint, err}
}

type foreignError struct{}

func (*foreignError) Error() string { return "it is the database of another program" }

type newerError struct{ have, know int }

func (e *newerError) Error() string {
	return fmt.Sprintf("it was written by a newer failmail (schema %d, this one knows up to %d)", e.have, e.know)
}
