package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/postgres"
)

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

func entry(sample string) store.Entry {
	return store.Entry{
		Batch: "batch", Group: "group", Fingerprint: "v1:a", Title: "Disk full", Reason: "same subject", Host: "web-1",
		Recipients: []string{"ops@example.com"}, Received: noon,
		Window: store.Window{Wait: 30 * time.Second, MaxWait: 5 * time.Minute}, Sample: []byte(sample),
	}
}

func record(t *testing.T, s *postgres.Store, entries ...store.Entry) {
	t.Helper()
	if err := s.Record(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
}

func wantMails(t *testing.T, s *postgres.Store, want int) {
	t.Helper()
	if p, err := s.Pending(t.Context()); err != nil || p.Mails != want {
		t.Fatalf("got %d mails (%v), want %d", p.Mails, err, want)
	}
}

// exec runs statements on a connection of its own.
func exec(t *testing.T, url string, statements ...string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// refused expects Open to fail with an OpenError whose text has all of want.
func refused(t *testing.T, url string, want ...string) {
	t.Helper()
	s, err := postgres.Open(t.Context(), url, store.Limits{})
	if err == nil {
		s.Close()
		t.Fatal("the store was opened")
	}
	var openError *postgres.OpenError
	if !errors.As(err, &openError) {
		t.Fatalf("got a %T, want an *OpenError: %v", err, err)
	}
	if openError.Database == "" || openError.Hint == "" || !errors.Is(err, openError.Err) {
		t.Errorf("incomplete: %#v", openError)
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error lacks %q: %v", w, err)
		}
	}
	if strings.ContainsAny(err.Error(), "\n\t") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("error is more than a line, or tells the password: %q", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	c := testutil.SharedCluster(t)
	exec(t, c.URL(),
		"CREATE ROLE guarded LOGIN PASSWORD 's3cret'", "CREATE ROLE stranger LOGIN", "CREATE ROLE poor LOGIN",
		"CREATE DATABASE closed", "REVOKE CONNECT ON DATABASE closed FROM public",
		"CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0", "CREATE DATABASE other",
		"CREATE DATABASE standby", "ALTER DATABASE standby SET default_transaction_read_only = on")
	exec(t, c.URLOf("failmail", "", "other"), "CREATE TABLE batches (of_beer integer)")
	for _, test := range []struct {
		name, url string
		want      []string
	}{
		{"what is no URL", "postgres://user:s3cret@host:port/failmail", []string{"cannot be read", "user:password@host:5432"}},
		{"a password with a slash", "postgres://user:s3cret/@host/failmail", []string{"cannot be read", "%40"}},
		{"a port where nothing listens", "postgres://failmail:s3cret@127.0.0.1:1/failmail", []string{"postgres://failmail@127.0.0.1:1/failmail", "refused", "check that PostgreSQL runs there"}},
		{"a socket that is not there", "postgres:///failmail?host=/nowhere", []string{"/nowhere", "no such file", "check that PostgreSQL runs there"}},
		{"a host that is not known", "postgres://failmail@failmail.invalid/failmail", []string{"failmail.invalid", "check that PostgreSQL runs there"}},
		{"a wrong password", c.URLOf("guarded", "s3cret-not", "postgres"), []string{"password authentication failed", "check user and password"}},
		{"a role that is not there", c.URLOf("nobody-such", "", "postgres"), []string{"does not exist", "check user and password"}},
		{"a role that the server does not let in", c.URLOf("stranger", "", "postgres"), []string{"rejects connection", "pg_hba.conf"}},
		{"a database that is not there", c.URLOf("failmail", "", "missing"), []string{`"missing" does not exist`, `CREATE DATABASE "missing" OWNER "failmail" ENCODING 'UTF8'`}},
		{"a database that the role may not use", c.URLOf("poor", "", "closed"), []string{"permission denied", `GRANT CONNECT ON DATABASE "closed" TO "poor"`}},
		{"a schema in which the role may not create", c.URLOf("poor", "", "postgres"), []string{"permission denied for schema public", `CREATE ON SCHEMA … TO "poor"`}},
		{"a schema that is not there", testutil.With(t, c.URL(), "search_path", "missing"), []string{"no schema has been selected", "search_path"}},
		{"a schema that something else uses", c.URLOf("failmail", "", "other"), []string{`"batches" already exists`, "database of its own"}},
		{"a database that cannot hold every character", c.URLOf("failmail", "", "latin"), []string{"LATIN1", "ENCODING 'UTF8'"}},
		{"a server that is read-only", c.URLOf("failmail", "", "standby"), []string{"read only", "primary"}},
		{"a server without TLS", "postgres://failmail@" + refuseTLS(t) + "/failmail?sslmode=verify-full", []string{"refused TLS", "check sslmode"}},
	} {
		t.Run(test.name, func(t *testing.T) { refused(t, test.url, test.want...) })
	}
}

// refuseTLS listens on an address and answers SSLRequest with no.
func refuseTLS(t *testing.T) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			io.ReadFull(c, make([]byte, 8))
			io.WriteString(c, "N")
			c.Close()
		}
	}()
	return l.Addr().String()
}

