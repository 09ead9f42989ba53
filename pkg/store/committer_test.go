package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

// A gate is a store whose Record announces its entries' fingerprints and then
// waits until it is let through.
type gate struct {
	store.Store // nil: a Committer calls nothing but Record
	pass        chan error

	mu     sync.Mutex
	rounds []string
}

func newGate() *gate { return &gate{pass: make(chan error)} }

func (g *gate) Record(_ context.Context, entries []store.Entry) error {
	var prints []string
	for _, e := range entries {
		prints = append(prints, e.Fingerprint)
	}
	slices.Sort(prints)
	g.mu.Lock()
	g.rounds = append(g.rounds, strings.Join(prints, " "))
	g.mu.Unlock()
	return <-g.pass
}

func (g *gate) wantRounds(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	if !slices.Equal(g.rounds, want) {
		t.Fatalf("rounds: got %q, want %q", g.rounds, want)
	}
}

// record calls Record for each fingerprint in a goroutine of its own; the
// results are in the order of the fingerprints.
func record(c *store.Committer, fingerprints ...string) (results []chan error) {
	for _, f := range fingerprints {
		result := make(chan error, 1)
		results = append(results, result)
		go func() { result <- c.Record(context.Background(), store.Entry{Fingerprint: f}) }()
	}
	synctest.Wait()
	return results
}

func wantResults(t *testing.T, results []chan error, want ...error) {
	t.Helper()
	synctest.Wait()
	for i, result := range results {
		select {
		case err := <-result:
			if !errors.Is(err, want[i]) {
				t.Errorf("entry %d: got %v, want %v", i, err, want[i])
			}
		default:
			t.Errorf("entry %d: Record has not returned", i)
		}
	}
}

func wantNoResult(t *testing.T, results []chan error) {
	t.Helper()
	synctest.Wait()
	for i, result := range results {
		if len(result) != 0 {
			t.Errorf("entry %d: Record returned before its commit: %v", i, <-result)
		}
	}
}

func TestConcurrentRecordsAreCountedExactly(t *testing.T) {
	s := memory.New(store.Limits{})
	c := store.NewCommitter(s)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for i := range 200 {
				e := store.Entry{Batch: fmt.Sprint(i % 3), Group: fmt.Sprint(i % 7), Received: at(time.Duration(i) * time.Second)}
				if err := c.Record(t.Context(), e); err != nil {
					t.Errorf("Record: %v", err)
				}
			}
		})
	}
	wg.Wait()
	c.Close()
	if p, err := s.Pending(t.Context()); err != nil || p.Mails != 3200 || p.Batches != 3 {
		t.Errorf("got %+v, %v; want 3200 mails in 3 batches", p, err)
	}
}

func TestRecordReturnsWhenTheEntryIsDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		c := store.NewCommitter(g)
		begin := time.Now()
		alone := record(c, "alone")
		g.wantRounds(t, "alone")
		wantNoResult(t, alone)
		g.pass <- nil
		wantResults(t, alone, nil)
		if waited := time.Since(begin); waited != 0 {
			t.Errorf("a lone entry waited %s for company", waited)
		}
		c.Close()
	})
}

func TestEntriesThatArriveDuringACommitShareTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		c := store.NewCommitter(g)
		first := record(c, "first")
		shared := record(c, "a", "b", "c")
		g.wantRounds(t, "first")
		g.pass <- nil
		wantResults(t, first, nil)
		g.wantRounds(t, "first", "a b c")
		wantNoResult(t, shared)
		g.pass <- nil
		wantResults(t, shared, nil, nil, nil)
		c.Close()
	})
}

// three records three mails in one commit that takes took, after which their
// sessions are expected again.
func three(t *testing.T, g *gate, c *store.Committer, took time.Duration) {
	t.Helper()
	results := record(c, "first")
	results = append(results, record(c, "a", "b", "c")...)
	g.pass <- nil
	synctest.Wait()
	time.Sleep(took) // in fake time
	g.pass <- nil
	wantResults(t, results, nil, nil, nil, nil)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rounds = nil
}

