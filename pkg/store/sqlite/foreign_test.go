package sqlite_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/pkg/store"
)

func execIn(t *testing.T, path, script string) {
	t.Helper()
	conn, err := sqlite3.Open(path)
	if err == nil {
		err = errors.Join(conn.Exec(script), conn.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheDatabaseOfAnotherProgramIsRefusedAndNotTouched(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"with an application ID":        "PRAGMA application_id = 17; CREATE TABLE photos (id)",
		"with tables and no ID":         "CREATE TABLE photos (id)",
		"with a version and another ID": "PRAGMA application_id = 17; PRAGMA user_version = 2; CREATE TABLE photos (id)",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "photos.db")
			execIn(t, path, script)
			refused(t, path, "database of another program", "name another file")
			execIn(t, path, "INSERT INTO photos VALUES (1); CREATE TABLE batches (id)") // fails if ours is there
		})
	}
}

func TestAStoreOfOneDotZeroIsTakenOver(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "failmail.db")
	s := open(t, path, store.Limits{})
	record(t, s, entry("one"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	execIn(t, path, "PRAGMA application_id = 0; PRAGMA user_version = 3; DROP TABLE notes; DROP TABLE pieces; DROP TABLE lessons; DROP TABLE standings; "+
		"DROP TABLE problem_aliases; DROP TABLE problem_samples; DROP TABLE problem_things; DROP TABLE problem_records; DROP TABLE problems; DROP TABLE sent_contents; DROP TABLE sent; ALTER TABLE mutes DROP COLUMN problem; ALTER TABLE mutes DROP COLUMN name; ALTER TABLE mutes DROP COLUMN until_over; ALTER TABLE mutes DROP COLUMN until_count; ALTER TABLE mutes DROP COLUMN things; "+
		"ALTER TABLE variants DROP COLUMN status; ALTER TABLE variants DROP COLUMN severity; ALTER TABLE variants DROP COLUMN source; ALTER TABLE variants DROP COLUMN sender; ALTER TABLE variants DROP COLUMN object; "+
		"ALTER TABLE groups DROP COLUMN parts")
	wantMails(t, open(t, path, store.Limits{}), 1)
}
