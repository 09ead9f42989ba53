package batch

import (
	"strings"

	"github.com/hut8labs/failmail/pkg/family"
	"github.com/hut8labs/failmail/pkg/store"
)

// Entries says which errors of a batch are one entry for people: those of one family, and those
// of one thing, which has one problem, whatever is wrong with it, unless other things have some
// of them, too.
type Entries struct {
	families *family.Families
	same     map[string]string         // the fingerprint of an entry for that of an error in it
	latest   map[string]*store.Variant // what was said last of a thing, by the fingerprint of its entry
}

// EntriesOf returns the Entries of b, which is as an engine returns it. families may be nil.
func EntriesOf(b *store.Batch, families *family.Families) Entries {
	e := Entries{families, make(map[string]string), make(map[string]*store.Variant)}
	var things []*thing // as they came
	byKey, owners := make(map[string]*thing), make(map[string]*thing)
	for _, g := range b.Groups {
		if !isFingerprint(WithoutThing(g.Key)) {
			continue // what a user says
		}
		for _, v := range g.Variants {
			fingerprint := WithoutThing(v.Fingerprint)
			key := strings.TrimPrefix(v.Fingerprint, fingerprint)
			if key == "" || !v.Meaning.Status.IsBad() {
				continue
			}
			t := byKey[key]
			if t == nil {
				t = &thing{}
				byKey[key] = t
				things = append(things, t)
			}
			fingerprint = families.Of(fingerprint)
			if owner, known := owners[fingerprint]; known && owner != t {
				owner = nil // several have it
				owners[fingerprint] = owner
			} else {
				owners[fingerprint] = t
			}
			t.note(fingerprint, v)
		}
	}
	for _, t := range things {
		if first := t.errors[0]; len(t.errors) > 1 && t.hasAlone(owners) {
			for _, other := range t.errors[1:] {
				e.same[other] = first
			}
			e.latest[first] = t.last
		}
	}
	return e
}

// Of returns the fingerprint of the entry of an error.
func (e Entries) Of(fingerprint string) string { return e.alias(e.families.Of(fingerprint)) }

func (e Entries) alias(fingerprint string) string {
	if first, known := e.same[fingerprint]; known {
		return first
	}
	return fingerprint
}

// A thing is one of which a batch says that something is wrong.
type thing struct {
	errors []string // their fingerprints
	last   *store.Variant
}

func (t *thing) note(fingerprint string, v *store.Variant) {
	if t.last == nil || !v.Last.Before(t.last.Last) {
		t.last = v
	}
	for _, known := range t.errors {
		if known == fingerprint {
			return
		}
	}
	t.errors = append(t.errors, fingerprint)
}

// hasAlone reports whether no other thing has one of its errors.
func (t *thing) hasAlone(owners map[string]*thing) bool {
	for _, fingerprint := range t.errors {
		if owners[fingerprint] != t {
			return false
		}
	}
	return true
}
