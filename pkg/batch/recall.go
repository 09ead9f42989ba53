package batch

import (
	"hash/maphash"
	"sync"

	"github.com/hut8labs/failmail/pkg/message"
)

const (
	// maxRecalled is how many fingerprints are kept; a storm consists of few
	// texts, or of so many that keeping them is of no use.
	maxRecalled = 256
	// maxRecalledText bounds a text that is kept, in bytes.
	maxRecalledText = 16 << 10
)

// recalled keeps the fingerprints of the last texts: in a storm many mails have
// the same one to the byte. The zero value is empty.
type recalled struct {
	mu     sync.Mutex
	seed   maphash.Seed
	prints map[uint64]recalledPrint
	order  [maxRecalled]uint64 // as a ring
	next   int
}

type recalledPrint struct {
	subject, text string
	print         Fingerprint
}

// fingerprint is FingerprintOf, for a mail that may have been seen before.
func (r *recalled) fingerprint(m *message.Message) Fingerprint {
	return r.of(m.Subject(), safeText(m.Body), func() Fingerprint { return FingerprintOf(m) })
}

// of returns what find does of a text that may have been seen before.
func (r *recalled) of(subject, text string, find func() Fingerprint) Fingerprint {
	if len(text) > maxRecalledText || len(subject) > maxKeyBytes || text == "" {
		return find()
	}
	key := r.key(subject, text)
	r.mu.Lock()
	known, found := r.prints[key]
	r.mu.Unlock()
	if found && known.text == text && known.subject == subject {
		return known.print
	}
	print := find()
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, found := r.prints[key]; !found {
		delete(r.prints, r.order[r.next])
		r.order[r.next] = key
		r.next = (r.next + 1) % maxRecalled
	}
	r.prints[key] = recalledPrint{subject, text, print}
	return print
}

func (r *recalled) key(subject, text string) uint64 {
	r.mu.Lock()
	if r.prints == nil {
		r.prints, r.seed = make(map[uint64]recalledPrint), maphash.MakeSeed()
	}
	seed := r.seed
	r.mu.Unlock()
	var h maphash.Hash
	h.SetSeed(seed)
	h.WriteString(subject)
	h.WriteByte(0)
	h.WriteString(text)
	return h.Sum64()
}

// safeText is empty where reading the content panics; FingerprintOf then knows
// what to do.
func safeText(read func() string) (text string) {
	defer func() {
		if recover() != nil {
			text = ""
		}
	}()
	return read()
}
