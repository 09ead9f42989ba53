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
	// Due is when the batch was due first, before it was folded.
	Due time.Time
	// Early says that the batch is the first mail of a group, see Entry.Quiet.
	Early bool
	// HeldSince is since when the batch could not be delivered; zero if that was
	// not tried.
	HeldSince time.Time
	// Groups are ordered by count, then by first arrival. Count minus the sum
	// of their counts is how many mails fell into groups beyond the limit.
	Groups []*Group
	// Recipients maps each address to the number of mails sent to it.
	Recipients map[string]int

	loud        Span      // of the mails that are not muted
	dueBy       time.Time // when b is due whatever its window says
	index       map[string]*Group
	sampleBytes int // of all samples
}

// A Span is the time from a first to a last mail; zero if there is none.
type Span struct{ First, Last time.Time }

// Loud returns the span of the mails that are not muted.
func (b *Batch) Loud() Span { return b.loud }

// DueBy returns when b is due whatever its window says: at the earliest end of a
// mute, or when somebody asked for it. Zero if that is not so.
func (b *Batch) DueBy() time.Time { return b.dueBy }

// SetDueBy tells b, which an engine has read, what Add would know.
func (b *Batch) SetDueBy(loud Span, dueBy time.Time) { b.loud, b.dueBy = loud, dueBy }

// A Group is one headline of a summary.
type Group struct {
	Key    string
	Title  string
	Reason string
	Muted  bool // nobody wants to see it now
	Count  int  // mails, including those of variants beyond the limit
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

// HostsByArrival returns the hosts, the first one first if Add has seen them.
func (g *Group) HostsByArrival() []string { return g.hostNames() }

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
	// Seen is what was known of the fingerprint when the variant began; zero if
	// it is new.
	Seen Seen
	// Varying is what varies from mail to mail.
	Varying Varying
}

// Seen is what the history knows of a fingerprint.
type Seen struct {
	First, Last time.Time
	Count       int
}

// Add counts e in b within limits. Engines use it to merge the entries of one
// commit, and the memory engine for everything; it is the definition of what
// recording means. It returns the variant that e began; nil if it began none.
func (b *Batch) Add(e *Entry, limits Limits) (began *Variant) {
	if b.Count == 0 {
		b.Key, b.First, b.Last = e.Batch, e.Received, e.Received
	}
	b.Count++
	b.First, b.Last = widen(b.First, b.Last, e.Received)
	switch {
	case !e.MutedUntil.IsZero():
		if b.dueBy.IsZero() || e.MutedUntil.Before(b.dueBy) {
			b.dueBy = e.MutedUntil
		}
	case b.loud.First.IsZero():
		b.loud = Span{e.Received, e.Received}
	default:
		b.loud.First, b.loud.Last = widen(b.loud.First, b.loud.Last, e.Received)
	}
	b.Due = DueOf(e.Window, b.loud, b.dueBy)
	if b.Recipients == nil {
		b.Recipients = make(map[string]int)
	}
	for _, address := range e.Recipients {
		b.Recipients[address]++
	}
	if g := b.group(e, limits.GroupsPerBatch); g != nil {
		if began = g.add(e, limits, limits.BatchBytes-b.sampleBytes); began != nil {
			b.sampleBytes += len(began.Sample)
		}
	}
	return began
}

// FlushBy makes b due at t, however many mails still come.
func (b *Batch) FlushBy(t time.Time) {
	b.dueBy, b.Due = earliest(b.dueBy, t), earliest(b.Due, t)
}

// DueOf returns when a batch is due: with the window of its loud mails, but not
// later than dueBy.
func DueOf(w Window, loud Span, dueBy time.Time) time.Time {
	if loud.First.IsZero() {
		return dueBy
	}
	due := w.Due(loud.First, loud.Last)
	if !dueBy.IsZero() && dueBy.Before(due) {
		return dueBy
	}
	return due
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
		Key: e.Group, Title: e.Title, Reason: e.Reason, Muted: !e.MutedUntil.IsZero(), First: e.Received, Last: e.Received,
		Hosts: make(map[string]int), Minutes: make(map[int64]int),
	}
	b.Groups = append(b.Groups, g)
	b.index[e.Group] = g
	return g
}

