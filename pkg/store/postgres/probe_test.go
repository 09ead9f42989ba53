package postgres_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/store"
)

func TestAProbeSeesWhatWouldKeepAMailOut(t *testing.T) {
	t.Parallel()
	url := testutil.StartPostgres(t)
	s := open(t, url, store.Limits{})
	probe := func(what string, want bool) {
		t.Helper()
		if err := s.Probe(t.Context(), 1); (err == nil) != want {
			t.Errorf("%s: got %v", what, err)
		}
	}
	probe("at first", true)

	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	tx, err := conn.Begin(t.Context())
	if err == nil {
		_, err = tx.Exec(t.Context(), "LOCK TABLE batches")
	}
	if err != nil {
		t.Fatal(err)
	}
	probe("while a table is locked", false)
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	probe("after it was unlocked", true)

	exec(t, url, "ALTER TABLE sources RENAME TO gone")
	probe("without a table", false)
	exec(t, url, "ALTER TABLE gone RENAME TO sources")
	probe("with it again", true)
}

func TestTheClockOfTheServerIsTheServers(t *testing.T) {
	t.Parallel()
	s := open(t, testutil.StartPostgres(t), store.Limits{})
	before := time.Now()
	now, err := s.Now(t.Context())
	if err != nil || now.Before(before.Add(-time.Minute)) || now.After(time.Now().Add(time.Minute)) {
		t.Errorf("got %s, %v", now, err)
	}
}
