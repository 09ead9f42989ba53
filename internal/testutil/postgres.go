// Package testutil brings a real PostgreSQL to the tests.
package testutil

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// shared is the one cluster of a test binary.
var shared struct {
	sync.Mutex
	cluster *Cluster
}

// Main is what TestMain of a package that calls StartPostgres calls: it runs the
// tests, stops the cluster and returns the exit code.
func Main(m *testing.M) int {
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.cluster == nil {
		return code
	}
	if err := shared.cluster.remove(); err != nil {
		fmt.Fprintln(os.Stderr, "stop PostgreSQL:", err)
		return 1
	}
	return code
}

// StartPostgres returns the URL of a schema of its own. It is in the database that
// FAILMAIL_TEST_POSTGRES names, from which it is removed at the end of the test, or
// else in a cluster that lives as long as the test binary. Without either the test
// ends as Lacks says. It may be called concurrently.
func StartPostgres(t testing.TB) string {
	t.Helper()
	if external := os.Getenv("FAILMAIL_TEST_POSTGRES"); external != "" {
		name := createSchema(t, external)
		t.Cleanup(func() { dropSchema(t, external, name) })
		return With(t, external, "search_path", name)
	}
	base := SharedCluster(t).URL()
	return With(t, base, "search_path", createSchema(t, base))
}

// SharedCluster returns the cluster that lives as long as the test binary. Roles and
// databases are of all tests. It may be called concurrently.
func SharedCluster(t testing.TB) *Cluster {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.cluster == nil {
		cluster, err := newCluster()
		if err != nil {
			endFor(t, err)
		}
		shared.cluster = cluster
	}
	return shared.cluster
}

func createSchema(t testing.TB, base string) (name string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), base)
	if err != nil {
		t.Fatalf("connect to PostgreSQL for the test: %v", err)
	}
	defer conn.Close(context.Background())
	// The name is unique among all who use the same database.
	err = conn.QueryRow(context.Background(), "SELECT 'failmail_test_' || replace(gen_random_uuid()::text, '-', '')").Scan(&name)
	if err == nil {
		_, err = conn.Exec(context.Background(), "CREATE SCHEMA "+name)
	}
	if err != nil {
		t.Fatalf("create a schema for the test: %v", err)
	}
	return name
}

func dropSchema(t testing.TB, base, name string) {
	conn, err := pgx.Connect(context.Background(), base)
	if err == nil {
		_, err = conn.Exec(context.Background(), "DROP SCHEMA "+name+" CASCADE")
		conn.Close(context.Background())
	}
	if err != nil {
		t.Errorf("remove the schema of the test: %v", err)
	}
}

// With returns the URL with a parameter set.
func With(t testing.TB, base, parameter, value string) string {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatalf("FAILMAIL_TEST_POSTGRES must be a URL: %v", err)
	}
	query := u.Query()
	query.Set(parameter, value)
	u.RawQuery = query.Encode()
	return u.String()
}

// A Cluster is a PostgreSQL server in a temporary folder, with a Unix socket and no
// port. It syncs, as a real one does.
type Cluster struct {
	folder string         // has data and the socket
	tools  string         // the folder of the programs
	server *exec.Cmd      // nil while it does not run
	input  io.WriteCloser // of the server's keeper
}

// endFor ends a test that has no cluster because of err.
func endFor(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, errNoPostgres) {
		Lacks(t, err.Error())
	}
	t.Fatal(err)
}

// NewCluster starts a cluster for one test, which may stop and start it.
func NewCluster(t testing.TB) *Cluster {
	t.Helper()
	c, err := newCluster()
	if err != nil {
		endFor(t, err)
	}
	t.Cleanup(func() {
		if err := c.remove(); err != nil {
			t.Errorf("stop PostgreSQL: %v", err)
		}
	})
	return c
}

// OpenCluster starts a cluster for who is no test, and removes it at the end.
func OpenCluster() (*Cluster, error) { return newCluster() }

func newCluster() (*Cluster, error) {
	tools, err := findTools()
	if err != nil {
		return nil, err
	}
	// Not t.TempDir: the server may be another user, who could not enter it.
	folder, err := os.MkdirTemp("", "failmail-postgres-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{folder: folder, tools: tools}
	if err := c.create(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	if err := c.Start(); err != nil {
		return nil, errors.Join(err, c.remove())
	}
	return c, nil
}

var errNoPostgres = errors.New("PostgreSQL is not installed; as root: apt-get install postgresql (or set FAILMAIL_TEST_POSTGRES=postgres://…)")

// findTools returns the folder that has initdb and postgres.
func findTools() (string, error) {
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/initdb", "/usr/pgsql-*/bin/initdb"} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return filepath.Dir(found[len(found)-1]), nil
		}
	}
	if found, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(found), nil
	}
	return "", errNoPostgres
}

