package summarize

import (
	"maps"
	"sync"
	"time"

	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

// ahead remembers what was sent at once, see Config.First, until the summary of
// what followed says so. It is forgotten by a restart, and not known to other
// nodes: then that summary only lacks the hint.
type ahead struct {
	mu   sync.Mutex
	sent map[aheadKey]render.Ahead
}

type aheadKey struct{ batch, group string }

// note remembers b, which holds the first mails of some groups and is on its way at
// now. What is older than a group stays quiet has no followers any more.
func (a *ahead) note(b *store.Batch, now time.Time, quiet time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.sent == nil {
		a.sent = make(map[aheadKey]render.Ahead)
	}
	maps.DeleteFunc(a.sent, func(_ aheadKey, sent render.Ahead) bool { return now.Sub(sent.At) > quiet })
	for _, g := range b.Groups {
		sent := render.Ahead{At: now, Count: g.Count}
		for _, v := range g.Variants {
			sent.Fingerprints = append(sent.Fingerprints, v.Fingerprint)
		}
		a.sent[aheadKey{b.Key, g.Key}] = sent
	}
}

// tell has s, the summary of b, say what was sent before it.
func (a *ahead) tell(s *render.Summary, b *store.Batch) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s.NoteAhead(func(group string) render.Ahead { return a.sent[aheadKey{b.Key, group}] })
}

// told forgets what the summary of b, which is on its way, has said.
func (a *ahead) told(b *store.Batch) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, g := range b.Groups {
		if !g.Muted { // or it was not said
			delete(a.sent, aheadKey{b.Key, g.Key})
		}
	}
}
