// Package journal has what the journals of all engines share: what a row need not
// say, and what many rows add up to. A row is what one commit adds, as
// [store.EncodeAdditions] writes it down.
package journal

import (
	"slices"

	"github.com/hut8labs/failmail/pkg/store"
)

// A Key names an open batch.
type Key struct {
	Batch string
	Early bool
}

// KeyOf returns the key of the batch that a belongs to.
func KeyOf(a *store.Addition) Key { return Key{a.Key, a.Early} }

// Due is what rows add up to, an addition for each open batch. The zero value is
// nothing.
type Due struct {
	// Additions are in the order in which their batches came.
	Additions []*store.Addition
	byKey     map[Key]*store.Addition
}

// Add adds those of one row, which belong to d then. Rows come in their order.
// Nothing is cut yet: what the tables know, only they can tell.
func (d *Due) Add(additions []*store.Addition, limits store.Limits) {
	if d.byKey == nil {
		d.byKey = make(map[Key]*store.Addition)
	}
	for _, a := range additions {
		if due := d.byKey[KeyOf(a)]; due != nil {
			due.Merge(a, limits.Unbounded())
			continue
		}
		d.byKey[KeyOf(a)] = a
		d.Additions = append(d.Additions, a)
	}
}

// Known is what is known of an open batch. What a batch has, it keeps until it is
// claimed; so a row need not repeat samples, nor name what there is no room for.
type Known struct {
	Groups map[string]*Group
	Full   bool // these are all, and there is no room for another
}

// A Group is what is known of a group.
type Group struct {
	// Variants says of each fingerprint that is known whether it is known to be
	// in the tables; otherwise it is in the journal.
	Variants map[string]bool
	Counted  int // of the variants, those in the tables
	InTables bool
	Full     bool // those in the tables are all, and there is no room for another
}

// Trim takes off a what would only be dropped, and reports whether k knows the rest.
func (k *Known) Trim(a *store.Addition) (known bool) {
	known = true
	a.Groups = slices.DeleteFunc(a.Groups, func(g *store.Group) bool {
		have := k.Groups[g.Key]
		if k.Full && (have == nil || !have.InTables) {
			return true
		}
		if have == nil || !have.trim(g) {
			known = false
		}
		return false
	})
	return known
}

func (k *Group) trim(g *store.Group) (known bool) {
	known = true
	g.Variants = slices.DeleteFunc(g.Variants, func(v *store.Variant) bool {
		inTables, have := k.Variants[v.Fingerprint]
		if have {
			v.Sample = nil
		}
		if k.Full && !inTables {
			return true
		}
		known = known && have
		return false
	})
	return known
}
