package postgres

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// An OpenError says which database could not be opened as a store, why, and what
// to do.
type OpenError struct {
	Database string // without the password
	Hint     string
	Err      error
}

// Error names the database, the cause and the remedy on one line.
func (e *OpenError) Error() string {
	return fmt.Sprintf("open store %q: %s; %s", e.Database, oneLine(e.Err), e.Hint)
}

// Unwrap returns the cause.
func (e *OpenError) Unwrap() error { return e.Err }

// oneLine says what went wrong once: a driver that tries several addresses says
// it for each of them, after the name of the database.
func oneLine(err error) string {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.Message
	}
	var connecting *pgconn.ConnectError
	if errors.As(err, &connecting) {
		err = connecting.Unwrap()
	}
	var lines []string
	for line := range strings.Lines(err.Error()) {
		lines = append(lines, strings.TrimSpace(line))
	}
	return strings.Join(lines, ", ")
}

// unreadable does not repeat what it could not read, since a password is in it.
func unreadable() *OpenError {
	return &OpenError{
		Database: "postgres:", Err: errors.New("the URL cannot be read"),
		Hint: "write postgres://user:password@host:5432/database, with %40 for an @ in the password",
	}
}

// An encodingError is a database that cannot hold every character.
type encodingError struct{ encoding string }

func (e *encodingError) Error() string { return "its encoding is " + e.encoding + ", not UTF8" }

// A newerError is a schema that this version does not know.
type newerError struct{ have, know int }

func (e *newerError) Error() string {
	return fmt.Sprintf("it was written by a newer failmail (schema %d, this one knows up to %d)", e.have, e.know)
}

// A rightsError names tables that the role may not read and write.
type rightsError struct{ tables []string }

func (e *rightsError) Error() string { return "permission denied for " + strings.Join(e.tables, ", ") }

func openError(config *pgx.ConnConfig, err error) *OpenError {
	const guide = "; see docs/scaling.md"
	role, database := pgx.Identifier{config.User}.Sanitize(), pgx.Identifier{config.Database}.Sanitize()
	hint := "name another database" + guide
	var newer *newerError
	var encoding *encodingError
	var rights *rightsError
	switch {
	case errors.As(err, &newer):
		hint = "run that version, or name another database"
	case errors.As(err, &encoding):
		hint = "create one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0" + guide
	case errors.As(err, &rights):
		hint = fmt.Sprintf("as their owner: GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA … TO %s%s", role, guide)
	case isCode(err, "28P01", "28000"):
		hint = "check user and password in the URL or ~/.pgpass, and the server's pg_hba.conf"
	case isCode(err, "3D000"):
		hint = fmt.Sprintf("as a superuser: CREATE DATABASE %s OWNER %s ENCODING 'UTF8' TEMPLATE template0%s", database, role, guide)
	case isCode(err, "42501"):
		hint = fmt.Sprintf("as the owner: GRANT CONNECT ON DATABASE %s TO %s, and GRANT USAGE, CREATE ON SCHEMA … TO %[2]s%s", database, role, guide)
	case isCode(err, "3F000"):
		hint = "create the schema that search_path names" + guide
	case isCode(err, "42P07"):
		hint = "something else is in that schema: give Failmail a database of its own" + guide
	case isCode(err, "53300"):
		hint = "raise max_connections of the server, or lower pool_max_conns in the URL"
	case isPooled(err):
		hint = poolerHint + guide
	case isCode(err, "57P03"):
		hint = "wait until the server is up"
	case isCode(err, "25006"), strings.Contains(err.Error(), "read only connection"):
		hint = "name the primary server, or all of them separated by commas, in the URL"
	case isTLS(err):
		hint = "check sslmode and sslrootcert in the URL"
	case isNetwork(err):
		hint = "check that PostgreSQL runs there, and host and port in the URL"
	}
	return &OpenError{Database: nameOf(config), Hint: hint, Err: err}
}

// poolerHint is what mends isPooled. The mode prepares nothing; PgBouncer knows
// prepared statements since 1.21, with max_prepared_statements.
const poolerHint = "behind a connection pooler such as PgBouncer, add default_query_exec_mode=exec to the URL"

// isPooled reports whether a prepared statement is already there, or is not: another
// client, or none, has prepared it on the connection that a pooler gave us.
func isPooled(err error) bool { return isCode(err, "42P05", "26000") }

// nameOf returns the URL without password and options.
func nameOf(config *pgx.ConnConfig) string {
	host := net.JoinHostPort(config.Host, fmt.Sprint(config.Port))
	if strings.HasPrefix(config.Host, "/") {
		host = config.Host
	}
	return fmt.Sprintf("postgres://%s@%s/%s", config.User, host, config.Database)
}

func isTLS(err error) bool {
	var record tls.RecordHeaderError
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	return errors.As(err, &record) || errors.As(err, &verification) || errors.As(err, &authority) ||
		errors.As(err, &hostname) || strings.Contains(err.Error(), "server refused TLS")
}

func isNetwork(err error) bool {
	var operation *net.OpError
	var lookup *net.DNSError
	var timeout net.Error
	return errors.As(err, &operation) || errors.As(err, &lookup) || errors.As(err, &timeout) && timeout.Timeout()
}
