package sqlite

import (
	"errors"
	"fmt"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// A statement is prepared once and run many times.
type statement struct {
	sql  string
	stmt *sqlite3.Stmt
}

func (s *statement) prepare(conn *sqlite3.Conn) (err error) {
	s.stmt, _, err = conn.Prepare(s.sql)
	return err
}

// rows runs the statement and calls scan for each row. Blobs and strings that
// scan takes must be copied by it.
func (s *statement) rows(scan func(*sqlite3.Stmt), args ...any) error {
	if err := s.bind(args); err != nil {
		return err
	}
	for s.stmt.Step() {
		scan(s.stmt)
	}
	// Reset reports the error of the last Step; clearing lets go of samples.
	return errors.Join(s.stmt.Reset(), s.stmt.ClearBindings())
}

// row is rows for at most one row; it reports whether there was one.
func (s *statement) row(scan func(*sqlite3.Stmt), args ...any) (found bool, err error) {
	err = s.rows(func(r *sqlite3.Stmt) { found = true; scan(r) }, args...)
	return found, err
}

func (s *statement) exec(args ...any) error {
	return s.rows(func(*sqlite3.Stmt) {}, args...)
}

func (s *statement) bind(args []any) error {
	for i, arg := range args {
		var err error
		switch v := arg.(type) {
		case int:
			err = s.stmt.BindInt64(i+1, int64(v))
		case int64:
			err = s.stmt.BindInt64(i+1, v)
		case bool:
			err = s.stmt.BindBool(i+1, v)
		case nil:
			err = s.stmt.BindNull(i + 1)
		case string:
			err = s.stmt.BindText(i+1, v)
		case []byte:
			if v == nil {
				v = []byte{} // NULL would violate NOT NULL
			}
			err = s.stmt.BindBlob(i+1, v)
		case time.Time:
			err = s.stmt.BindInt64(i+1, v.UnixMicro())
		default:
			err = fmt.Errorf("cannot bind %T", arg)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// columnTime reads NULL as the zero time.
func columnTime(r *sqlite3.Stmt, column int) time.Time {
	if r.ColumnType(column) == sqlite3.NULL {
		return time.Time{}
	}
	return time.UnixMicro(r.ColumnInt64(column))
}

// orNull binds the zero time as NULL.
func orNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}