func TestACommitWaitsForTheSessionsOfTheLastOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		c := store.NewCommitter(g)
		three(t, g, c, 100*time.Microsecond)
		results := record(c, "a")
		time.Sleep(300 * time.Microsecond)
		results = append(results, record(c, "b")...)
		g.wantRounds(t)
		results = append(results, record(c, "c")...)
		g.wantRounds(t, "a b c")
		g.pass <- nil
		wantResults(t, results, nil, nil, nil)
		c.Close()
	})
}

func TestPatienceIsBounded(t *testing.T) {
	for name, tt := range map[string]struct{ took, patience time.Duration }{
		"by four times what a commit takes": {100 * time.Microsecond, 400 * time.Microsecond},
		"by 4 ms":                           {time.Minute, 4 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate()
				c := store.NewCommitter(g)
				three(t, g, c, tt.took)
				results := record(c, "a", "b")
				time.Sleep(tt.patience - time.Nanosecond)
				g.wantRounds(t)
				time.Sleep(time.Nanosecond)
				g.wantRounds(t, "a b")
				g.pass <- nil
				wantResults(t, results, nil, nil)
				c.Close()
			})
		})
	}
}

func TestALoneSessionDoesNotWaitOnceTheOthersHaveLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		c := store.NewCommitter(g)
		three(t, g, c, time.Millisecond)
		for i, patience := range []time.Duration{4 * time.Millisecond, 0, 0} {
			result := record(c, "alone")
			time.Sleep(patience)
			g.wantRounds(t, slices.Repeat([]string{"alone"}, i+1)...)
			time.Sleep(time.Millisecond)
			g.pass <- nil
			wantResults(t, result, nil)
		}
		c.Close()
	})
}

func TestCloseEndsTheWaitForCompany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		c := store.NewCommitter(g)
		three(t, g, c, time.Minute)
		results := record(c, "a")
		g.wantRounds(t)
		go c.Close()
		g.wantRounds(t, "a")
		g.pass <- nil
		wantResults(t, results, nil)
	})
}

func TestACommitInDoubtIsNotMadeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		c := store.NewCommitter(g)
		first := record(c, "first")
		shared := record(c, "a", "b")
		g.pass <- nil
		wantResults(t, first, nil)
		g.wantRounds(t, "first", "a b")
		g.pass <- fmt.Errorf("the server went away: %w", store.ErrInDoubt)
		g.wantRounds(t, "first", "a b")
		wantResults(t, shared, store.ErrInDoubt, store.ErrInDoubt)
		c.Close()
	})
}

func TestACommitIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		c := store.NewCommitter(g)
		results := record(c, slices.Repeat([]string{"x"}, 1400)...)
		close(g.pass)
		wantResults(t, results, make([]error, len(results))...)
		total := 0
		for _, round := range g.rounds {
			size := len(strings.Fields(round))
			total += size
			if size > 512 {
				t.Errorf("a commit of %d entries", size)
			}
		}
		if total != len(results) || len(g.rounds) > 5 {
			t.Errorf("got %d entries in %d commits, want %d in a few", total, len(g.rounds), len(results))
		}
		c.Close()
	})
}

func TestABadEntryDoesNotCostTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		c := store.NewCommitter(g)
		first := record(c, "first")
		results := record(c, "a", "bad", "c")
		bad := errors.New("cannot be stored")
		g.pass <- nil
		g.pass <- bad // the round of three
		for range 3 {
			synctest.Wait()
			if g.rounds[len(g.rounds)-1] == "bad" {
				g.pass <- bad
			} else {
				g.pass <- nil
			}
		}
		wantResults(t, append(first, results...), nil, nil, bad, nil)
		slices.Sort(g.rounds)
		g.wantRounds(t, "a", "a bad c", "bad", "c", "first")
		c.Close()
	})
}

func TestALoneBadEntryIsTriedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		c := store.NewCommitter(g)
		results := record(c, "bad")
		bad := errors.New("cannot be stored")
		g.pass <- bad
		wantResults(t, results, bad)
		g.wantRounds(t, "bad")
		c.Close()
	})
}

func TestAClosedStoreIsNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		c := store.NewCommitter(g)
		results := append(record(c, "first"), record(c, "a", "b")...)
		g.pass <- nil
		g.pass <- fmt.Errorf("commit: %w", store.ErrClosed)
		wantResults(t, results, nil, store.ErrClosed, store.ErrClosed)
		g.wantRounds(t, "first", "a b")
		c.Close()
	})
}

func TestCloseCommitsWhatIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		c := store.NewCommitter(g)
		results := append(record(c, "first"), record(c, "a", "b")...)
		closed := make(chan struct{})
		go func() { c.Close(); close(closed) }()
		wantNoResult(t, results)
		select {
		case <-closed:
			t.Fatal("Close returned before the commit in progress")
		default:
		}
		g.pass <- nil
		g.pass <- nil
		<-closed
		wantResults(t, results, nil, nil, nil)
		g.wantRounds(t, "first", "a b")

		c.Close()
		for range 100 { // the queue has room, and must not be chosen
			if err := c.Record(t.Context(), store.Entry{Fingerprint: "late"}); !errors.Is(err, store.ErrClosed) {
				t.Fatalf("Record after Close: got %v, want ErrClosed", err)
			}
		}
		g.wantRounds(t, "first", "a b")
	})
}

func TestRecordDuringCloseIsCommittedOrRefused(t *testing.T) {
	for range 50 {
		s := memory.New(store.Limits{})
		c := store.NewCommitter(s)
		var wg sync.WaitGroup
		acknowledged := make(chan struct{}, 100)
		for range cap(acknowledged) {
			wg.Go(func() {
				if err := c.Record(t.Context(), store.Entry{Received: at(0)}); err == nil {
					acknowledged <- struct{}{}
				} else if !errors.Is(err, store.ErrClosed) {
					t.Errorf("Record: %v", err)
				}
			})
		}
		c.Close()
		wg.Wait()
		if p, err := s.Pending(t.Context()); err != nil || p.Mails != len(acknowledged) {
			t.Fatalf("%d mails were acknowledged, %d are counted (%v)", len(acknowledged), p.Mails, err)
		}
	}
}

func TestACancelledContextEndsTheWaitForTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		c := store.NewCommitter(g)
		queued := record(c, "first")
		queued = append(queued, record(c, slices.Repeat([]string{"x"}, 512)...)...)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Record(ctx, store.Entry{Fingerprint: "given up"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Record: got %v, want the context's error", err)
		}
		close(g.pass)
		wantResults(t, queued, make([]error, len(queued))...)
		g.wantRounds(t, "first", strings.TrimSpace(strings.Repeat("x ", 512)))
		c.Close()
	})
}

func TestAQueuedEntryIsAwaitedDespiteItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		c := store.NewCommitter(g)
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error, 1)
		go func() { result <- c.Record(ctx, store.Entry{Fingerprint: "queued"}) }()
		synctest.Wait()
		cancel()
		wantNoResult(t, []chan error{result})
		g.pass <- nil
		wantResults(t, []chan error{result}, nil)
		c.Close()
	})
}

func TestACommitTakesSamplesUpToABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		c := store.NewCommitter(g)
		first := record(c, "a")
		g.wantRounds(t, "a")
		var results []chan error
		for i := range 20 { // what is kept of each is 256 KiB, 16 of which make 4 MiB
			result := make(chan error, 1)
			results = append(results, result)
			go func() {
				result <- c.Record(context.Background(), store.Entry{Fingerprint: fmt.Sprintf("%02d", i), Sample: make([]byte, 1<<20)})
			}()
		}
		synctest.Wait()
		g.pass <- nil
		wantResults(t, first, nil)
		g.pass <- nil
		g.pass <- nil
		synctest.Wait()
		c.Close()
		for i, want := range []int{1, 16, 4} {
			if got := len(strings.Fields(g.rounds[i])); got != want {
				t.Errorf("commit %d has %d mails, want %d", i, got, want)
			}
		}
		wantResults(t, results, make([]error, len(results))...)
	})
}
