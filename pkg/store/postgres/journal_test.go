package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hut8labs/failmail/internal/testutil"
	"github.com/hut8labs/failmail/pkg/store"
)

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

func storm(sample string) store.Entry {
	return store.Entry{
		Batch: "batch", Group: "group", Fingerprint: "v1:a", Received: noon, Host: "web-1",
		Window: store.Window{Wait: time.Second, MaxWait: time.Minute}, Sample: []byte(sample),
	}
}

// openNode opens a store that settles its journal only when it has to.
func openNode(t *testing.T, url string, limits store.Limits) *Store {
	t.Helper()
	s, err := Open(t.Context(), url, limits)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.stop()
	<-s.done
	return s
}

func recordOne(t *testing.T, s *Store, e store.Entry) {
	t.Helper()
	if err := s.Record(t.Context(), []store.Entry{e}); err != nil {
		t.Fatal(err)
	}
}

// settleAndLook does what happens every second.
func settleAndLook(t *testing.T, s *Store) {
	t.Helper()
	if err := errors.Join(s.bringUpToDate(t.Context()), s.look(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// number returns what a query of one number answers.
func number(t *testing.T, s *Store, query string) (n int) {
	t.Helper()
	if err := s.read(t.Context(), func(ctx context.Context, tx pgx.Tx) error { return tx.QueryRow(ctx, query).Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func claim(t *testing.T, s *Store) *store.Batch {
	t.Helper()
	b, err := s.Claim(t.Context(), noon.Add(time.Hour), time.Minute)
	if err != nil || b == nil {
		t.Fatalf("Claim: %v, %v", b, err)
	}
	return b
}

func TestTheJournalIsSettledWithoutBeingAskedTo(t *testing.T) {
	t.Parallel()
	url := testutil.StartPostgres(t)
	idle, err := Open(t.Context(), url, store.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	s := openNode(t, url, store.Limits{})
	recordOne(t, s, storm("sample")) // by a node that does nothing more
	for deadline := time.Now().Add(time.Minute); number(t, s, "SELECT count(*) FROM journal") > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within a minute")
		}
	}
	if n := number(t, s, "SELECT count FROM batches"); n != 1 {
		t.Errorf("the batch has %d mails, want 1", n)
	}
}

func TestACommitMadeAgainCountsOnce(t *testing.T) {
	t.Parallel()
	s := openNode(t, testutil.StartPostgres(t), store.Limits{})
	late := storm("sample")
	late.Received = time.Date(12_000, 1, 1, 0, 0, 0, 0, time.UTC) // goes past the journal
	quiet := storm("sample")
	quiet.Quiet = time.Hour
	for name, e := range map[string]store.Entry{"in the journal": storm("sample"), "past the journal": late, "with Quiet": quiet} {
		for _, settled := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, settled meanwhile: %t", name, settled), func(t *testing.T) {
				before := number(t, s, "SELECT coalesce(sum(count), 0)::bigint FROM batches")
				c := newCommit([]store.Entry{e})
				for range 3 {
					err := s.run(t.Context(), func(ctx context.Context, conn *pgx.Conn) error { return s.commit(ctx, conn, c) })
					if err != nil {
						t.Fatal(err)
					}
					if settled {
						settleAndLook(t, s)
					}
				}
				settleAndLook(t, s)
				if n := number(t, s, "SELECT sum(count)::bigint FROM batches") - before; n != 1 {
					t.Errorf("counted %d times", n)
				}
			})
		}
	}
}

func TestACommitIsNotMadeAfterItsDeadline(t *testing.T) {
	t.Parallel()
	s := openNode(t, testutil.StartPostgres(t), store.Limits{})
	try := func(c *commit) error {
		return s.run(t.Context(), func(ctx context.Context, conn *pgx.Conn) error { return s.commit(ctx, conn, c) })
	}
	late := newCommit([]store.Entry{storm("late")})
	late.began = late.began.Add(-callTimeout)
	if err := try(late); !errors.Is(err, errLate) {
		t.Errorf("got %v, want %v", err, errLate)
	}
	if n := number(t, s, "SELECT count(*) FROM journal"); n != 0 {
		t.Errorf("%d rows were written", n)
	}
	made := newCommit([]store.Entry{storm("made")})
	if err := try(made); err != nil {
		t.Fatal(err)
	}
	made.began = late.began
	if err := try(made); err != nil {
		t.Errorf("asked late for what was made in time: %v", err)
	}
	for _, ahead := range []time.Duration{-time.Hour, time.Hour} {
		s.clock.learn(time.Now().Add(ahead))
		if err := try(newCommit([]store.Entry{storm("after the clock was set")})); err != nil {
			t.Errorf("with a clock that is %s ahead: %v", ahead, err)
		}
	}
	if n := number(t, s, "SELECT count(*) FROM journal"); n != 3 {
		t.Errorf("%d rows were written, want 3", n)
	}
}

func TestIDsOfCommitsAreKeptLongerThanTheyAreUsed(t *testing.T) {
	t.Parallel()
	s := openNode(t, testutil.StartPostgres(t), store.Limits{})
	for range 3 {
		recordOne(t, s, storm("sample"))
	}
	err := s.write(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			WITH numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS nr FROM commits)
			UPDATE commits SET at = clock_timestamp() - CASE nr WHEN 1 THEN $1::float8 ELSE $2 END * interval '1 second'
			FROM numbered WHERE commits.id = numbered.id AND nr < 3`, idsKept.Seconds()+1, (2 * callTimeout).Seconds())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := number(t, s, "SELECT count(*) FROM commits"); n != 2 {
		t.Errorf("%d IDs are left, want the two that are younger than %s", n, idsKept)
	}
}

func TestRowsDoNotRepeatWhatOpenBatchesHave(t *testing.T) {
	t.Parallel()
	limits := store.Limits{GroupsPerBatch: 2, VariantsPerGroup: 2}
	s := openNode(t, testutil.StartPostgres(t), limits)
	of := func(group, fingerprint string) store.Entry {
		e := storm(strings.Repeat("sample ", 100))
		e.Group, e.Fingerprint = group, fingerprint
		return e
	}
	for _, e := range []store.Entry{of("one", "v1:a"), of("one", "v1:b"), of("two", "v1:a")} {
		recordOne(t, s, e)
		settleAndLook(t, s)
	}
	for _, test := range []struct {
		name  string
		entry store.Entry
		has   string
		lacks []string
	}{
		{"a variant that is known has no sample", of("one", "v1:a"), "v1:a", []string{`"Sample":"`}},
		{"a variant that there is no room for is not named", of("one", "v1:c"), "one", []string{"v1:c"}},
		{"a group that there is no room for is not named", of("three", "v1:a"), "batch", []string{"three", "v1:a"}},
		{"a variant that there is room for has its sample", of("two", "v1:d"), `"Sample":"`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			recordOne(t, s, test.entry)
			var row string
			err := s.read(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
				return tx.QueryRow(ctx, `SELECT convert_from(additions, 'UTF8') FROM journal ORDER BY id DESC LIMIT 1`).Scan(&row)
			})
			if err != nil || !strings.Contains(row, test.has) {
				t.Errorf("the row lacks %q (%v): %s", test.has, err, row)
			}
			for _, word := range test.lacks {
				if strings.Contains(row, word) {
					t.Errorf("the row has %q: %s", word, row)
				}
			}
		})
	}
	if b := claim(t, s); b.Count != 7 || b.Omitted() != 1 || b.Groups[0].Omitted() != 1 {
		t.Errorf("got %d mails, %d of them omitted, and %d in %q", b.Count, b.Omitted(), b.Groups[0].Omitted(), b.Groups[0].Key)
	}
}

