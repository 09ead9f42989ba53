package store

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// A Batch is what becomes one summary.
type Batch struct {
	ID    int64
	Key   string
	Count int // mails, including those beyond the limits
	First time.Time
	Last  time.Time
	Due   time.Time
	// Groups are ordered by count, then by first arrival. Count minus the sum
	// of their counts is how many mails fell into groups beyond the limit.
	Groups []*Group
	// Recipients maps each address to the number of mails sent to it.
	Recipients map[string]int

	index       map[string]*Group
	sampleBytes int // of all samples
}

// A Group is one headline of a summary.
type Group struct {
	Key    string
	Title  string
	Reason string
	Count  int // mails, including those of variants beyond the limit
	First  time.Time
	Last   time.Time
	// Variants are ordered as Groups are.
	Variants []*Variant
	// Hosts maps a host to its mails; hosts beyond the limit are left out.
	Hosts map[string]int
	// Minutes maps a Unix time divided by 60 to the mails of that minute.
	Minutes map[int64]int

	hostOrder []string // as Add saw them
}

// HostsByArrival returns the hosts that Add has seen, the first one first.
func (g *Group) HostsByArrival() []string { return g.hostOrder }

// A Variant stands for the mails of a group with the same content.
type Variant struct {
	Fingerprint string
	Reason      string
	Count       int
	First       time.Time
	Last        time.Time
	// Sample is the first mail, cut at the limit; SampleSize is its size
	// before it was cut, in bytes.
	Sample     []byte
	SampleSize int
}

// Add counts e in b within limits. Engines use it to merge the entries of one
// commit, and the memory engine for everything; it is the definition of what
// recording means.
func (b *Batch) Add(e *Entry, limits Limits) {
	if b.Count == 0 {
		b.Key, b.First, b.Last = e.Batch, e.Received, e.Received
	}
	b.Count++
	b.First, b.Last = widen(b.First, b.Last, e.Received)
	b.Due = e.Window.Due(b.First, b.Last)
	if b.Recipients == nil {
		b.Recipients = make(map[string]int)
	}
	for _, address := range e.Recipients {
		b.Recipients[address]++
	}
	if g := b.group(e, limits.GroupsPerBatch); g != nil {
		b.sampleBytes += g.add(e, limits, limits.BatchBytes-b.sampleBytes)
	}
}

func (b *Batch) group(e *Entry, limit int) *Group {
	if g := b.index[e.Group]; g != nil {
		return g
	}
	if len(b.Groups) >= limit {
		return nil
	}
	if b.index == nil {
		b.index = make(map[string]*Group)
	}
	g := &Group{
		Key: e.Group, Title: e.Title, Reason: e.Reason, First: e.Received, Last: e.Received,
		Hosts: make(map[string]int), Minutes: make(map[int64]int),
	}
	b.Groups = append(b.Groups, g)
	b.index[e.Group] = g
	return g
}

// add counts e; a new variant takes room bytes of its sample at most. It returns
// how many it took.
func (g *Group) add(e *Entry, limits Limits, room int) (taken int) {
	g.Count++
	g.First, g.Last = widen(g.First, g.Last, e.Received)
	if _, known := g.Hosts[e.Host]; known {
		g.Hosts[e.Host]++
	} else if len(g.Hosts) < limits.HostsPerGroup {
		g.Hosts[e.Host] = 1
		g.hostOrder = append(g.hostOrder, e.Host)
	}
	g.Minutes[e.Received.Unix()/60]++
	for _, v := range g.Variants {
		if v.Fingerprint == e.Fingerprint {
			v.Count++
			v.First, v.Last = widen(v.First, v.Last, e.Received)
			return 0
		}
	}
	if len(g.Variants) >= limits.VariantsPerGroup {
		return 0
	}
	taken = min(len(e.Sample), limits.SampleBytes, max(room, 0))
	g.Variants = append(g.Variants, &Variant{
		Fingerprint: e.Fingerprint, Reason: e.Reason, Count: 1, First: e.Received, Last: e.Received,
		Sample: slices.Clone(e.Sample[:taken]), SampleSize: len(e.Sample),
	})
	return taken
}

func widen(first, last, t time.Time) (time.Time, time.Time) {
	if t.Before(first) {
		first = t
	}
	if t.After(last) {
		last = t
	}
	return first, last
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
		group.Variants = make([]*Variant, len(g.Variants))
		for j, v := range g.Variants {
			variant := *v
			variant.Sample = slices.Clone(v.Sample)
			group.Variants[j] = &variant
		}
		c.Groups[i] = &group
	}
	return &c
}

// Sort puts groups and variants into the order their fields promise.
func (b *Batch) Sort() {
	slices.SortStableFunc(b.Groups, func(x, y *Group) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), x.First.Compare(y.First))
	})
	for _, g := range b.Groups {
		slices.SortStableFunc(g.Variants, func(x, y *Variant) int {
			return cmp.Or(cmp.Compare(y.Count, x.Count), x.First.Compare(y.First))
		})
	}
}

// Omitted returns how many mails fell into groups beyond the limit.
func (b *Batch) Omitted() int {
	omitted := b.Count
	for _, g := range b.Groups {
		omitted -= g.Count
	}
	return omitted
}

// Omitted returns how many mails of the group were of variants beyond the
// limit.
func (g *Group) Omitted() int {
	omitted := g.Count
	for _, v := range g.Variants {
		omitted -= v.Count
	}
	return omitted
}
