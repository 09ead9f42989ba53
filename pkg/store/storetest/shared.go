package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

func sharedChecks() []check {
	return []check{
		{sentence: "what one node records another one claims", run: sharedLife},
		{sentence: "mails recorded through several nodes are all counted", run: sharedRecords},
		{sentence: "each batch is claimed by one node", run: sharedClaims},
		{sentence: "each summary is claimed by one node", run: sharedSends},
		{sentence: "the first mail of a group is early on one node only", run: sharedEarly},
		{sentence: "of nodes that finish the last summaries at the same time one makes history", run: sharedFinish},
		{sentence: "what a dead node held comes up on another one when its lease has run out", run: sharedDeath},
		{sentence: "what several nodes record, claim, seal, fold and finish is counted once", run: sharedFlow},
		{sentence: "batches are claimed however busily they are recorded to", run: sharedBusy},
	}
}

// nodes returns three subjects on one database.
func (s *subject) nodes() []*subject { return []*subject{s, s.node(), s.node()} }

func sharedLife(t *testing.T, s *subject) {
	n := s.nodes()
	n[0].record(mail(0))
	n[1].record(mail(time.Second))
	b := n[2].claim(later)
	n[2].wantBatch(b, expect(store.Limits{}, mail(0), mail(time.Second)))
	n[0].seal(b.ID, summary("m1", 0))
	n[1].record(mail(time.Minute))
	n[1].fold(n[2].send(later).ID, later)
	b = n[0].claim(later)
	n[0].wantBatch(b, reopened(store.Limits{}, later, expect(store.Limits{}, mail(0), mail(time.Second)), mail(time.Minute)))
	n[1].seal(b.ID, summary("m2", 0))
	n[2].finish(n[0].send(later).ID)
	wantSeen(n[1], "v1:a", seenAt(3, 0, time.Minute))
}

func sharedRecords(t *testing.T, s *subject) {
	const callsPerWriter = 5
	n := s.nodes()
	var wg sync.WaitGroup
	for _, node := range n {
		write(node, &wg, callsPerWriter)
	}
	wg.Wait()
	total := len(n) * writers * callsPerWriter
	b := n[1].claim(later)
	if b.Count != total || len(b.Groups) != 5 || b.Recipients["ops@example.com"] != total {
		t.Fatalf("want %d mails in 5 groups; got\n%s", total, describe(b))
	}
	for _, g := range b.Groups {
		if g.Count != total/5 || g.Omitted() != 0 || len(g.Hosts) != writers {
			t.Errorf("want %d mails from %d hosts; got\n%s", total/5, writers, describe(b))
		}
	}
}

func sharedClaims(t *testing.T, s *subject) {
	for i := range 40 {
		s.record(mail(0, in(fmt.Sprint("batch ", i))))
	}
	n := s.nodes()
	race(t, 40, func(i int) (int64, error) {
		b, err := n[i%len(n)].store.Claim(t.Context(), later, lease)
		if b == nil {
			return 0, err
		}
		return b.ID, err
	})
}

func sharedSends(t *testing.T, s *subject) {
	for i := range 40 {
		s.enqueue(summary(fmt.Sprint("m", i), 0))
	}
	n := s.nodes()
	race(t, 40, func(i int) (int64, error) {
		o, err := n[i%len(n)].store.ClaimOutgoing(t.Context(), later, lease)
		if o == nil {
			return 0, err
		}
		return o.ID, err
	})
}

// sharedEarly also has groups that are known and come back after a quiet time.
func sharedEarly(t *testing.T, s *subject) {
	var wg sync.WaitGroup
	for _, n := range s.nodes() {
		for range 3 {
			wg.Go(func() {
				for i := range 30 {
					entry := mail(time.Duration(i/10*2)*time.Hour, of(fmt.Sprint("group ", i%10), "v1:a"), quiet(time.Hour))
					if err := n.store.Record(t.Context(), []store.Entry{entry}); err != nil {
						t.Errorf("Record: %v", err)
					}
				}
			})
		}
	}
	wg.Wait()
	if b := s.claim(after(0)); !b.Early || b.Count != 30 || len(b.Groups) != 10 {
		t.Errorf("want three early mails of each of 10 groups; got\n%s", describe(b))
	}
	s.wantPending(store.Pending{Batches: 2, Mails: 270})
}