func (c *Cluster) create() error {
	if os.Getuid() == 0 {
		uid, gid, err := unprivileged()
		if err != nil {
			return err
		}
		if err := os.Chown(c.folder, uid, gid); err != nil {
			return err
		}
	}
	// local trust is for the tests; the role "guarded" has to know its password.
	_, err := c.run(filepath.Join(c.tools, "initdb"), "--pgdata="+c.data(), "--username=failmail", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
	if err != nil {
		return err
	}
	rules := filepath.Join(c.data(), "pg_hba.conf")
	return os.WriteFile(rules, []byte("local all guarded scram-sha-256\nlocal all stranger reject\nlocal all all trust\n"), 0o600)
}

func (c *Cluster) data() string { return filepath.Join(c.folder, "data") }

func (c *Cluster) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = c.folder
	// Messages in English, and no PGHOST or PGPORT of the developer.
	cmd.Env = []string{"LC_ALL=C", "PATH=" + os.Getenv("PATH"), "TMPDIR=" + c.folder}
	if os.Getuid() == 0 {
		uid, gid, _ := unprivileged() // create has found it
		runAs(cmd, uid, gid)
	}
	return cmd
}

func (c *Cluster) run(program string, args ...string) (output []byte, err error) {
	output, err = c.command(program, args...).CombinedOutput()
	if err != nil {
		return output, fmt.Errorf("%s: %w: %s", program, err, output)
	}
	return output, nil
}

// unprivileged returns a user that the server may run as, since it refuses root.
func unprivileged() (uid, gid int, err error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(u.Uid)
		gid, gidErr := strconv.Atoi(u.Gid)
		return uid, gid, errors.Join(uidErr, gidErr)
	}
	return 0, 0, errors.New("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")
}

// URL returns how the superuser connects.
func (c *Cluster) URL() string { return c.URLOf("failmail", "", "postgres") }

// URLOf returns how a role connects to a database.
func (c *Cluster) URLOf(role, password, database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(role), Path: "/" + database}
	if password != "" {
		u.User = url.UserPassword(role, password)
	}
	u.RawQuery = url.Values{"host": {c.folder}}.Encode()
	return u.String()
}

// startTimeout is how long a server may take that recovers from a crash on a busy
// machine.
const startTimeout = 2 * time.Minute

// keeper runs the server until it reads a signal to send it, or until its input
// ends because the test binary was killed; then nothing shall be left behind.
const keeper = `
	folder=$1; shift
	"$@" & server=$!
	read -r signal
	kill -"${signal:-QUIT}" "$server"
	wait "$server"
	[ "$signal" ] || rm -rf "$folder"`

// Start starts the server and waits until it serves.
func (c *Cluster) Start() error {
	log, err := os.OpenFile(filepath.Join(c.folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	c.server = c.command("/bin/sh", "-c", keeper, "keeper", c.folder,
		filepath.Join(c.tools, "postgres"), "-D", c.data(), "-k", c.folder, "-c", "listen_addresses=",
		"-c", "max_connections=300", "-c", "shared_buffers=64MB", "-c", "max_wal_size=256MB")
	c.server.Stdout, c.server.Stderr = log, log
	if c.input, err = c.server.StdinPipe(); err != nil {
		return err
	}
	if err := c.server.Start(); err != nil {
		return err
	}
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(20 * time.Millisecond) {
		conn, err := pgx.Connect(context.Background(), c.URL())
		if err == nil {
			return conn.Close(context.Background())
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(log.Name())
			return fmt.Errorf("PostgreSQL does not start: %w\n%s", err, text)
		}
	}
}

// Stop ends the server: cleanly, cutting off its clients, or as a crash does.
func (c *Cluster) Stop(crash bool) error {
	if c.server == nil {
		return nil
	}
	if crash {
		return c.Signal("QUIT")
	}
	return c.Signal("INT")
}

// Signal ends the server with a signal: INT is a clean end, QUIT what an immediate
// shutdown is, and KILL what the machine does to it when memory runs out.
func (c *Cluster) Signal(signal string) error {
	_, err := fmt.Fprintln(c.input, signal)
	c.server.Wait() // its exit code tells how it was stopped
	c.server = nil
	return err
}

// Remove stops the server and removes the cluster.
func (c *Cluster) Remove() error { return c.remove() }

func (c *Cluster) remove() error { return errors.Join(c.Stop(true), os.RemoveAll(c.folder)) }
