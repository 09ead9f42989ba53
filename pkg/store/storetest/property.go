package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

func propertyChecks(seeds uint64) []check {
	var checks []check
	for seed := range seeds {
		var limits store.Limits
		name := "the defaults"
		if seed%2 == 1 {
			name = "tight limits"
			limits = store.Limits{GroupsPerBatch: 3, VariantsPerGroup: 2, HostsPerGroup: 3, SampleBytes: 12}
		}
		checks = append(checks, check{
			sentence: fmt.Sprintf("random calls have the same results as in a model, with %s and seed %d", name, seed),
			limits:   limits,
			run: func(t *testing.T, s *subject) {
				p := &player{
					subject: s, model: newModel(limits, s.shared), random: rand.New(rand.NewPCG(seed, 0)), now: after(0),
				}
				if s.shared {
					p.others = s.nodes()
				}
				for range 150 {
					p.step()
				}
			},
		})
	}
	return checks
}

// A player makes the same calls to a store and to the model.
type player struct {
	*subject
	model  *model
	random *rand.Rand
	now    time.Time
	mails  int
	// batches and sending are all that was ever claimed, to make calls with
	// IDs that are gone as well.
	batches []int64
	sending []store.Outgoing
	log     []string
	others  []*subject // nodes on the same database; each call goes to one of them
}

func (p *player) step() {
	p.t.Helper()
	p.now = p.now.Add(time.Duration(p.random.IntN(40)-5) * time.Second)
	moves := []func(){
		p.record, p.record, p.record, p.record, p.record, p.claim, p.claim, p.claim, p.seal, p.seal, p.send, p.send, p.send,
		p.postpone, p.finish, p.finish, p.fold, p.fold, p.flush, p.enqueue, p.retry, p.mute, p.forget,
	}
	if p.open != nil && p.random.IntN(15) == 0 {
		moves = []func(){p.restart}
	}
	defer func() {
		if p.t.Failed() {
			p.t.Logf("calls so far: %q", p.log)
		}
	}()
	if len(p.others) > 0 {
		p.subject = p.others[p.random.IntN(len(p.others))]
	}
	moves[p.random.IntN(len(moves))]()
	p.wantPending(p.model.pending())
	due, err := p.store.NextDue(p.t.Context())
	p.must("NextDue", err)
	p.wantNext("NextDue", due, p.model.nextDue())
	sending, err := p.store.NextSend(p.t.Context())
	p.must("NextSend", err)
	p.wantNext("NextSend", sending, p.model.nextSend())
	p.compareLists()
}

func (p *player) compareLists() {
	p.t.Helper()
	var open []*modelBatch
	for _, b := range p.model.batches {
		if !b.claimed {
			open = append(open, b)
		}
	}
	slices.SortFunc(open, func(a, b *modelBatch) int { return a.batch.Due.Compare(b.batch.Due) })
	var got, want string
	for _, b := range p.opened() {
		got += describe(b)
	}
	for _, b := range open {
		want += describe(bare(p.model.shown(b)))
	}
	if got != want {
		p.t.Fatalf("Open: got\n%s\nwant\n%s", got, want)
	}
	got, want = "", ""
	for _, o := range p.outgoing() {
		got += describeOutgoing(&o)
	}
	slices.SortFunc(p.model.outbox, func(a, b *modelOutgoing) int { return a.outgoing.NextAt.Compare(b.outgoing.NextAt) })
	for _, o := range p.model.outbox {
		bare := o.outgoing
		bare.Mail = nil
		want += describeOutgoing(&bare)
	}
	if got != want {
		p.t.Fatalf("Outgoing: got\n%s\nwant\n%s", got, want)
	}
	var mutes []store.Mute
	for _, m := range p.model.mutes {
		if m.Until.After(p.now) {
			mutes = append(mutes, m)
		}
	}
	p.wantMutes(p.now, mutes...)
}

// wantNext leaves it to the engine which past time a lease has that was given
// back.
func (p *player) wantNext(method string, got, want time.Time) {
	p.t.Helper()
	past := after(-time.Hour)
	if !got.Equal(want) && (got.After(past) || want.After(past)) {
		p.t.Fatalf("%s: got %s, want %s", method, stamp(got), stamp(want))
	}
}

func (p *player) note(format string, args ...any) {
	p.log = append(p.log, fmt.Sprintf(format, args...))
}

func (p *player) pick(name string, n int) string {
	return fmt.Sprint(name, " ", p.random.IntN(n))
}