func TestWhatAnotherNodeHasClaimedIsNotReliedOn(t *testing.T) {
	t.Parallel()
	url := testutil.StartPostgres(t)
	a, b := openNode(t, url, store.Limits{}), openNode(t, url, store.Limits{})
	recordOne(t, a, storm("first"))
	settleAndLook(t, a)
	claim(t, b)
	recordOne(t, a, storm("second"))
	if got := claim(t, b); got.Count != 1 || string(got.Groups[0].Variants[0].Sample) != "second" {
		t.Errorf("got %d mails with sample %q", got.Count, got.Groups[0].Variants[0].Sample)
	}
}

// TestNoBatchLacksASampleHoweverItIsClaimed has nodes rely on a batch as much as they
// can while others claim it.
func TestNoBatchLacksASampleHoweverItIsClaimed(t *testing.T) {
	t.Parallel()
	const mails = 400
	url := testutil.StartPostgres(t)
	claimer := openNode(t, url, store.Limits{})
	var writing sync.WaitGroup
	for range 2 {
		s := openNode(t, url, store.Limits{})
		writing.Go(func() {
			for i := range mails {
				if err := s.Record(t.Context(), []store.Entry{storm("sample")}); err != nil {
					t.Error(err)
				}
				if i%3 == 0 {
					settleAndLook(t, s)
				}
			}
		})
	}
	written := make(chan struct{})
	go func() { writing.Wait(); close(written) }()
	for counted := 0; counted < 2*mails; {
		b, err := claimer.Claim(t.Context(), noon.Add(time.Hour), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if b == nil {
			select {
			case <-written:
				if p, err := claimer.Pending(t.Context()); err != nil || p.Mails == 0 {
					t.Fatalf("%d mails were counted, want %d (%v)", counted, 2*mails, err)
				}
			default:
			}
			continue
		}
		if counted += b.Count; len(b.Groups) != 1 || b.Groups[0].Count != b.Count || string(b.Groups[0].Variants[0].Sample) != "sample" {
			t.Fatalf("a batch of %d mails has %d groups, %+v", b.Count, len(b.Groups), b.Groups[0])
		}
		if err := claimer.Seal(t.Context(), b.ID, nil); err != nil {
			t.Fatal(err)
		}
	}
	<-written
}
