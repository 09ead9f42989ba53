package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

// Sizes of spaceChecks. A database of nothing needs some of storeBytes itself.
const (
	storeBytes  = 2<<20 + 96<<10
	sampleBytes = 100 << 10
)

func spaceChecks() []check {
	limits := store.Limits{StoreBytes: storeBytes}
	return []check{
		{sentence: "beyond the size of the store mails are counted and samples stop", limits: limits, run: spaceEnds},
		{sentence: "samples go on when there is space again", limits: limits, run: spaceReturns},
		{sentence: "summaries take space as well", limits: limits, run: spaceOutbox},
	}
}

// large returns an entry whose sample does not compress.
func large(i int) store.Entry {
	e := mail(time.Duration(i)*time.Second, of(fmt.Sprint("group ", i), "v1:a"))
	e.Sample = []byte(noise(sampleBytes))
	return e
}

// fillSpace records large entries until there must be no space.
func (s *subject) fillSpace() (recorded int) {
	s.t.Helper()
	for ; recorded < 2*storeBytes/sampleBytes; recorded++ {
		s.record(large(recorded))
	}
	return recorded
}

func kept(b *store.Batch) (samples int) {
	for _, g := range b.Groups {
		for _, v := range g.Variants {
			if len(v.Sample) > 0 {
				samples++
			}
		}
	}
	return samples
}

func spaceEnds(t *testing.T, s *subject) {
	recorded := s.fillSpace()
	s.record(large(recorded-1), large(recorded-1)) // one that is known
	b := s.claim(later)
	if b.Count != recorded+2 || len(b.Groups) != recorded || b.Omitted() != 0 {
		t.Fatalf("got %d mails in %d groups, want %d in %d", b.Count, len(b.Groups), recorded+2, recorded)
	}
	if n := kept(b); n < storeBytes/sampleBytes/2 || n > storeBytes/sampleBytes+1 {
		t.Errorf("%d samples of %d bytes were kept, want about %d", n, sampleBytes, storeBytes/sampleBytes)
	}
	for _, g := range b.Groups {
		if v := g.Variants[0]; v.SampleSize != sampleBytes || len(v.Sample) != 0 && len(v.Sample) != sampleBytes {
			t.Fatalf("sample: %d of %d bytes", len(v.Sample), v.SampleSize)
		}
	}
}

func spaceReturns(t *testing.T, s *subject) {
	s.fillSpace()
	b := s.claim(later)
	samples := kept(b)
	for _, meanwhile := range [][]store.Entry{nil, {mail(0, of("meanwhile", "v1:a"))}} {
		s.seal(b.ID, summary("m1", 0))
		s.record(meanwhile...)
		s.fold(s.send(later).ID, later)
		b = s.claim(later)
		if got := kept(b); got != samples {
			t.Errorf("%d samples were kept, and %d after Reopen", samples, got)
		}
	}
	s.record(large(0))
	s.seal(b.ID, summary("m1", 0))
	s.finish(s.send(later).ID)
	s.record(large(1))
	if n := kept(s.claim(later)); n != 1 {
		t.Errorf("%d samples were kept, want only the one after Finish", n)
	}
}

func spaceOutbox(t *testing.T, s *subject) {
	o := summary("m1", 0)
	o.Mail = []byte(noise(storeBytes))
	s.enqueue(o)
	s.record(large(0))
	s.finish(s.send(later).ID)
	s.record(large(1))
	if n := kept(s.claim(later)); n != 1 {
		t.Errorf("%d samples were kept, want only the one after Finish", n)
	}
}
