package postgres_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/postgres"
)

// A load records through several nodes and knows what became of it.
type load struct {
	attempted, acknowledged, failed atomic.Int64
	stop                            chan struct{}
	wg                              sync.WaitGroup
}

func startLoad(t *testing.T, nodes ...*postgres.Store) *load {
	l := &load{stop: make(chan struct{})}
	for _, s := range nodes {
		for range 3 {
			l.wg.Go(func() {
				for {
					select {
					case <-l.stop:
						return
					default:
					}
					l.attempted.Add(2)
					if err := s.Record(t.Context(), []store.Entry{entry("one"), entry("two")}); err == nil {
						l.acknowledged.Add(2)
					} else {
						l.failed.Add(2)
						time.Sleep(time.Millisecond) // a client would wait longer
					}
				}
			})
		}
	}
	return l
}

// waitFor polls until more mails are acknowledged than there were before.
func (l *load) waitFor(t *testing.T, more int64) {
	t.Helper()
	want := l.acknowledged.Load() + more
	eventually(t, "mails are acknowledged", func() bool { return l.acknowledged.Load() >= want })
}

func (l *load) end() {
	close(l.stop)
	l.wg.Wait()
}

// check expects nothing acknowledged to be lost and nothing counted twice. Those
// whose COMMIT had no answer may be counted or not.
func (l *load) check(t *testing.T, counted int) {
	t.Helper()
	t.Logf("%d attempted, %d acknowledged, %d failed; %d counted", l.attempted.Load(), l.acknowledged.Load(), l.failed.Load(), counted)
	if n := int64(counted); n < l.acknowledged.Load() || n > l.attempted.Load() || n%2 != 0 {
		t.Errorf("counted %d; %d were acknowledged, %d attempted, two at a time", n, l.acknowledged.Load(), l.attempted.Load())
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within two minutes: %s", what)
		}
	}
}

func nodes(t *testing.T, url string) []*postgres.Store {
	return []*postgres.Store{open(t, url, store.Limits{}), open(t, url, store.Limits{}), open(t, url, store.Limits{})}
}

func TestLostConnectionsLoseNothing(t *testing.T) {
	t.Parallel()
	url := testutil.With(t, testutil.StartPostgres(t), "application_name", "failmail-of-this-test")
	n := nodes(t, url)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	l := startLoad(t, n...)
	var lost int64
	for range 8 {
		l.waitFor(t, 20)
		killed, err := conn.Exec(t.Context(), `
			SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE application_name = 'failmail-of-this-test' AND pid <> pg_backend_pid()`)
		if err != nil {
			t.Fatal(err)
		}
		lost += killed.RowsAffected()
	}
	l.waitFor(t, 20)
	l.end()
	if lost < 8 {
		t.Errorf("only %d connections were lost", lost)
	}
	p, err := n[0].Pending(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l.check(t, p.Mails)
}

func TestARestartOfTheServerLosesNothing(t *testing.T) {
	t.Parallel()
	for name, crash := range map[string]bool{"cleanly": false, "after a crash": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := testutil.NewCluster(t)
			n := nodes(t, c.URL())
			l := startLoad(t, n...)
			for range 3 {
				l.waitFor(t, 20)
				if err := c.Stop(crash); err != nil {
					t.Fatal(err)
				}
				failed := l.failed.Load()
				eventually(t, "mails are refused while the server is down", func() bool { return l.failed.Load() > failed })
				if _, err := n[1].NextDue(t.Context()); err == nil {
					t.Error("NextDue without a server: no error")
				}
				if err := c.Start(); err != nil {
					t.Fatal(err)
				}
			}
			l.waitFor(t, 100)
			l.end()
			b, err := n[0].Claim(t.Context(), noon.Add(time.Hour), time.Minute)
			if err != nil || b == nil {
				t.Fatalf("Claim: %v, %v", b, err)
			}
			l.check(t, b.Count)
			if g := b.Groups[0]; g.Count != b.Count || g.Variants[0].Count != b.Count || g.Hosts["web-1"] != b.Count || b.Recipients["ops@example.com"] != b.Count {
				t.Errorf("counts differ: %d in the batch, %d in the group, %d in the variant", b.Count, g.Count, g.Variants[0].Count)
			}
		})
	}
}

