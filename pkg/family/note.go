package family

import (
	"slices"
	"strings"
)

// A noted text is one that is to be learned, and where it stands until something changes.
type noted struct {
	Text
	place   Place
	changes int
}

// Note keeps t to be learned, unless it is known or need not be, and returns where it
// stands. Until it is learned, it decides about no other text.
func (f *Families) Note(t Text) Place {
	place, changes, needed := f.look(t)
	if !needed {
		return place
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.noted == nil {
		f.noted = make(map[string]noted)
	}
	n, known := f.noted[t.Fingerprint]
	if !known && len(f.noted) >= maxNoted {
		return place
	} else if !known {
		n.Text = t
	}
	n.place, n.changes = place, changes
	f.noted[t.Fingerprint] = n
	return place
}

// look returns where t stands after so many changes, and whether it needs to be noted.
func (f *Families) look(t Text) (place Place, changes int, needed bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if n, known := f.noted[t.Fingerprint]; known && n.changes == f.changes {
		return n.place, f.changes, false
	}
	place, first := f.find(t)
	known := f.texts[t.Fingerprint]
	if first.isLarge() { // its values are still learned, so that they are not new for ever
		needed = known == nil && f.hasRoom(first)
	} else {
		needed = !known.isRead() && !f.full
	}
	return place, f.changes, needed && len(t.Lines) > 0 && !f.alone[t.Fingerprint]
}

// maxNoted bounds what is kept to be learned; what is beyond it is noted when it
// comes again.
const maxNoted = 1000

// Noted returns what was noted since the last call, by fingerprint.
func (f *Families) Noted() []Text {
	f.mu.Lock()
	defer f.mu.Unlock()
	texts := make([]Text, 0, len(f.noted))
	for _, n := range f.noted {
		texts = append(texts, n.Text)
	}
	slices.SortFunc(texts, func(a, b Text) int { return strings.Compare(a.Fingerprint, b.Fingerprint) })
	clear(f.noted)
	return texts
}
