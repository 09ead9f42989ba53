package store

import (
	"maps"
	"slices"
)

// Merge adds what other has counted to b, within limits, with b's own groups and
// variants first. What both know keeps the title, the reason and the sample of
// the one that is older, as if all mails had been added in their order. It is the
// definition of what folding means where a batch with the same key is open; other
// is then as Claim returned it, so that the most frequent groups come first.
func (b *Batch) Merge(other *Batch, limits Limits) {
	b.Count += other.Count
	b.First, b.Last = widen(b.First, b.Last, other.First)
	b.First, b.Last = widen(b.First, b.Last, other.Last)
	b.Due = earliest(b.Due, other.Due)
	b.HeldSince = earliest(b.HeldSince, other.HeldSince)
	b.dueBy = earliest(b.dueBy, other.dueBy)
	b.loud = b.loud.and(other.loud)
	if b.Recipients == nil {
		b.Recipients = make(map[string]int)
	}
	for address, count := range other.Recipients {
		b.Recipients[address] += count
	}
	for _, from := range other.Groups {
		g := b.index[from.Key]
		if g == nil {
			g = b.group(&Entry{Group: from.Key, Title: from.Title, Reason: from.Reason, Received: from.First}, limits.GroupsPerBatch)
			if g == nil {
				continue
			}
			g.Muted = from.Muted
		}
		if from.First.Before(g.First) {
			g.Title, g.Reason = from.Title, from.Reason
		}
		b.sampleBytes += g.merge(from, limits, limits.BatchBytes-b.sampleBytes)
	}
}

// Regroup returns a copy of b in which groups have other keys and variants other
// fingerprints, and those that get equal ones are merged. The functions may change
// what they are asked about. The copy shares nothing with b, and is for reading.
func (b *Batch) Regroup(key func(g *Group) string, fingerprint func(g *Group, v *Variant) string) *Batch {
	c := b.Clone()
	groups := c.Groups
	c.Groups = nil
	limits := Limits{}.WithDefaults().Unbounded()
	for _, from := range groups {
		for _, v := range from.Variants {
			v.keepParts()
			v.Fingerprint = fingerprint(from, v)
		}
		g := c.group(&Entry{Group: key(from), Title: from.Title, Reason: from.Reason, Received: from.First}, limits.GroupsPerBatch)
		if g.Count == 0 {
			g.Muted = from.Muted
		} else if from.First.Before(g.First) {
			g.Title, g.Reason = from.Title, from.Reason
		}
		g.merge(from, limits, limits.BatchBytes)
	}
	c.Sort()
	return c
}

// merge returns how many bytes of samples were taken.
func (g *Group) merge(from *Group, limits Limits, room int) (taken int) {
	g.Count, g.Parts = g.Count+from.Count, g.Parts+from.Parts
	g.First, g.Last = widen(g.First, g.Last, from.First)
	g.First, g.Last = widen(g.First, g.Last, from.Last)
	for _, host := range from.HostsByArrival() {
		g.addHost(host, from.Hosts[host], limits.HostsPerGroup)
	}
	for minute, count := range from.Minutes {
		g.Minutes[minute] += count
	}
	for _, other := range from.Variants {
		if v := g.variant(other.Fingerprint); v != nil {
			if other.First.Before(v.First) {
				taken += v.begin(other, room-taken)
			}
			v.Count, v.Copies = v.Count+other.Count, v.Copies+other.Copies
			v.First, v.Last = widen(v.First, v.Last, other.First)
			v.First, v.Last = widen(v.First, v.Last, other.Last)
			v.Varying.Merge(&other.Varying)
			v.Seen = v.Seen.and(other.Seen)
			for _, id := range other.Problems {
				if !slices.Contains(v.Problems, id) {
					v.Problems = append(v.Problems, id)
				}
			}
			v.parts, v.incomplete = append(v.parts, other.parts...), v.incomplete || other.incomplete
			continue
		}
		if len(g.Variants) >= limits.VariantsPerGroup {
			continue
		}
		v := *other
		v.Sample = slices.Clone(other.Sample[:min(len(other.Sample), max(room-taken, 0))])
		v.Varying = other.Varying.Clone()
		taken += len(v.Sample)
		g.append(&v)
	}
	return taken
}

// begin gives v what older, the same variant, began with. Its sample is taken if
// it is whole within room, in which v's own is not counted; begin returns how many
// bytes more that are.
func (v *Variant) begin(older *Variant, room int) (grown int) {
	v.Reason, v.Meaning = older.Reason, older.Meaning
	if !older.Replaces(len(v.Sample), room) {
		return 0
	}
	grown = len(older.Sample) - len(v.Sample)
	v.Sample, v.SampleSize = slices.Clone(older.Sample), older.SampleSize
	return grown
}

// Replaces reports whether the sample of v, which is older, takes the place of one
// of size bytes where room more are left: a sample that was cut for want of room,
// or not kept at all, is worth less than a later one.
func (v *Variant) Replaces(size, room int) bool {
	return len(v.Sample) > 0 && len(v.Sample)-size <= max(room, 0)
}

// Clone returns a copy of b that shares nothing with it. It is for
// reading: Add must not be called on it.
func (b *Batch) Clone() *Batch {
	c := *b
	c.index = nil
	c.Recipients = maps.Clone(b.Recipients)
	c.Groups = make([]*Group, len(b.Groups))
	for i, g := range b.Groups {
		group := *g
		group.Hosts, group.Minutes, group.hostOrder = maps.Clone(g.Hosts), maps.Clone(g.Minutes), nil
		group.index = nil
		group.Variants = make([]*Variant, len(g.Variants))
		for j, v := range g.Variants {
			variant := *v
			variant.Sample = slices.Clone(v.Sample)
			variant.Varying, variant.Problems = v.Varying.Clone(), slices.Clone(v.Problems)
			group.Variants[j] = &variant
		}
		c.Groups[i] = &group
	}
	return &c
}