func TestOpenRefusesASchemaOfANewerVersion(t *testing.T) {
	t.Parallel()
	url := testutil.StartPostgres(t)
	record(t, open(t, url, store.Limits{}), entry("one"))
	exec(t, url, "UPDATE failmail_schema SET version = 99")
	refused(t, url, "newer failmail", "99", "run that version")
	exec(t, url, "UPDATE failmail_schema SET version = 8")
	wantMails(t, open(t, url, store.Limits{}), 1)
}

// TestRightsAtRunTime has one role that owns the schema and one that only works in
// it. The statements are those of docs/scaling.md.
func TestRightsAtRunTime(t *testing.T) {
	t.Parallel()
	c := testutil.SharedCluster(t)
	owner, worker := c.URLOf("failmail_owner", "", "failmail"), c.URLOf("failmail_node", "", "failmail")
	exec(t, c.URL(),
		"CREATE ROLE failmail_owner LOGIN PASSWORD 'choose one'",
		"CREATE DATABASE failmail OWNER failmail_owner ENCODING 'UTF8' TEMPLATE template0",
		"REVOKE ALL ON DATABASE failmail FROM PUBLIC",
		"CREATE ROLE failmail_node LOGIN PASSWORD 'choose another'")
	refused(t, worker, "permission denied", `GRANT CONNECT ON DATABASE "failmail" TO "failmail_node"`)
	exec(t, c.URL(), "GRANT CONNECT ON DATABASE failmail TO failmail_node")
	refused(t, worker, "permission denied for schema public", "CREATE ON SCHEMA")
	if err := open(t, owner, store.Limits{}).Close(); err != nil {
		t.Fatal(err)
	}
	refused(t, worker, "permission denied for failmail_schema", "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES")
	exec(t, owner, "GRANT USAGE ON SCHEMA public TO failmail_node", "GRANT SELECT ON failmail_schema TO failmail_node",
		"GRANT SELECT, INSERT, UPDATE ON batches TO failmail_node")
	refused(t, worker, "permission denied for batches, groups", "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES")
	exec(t, owner, `GRANT SELECT, INSERT, UPDATE, DELETE ON batches, groups, variants, samples, sources, minutes,
		recipients, outbox, fingerprints, seen, mutes, heartbeats, notes, journal, commits, lessons, standings,
		problems, problem_records, problem_things, problem_samples, problem_aliases, sent TO failmail_node`)
	s := open(t, worker, store.Limits{})
	record(t, s, entry("one"))
	b, err := s.Claim(t.Context(), noon.Add(time.Hour), time.Minute)
	if err != nil || b == nil {
		t.Fatalf("Claim: %v, %v", b, err)
	}
	if err := s.Seal(t.Context(), b.ID, []store.Outgoing{{MessageID: "m1", NextAt: noon}}); err != nil {
		t.Fatal(err)
	}
	o, err := s.ClaimOutgoing(t.Context(), noon, time.Minute)
	if err != nil || o == nil {
		t.Fatalf("ClaimOutgoing: %v, %v", o, err)
	}
	_, err = s.Mute(t.Context(), store.Mute{Until: noon})
	err = errors.Join(err, s.Reopen(t.Context(), o.ID, noon), s.NoteHeartbeat(t.Context(), "backup", noon), s.Forget(t.Context(), noon))
	if err != nil {
		t.Fatal(err)
	}
}

func TestNodesThatStartTogetherMigrateOnce(t *testing.T) {
	t.Parallel()
	url := testutil.StartPostgres(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s, err := postgres.Open(t.Context(), url, store.Limits{})
			if err != nil {
				t.Error(err)
				return
			}
			if err := errors.Join(s.Record(t.Context(), []store.Entry{entry("one")}), s.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	wantMails(t, open(t, url, store.Limits{}), 8)
}

// TestTransactionsHaveTheirSettings looks from inside one. Commits wait for the
// disk even if that is not the server's default, and a node that dies in the middle
// does not keep its locks.
func TestTransactionsHaveTheirSettings(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{"off": "on", "local": "local", "remote_apply": "remote_apply"} {
		url := testutil.With(t, testutil.StartPostgres(t), "synchronous_commit", setting)
		s := open(t, url, store.Limits{})
		exec(t, url,
			"CREATE TABLE witness (commit text, idle text)",
			`CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN
				INSERT INTO witness SELECT current_setting(''synchronous_commit''), current_setting(''idle_in_transaction_session_timeout'');
				RETURN NEW; END'`,
			"CREATE TRIGGER look BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION look()",
			"CREATE TRIGGER look BEFORE INSERT ON batches FOR EACH ROW EXECUTE FUNCTION look()")
		record(t, s, entry("one"))
		wantMails(t, s, 1)
		exec(t, url, fmt.Sprintf("DO 'BEGIN ASSERT (SELECT count(*) = 2 AND bool_and(commit = ''%s'') AND bool_or(idle = ''10s'') FROM witness); END'", want))
	}
}
