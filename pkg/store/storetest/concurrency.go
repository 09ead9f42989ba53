package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

func concurrencyChecks() []check {
	return []check{
		{sentence: "mails recorded at the same time are all counted", run: concurrentRecords},
		{sentence: "mails recorded while batches are claimed and sealed are counted once", run: concurrentClaims},
		{sentence: "each batch is claimed by one of many", run: exclusiveClaims},
		{sentence: "each batch is sealed by one of many", run: exclusiveSeals},
		{sentence: "each summary is claimed by one of many", run: exclusiveSends},
		{sentence: "Close while calls are made loses none that succeeded", run: closeWhileBusy},
	}
}

const writers = 16

// write records mails from many goroutines, each with its own host.
func write(s *subject, wg *sync.WaitGroup, callsPerWriter int) {
	for w := range writers {
		wg.Go(func() {
			for c := range callsPerWriter {
				entry := mail(time.Duration(c)*time.Second, of(fmt.Sprint("group ", c%5), fmt.Sprint("v1:", c%3)), from(fmt.Sprint("web-", w)))
				if err := s.store.Record(s.t.Context(), []store.Entry{entry}); err != nil {
					s.t.Errorf("Record: %v", err)
				}
			}
		})
	}
}

func concurrentRecords(t *testing.T, s *subject) {
	const callsPerWriter = 50
	var wg sync.WaitGroup
	write(s, &wg, callsPerWriter)
	wg.Wait()
	b := s.claim(later)
	if b.Count != writers*callsPerWriter || len(b.Groups) != 5 || b.Recipients["ops@example.com"] != b.Count {
		t.Fatalf("want %d mails in 5 groups; got\n%s", writers*callsPerWriter, describe(b))
	}
	for _, g := range b.Groups {
		if g.Count != b.Count/5 || g.Omitted() != 0 || len(g.Hosts) != writers || g.Hosts["web-0"] != callsPerWriter/5 {
			t.Errorf("want %d mails from %d hosts; got\n%s", b.Count/5, writers, describe(b))
		}
	}
	s.claimNothing(later)
}

// concurrentClaims adds up what several claimants sealed; a lease that runs
// out between them must not count a batch twice.
func concurrentClaims(t *testing.T, s *subject) {
	const callsPerWriter = 20
	var writing, claiming sync.WaitGroup
	write(s, &writing, callsPerWriter)
	done := make(chan struct{})
	sealed := make([]int, 4)
	for c := range sealed {
		claiming.Go(func() {
			for last := false; ; {
				b, err := s.store.Claim(t.Context(), later, 0)
				if err != nil {
					t.Errorf("Claim: %v", err)
					return
				}
				if b == nil && last {
					return
				}
				if b == nil {
					select {
					case <-done:
						last = true
					default:
					}
					continue
				}
				err = s.store.Seal(t.Context(), b.ID, nil)
				if sealed[c] > writers*callsPerWriter {
					return // more than there are: a batch that does not go away
				}
				if err == nil {
					sealed[c] += b.Count
				} else if !errors.Is(err, store.ErrNotClaimed) {
					t.Errorf("Seal: %v", err)
				}
			}
		})
	}
	writing.Wait()
	close(done)
	claiming.Wait()
	if got := sealed[0] + sealed[1] + sealed[2] + sealed[3]; got != writers*callsPerWriter {
		t.Errorf("sealed %d mails, want %d", got, writers*callsPerWriter)
	}
	s.wantPending(store.Pending{})
}

// race runs claim in several goroutines until it returns 0, and expects each
// of the n IDs once. It gives up on a store that does not run dry.
func race(t *testing.T, n int, claim func(i int) (int64, error)) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	seen := make(map[int64]int)
	for i := range 8 {
		wg.Go(func() {
			for range n + 1 {
				id, err := claim(i)
				if err != nil {
					t.Error(err)
				}
				if id == 0 {
					return
				}
				mu.Lock()
				seen[id]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(seen) != n {
		t.Errorf("%d were claimed, want %d", len(seen), n)
	}
	for id, times := range seen {
		if times != 1 {
			t.Errorf("%d was claimed %d times", id, times)
		}
	}
}

func exclusiveClaims(t *testing.T, s *subject) {
	for i := range 40 {
		s.record(mail(0, in(fmt.Sprint("batch ", i))))
	}
	race(t, 40, func(int) (int64, error) {
		b, err := s.store.Claim(t.Context(), later, lease)
		if b == nil {
			return 0, err
		}
		return b.ID, err
	})
	s.wantPending(store.Pending{Batches: 40, Mails: 40})
}

func exclusiveSeals(t *testing.T, s *subject) {
	s.record(mail(0))
	id := s.claim(later).ID
	won := make(chan int, 8)
	var wg sync.WaitGroup
	for i := range cap(won) {
		wg.Go(func() {
			err := s.store.Seal(t.Context(), id, []store.Outgoing{summary(fmt.Sprint("m", i), 0)})
			if err == nil {
				won <- i
			} else if !errors.Is(err, store.ErrNotClaimed) {
				t.Errorf("Seal: %v", err)
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Fatalf("%d sealed the batch, want 1", len(won))
	}
	sends(s, later, fmt.Sprint("m", <-won))
}

func exclusiveSends(t *testing.T, s *subject) {
	var summaries []store.Outgoing
	for i := range 40 {
		summaries = append(summaries, summary(fmt.Sprint("m", i), 0))
	}
	s.fill(summaries...)
	race(t, 40, func(int) (int64, error) {
		o, err := s.store.ClaimOutgoing(t.Context(), later, lease)
		if o == nil {
			return 0, err
		}
		return o.ID, err
	})
	s.wantPending(store.Pending{Outbox: 40})
}

func closeWhileBusy(t *testing.T, s *subject) {
	busy, acknowledged := recordUntilClosed(s)
	<-busy
	s.must("Close", s.store.Close())
	acknowledged()
}

// recordUntilClosed records from several goroutines until they get ErrClosed.
// busy is closed when several calls have succeeded; acknowledged waits for the
// end and returns how many did.
func recordUntilClosed(s *subject) (busy <-chan struct{}, acknowledged func() int) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	count := 0
	started := make(chan struct{})
	for range 8 {
		wg.Go(func() {
			for {
				err := s.store.Record(s.t.Context(), []store.Entry{mail(0)})
				if err != nil {
					if !errors.Is(err, store.ErrClosed) {
						s.t.Errorf("Record: got %v, want nil or ErrClosed", err)
					}
					return
				}
				mu.Lock()
				if count++; count == 20 {
					close(started)
				}
				mu.Unlock()
			}
		})
	}
	return started, func() int { wg.Wait(); return count }
}
