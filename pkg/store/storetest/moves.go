package storetest

import (
	"errors"
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

// unique returns now, a little later with each call, so that every time, and so
// every order, is unique.
func (p *player) unique() time.Time {
	p.mails++
	return p.now.Truncate(time.Second).Add(time.Duration(p.mails) * time.Microsecond)
}

func (p *player) record() {
	p.t.Helper()
	entries := make([]store.Entry, 1+p.random.IntN(12))
	for i := range entries {
		received := p.unique().Add(time.Duration(p.random.IntN(60)-50) * time.Second)
		entries[i] = mail(received.Sub(after(0)),
			in(p.pick("batch", 3)), of(p.pick("group", 5), p.pick("v1:", 4)), from(p.pick("web", 6)),
			to(p.pick("user", 3), "ops@example.com"), within(time.Duration(1+p.random.IntN(3))*30*time.Second, 2*time.Minute),
			saying(p.pick("title", 1000), p.pick("reason", 1000), p.pick("sample", 1000)), having(p.pick("order", 8), p.pick("user", 2)))
		// Mails with one fingerprint say the same.
		entries[i].Meaning = [...]meaning.Meaning{
			{}, about(meaning.Problem), about(meaning.Recovery), about(meaning.Info),
		}[entries[i].Fingerprint[len("v1: ")]-'0']
		switch p.random.IntN(6) {
		case 0:
			entries[i].Group, entries[i].MutedUntil = "muted", p.unique().Add(time.Duration(p.random.IntN(300))*time.Second)
		case 1, 2:
			entries[i].Quiet = 2 * time.Minute
		}
		if i > 0 && p.random.IntN(4) == 0 {
			entries[i].Part, entries[i].Batch = true, entries[i-1].Batch
			entries[i].Recipients = entries[i-1].Recipients
		}
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
	p.wantBatch(got, p.model.shown(want))
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
	for range []int{0, 1, 1, 1, 2}[p.random.IntN(5)] {
		summaries = append(summaries, p.summary())
	}
	p.note("seal %d with %d", id, len(summaries))
	err := p.store.Seal(p.t.Context(), id, summaries)
	if want := p.model.seal(id, summaries); want != (err == nil) || err != nil && !errors.Is(err, store.ErrNotClaimed) {
		p.t.Fatalf("Seal of %d: %v; the model has it: %t", id, err, want)
	}
}

func (p *player) summary() store.Outgoing {
	o := summary(p.pick("m", 1_000_000), 0)
	o.NextAt = p.unique()
	return o
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
	want.outgoing.Attempts++
	p.sending = append(p.sending, *got)
}

func (p *player) postpone() {
	p.t.Helper()
	if len(p.sending) == 0 {
		return
	}
	o := p.sending[p.random.IntN(len(p.sending))]
	o.To, o.Attempts, o.LastError = []string{p.pick("user", 3)}, p.random.IntN(10), p.pick("error", 10)
	o.NextAt = p.unique().Add(time.Duration(p.random.IntN(90)) * time.Second)
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

func (p *player) fold() {
	p.t.Helper()
	if len(p.sending) == 0 {
		return
	}
	id, since := p.sending[p.random.IntN(len(p.sending))].ID, p.unique()
	p.note("fold %d", id)
	err := p.store.Reopen(p.t.Context(), id, since)
	if want := p.model.fold(id, since); want != (err == nil) || err != nil && !errors.Is(err, store.ErrNotClaimed) {
		p.t.Fatalf("Reopen of %d: %v; the model has it: %t", id, err, want)
	}
}

// flush makes one batch due, since the order of those due at the same time is
// open.
func (p *player) flush() {
	p.t.Helper()
	at := p.unique().Add(time.Minute)
	all := p.opened()
	if len(all) == 0 {
		return
	}
	b := all[p.random.IntN(len(all))]
	p.note("flush %q at %s", b.Key, stamp(at))
	p.subject.flush(b.ID, at, 1)
	p.model.open(b.Key, b.Early).batch.FlushBy(at)
}

func (p *player) enqueue() {
	p.t.Helper()
	o := p.summary()
	p.note("enqueue")
	p.subject.enqueue(o)
	p.model.outbox = append(p.model.outbox, &modelOutgoing{outgoing: o})
}

func (p *player) retry() {
	p.t.Helper()
	all := p.outgoing()
	if len(all) == 0 {
		return
	}
	i, now := p.random.IntN(len(all)), p.unique()
	p.note("retry %d", all[i].ID)
	p.subject.retry(all[i].ID, now, p.model.retry(i, now)) // compareLists has sorted the model's
}

func (p *player) mute() {
	p.t.Helper()
	m := muteFor(p.pick("reason", 100), 0)
	m.Created, m.Until = p.unique(), p.unique().Add(time.Duration(p.random.IntN(300))*time.Second)
	p.note("mute")
	p.subject.mute(m)
	p.model.mutes = append(p.model.mutes, m)
}

func (p *player) forget() {
	p.t.Helper()
	before := p.unique().Add(-time.Duration(p.random.IntN(10)) * time.Minute)
	p.note("forget %s", stamp(before))
	p.subject.forget(before)
	p.model.forget(before)
}

func (p *player) restart() {
	p.t.Helper()
	p.note("reopen")
	p.reopen()
	p.model.reopen()
}
