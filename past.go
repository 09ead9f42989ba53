package failmail

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/store"
)

const (
	// maxLooks is how many mails of an error are looked at for what 1.0 knew of it, which told
	// some apart that are one error now.
	maxLooks = 64
	// maxLooked bounds the errors that were looked at; beyond them it begins anew.
	maxLooked = 10_000
)

// A past is what an older version knew of errors, by fingerprints of its own. The zero value
// knows nothing.
type past struct {
	store store.Heir // nil if there is none
	until time.Time  // it was forgotten by then

	mu    sync.Mutex
	looks map[string]look // by fingerprint
}

// A look is what was asked of the past for an error.
type look struct {
	mails   int
	formers []string // in the store already
}

// open finds out whether engine was upgraded from 1.0, so that its history may have
// fingerprints of that.
func (p *past) open(ctx context.Context, engine store.Store, now time.Time) error {
	heir, ok := engine.(store.Heir)
	if !ok {
		return nil
	}
	since, err := heir.Noted(ctx, store.FromOlder)
	if err != nil || since == "" {
		return err
	}
	at, err := time.Parse(time.RFC3339, since)
	if err != nil {
		return fmt.Errorf("the note %q of the store should be a time: %w", store.FromOlder, err)
	}
	if until := at.Add(remember); until.After(now) {
		p.store, p.until, p.looks = heir, until, make(map[string]look)
	}
	return nil
}

// inherit has the history know of entries, which are m's, what it knows of m by its former
// fingerprint. A digest had one for all of its parts, which says nothing of them.
func (p *past) inherit(ctx context.Context, m *Message, entries []store.Entry) error {
	if p.store == nil || m.Received.After(p.until) {
		return nil
	}
	fingerprint := entries[0].Fingerprint
	for i := range entries {
		if entries[i].Fingerprint != fingerprint {
			return nil
		}
	}
	if !p.looksAt(fingerprint) {
		return nil
	}
	former := batch.Former(m)
	if former == "" || p.asked(fingerprint, former) {
		return nil
	}
	if err := p.store.Inherit(ctx, former, fingerprint); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := p.looks[fingerprint]
	seen.formers = append(seen.formers, former)
	p.looks[fingerprint] = seen
	return nil
}

// asked reports whether the store has been asked already, as for all mails of a storm but the first.
func (p *past) asked(fingerprint, former string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.looks[fingerprint].formers, former)
}

// looksAt reports whether another mail of an error is looked at.
func (p *past) looksAt(fingerprint string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.looks) >= maxLooked {
		clear(p.looks)
	}
	seen := p.looks[fingerprint]
	if seen.mails == maxLooks {
		return false
	}
	seen.mails++
	p.looks[fingerprint] = seen
	return true
}
