package batch

import (
	"cmp"
	"slices"
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

// EntriesOf returns the Entries of b, which is as an engine returns it; their order does not
// matter. families may be nil.
func EntriesOf(b *store.Batch, families *family.Families) Entries {
	e := Entries{families, make(map[string]string), make(map[string]*store.Variant)}
	things, owners := make(map[string]*thing), make(map[string]*thing)
	for _, g := range b.Groups {
		for _, v := range g.Variants {
			if !isOneThing(g, v) || !v.Meaning.Status.IsBad() || v.Meaning.Sender == "" || v.Meaning.Object == "" {
				continue
			}
			fingerprint := WithoutThing(v.Fingerprint)
			key := strings.TrimPrefix(v.Fingerprint, fingerprint)
			if things[key] == nil {
				things[key] = &thing{}
			}
			t := things[key]
			fingerprint = families.Of(fingerprint)
			switch owner, known := owners[fingerprint]; {
			case !known:
				owners[fingerprint] = t
				t.errors = append(t.errors, fingerprint)
			case owner != t:
				owners[fingerprint] = nil // several have it
			}
			t.said = append(t.said, v)
		}
	}
	for _, t := range things {
		alone := !slices.ContainsFunc(t.said, func(v *store.Variant) bool { return owners[families.Of(WithoutThing(v.Fingerprint))] != t })
		if len(t.errors) < 2 || !alone {
			continue
		}
		first := families.Of(WithoutThing(slices.MinFunc(t.said, earlier).Fingerprint))
		for _, other := range t.errors {
			if other != first {
				e.same[other] = first
			}
		}
		e.latest[first] = slices.MaxFunc(t.said, later)
	}
	return e
}

// A thing is one of which a batch says that something is wrong.
type thing struct {
	errors []string // their fingerprints
	said   []*store.Variant
}

// earlier and later order what was said of a thing, in the same way wherever it is asked.
func earlier(a, b *store.Variant) int {
	return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.Fingerprint, b.Fingerprint))
}

func later(a, b *store.Variant) int { return cmp.Or(a.Last.Compare(b.Last), earlier(a, b)) }

// isOneThing reports whether v, which stands in g, is of one thing, and of no group of a user.
func isOneThing(g *store.Group, v *store.Variant) bool {
	return isFingerprint(WithoutThing(g.Key)) && WithoutThing(v.Fingerprint) != v.Fingerprint
}

// Of returns the fingerprint of the entry of an error of a thing.
func (e Entries) Of(fingerprint string) string {
	fingerprint = e.families.Of(fingerprint)
	if first, known := e.same[fingerprint]; known {
		return first
	}
	return fingerprint
}
