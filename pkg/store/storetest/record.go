package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

func recordChecks() []check {
	return []check{
		{sentence: "Record opens a batch that holds all of the first mail", run: recordFirst},
		{sentence: "Record counts equal mails and keeps the first sample", run: recordEqual},
		{sentence: "Record counts hosts, minutes and recipients for each mail", run: recordDetails},
		{sentence: "Record takes title and reasons from the first mail", run: recordTitles},
		{sentence: "Record keeps batches with different keys apart", run: recordApart},
		{sentence: "Record does the same in one call as in many", run: recordSplit},
		{sentence: "Record of no entries changes nothing", run: recordNone},
		{sentence: "Record copies what it keeps", run: recordCopies},
		{sentence: "Record shows all mails of a call or none", run: recordAllOrNone},
	}
}

func recordFirst(t *testing.T, s *subject) {
	s.record(mail(10 * time.Second))
	at := after(10 * time.Second)
	s.wantBatch(s.claim(later), &store.Batch{
		Key: "batch", Count: 1, First: at, Last: at, Due: after(40 * time.Second),
		Recipients: map[string]int{"ops@example.com": 1},
		Groups: []*store.Group{{
			Key: "group", Title: "Disk full", Reason: "same subject", Count: 1, First: at, Last: at,
			Hosts: map[string]int{"web-1": 1}, Minutes: map[int64]int{at.Unix() / 60: 1},
			Variants: []*store.Variant{{
				Fingerprint: "v1:a", Reason: "same subject", Count: 1, First: at, Last: at,
				Sample: []byte("Subject: Disk full\r\n\r\n/dev/sda1\r\n"), SampleSize: 33,
			}},
		}},
	})
}

func recordEqual(t *testing.T, s *subject) {
	for i := range 5 {
		s.record(mail(time.Duration(i)*time.Second, saying("Title", "reason", fmt.Sprintf("sample %d", i))))
	}
	b := s.claim(later)
	if len(b.Groups) != 1 || len(b.Groups[0].Variants) != 1 {
		t.Fatalf("got more than one variant:\n%s", describe(b))
	}
	g, v := b.Groups[0], b.Groups[0].Variants[0]
	if b.Count != 5 || g.Count != 5 || v.Count != 5 {
		t.Errorf("counts: batch %d, group %d, variant %d, want 5 each", b.Count, g.Count, v.Count)
	}
	for name, span := range map[string][2]time.Time{"batch": {b.First, b.Last}, "group": {g.First, g.Last}, "variant": {v.First, v.Last}} {
		if !span[0].Equal(after(0)) || !span[1].Equal(after(4*time.Second)) {
			t.Errorf("%s: from %s to %s", name, stamp(span[0]), stamp(span[1]))
		}
	}
	if string(v.Sample) != "sample 0" {
		t.Errorf("sample: got %q, want the first", v.Sample)
	}
}

func recordDetails(t *testing.T, s *subject) {
	s.record(mail(0, from("web-1"), to("ops@example.com", "dev@example.com")))
	s.record(
		mail(59*time.Second, from("web-2"), to("ops@example.com")),
		mail(60*time.Second, from("web-1"), to()),
		mail(2*time.Minute, from("web-1"), of("group", "v1:b"), to("boss@example.com")))
	b := s.claim(later)
	minute := after(0).Unix() / 60
	for _, c := range []struct{ name, got, want string }{
		{"recipients", counts(b.Recipients), counts(map[string]int{"ops@example.com": 2, "dev@example.com": 1, "boss@example.com": 1})},
		{"hosts", counts(b.Groups[0].Hosts), counts(map[string]int{"web-1": 3, "web-2": 1})},
		{"minutes", counts(b.Groups[0].Minutes), counts(map[int64]int{minute: 2, minute + 1: 1, minute + 2: 1})},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, c.got, c.want)
		}
	}
}

func recordTitles(t *testing.T, s *subject) {
	s.record(mail(0, saying("first title", "first reason", "")))
	s.record(
		mail(time.Second, saying("second title", "second reason", ""), of("group", "v1:b")),
		mail(2*time.Second, saying("third title", "third reason", ""), of("group", "v1:b")))
	g := s.claim(later).Groups[0]
	if g.Title != "first title" || g.Reason != "first reason" {
		t.Errorf("group: got %q (%q)", g.Title, g.Reason)
	}
	if v := g.Variants[0]; v.Fingerprint != "v1:b" || v.Reason != "second reason" {
		t.Errorf("variant: got %q (%q)", v.Fingerprint, v.Reason)
	}
}

func recordApart(t *testing.T, s *subject) {
	web, database := mail(0, in("web")), mail(time.Second, in("database"), from("db-1"), to("dba@example.com"))
	s.record(web, database, web)
	s.wantPending(store.Pending{Batches: 2, Mails: 3})
	s.wantBatch(s.claim(later), expect(store.Limits{}, web, web))
	s.wantBatch(s.claim(later), expect(store.Limits{}, database))
	s.claimNothing(later)
}

func recordSplit(t *testing.T, s *subject) {
	var entries []store.Entry
	for i := range 60 {
		entries = append(entries, mail(time.Duration(i*7)*time.Second,
			of(fmt.Sprint("group ", i%5), fmt.Sprint("v1:", i%3)),
			from(fmt.Sprint("web-", i%4)), to(fmt.Sprintf("user%d@example.com", i%2)),
			saying(fmt.Sprint("title ", i), fmt.Sprint("reason ", i), fmt.Sprint("sample ", i))))
	}
	want := expect(store.Limits{}, entries...)
	for _, size := range []int{1, 7, len(entries)} {
		for i := 0; i < len(entries); i += size {
			s.record(entries[i:min(i+size, len(entries))]...)
		}
		s.wantBatch(s.claim(later), want)
	}
}

func recordNone(t *testing.T, s *subject) {
	s.record()
	s.record([]store.Entry{}...)
	s.wantPending(store.Pending{})
	s.wantNextDue(store.Never)
}

func recordCopies(t *testing.T, s *subject) {
	entry := mail(0)
	want := expect(store.Limits{}, mail(0))
	s.record(entry)
	clear(entry.Sample)
	clear(entry.Recipients)
	s.wantBatch(s.claim(later), want)
}

// recordAllOrNone watches the count while calls of ten are recorded.
func recordAllOrNone(t *testing.T, s *subject) {
	var wg sync.WaitGroup
	defer wg.Wait()
	done := make(chan struct{})
	wg.Go(func() {
		defer close(done)
		for range 20 {
			calls := make([]store.Entry, 10)
			for i := range calls {
				calls[i] = mail(0, in(fmt.Sprint("batch ", i%3)), of(fmt.Sprint("group ", i), "v1:a"))
			}
			if err := s.store.Record(t.Context(), calls); err != nil {
				t.Errorf("Record: %v", err)
				return
			}
		}
	})
	for {
		p, err := s.store.Pending(t.Context())
		if err != nil || p.Mails%10 != 0 {
			t.Fatalf("saw part of a call: %+v", errors.Join(err, fmt.Errorf("%d mails", p.Mails)))
		}
		select {
		case <-done:
			return
		default:
		}
	}
}
