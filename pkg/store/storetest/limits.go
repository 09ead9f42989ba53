package storetest

import (
	"bytes"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

func limitChecks() []check {
	tight := store.Limits{GroupsPerBatch: 2, VariantsPerGroup: 2, HostsPerGroup: 2, SampleBytes: 8}
	return []check{
		{sentence: "mails of groups beyond the limit are counted in the batch only", limits: tight, run: limitGroups},
		{sentence: "mails of variants beyond the limit are counted in the group only", limits: tight, run: limitVariants},
		{sentence: "hosts beyond the limit are left out and those that came first stay", limits: tight, run: limitHosts},
		{sentence: "groups, variants and hosts that are known are counted beyond the limit", limits: tight, run: limitKnown},
		{sentence: "limits do not depend on how mails are spread over calls", limits: tight, run: limitSpread},
		{sentence: "each batch has limits of its own", limits: tight, run: limitEach},
		{sentence: "samples are cut at the limit and keep their size", limits: tight, run: limitSample},
		{sentence: "samples of a batch are cut where their sum reaches the limit", limits: store.Limits{BatchBytes: 10}, run: limitBatchBytes},
		{sentence: "zero limits mean the defaults", run: limitDefaults},
	}
}

// inOneCallAndMany records entries in one call and claims the batch, then
// again in one call each, and gives both batches to verify.
func inOneCallAndMany(t *testing.T, s *subject, entries []store.Entry, verify func(t *testing.T, b *store.Batch)) {
	t.Run("in one call", func(t *testing.T) {
		s := &subject{t: t, store: s.store}
		s.record(entries...)
		verify(t, s.claim(later))
	})
	t.Run("in many calls", func(t *testing.T) {
		s := &subject{t: t, store: s.store}
		for _, e := range entries {
			s.record(e)
		}
		verify(t, s.claim(later))
	})
}

func limitGroups(t *testing.T, s *subject) {
	var entries []store.Entry
	for i := range 12 {
		entries = append(entries, mail(time.Duration(i)*time.Second,
			of(fmt.Sprint("group ", i%4), "v1:a"), to(fmt.Sprintf("user%d@example.com", i))))
	}
	inOneCallAndMany(t, s, entries, func(t *testing.T, b *store.Batch) {
		if len(b.Groups) != 2 || b.Count != 12 || b.Omitted() != 6 || b.Groups[0].Count != 3 || b.Groups[1].Count != 3 {
			t.Fatalf("want 2 groups of 3, 12 mails, 6 of them omitted; got\n%s", describe(b))
		}
		if b.Groups[0].Key != "group 0" || b.Groups[1].Key != "group 1" {
			t.Errorf("want the groups that came first; got\n%s", describe(b))
		}
		if len(b.Recipients) != 12 || !b.Last.Equal(after(11*time.Second)) {
			t.Errorf("omitted mails must count for recipients and times; got\n%s", describe(b))
		}
	})
}

func limitVariants(t *testing.T, s *subject) {
	var entries []store.Entry
	for i := range 12 {
		entries = append(entries, mail(time.Duration(i)*time.Minute, of("group", fmt.Sprint("v1:", i%4))))
	}
	inOneCallAndMany(t, s, entries, func(t *testing.T, b *store.Batch) {
		g := b.Groups[0]
		if len(g.Variants) != 2 || g.Count != 12 || g.Omitted() != 6 || b.Omitted() != 0 {
			t.Fatalf("want 2 variants of 3, 12 mails, 6 of them omitted; got\n%s", describe(b))
		}
		if g.Variants[0].Fingerprint != "v1:0" || g.Variants[1].Fingerprint != "v1:1" {
			t.Errorf("want the variants that came first; got\n%s", describe(b))
		}
		if len(g.Minutes) != 12 || g.Hosts["web-1"] != 12 || !g.Last.Equal(after(11*time.Minute)) {
			t.Errorf("omitted mails must count for minutes, hosts and times; got\n%s", describe(b))
		}
	})
}

func limitHosts(t *testing.T, s *subject) {
	var entries []store.Entry
	for i := range 40 {
		entries = append(entries, mail(time.Duration(i)*time.Second, from(fmt.Sprint("web-", i%20))))
	}
	inOneCallAndMany(t, s, entries, func(t *testing.T, b *store.Batch) {
		if got, want := counts(b.Groups[0].Hosts), counts(map[string]int{"web-0": 2, "web-1": 2}); got != want {
			t.Errorf("hosts: got %s, want %s", got, want)
		}
		if b.Groups[0].Count != 40 {
			t.Errorf("group count: got %d, want 40", b.Groups[0].Count)
		}
	})
	// One of these is beyond the limit, and it is the one that came last.
	for i := range 8 {
		s.record(mail(0, from("web-0")))
		var four []store.Entry
		for n := 1; n <= 4; n++ {
			four = append(four, mail(time.Duration(n)*time.Second, from(fmt.Sprint("web-", n))))
		}
		s.record(four...)
		if got, want := counts(s.claim(later).Groups[0].Hosts), counts(map[string]int{"web-0": 1, "web-1": 1}); got != want {
			t.Fatalf("hosts in round %d: got %s, want %s", i, got, want)
		}
	}
}

// limitKnown ends with a call whose new groups, variants and hosts alone are
// beyond the limit, and come before the known ones.
func limitKnown(t *testing.T, s *subject) {
	entries := []store.Entry{mail(0), mail(time.Second, of("full", "v1:a")), mail(2*time.Second, of("full", "v1:b"), from("web-2"))}
	s.record(entries...)
	var last []store.Entry
	for i := range 3 {
		last = append(last,
			mail(3*time.Second, of(fmt.Sprint("new ", i), "v1:a")),
			mail(4*time.Second, of("full", fmt.Sprint("v1:new ", i)), from(fmt.Sprint("new-", i))))
	}
	last = append(last, mail(5*time.Second), mail(6*time.Second, of("full", "v1:a")), mail(7*time.Second, of("full", "v1:b"), from("web-2")))
	s.record(last...)
	b := s.claim(later)
	s.wantBatch(b, expect(store.Limits{GroupsPerBatch: 2, VariantsPerGroup: 2, HostsPerGroup: 2, SampleBytes: 8}, append(entries, last...)...))
	if b.Omitted() != 3 || b.Groups[0].Omitted() != 3 || b.Groups[0].Count != 7 || b.Groups[1].Count != 2 {
		t.Errorf("got\n%s", describe(b))
	}
}

func limitSpread(t *testing.T, s *subject) {
	var entries []store.Entry
	for i := range 60 {
		entries = append(entries, mail(time.Duration(i)*time.Second,
			of(fmt.Sprint("group ", i*7%5), fmt.Sprint("v1:", i*11%7)), from(fmt.Sprint("web-", i*3%8)),
			saying("title", "reason", fmt.Sprint("a long sample ", i))))
	}
	want := expect(store.Limits{GroupsPerBatch: 2, VariantsPerGroup: 2, HostsPerGroup: 2, SampleBytes: 8}, entries...)
	for _, size := range []int{1, 2, 3, 5, 8, 13, 21, 60} {
		for i := 0; i < len(entries); i += size {
			s.record(entries[i:min(i+size, len(entries))]...)
		}
		s.wantBatch(s.claim(later), want)
	}
}

func limitEach(t *testing.T, s *subject) {
	for _, batch := range []string{"a", "b", "a"} { // the second "a" is a new batch
		for _, group := range []string{"1", "2", "3"} {
			s.record(mail(0, in(batch), of(group, "v1:a")))
		}
		if b := s.claim(later); b.Key != batch || len(b.Groups) != 2 || b.Omitted() != 1 {
			t.Fatalf("want 2 groups of batch %q and 1 mail omitted; got\n%s", batch, describe(b))
		}
	}
}

func limitSample(t *testing.T, s *subject) {
	for text, want := range map[string]string{"": "", "1234567": "1234567", "12345678": "12345678", "123456789": "12345678", "1234567\u00fc": "1234567\xc3"} {
		s.record(mail(0, saying("title", "reason", text)))
		v := s.claim(later).Groups[0].Variants[0]
		if string(v.Sample) != want || v.SampleSize != len(text) {
			t.Errorf("sample %q: got %q of %d, want %q of %d", text, v.Sample, v.SampleSize, want, len(text))
		}
	}
}

func limitDefaults(t *testing.T, s *subject) {
	var entries []store.Entry
	for i := range 1003 {
		entries = append(entries, mail(0, of(fmt.Sprint("group ", i), "v1:a")))
	}
	for i := range 102 {
		entries = append(entries, mail(time.Second, of("group 0", fmt.Sprint("v1:", i)), from(fmt.Sprint("host ", i))))
	}
	entries[0].Sample = bytes.Repeat([]byte("x"), 300<<10)
	s.record(entries...)
	b := s.claim(later)
	g := b.Groups[0]
	if len(b.Groups) != 1000 || b.Omitted() != 3 || len(g.Hosts) != 100 || len(g.Variants) != 20 || g.Omitted() != 83 {
		t.Errorf("got %d groups, %d omitted; first has %d hosts, %d variants, %d omitted",
			len(b.Groups), b.Omitted(), len(g.Hosts), len(g.Variants), g.Omitted())
	}
	if v := g.Variants[0]; len(v.Sample) != 256<<10 || v.SampleSize != 300<<10 {
		t.Errorf("sample: kept %d of %d", len(v.Sample), v.SampleSize)
	}
}

func limitBatchBytes(t *testing.T, s *subject) {
	var entries []store.Entry
	for i, fingerprint := range []string{"v1:a", "v1:b", "v1:c"} {
		e := mail(time.Duration(i)*time.Second, of("group", fingerprint))
		e.Sample = []byte("sample")
		entries = append(entries, e)
	}
	inOneCallAndMany(t, s, entries, func(t *testing.T, b *store.Batch) {
		kept := make(map[string]string)
		for _, v := range b.Groups[0].Variants {
			kept[v.Fingerprint] = fmt.Sprintf("%s of %d", v.Sample, v.SampleSize)
		}
		want := map[string]string{"v1:a": "sample of 6", "v1:b": "samp of 6", "v1:c": " of 6"}
		if !maps.Equal(kept, want) {
			t.Errorf("kept %v, want %v", kept, want)
		}
	})
}
