package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
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
					subject: s, model: newModel(limits), random: rand.New(rand.NewPCG(seed, 0)), now: after(0),
				}
				for range 100 {
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
}

func (p *player) step() {
	p.t.Helper()
	p.now = p.now.Add(time.Duration(p.random.IntN(40)-5) * time.Second)
	moves := []func(){p.record, p.record, p.record, p.record, p.claim, p.claim, p.seal, p.send, p.send, p.postpone, p.finish}
	if p.open != nil && p.random.IntN(15) == 0 {
		moves = []func(){p.restart}
	}
	defer func() {
		if p.t.Failed() {
			p.t.Logf("calls so far: %q", p.log)
		}
	}()
	moves[p.random.IntN(len(moves))]()
	p.wantPending(p.model.pending())
	due, err := p.store.NextDue(p.t.Context())
	p.must("NextDue", err)
	p.wantNext("NextDue", due, p.model.nextDue())
	sending, err := p.store.NextSend(p.t.Context())
	p.must("NextSend", err)
	p.wantNext("NextSend", sending, p.model.nextSend())
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

func (p *player) record() {
	p.t.Helper()
	entries := make([]store.Entry, 1+p.random.IntN(12))
	for i := range entries {
		// The microseconds make every time, and so every order, unique.
		p.mails++
		received := p.now.Sub(after(0)).Truncate(time.Second) + time.Duration(p.random.IntN(60)-50)*time.Second
		entries[i] = mail(received+time.Duration(p.mails)*time.Microsecond,
			in(p.pick("batch", 3)), of(p.pick("group", 5), p.pick("v1:", 4)), from(p.pick("web", 6)),
			to(p.pick("user", 3), "ops@example.com"), within(time.Duration(1+p.random.IntN(3))*30*time.Second, 2*time.Minute),
			saying(p.pick("title", 1000), p.pick("reason", 1000), p.pick("sample", 1000)))
	}
	p.note("record %d", len(entries))
	p.subject.record(entries...)
	p.model.record(entries)
}

func (p *player) claim() {
	p.t.Helper()
	p.note("claim at %s", stamp(p.now))
	want := p.model.claim(p.now)
	if want == nil {
		p.claimNothing(p.now)
		return
	}
	got := p.subject.claim(p.now)
	p.wantBatch(got, want.batch)
	if want.id != 0 && got.ID != want.id {
		p.t.Fatalf("batch %d came up again as %d", want.id, got.ID)
	}
	want.id = got.ID
	p.batches = append(p.batches, got.ID)
}

func (p *player) seal() {
	p.t.Helper()
	if len(p.batches) == 0 {
		return
	}
	id := p.batches[p.random.IntN(len(p.batches))]
	var summaries []store.Outgoing
	for range p.random.IntN(3) {
		p.mails++
		o := summary(p.pick("m", 1_000_000), 0)
		o.NextAt = p.now.Truncate(time.Second).Add(time.Duration(p.mails) * time.Microsecond)
		summaries = append(summaries, o)
	}
	p.note("seal %d with %d", id, len(summaries))
	err := p.store.Seal(p.t.Context(), id, summaries)
	if want := p.model.seal(id, summaries); want != (err == nil) || err != nil && !errors.Is(err, store.ErrNotClaimed) {
		p.t.Fatalf("Seal of %d: %v; the model has it: %t", id, err, want)
	}
}

func (p *player) send() {
	p.t.Helper()
	p.note("send at %s", stamp(p.now))
	want := p.model.send(p.now)
	if want == nil {
		p.sendNothing(p.now)
		return
	}
	got := p.subject.send(p.now)
	p.wantOutgoing(got, &want.outgoing)
	want.outgoing.ID = got.ID
	p.sending = append(p.sending, *got)
}

func (p *player) postpone() {
	p.t.Helper()
	if len(p.sending) == 0 {
		return
	}
	p.mails++
	o := p.sending[p.random.IntN(len(p.sending))]
	o.To, o.Attempts, o.LastError = []string{p.pick("user", 3)}, p.random.IntN(10), p.pick("error", 10)
	o.NextAt = p.now.Truncate(time.Second).Add(time.Duration(p.random.IntN(90))*time.Second + time.Duration(p.mails)*time.Microsecond)
	p.note("postpone %d", o.ID)
	err := p.store.Postpone(p.t.Context(), &o)
	if want := p.model.postpone(o); want != (err == nil) || err != nil && !errors.Is(err, store.ErrNotClaimed) {
		p.t.Fatalf("Postpone of %d: %v; the model has it: %t", o.ID, err, want)
	}
}

func (p *player) finish() {
	p.t.Helper()
	if len(p.sending) == 0 {
		return
	}
	id := p.sending[p.random.IntN(len(p.sending))].ID
	p.note("finish %d", id)
	p.subject.finish(id)
	p.model.finish(id)
}

func (p *player) restart() {
	p.t.Helper()
	p.note("reopen")
	p.reopen()
	p.model.reopen()
}
