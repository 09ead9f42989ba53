package recognise

import (
	"hash/maphash"
	"sync"
)

const (
	maxRecalled      = 256
	maxRecalledBytes = 16 << 10 // of a text: the parts of a digest are kept with what it means
)

// recalled keeps what the last texts mean: in a storm many mails have the same one to
// the byte. The zero value is empty.
type recalled struct {
	mu    sync.Mutex
	known map[recalledKey]Recognised
}

type recalledKey struct {
	source             *source
	subject, text, end uint64
	length             int
	from               origin
}

var seed = maphash.MakeSeed()

func (r *recalled) of(s *source, subject, text string, from origin) Recognised {
	read, end := text, ending(text)
	if from.isDocument {
		end = ""
	} else if s == nil || s.bytes == maxBytes {
		read = text[:min(len(text), maxBytes)]
	} else if len(text) > maxRecalledBytes {
		return recognise(s, subject, text, from)
	}
	key := recalledKey{s, maphash.String(seed, subject), maphash.String(seed, read), maphash.String(seed, end), len(read), from}
	r.mu.Lock()
	rec, found := r.known[key]
	r.mu.Unlock()
	if found {
		return rec
	}
	rec = recognise(s, subject, text, from)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil || len(r.known) >= maxRecalled {
		r.known = make(map[recalledKey]Recognised, maxRecalled)
	}
	r.known[key] = rec
	return rec
}
