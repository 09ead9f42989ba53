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

func columnTime(r *sqlite3.Stmt, column int) time.Time {
	return time.UnixMicro(r.ColumnInt64(column))
}

// statements are all that the store runs after it was opened.
type statements struct {
	begin, commit statement

	addBatch, addRecipient           statement
	setGroups, setVariants           statement
	countGroup, newGroup             statement
	countVariant, newVariant         statement
	newSample                        statement
	countHost, newHost, addMinute    statement
	nextDue, claim, delete           statement
	groups, variants, hosts, minutes statement
	recipients                       statement
	insert, nextSend, claimOutgoing  statement
	postpone, finish, pending        statement
	vacuum                           statement
}

func (s *statements) all() map[*statement]string {
	return map[*statement]string{
		&s.begin:  `BEGIN IMMEDIATE`,
		&s.commit: `COMMIT`,

		&s.addBatch: `
			INSERT INTO batches (key, count, first_at, last_at, due_at)
			VALUES (?1, ?2, ?3, ?4, min(?4 + ?5, ?3 + ?6))
			ON CONFLICT (key) WHERE state = 'open' DO UPDATE SET
				count    = count + excluded.count,
				first_at = min(first_at, excluded.first_at),
				last_at  = max(last_at, excluded.last_at),
				due_at   = min(max(last_at, excluded.last_at) + ?5, min(first_at, excluded.first_at) + ?6)
			RETURNING id, group_count, sample_size`,
		&s.setGroups:   `UPDATE batches SET group_count = ?2, sample_size = ?3 WHERE id = ?1`,
		&s.setVariants: `UPDATE groups SET variant_count = ?2, host_count = ?3 WHERE id = ?1`,
		&s.addRecipient: `
			INSERT INTO recipients VALUES (?1, ?2, ?3)
			ON CONFLICT DO UPDATE SET count = count + excluded.count`,
		&s.countGroup: `
			UPDATE groups SET count = count + ?3, first_at = min(first_at, ?4), last_at = max(last_at, ?5)
			WHERE batch = ?1 AND key = ?2 RETURNING id, variant_count, host_count`,
		&s.newGroup: `
			INSERT INTO groups (batch, key, count, first_at, last_at, title, reason)
			SELECT id, ?2, ?3, ?4, ?5, ?6, ?7 FROM batches WHERE id = ?1
			RETURNING id`,
		&s.countVariant: `
			UPDATE variants SET count = count + ?3, first_at = min(first_at, ?4), last_at = max(last_at, ?5)
			WHERE group_id = ?1 AND fingerprint = ?2 RETURNING id`,
		&s.newVariant: `
			INSERT INTO variants (group_id, fingerprint, count, first_at, last_at, reason)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING id`,
		&s.newSample: `INSERT INTO samples VALUES (?1, ?2, ?3)`,
		&s.countHost: `
			UPDATE sources SET count = count + ?3 WHERE group_id = ?1 AND host = ?2 RETURNING 1`,
		&s.newHost: `INSERT INTO sources VALUES (?1, ?2, ?3)`,
		&s.addMinute: `
			INSERT INTO minutes VALUES (?1, ?2, ?3)
			ON CONFLICT DO UPDATE SET count = count + excluded.count`,

		&s.nextDue: `
			SELECT min(CASE state WHEN 'open' THEN due_at ELSE lease_until END) FROM batches`,
		&s.claim: `
			UPDATE batches SET state = 'sending', lease_until = ?2 WHERE id = (
				SELECT id FROM batches
				WHERE CASE state WHEN 'open' THEN due_at ELSE lease_until END <= ?1
				ORDER BY due_at LIMIT 1)
			RETURNING id, key, count, first_at, last_at, due_at`,
		&s.groups: `
			SELECT id, key, title, reason, count, first_at, last_at FROM groups
			WHERE batch = ?1 ORDER BY id`,
		&s.variants: `
			SELECT fingerprint, reason, count, first_at, last_at, mail, size
			FROM variants LEFT JOIN samples ON variant = id WHERE group_id = ?1 ORDER BY id`,
		&s.hosts:      `SELECT host, count FROM sources WHERE group_id = ?1`,
		&s.minutes:    `SELECT minute, count FROM minutes WHERE group_id = ?1`,
		&s.recipients: `SELECT address, count FROM recipients WHERE batch = ?1`,
		&s.delete:     `DELETE FROM batches WHERE id = ?1 AND state = 'sending' RETURNING id`,

		&s.insert: `
			INSERT INTO outbox (batch_key, message_id, sender, recipients, mail, count, group_count,
				due_at, next_at, attempts, last_error)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)`,
		&s.nextSend: `SELECT min(max(next_at, lease_until)) FROM outbox`,
		&s.claimOutgoing: `
			UPDATE outbox SET lease_until = ?2 WHERE id = (
				SELECT id FROM outbox WHERE max(next_at, lease_until) <= ?1 ORDER BY next_at, id LIMIT 1)
			RETURNING id, batch_key, message_id, sender, recipients, mail, count, group_count,
				due_at, next_at, attempts, last_error`,
		&s.postpone: `
			UPDATE outbox SET recipients = ?2, attempts = ?3, next_at = ?4, last_error = ?5, lease_until = 0
			WHERE id = ?1 RETURNING id`,
		&s.finish: `DELETE FROM outbox WHERE id = ?1`,
		&s.vacuum: `PRAGMA incremental_vacuum`,
		&s.pending: `
			SELECT count(*), coalesce(sum(count), 0), (SELECT count(*) FROM outbox) FROM batches`,
	}
}

func (s *statements) prepare(conn *sqlite3.Conn) error {
	for statement, sql := range s.all() {
		statement.sql = sql
		if err := statement.prepare(conn); err != nil {
			return err
		}
	}
	return nil
}

func (s *statements) close() error {
	var errs []error
	for statement := range s.all() {
		if statement.stmt != nil {
			errs = append(errs, statement.stmt.Close())
		}
	}
	return errors.Join(errs...)
}
