package postgres_test

import (
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/postgres"
)

// A pooler hands connections on whose prepared statements are other clients' or gone.
// Here a trigger takes them away.
func TestAPoolerThatLosesPreparedStatementsIsNamedWithTheRemedy(t *testing.T) {
	t.Parallel()
	schema := testutil.StartPostgres(t)
	open := func(url string) *postgres.Store {
		s, err := postgres.Open(t.Context(), url, store.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	url := testutil.With(t, schema, "pool_max_conns", "1")
	prepared := open(url)
	exec(t, schema,
		"CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN EXECUTE 'DEALLOCATE ALL'; RETURN NULL; END$$",
		"CREATE TRIGGER forget AFTER INSERT OR UPDATE ON journal EXECUTE FUNCTION forget()")
	var err error
	for range 10 {
		if err = prepared.Record(t.Context(), []store.Entry{entry("one")}); err != nil {
			break
		}
	}
	if err == nil || !strings.Contains(err.Error(), "prepared statement") || !strings.Contains(err.Error(), "add default_query_exec_mode=exec to the URL") {
		t.Errorf("it says %v, want the parameter that mends it", err)
	}
	unprepared := open(testutil.With(t, url, "default_query_exec_mode", "exec"))
	for range 10 {
		record(t, unprepared, entry("one"))
	}
}