// TestACommitMadeAgainWaitsForTheStandby has a commit wait for one, and loses the
// connection meanwhile: what is committed here stays, but is acknowledged only when the
// standby has it.
func TestACommitMadeAgainWaitsForTheStandby(t *testing.T) {
	t.Parallel()
	c := testutil.NewCluster(t)
	s := open(t, c.URL(), store.Limits{})
	conn, err := pgx.Connect(t.Context(), c.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	standby := func(name string) {
		t.Helper()
		for _, sql := range []string{"ALTER SYSTEM SET synchronous_standby_names = '" + name + "'", "SELECT pg_reload_conf()"} {
			if _, err := conn.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
	}
	waits := func(of, query string) func() bool {
		return func() bool {
			var is bool
			err := conn.QueryRow(t.Context(), "SELECT coalesce(bool_or("+query+"), false) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query LIKE '%"+of+"%'").Scan(&is)
			return err == nil && is
		}
	}
	probe, err := pgx.Connect(t.Context(), c.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer probe.Close(context.Background())
	if _, err := probe.Exec(t.Context(), "CREATE TABLE probe (n integer)"); err != nil {
		t.Fatal(err)
	}
	standby("missing")
	// The server reads that a while later; until then, no commit waits.
	probed := make(chan error, 1)
	go func() {
		for {
			if _, err := probe.Exec(t.Context(), "INSERT INTO probe VALUES (1)"); err != nil || t.Context().Err() != nil {
				probed <- err
				return
			}
		}
	}()
	eventually(t, "commits wait for the standby", waits("probe", "true"))
	result := make(chan error, 1)
	go func() { result <- s.Record(t.Context(), []store.Entry{entry("one")}) }()
	eventually(t, "the commit waits", waits("journal", "pg_terminate_backend(pid)"))
	eventually(t, "the commit that is made again waits", waits("journal", "true"))
	select {
	case err := <-result:
		t.Errorf("Record did not wait: %v", err)
	default:
	}
	if _, err := conn.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%probe%' AND pid <> pg_backend_pid()"); err != nil {
		t.Error(err)
	}
	if err := <-probed; err == nil {
		t.Error("the connection of the probe goes on")
	}
	standby("")
	if err := <-result; err != nil {
		t.Errorf("Record: %v", err)
	}
	wantMails(t, s, 1)
}

func TestACallIsNotInterrupted(t *testing.T) {
	t.Parallel()
	url := testutil.StartPostgres(t)
	s := open(t, url, store.Limits{})
	record(t, s, entry("one"))
	lock, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close(context.Background())
	if _, err := lock.Exec(t.Context(), "BEGIN; LOCK TABLE journal"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- s.Record(ctx, []store.Entry{entry("two")}) }()
	watch := open(t, url, store.Limits{})
	eventually(t, "Record waits for the lock", func() bool { return waiting(t, url) })
	cancel()
	if _, err := lock.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Errorf("Record: %v", err)
	}
	wantMails(t, watch, 2)
	if err := s.Record(ctx, []store.Entry{entry("three")}); !errors.Is(err, context.Canceled) {
		t.Errorf("Record with a cancelled context: got %v", err)
	}
}

// waiting reports whether a transaction waits for another one's lock on the
// journal of this schema.
func waiting(t *testing.T, url string) (is bool) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	err = conn.QueryRow(t.Context(), `
		SELECT EXISTS (SELECT FROM pg_locks held JOIN pg_locks awaited ON awaited.pid = held.pid
			WHERE held.relation = 'journal'::regclass AND NOT awaited.granted)`).Scan(&is)
	if err != nil {
		t.Fatal(err)
	}
	return is
}
