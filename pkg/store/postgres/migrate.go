package postgres

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"

	"github.com/jackc/pgx/v5"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock is the advisory lock under which the schema changes: "failmail".
const migrationLock = 0x6661696c6d61696c

// tables are what the store reads and writes.
var tables = []string{
	"batches", "groups", "variants", "samples", "sources", "minutes", "recipients",
	"outbox", "fingerprints", "seen", "mutes", "heartbeats", "notes", "journal", "commits", "lessons", "standings",
	"problems", "problem_records", "problem_things", "problem_samples", "problem_aliases", "sent",
}

// migrate brings the schema up to date, all of it or nothing. A schema that is up
// to date is only looked at, so that a role without the right to change it will
// do.
func migrate(ctx context.Context, conn *pgx.Conn) error {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	current, err := version(ctx, conn)
	if err != nil {
		return err
	}
	if current > len(files) {
		return &newerError{current, len(files)}
	}
	if current == len(files) {
		return nil
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx) // no-op after Commit
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
		return err
	}
	// Another node may have done it while this one waited for the lock.
	if current, err = version(ctx, conn); err != nil {
		return err
	}
	if current > len(files) {
		return &newerError{current, len(files)}
	}
	if current == 0 {
		if _, err := tx.Exec(ctx, "CREATE TABLE failmail_schema (version integer NOT NULL)"); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "INSERT INTO failmail_schema VALUES (0)"); err != nil {
			return err
		}
	}
	for _, file := range files[current:] {
		script, err := migrations.ReadFile(file)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, string(script)); err != nil {
			return fmt.Errorf("migrate with %s: %w", path.Base(file), err)
		}
	}
	if _, err := tx.Exec(ctx, "UPDATE failmail_schema SET version = $1", len(files)); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// version returns 0 for a schema without tables. It looks into pg_class because
// to_regclass remembers that a table was missing until the transaction ends, even
// when another node has created it while this one waited for the lock.
func version(ctx context.Context, conn *pgx.Conn) (version int, err error) {
	var exists bool
	err = conn.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
			WHERE relname = 'failmail_schema' AND nspname = ANY (current_schemas(false)))`).Scan(&exists)
	if err != nil || !exists {
		return 0, err
	}
	err = conn.QueryRow(ctx, "SELECT version FROM failmail_schema").Scan(&version)
	if isCode(err, "42501") {
		err = &rightsError{[]string{"failmail_schema"}}
	}
	return version, err
}

// checkRights finds out at the start what would otherwise fail with the first
// mail.
func checkRights(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, `
		SELECT t FROM unnest($1::text[]) AS t WHERE NOT (has_table_privilege(t, 'SELECT') AND
			has_table_privilege(t, 'INSERT') AND has_table_privilege(t, 'UPDATE') AND has_table_privilege(t, 'DELETE'))`, tables)
	if err != nil {
		return err
	}
	denied, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err == nil && len(denied) > 0 {
		err = &rightsError{denied}
	}
	return err
}
