package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

func earlyChecks() []check {
	return []check{
		{sentence: "the first mail of a group is a batch of its own and due at once", run: earlyFirst},
		{sentence: "of the first mails in one call only one is early", run: earlyOnce},
		{sentence: "a mail within Quiet of the last one is not early and one after it is", run: earlyAgain},
		{sentence: "a mail that arrives late does not bring the quiet back", run: earlyLate},
		{sentence: "an early batch leaves the window of the other one alone", run: earlyBeside},
		{sentence: "first mails of several groups share an early batch of their key", run: earlyShared},
		{sentence: "muted mails are never early and not seen", run: earlyMuted},
		{sentence: "early mails do the same in one call as in many", run: earlySplit},
		{sentence: "a reopened early batch is early again", run: earlyFolded},
		{sentence: "the first mail of a group is early once however many record it", run: earlyConcurrent},
	}
}

// early returns the early batch that Add makes of entries.
func early(entries ...store.Entry) *store.Batch {
	for i := range entries {
		entries[i].Window = store.Window{}
	}
	b := expect(store.Limits{}, entries...)
	b.Early = true
	return b
}

func earlyFirst(t *testing.T, s *subject) {
	s.record(mail(0, quiet(time.Hour)))
	s.wantNextDue(after(0))
	s.wantBatch(s.claim(after(0)), early(mail(0)))
	s.claimNothing(after(0))
	s.wantPending(store.Pending{Batches: 1, Mails: 1})
}

func earlyOnce(t *testing.T, s *subject) {
	first, second, third := mail(0, quiet(time.Hour)), mail(time.Second, quiet(time.Hour)), mail(2*time.Second, quiet(time.Hour), of("group", "v1:b"))
	s.record(first, second, third)
	s.wantPending(store.Pending{Batches: 2, Mails: 3})
	s.wantNextDue(after(0))
	s.wantBatch(s.claim(later), early(first))
	s.wantNextDue(after(32 * time.Second))
	s.wantBatch(s.claim(later), expect(store.Limits{}, second, third))
}

func earlyAgain(t *testing.T, s *subject) {
	at := time.Duration(0)
	for _, c := range []struct {
		pause time.Duration
		early bool
	}{
		{0, true}, {time.Second, false}, {time.Hour, false}, {time.Hour, false},
		{time.Hour + time.Microsecond, true}, {0, false}, {30 * time.Minute, false}, {24 * time.Hour, true},
	} {
		at += c.pause
		s.record(mail(at, quiet(time.Hour)))
		b := s.claim(later.Add(24 * time.Hour))
		if b.Early != c.early {
			t.Errorf("a mail %s after the last: early is %t", c.pause, b.Early)
		}
		s.seal(b.ID)
	}
}

func earlyLate(t *testing.T, s *subject) {
	s.record(mail(0, quiet(time.Hour)))
	s.record(mail(-50*time.Minute, quiet(time.Hour)))
	s.record(mail(30*time.Minute, quiet(time.Hour)))
	s.wantBatch(s.claim(later), expect(store.Limits{}, mail(-50*time.Minute), mail(30*time.Minute)))
	s.wantBatch(s.claim(later), early(mail(0)))
}

func earlyBeside(t *testing.T, s *subject) {
	s.record(mail(0))
	s.record(mail(time.Minute, of("new", "v1:a"), quiet(time.Hour)))
	s.record(mail(10*time.Second), mail(70*time.Second, of("new", "v1:a"), quiet(time.Hour)))
	s.wantNextDue(after(time.Minute))
	s.wantBatch(s.claim(later), early(mail(time.Minute, of("new", "v1:a"))))
	s.wantNextDue(after(100 * time.Second))
	s.wantBatch(s.claim(later), expect(store.Limits{}, mail(0), mail(10*time.Second), mail(70*time.Second, of("new", "v1:a"))))
}

func earlyShared(t *testing.T, s *subject) {
	one, two := mail(0, of("one", "v1:a"), quiet(time.Hour)), mail(time.Second, of("two", "v1:a"), quiet(time.Hour))
	other := mail(2*time.Second, in("other"), of("one", "v1:a"), quiet(time.Hour))
	s.record(one, other)
	s.record(two)
	s.wantBatch(s.claim(later), early(one, two))
	s.wantBatch(s.claim(later), early(other))
}

func earlyMuted(t *testing.T, s *subject) {
	muted := mail(0, quiet(time.Hour), mutedUntil(time.Minute))
	s.record(muted, mail(time.Second, quiet(time.Hour)))
	s.wantBatch(s.claim(later), early(mail(time.Second)))
	s.wantBatch(s.claim(later), expect(store.Limits{}, muted))
}

func earlySplit(t *testing.T, s *subject) {
	var entries, first, others []store.Entry
	for i := range 40 {
		e := mail(time.Duration(i*i)*time.Second, of([]string{"a", "b", "c"}[i%3], "v1:a"), quiet(3*time.Minute))
		entries = append(entries, e)
		if i < 3 || i >= 32 { // (i+3)² - i² > 180
			first = append(first, e)
		} else {
			others = append(others, e)
		}
	}
	wantEarly, want := early(first...), expect(store.Limits{}, others...)
	for _, size := range []int{1, 7, len(entries)} {
		for i := 0; i < len(entries); i += size {
			s.record(entries[i:min(i+size, len(entries))]...)
		}
		s.wantBatch(s.claim(later), wantEarly)
		s.wantBatch(s.claim(later), want)
		s.forget(later)
	}
}

func earlyFolded(t *testing.T, s *subject) {
	s.record(mail(0, quiet(time.Hour)), mail(time.Second, quiet(time.Hour)))
	s.seal(s.claim(after(0)).ID, summary("m1", 0))
	s.fold(s.send(later).ID, after(time.Minute))
	want := early(mail(0))
	want.HeldSince = after(time.Minute)
	s.wantBatch(s.claim(later), want)
	s.wantBatch(s.claim(later), expect(store.Limits{}, mail(time.Second)))
}

func earlyConcurrent(t *testing.T, s *subject) {
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			entries := []store.Entry{mail(0, quiet(time.Hour)), mail(0, quiet(time.Hour), of("other", "v1:a"))}
			if err := s.store.Record(t.Context(), entries); err != nil {
				t.Errorf("Record: %v", err)
			}
		})
	}
	wg.Wait()
	s.wantPending(store.Pending{Batches: 2, Mails: 2 * writers})
	if b := s.claim(after(0)); !b.Early || b.Count != 2 || len(b.Groups) != 2 {
		t.Errorf("want one early mail of each group; got\n%s", describe(b))
	}
	s.claimNothing(after(0))
}
