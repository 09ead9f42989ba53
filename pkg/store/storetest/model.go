package storetest

import (
	"maps"
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

// A model is what a store does, in as few lines as possible. Times in it are
// unique, so that no order is left open.
type model struct {
	limits  store.Limits
	shared  bool // reopening leaves leases alone
	batches []*modelBatch
	outbox  []*modelOutgoing
	seen    map[string]time.Time // for Quiet
	history map[string]store.Seen
	things  map[meaning.Thing]store.Standing
	mutes   []store.Mute
}

type modelBatch struct {
	id       int64 // as the store under test assigned it; 0 before the claim
	claimed  bool
	until    time.Time
	batch    *store.Batch
	firstDue time.Time
}

type modelOutgoing struct {
	until    time.Time
	outgoing store.Outgoing // its ID is the store's, once claimed
	batch    *modelBatch    // nil if it comes from none
}

func newModel(limits store.Limits, shared bool) *model {
	return &model{
		limits: limits.WithDefaults(), shared: shared,
		seen: make(map[string]time.Time), history: make(map[string]store.Seen), things: make(map[meaning.Thing]store.Standing),
	}
}

func (m *model) record(entries []store.Entry) {
	isEarly := make([]bool, len(entries))
	for i := range entries {
		isEarly[i] = m.isEarly(&entries[i])
	}
	for i := range entries {
		e, early := entries[i], false
		// A mail is early if any part of it is.
		first, end := i, i+1
		for entries[first].Part {
			first--
		}
		for end < len(entries) && entries[end].Part {
			end++
		}
		if early = slices.Contains(isEarly[first:end], true); early {
			e.Window = store.Window{}
		}
		b := m.open(e.Batch, early)
		if b == nil {
			b = &modelBatch{batch: &store.Batch{Early: early}}
			m.batches = append(m.batches, b)
		}
		b.batch.Add(&e, m.limits)
	}
}

func (m *model) isEarly(e *store.Entry) bool {
	if e.Quiet == 0 || !e.MutedUntil.IsZero() {
		return false
	}
	last, known := m.seen[e.Batch+"\n"+e.Group]
	if !known || e.Received.After(last) {
		m.seen[e.Batch+"\n"+e.Group] = e.Received
	}
	return !known || e.Received.Sub(last) > e.Quiet
}

func (m *model) open(key string, early bool) *modelBatch {
	for _, b := range m.batches {
		if !b.claimed && b.batch.Key == key && b.batch.Early == early {
			return b
		}
	}
	return nil
}

// at returns when Claim may have b.
func (b *modelBatch) at() time.Time {
	if b.claimed {
		return b.until
	}
	return b.batch.Due
}

// dueFirst returns when b was due before it was reopened.
func (b *modelBatch) dueFirst() time.Time {
	if b.firstDue.IsZero() {
		return b.batch.Due
	}
	return b.firstDue
}

// shown returns b as the store shows it.
func (m *model) shown(b *modelBatch) *store.Batch {
	c := b.batch.Clone()
	c.Due = b.dueFirst()
	c.Sort()
	for _, g := range c.Groups {
		for _, v := range g.Variants {
			v.Seen, v.Standing = m.history[v.Fingerprint], m.things[v.Meaning.Thing()]
		}
	}
	return c
}

func (o *modelOutgoing) at() time.Time {
	if o.until.After(o.outgoing.NextAt) {
		return o.until
	}
	return o.outgoing.NextAt
}

func (m *model) nextDue() time.Time {
	next := store.Never
	for _, b := range m.batches {
		next = earliest(next, b.at())
	}
	return next
}

func (m *model) nextSend() time.Time {
	next := store.Never
	for _, o := range m.outbox {
		next = earliest(next, o.at())
	}
	return next
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func (m *model) claim(now time.Time) *modelBatch {
	var claim *modelBatch
	for _, b := range m.batches {
		if !b.at().After(now) && (claim == nil || b.dueFirst().Before(claim.dueFirst())) {
			claim = b
		}
	}
	if claim != nil {
		claim.firstDue = claim.dueFirst()
		claim.claimed, claim.until = true, now.Add(lease)
	}
	return claim
}

func (m *model) seal(id int64, summaries []store.Outgoing) (found bool) {
	for i, b := range m.batches {
		if b.claimed && b.id == id {
			m.batches = slices.Delete(m.batches, i, i+1)
			for _, o := range summaries {
				o.CanReopen = len(summaries) == 1
				m.outbox = append(m.outbox, &modelOutgoing{outgoing: o, batch: b})
			}
			if len(summaries) == 0 {
				m.remember(b.batch)
			}
			return true
		}
	}
	return false
}

func (m *model) remember(b *store.Batch) {
	said := make(store.Said)
	defer func() {
		for thing := range said {
			if now := said.After(thing, m.things[thing]); now.Count > 0 {
				m.things[thing] = now
			}
		}
	}()
	for _, g := range b.Groups {
		for _, v := range g.Variants {
			said.Add(v)
			was, known := m.history[v.Fingerprint]
			if !known || v.First.Before(was.First) {
				was.First = v.First
			}
			if v.Last.After(was.Last) {
				was.Last = v.Last
			}
			was.Count += v.Count
			m.history[v.Fingerprint] = was
		}
	}
}

func (m *model) send(now time.Time) *modelOutgoing {
	var claim *modelOutgoing
	for _, o := range m.outbox {
		if !o.at().After(now) && (claim == nil || o.outgoing.NextAt.Before(claim.outgoing.NextAt)) {
			claim = o
		}
	}
	if claim != nil {
		claim.until = now.Add(lease)
	}
	return claim
}

func (m *model) postpone(o store.Outgoing) (found bool) {
	for _, have := range m.outbox {
		if have.outgoing.ID == o.ID {
			have.until = time.Time{}
			have.outgoing.To, have.outgoing.Attempts = o.To, o.Attempts
			have.outgoing.NextAt, have.outgoing.LastError = o.NextAt, o.LastError
			return true
		}
	}
	return false
}

// take removes a summary from the outbox; nil if it is not there.
func (m *model) take(id int64) *modelOutgoing {
	for i, o := range m.outbox {
		if o.outgoing.ID == id {
			m.outbox = slices.Delete(m.outbox, i, i+1)
			return o
		}
	}
	return nil
}

func (m *model) finish(id int64) {
	o := m.take(id)
	if o == nil || o.batch == nil {
		return
	}
	for _, other := range m.outbox {
		if other.batch == o.batch {
			return
		}
	}
	m.remember(o.batch.batch)
}

func (m *model) fold(id int64, since time.Time) (found bool) {
	i := slices.IndexFunc(m.outbox, func(o *modelOutgoing) bool { return o.outgoing.ID == id && o.outgoing.CanReopen })
	if i < 0 {
		return false
	}
	reopened := m.take(id).batch
	reopened.id, reopened.claimed = 0, false
	reopened.batch.Due = reopened.firstDue
	if !since.IsZero() && (reopened.batch.HeldSince.IsZero() || since.Before(reopened.batch.HeldSince)) {
		reopened.batch.HeldSince = since
	}
	now := m.open(reopened.batch.Key, reopened.batch.Early)
	if now == nil {
		m.batches = append(m.batches, reopened)
		return true
	}
	now.batch.Merge(m.shown(reopened), m.limits)
	if now.firstDue.IsZero() || reopened.firstDue.Before(now.firstDue) {
		now.firstDue = reopened.firstDue
	}
	return true
}

func (m *model) retry(i int, now time.Time) (due int) {
	o := m.outbox[i]
	if o.until.After(now) {
		return 0
	}
	o.outgoing.NextAt = earliest(o.outgoing.NextAt, now)
	return 1
}

func (m *model) forget(before time.Time) {
	maps.DeleteFunc(m.seen, func(_ string, last time.Time) bool { return last.Before(before) })
	maps.DeleteFunc(m.history, func(_ string, s store.Seen) bool { return s.Last.Before(before) })
	maps.DeleteFunc(m.things, func(_ meaning.Thing, s store.Standing) bool { return s.Bad.Before(before) && s.Good.Before(before) })
	m.mutes = slices.DeleteFunc(m.mutes, func(mute store.Mute) bool { return mute.Until.Before(before) })
}

// reopen gives back what was leased, unless other nodes may hold it.
func (m *model) reopen() {
	if m.shared {
		return
	}
	for _, b := range m.batches {
		b.until = time.Time{}
	}
	for _, o := range m.outbox {
		o.until = time.Time{}
	}
}

func (m *model) pending() store.Pending {
	p := store.Pending{Batches: len(m.batches), Outbox: len(m.outbox)}
	for _, b := range m.batches {
		p.Mails += b.batch.Count
	}
	return p
}
