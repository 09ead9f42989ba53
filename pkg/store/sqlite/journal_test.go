package sqlite

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/hut8labs/failmail/pkg/store"
)

func storm(mail int) store.Entry {
	return store.Entry{
		Batch: "batch", Group: "group", Fingerprint: "v1:a", Received: noon.Add(time.Duration(mail) * time.Second),
		Recipients: []string{"ops@example.com"}, Host: "web-1", Sample: bytes.Repeat([]byte("a"), 4096),
	}
}

func recordOne(t *testing.T, s *Store, e store.Entry) {
	t.Helper()
	if err := s.Record(t.Context(), []store.Entry{e}); err != nil {
		t.Fatal(err)
	}
}

// rows returns how long the rows of the journal are.
func rows(t *testing.T, s *Store) (lengths []int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.stmt.notes.rows(func(r *sqlite3.Stmt) { lengths = append(lengths, len(r.ColumnRawBlob(0))) }); err != nil {
		t.Fatal(err)
	}
	return lengths
}

func sum(lengths []int) (total int) {
	for _, length := range lengths {
		total += length
	}
	return total
}

func TestTheJournalStaysShort(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		of   string
		mail func(i int) store.Entry
	}{
		{"equal mails", storm},
		{"different mails", func(i int) store.Entry {
			e := storm(i)
			e.Group, e.Fingerprint = fmt.Sprint("group ", i), fmt.Sprint("v1:", i)
			return e
		}},
		{"large different mails", func(i int) store.Entry {
			e := storm(i)
			e.Fingerprint, e.Sample = fmt.Sprint("v1:", i), bytes.Repeat([]byte("a"), 100_000)
			return e
		}},
	} {
		t.Run("with "+test.of, func(t *testing.T) {
			t.Parallel()
			s := openFor(t)
			for i := range 500 {
				recordOne(t, s, test.mail(i))
				if all := rows(t, s); len(all) == 0 || len(all) > longCommits || sum(all) > longBytes+200_000 {
					t.Fatalf("after %d mails the journal has %d rows with %d bytes", i+1, len(all), sum(all))
				}
			}
			wantPending(t, s, store.Pending{Mails: 500, Batches: 1})
			if all := rows(t, s); len(all) != 0 {
				t.Errorf("there are %d rows after what is pending was asked for", len(all))
			}
		})
	}
}

func TestTheJournalHasTheSampleOfAVariantOnce(t *testing.T) {
	t.Parallel()
	s := openFor(t)
	for i := range 3 {
		recordOne(t, s, storm(i))
	}
	wantPending(t, s, store.Pending{Mails: 3, Batches: 1})
	for i := range 10 {
		recordOne(t, s, storm(i))
	}
	if all := rows(t, s); sum(all) > 10*1024 {
		t.Errorf("10 more equal mails made rows of %v bytes", all)
	}
	b, err := s.Claim(t.Context(), noon.AddDate(0, 0, 1), time.Hour)
	if err != nil || b.Count != 13 || len(b.Groups[0].Variants[0].Sample) != 4096 {
		t.Fatalf("claim: %+v, %v", b, err)
	}
	recordOne(t, s, storm(20))
	b, err = s.Claim(t.Context(), noon.AddDate(0, 0, 1), time.Hour)
	if err != nil || b.Count != 1 || len(b.Groups[0].Variants[0].Sample) != 4096 {
		t.Fatalf("claim of the next batch: %+v, %v", b, err)
	}
}

func TestManyGroupsAreCountedAtOnce(t *testing.T) {
	t.Parallel()
	s := openFor(t)
	recordOne(t, s, storm(0))
	if err := s.Record(t.Context(), entries(manyGroups, 10)); err != nil {
		t.Fatal(err)
	}
	if all := rows(t, s); len(all) != 0 {
		t.Errorf("the journal has %d rows", len(all))
	}
	wantPending(t, s, store.Pending{Mails: manyGroups + 1, Batches: 3})
}

func TestAFailureToCountTheJournalLosesNothing(t *testing.T) {
	t.Parallel()
	s := openFor(t)
	const have = 10
	for i := range have {
		recordOne(t, s, storm(i))
	}
	drain := fill(t, s)
	wantFull(t, "Record", s.Record(t.Context(), entries(manyGroups, 40_000)))
	if all := rows(t, s); len(all) != have {
		t.Errorf("the journal had %d rows, and has %d", have, len(all))
	}
	drain()
	if err := s.Record(t.Context(), entries(2, 10)); err != nil {
		t.Fatal(err)
	}
	wantPending(t, s, store.Pending{Mails: have + 2, Batches: 3})
}

func TestOpenRefusesAJournalThatItCannotRead(t *testing.T) {
	t.Parallel()
	s := openFor(t)
	if err := s.stmt.note.exec([]byte(`[{}]`)); err != nil {
		t.Fatal(err)
	}
	s.files.note() // as each commit does
	if err := s.replay(); err == nil {
		t.Fatal("a row without a batch was taken")
	}
}

func TestTheJournalLeavesOutWhatThereIsNoRoomFor(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		of   string
		vary func(e *store.Entry, i int)
	}{
		{"groups", func(e *store.Entry, i int) { e.Group = fmt.Sprint("group ", i) }},
		{"variants", func(e *store.Entry, i int) { e.Fingerprint = fmt.Sprint("v1:", i) }},
	} {
		t.Run(test.of, func(t *testing.T) {
			t.Parallel()
			s, err := Open(filepath.Join(t.TempDir(), "failmail.db"), store.Limits{GroupsPerBatch: 4, VariantsPerGroup: 4})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			const mails = 300
			for i := range mails {
				e := storm(i)
				test.vary(&e, i%100)
				recordOne(t, s, e)
			}
			if all := rows(t, s); len(all) == 0 || sum(all) > 1024*len(all) {
				t.Errorf("%d rows of %d bytes", len(all), sum(all))
			}
			b, err := s.Claim(t.Context(), noon.AddDate(0, 0, 1), time.Hour)
			if err != nil || b.Count != mails {
				t.Fatalf("claim: %+v, %v", b, err)
			}
			counted := 0
			for _, g := range b.Groups {
				for _, v := range g.Variants {
					counted += v.Count
				}
			}
			if counted != 4*3 {
				t.Errorf("%d mails are in variants, want 3 in each of 4", counted)
			}
		})
	}
}