func sharedFinish(t *testing.T, s *subject) {
	n := s.nodes()
	for i := range 20 {
		fingerprint := fmt.Sprint("v1:", i)
		s.record(mail(0, of("group", fingerprint)))
		s.seal(s.claim(later).ID, summary("m1", 0), summary("m2", 0), summary("m3", 0))
		ids := []int64{s.send(later).ID, s.send(later).ID, s.send(later).ID}
		var wg sync.WaitGroup
		for j, node := range n {
			wg.Go(func() {
				if err := node.store.Finish(t.Context(), ids[j]); err != nil {
					t.Errorf("Finish: %v", err)
				}
			})
		}
		wg.Wait()
		wantSeen(s, fingerprint, seenAt(1, 0, 0))
		s.seal(s.claim(later).ID)
	}
}

func sharedDeath(t *testing.T, s *subject) {
	dead := s.node()
	dead.record(mail(0))
	dead.seal(dead.claim(after(time.Minute)).ID, summary("m1", 0))
	dead.send(after(time.Minute))
	dead.record(mail(time.Second))
	dead.claim(after(time.Minute))
	s.must("Close", dead.store.Close()) // and opening another one frees nothing
	alive := s.node()
	alive.claimNothing(after(time.Minute + lease - time.Microsecond))
	alive.sendNothing(after(time.Minute + lease - time.Microsecond))
	alive.wantNextDue(after(time.Minute + lease))
	alive.wantNextSend(after(time.Minute + lease))
	alive.wantBatch(alive.claim(after(time.Minute+lease)), expect(store.Limits{}, mail(time.Second)))
	sends(alive, after(time.Minute+lease), "m1")
}

// sharedFlow has all nodes do everything at once. The leases of batches run out
// at once, so that each is sealed by one of several claimants.
func sharedFlow(t *testing.T, s *subject) {
	const callsPerWriter = 4
	n := s.nodes()
	var writing, flowing sync.WaitGroup
	for _, node := range n {
		write(node, &writing, callsPerWriter)
	}
	done := make(chan struct{})
	delivered := make([]int, 2*len(n))
	for i := range delivered {
		flowing.Go(func() {
			for last := false; ; {
				worked, err := flow(t, n[i%len(n)].store, &delivered[i])
				if err != nil || last && !worked {
					if err != nil {
						t.Error(err)
					}
					return
				}
				select {
				case <-done:
					last = !worked
				default:
				}
			}
		})
	}
	writing.Wait()
	close(done)
	flowing.Wait()
	got, want := 0, len(n)*writers*callsPerWriter
	for _, count := range delivered {
		got += count
	}
	if got != want {
		t.Errorf("%d mails were delivered, want %d", got, want)
	}
	s.wantPending(store.Pending{})
}

// flow makes a summary and delivers one, unless it was never reopened.
func flow(t *testing.T, s store.Store, delivered *int) (worked bool, err error) {
	b, err := s.Claim(t.Context(), later, 0)
	if err != nil {
		return false, err
	}
	if b != nil {
		o := summary("m", 0)
		o.Count, o.LastError = b.Count, flag(!b.HeldSince.IsZero(), "reopened")
		if err := s.Seal(t.Context(), b.ID, []store.Outgoing{o}); err != nil && !errors.Is(err, store.ErrNotClaimed) {
			return true, err
		}
	}
	o, err := s.ClaimOutgoing(t.Context(), later, lease)
	if err != nil || o == nil {
		return b != nil, err
	}
	if o.LastError == "" {
		return true, s.Reopen(t.Context(), o.ID, later)
	}
	*delivered += o.Count
	return true, s.Finish(t.Context(), o.ID)
}

// sharedBusy stands for a storm on all nodes that never lets go of the batch: it
// must be claimed nevertheless.
func sharedBusy(t *testing.T, s *subject) {
	n := s.nodes()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(stop)
	recorded := make(chan struct{}, 1)
	for _, node := range n {
		for range 4 {
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					if err := node.store.Record(t.Context(), []store.Entry{mail(0)}); err != nil {
						t.Errorf("Record: %v", err)
						return
					}
					select {
					case recorded <- struct{}{}:
					default:
					}
				}
			})
		}
	}
	for range 10 {
		<-recorded
		n[0].seal(n[0].claim(later).ID)
	}
}
