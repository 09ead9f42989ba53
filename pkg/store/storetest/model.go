package storetest

import (
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

// A model is what a store does, in as few lines as possible. Times in it are
// unique, so that no order is left open.
type model struct {
	limits  store.Limits
	batches []*modelBatch
	outbox  []*modelOutgoing
}

type modelBatch struct {
	id      int64 // as the store under test assigned it; 0 before the claim
	claimed bool
	until   time.Time
	batch   *store.Batch
}

type modelOutgoing struct {
	until    time.Time
	outgoing store.Outgoing // its ID is the store's, once claimed
}

func newModel(limits store.Limits) *model {
	return &model{limits: limits.WithDefaults()}
}

func (m *model) record(entries []store.Entry) {
	for i := range entries {
		e := &entries[i]
		at := slices.IndexFunc(m.batches, func(b *modelBatch) bool { return !b.claimed && b.batch.Key == e.Batch })
		if at < 0 {
			at = len(m.batches)
			m.batches = append(m.batches, &modelBatch{batch: &store.Batch{}})
		}
		m.batches[at].batch.Add(e, m.limits)
	}
}

// at returns when Claim may have b.
func (b *modelBatch) at() time.Time {
	if b.claimed {
		return b.until
	}
	return b.batch.Due
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
		if !b.at().After(now) && (claim == nil || b.batch.Due.Before(claim.batch.Due)) {
			claim = b
		}
	}
	if claim != nil {
		claim.claimed, claim.until = true, now.Add(lease)
		claim.batch.Sort()
	}
	return claim
}

func (m *model) seal(id int64, summaries []store.Outgoing) (found bool) {
	kept := len(m.batches)
	m.batches = slices.DeleteFunc(m.batches, func(b *modelBatch) bool { return b.claimed && b.id == id })
	if len(m.batches) == kept {
		return false
	}
	for _, o := range summaries {
		m.outbox = append(m.outbox, &modelOutgoing{outgoing: o})
	}
	return true
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

func (m *model) finish(id int64) {
	m.outbox = slices.DeleteFunc(m.outbox, func(o *modelOutgoing) bool { return o.outgoing.ID == id })
}

// reopen gives back what was leased.
func (m *model) reopen() {
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