// add counts e; a new variant takes room bytes of its sample at most. It returns
// the variant that e began.
func (g *Group) add(e *Entry, limits Limits, room int) *Variant {
	g.Count++
	g.First, g.Last = widen(g.First, g.Last, e.Received)
	g.addHost(e.Host, 1, limits.HostsPerGroup)
	g.Minutes[e.Received.Unix()/60]++
	for _, v := range g.Variants {
		if v.Fingerprint == e.Fingerprint {
			v.Count++
			v.First, v.Last = widen(v.First, v.Last, e.Received)
			v.Varying.Add(e.Values)
			return nil
		}
	}
	if len(g.Variants) >= limits.VariantsPerGroup {
		return nil
	}
	taken := min(len(e.Sample), limits.SampleBytes, max(room, 0))
	v := &Variant{
		Fingerprint: e.Fingerprint, Reason: e.Reason, Count: 1, First: e.Received, Last: e.Received,
		Sample: slices.Clone(e.Sample[:taken]), SampleSize: len(e.Sample),
	}
	v.Varying.Add(e.Values)
	g.Variants = append(g.Variants, v)
	return v
}

func (g *Group) addHost(host string, count, limit int) {
	if _, known := g.Hosts[host]; !known {
		if len(g.Hosts) >= limit {
			return
		}
		g.hostOrder = append(g.hostOrder, host)
	}
	g.Hosts[host] += count
}

// Merge adds what other has counted to b, within limits, with b's own groups and
// variants first. It is the definition of what folding means where a batch with
// the same key is open.
func (b *Batch) Merge(other *Batch, limits Limits) {
	b.Count += other.Count
	b.First, b.Last = widen(b.First, b.Last, other.First)
	b.First, b.Last = widen(b.First, b.Last, other.Last)
	b.Due = earliest(b.Due, other.Due)
	b.HeldSince = earliest(b.HeldSince, other.HeldSince)
	b.dueBy = earliest(b.dueBy, other.dueBy)
	if other.loud.First.IsZero() {
		// nothing to add
	} else if b.loud.First.IsZero() {
		b.loud = other.loud
	} else {
		b.loud.First, b.loud.Last = widen(b.loud.First, b.loud.Last, other.loud.First)
		b.loud.First, b.loud.Last = widen(b.loud.First, b.loud.Last, other.loud.Last)
	}
	if b.Recipients == nil {
		b.Recipients = make(map[string]int)
	}
	for address, count := range other.Recipients {
		b.Recipients[address] += count
	}
	for _, from := range other.Groups {
		g := b.group(&Entry{Group: from.Key, Title: from.Title, Reason: from.Reason, Received: from.First}, limits.GroupsPerBatch)
		if g == nil {
			continue
		}
		g.Muted = from.Muted
		b.sampleBytes += g.merge(from, limits, limits.BatchBytes-b.sampleBytes)
	}
}

// merge returns how many bytes of samples were taken.
func (g *Group) merge(from *Group, limits Limits, room int) (taken int) {
	g.Count += from.Count
	g.First, g.Last = widen(g.First, g.Last, from.First)
	g.First, g.Last = widen(g.First, g.Last, from.Last)
	for _, host := range from.hostNames() {
		g.addHost(host, from.Hosts[host], limits.HostsPerGroup)
	}
	for minute, count := range from.Minutes {
		g.Minutes[minute] += count
	}
	for _, other := range from.Variants {
		i := slices.IndexFunc(g.Variants, func(v *Variant) bool { return v.Fingerprint == other.Fingerprint })
		if i >= 0 {
			v := g.Variants[i]
			v.Count += other.Count
			v.First, v.Last = widen(v.First, v.Last, other.First)
			v.First, v.Last = widen(v.First, v.Last, other.Last)
			v.Varying.Merge(&other.Varying)
			continue
		}
		if len(g.Variants) >= limits.VariantsPerGroup {
			continue
		}
		v := *other
		v.Sample = slices.Clone(other.Sample[:min(len(other.Sample), max(room-taken, 0))])
		v.Varying = other.Varying.Clone()
		taken += len(v.Sample)
		g.Variants = append(g.Variants, &v)
	}
	return taken
}

// hostNames returns the hosts, the first one first where that is known.
func (g *Group) hostNames() []string {
	if len(g.hostOrder) == len(g.Hosts) {
		return g.hostOrder
	}
	return slices.Sorted(maps.Keys(g.Hosts))
}

// earliest returns the earlier time that is not zero.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
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
			variant.Varying = v.Varying.Clone()
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
