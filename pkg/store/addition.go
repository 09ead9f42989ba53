package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"
)

// An Addition is what one call of Record adds to one open batch. An engine that
// talks to a database adds these instead of entries: a commit of 500 equal mails
// then costs what a commit of one does.
type Addition struct {
	*Batch
	// Window is that of the last mail that is not muted; it says nothing about a
	// batch whose Loud is zero.
	Window Window
}

// Additions merges the entries that go to the same open batch, in the order in
// which they came. Those at the indices that early has open batches of their own,
// see Entry.Quiet; it is made to have all parts of a mail or none. limits are Unbounded: what is new, the engine finds out.
func Additions(entries []Entry, early map[int]bool, limits Limits) []*Addition {
	type lane struct {
		key   string
		early bool
	}
	var additions []*Addition
	byLane := make(map[lane]*Addition, 1)
	keepTogether(entries, early)
	for i := range entries {
		e := entries[i]
		l := lane{e.Batch, early[i]}
		if l.early {
			e.Window = Window{}
		}
		a := byLane[l]
		if a == nil {
			a = &Addition{Batch: &Batch{Early: l.early}}
			byLane[l] = a
			additions = append(additions, a)
		}
		if e.quietUntil().IsZero() {
			a.Window = e.Window
		}
		a.Add(&e, limits)
	}
	return additions
}

// keepTogether makes a mail early as a whole if any part of it is.
func keepTogether(entries []Entry, early map[int]bool) {
	if len(early) == 0 {
		return
	}
	for from := 0; from < len(entries); {
		to, isEarly := from+1, early[from]
		for to < len(entries) && entries[to].Part {
			isEarly = isEarly || early[to]
			to++
		}
		for ; from < to; from++ {
			if isEarly {
				early[from] = true
			}
		}
	}
}

// Merge adds what next adds to the same open batch after a.
func (a *Addition) Merge(next *Addition, limits Limits) {
	if !next.Loud().First.IsZero() {
		a.Window = next.Window
	}
	a.Batch.Merge(next.Batch, limits)
}

// An encodedAddition is an Addition with what is not exported.
type encodedAddition struct {
	Batch  *Batch
	Window Window
	Loud   Span
	DueBy  time.Time
	Hosts  [][]string // of the groups, by arrival
	Octets []octets   `json:",omitempty"` // recipients that are not UTF-8, which the batch lacks
}

// octets are an address that JSON cannot say, and the mails sent to it.
type octets struct {
	Address []byte
	Count   int
}

// withoutOctets returns b, or a copy without the recipients that are not UTF-8.
func (b *Batch) withoutOctets() (*Batch, []octets) {
	var odd []octets
	for address, count := range b.Recipients {
		if !utf8.ValidString(address) {
			odd = append(odd, octets{[]byte(address), count})
		}
	}
	if odd == nil {
		return b, nil
	}
	c := *b
	c.Recipients = maps.Clone(b.Recipients)
	for _, o := range odd {
		delete(c.Recipients, string(o.Address))
	}
	return &c, odd
}

// EncodeAdditions writes additions down for DecodeAdditions. It fails with a time
// that JSON does not have. Text that is not UTF-8 gets replacement characters, except
// in recipients.
func EncodeAdditions(additions []*Addition) ([]byte, error) {
	encoded := make([]encodedAddition, len(additions))
	for i, a := range additions {
		e := encodedAddition{Window: a.Window, Loud: a.loud, DueBy: a.dueBy}
		e.Batch, e.Octets = a.withoutOctets()
		for _, g := range a.Groups {
			e.Hosts = append(e.Hosts, g.HostsByArrival())
		}
		encoded[i] = e
	}
	text, err := json.Marshal(encoded)
	if err != nil {
		return nil, fmt.Errorf("write additions: %w", err)
	}
	return text, nil
}

// DecodeAdditions is the inverse of EncodeAdditions.
func DecodeAdditions(encoded []byte) ([]*Addition, error) {
	var decoded []encodedAddition
	if err := json.Unmarshal(encoded, &decoded); err != nil {
		return nil, fmt.Errorf("read additions: %w", err)
	}
	additions := make([]*Addition, len(decoded))
	for i, d := range decoded {
		if !d.Batch.isWhole() {
			return nil, fmt.Errorf("read additions: number %d lacks a batch, a group or a variant", i+1)
		}
		if len(d.Hosts) != len(d.Batch.Groups) {
			return nil, fmt.Errorf("read additions: number %d has hosts of %d groups, not %d", i+1, len(d.Hosts), len(d.Batch.Groups))
		}
		for j, g := range d.Batch.Groups {
			g.hostOrder = d.Hosts[j]
		}
		d.Batch.loud, d.Batch.dueBy = d.Loud, d.DueBy
		for _, o := range d.Octets {
			if d.Batch.Recipients == nil {
				d.Batch.Recipients = make(map[string]int)
			}
			d.Batch.Recipients[string(o.Address)] += o.Count
		}
		d.Batch.complete()
		additions[i] = &Addition{Batch: d.Batch, Window: d.Window}
	}
	return additions, nil
}

// isWhole reports whether nothing in b, which was decoded, is nil.
func (b *Batch) isWhole() bool {
	return b != nil && !slices.ContainsFunc(b.Groups, func(g *Group) bool {
		return g == nil || slices.Contains(g.Variants, nil)
	})
}

// complete makes b, which was decoded, one that Merge takes.
func (b *Batch) complete() {
	b.index, b.sampleBytes = make(map[string]*Group, len(b.Groups)), 0
	for _, g := range b.Groups {
		b.index[g.Key] = g
		if g.Hosts == nil {
			g.Hosts = make(map[string]int)
		}
		if g.Minutes == nil {
			g.Minutes = make(map[int64]int)
		}
		for _, v := range g.Variants {
			b.sampleBytes += len(v.Sample)
		}
	}
}

// WantsQuiet reports whether the store must note when the group of e was seen
// last: a muted mail is no news, and so never the first of a group.
func (e *Entry) WantsQuiet() bool { return e.Quiet > 0 && e.MutedUntil.IsZero() }

// IsEarly reports whether e is the first mail of a group that was quiet and last
// seen at the time given; zero if it never was.
func (e *Entry) IsEarly(lastSeen time.Time) bool {
	return e.WantsQuiet() && (lastSeen.IsZero() || e.Received.Sub(lastSeen) > e.Quiet)
}
