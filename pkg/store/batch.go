package store

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
)

// A Batch is what becomes one summary.
type Batch struct {
	ID    int64
	Key   string
	Count int // mails, including those beyond the limits
	First time.Time
	Last  time.Time
	// Due is when the batch was due first, before it was reopened.
	Due time.Time
	// Early says that the batch is the first mail of a group, see Entry.Quiet.
	Early bool
	// HeldSince is since when the batch could not be delivered; zero if that was
	// not tried.
	HeldSince time.Time
	// Groups are ordered by count, then by first arrival. Count minus the sum
	// of their Mails is how many mails fell into groups beyond the limit.
	Groups []*Group
	// Recipients maps each address to the number of mails sent to it.
	Recipients map[string]int

	loud        Span      // of the mails that are not muted
	dueBy       time.Time // when b is due whatever its window says
	index       map[string]*Group
	sampleBytes int // of all samples
}

// SampleBytes returns how many bytes of samples Add and Merge have kept.
func (b *Batch) SampleBytes() int { return b.sampleBytes }

// A Group is one headline of a summary.
type Group struct {
	Key    string
	Title  string
	Reason string
	Muted  bool // nobody wants to see it now
	Count  int  // mails, or parts of them, including those of variants beyond the limit
	Parts  int  `json:",omitempty"` // of Count, those of mails that an entry in front has counted
	First  time.Time
	Last   time.Time
	// Variants are ordered as Groups are.
	Variants []*Variant
	// Hosts maps a host to its mails; hosts beyond the limit are left out.
	Hosts map[string]int
	// Minutes maps a Unix time divided by 60 to the mails of that minute.
	Minutes map[int64]int

	hostOrder []string            // as Add saw them
	index     map[string]*Variant // by fingerprint; see variant
}

// Mails returns how many mails g counts: of those that say several things, each counts in
// one group only.
func (g *Group) Mails() int { return g.Count - g.Parts }

// HostsByArrival returns the hosts: the first one first in a group that only Add
// has made, otherwise by name.
func (g *Group) HostsByArrival() []string {
	if len(g.hostOrder) == len(g.Hosts) {
		return g.hostOrder
	}
	return slices.Sorted(maps.Keys(g.Hosts))
}

// A Variant stands for the mails of a group with the same content.
type Variant struct {
	Fingerprint string
	Reason      string
	Meaning     meaning.Meaning
	// Occurrence says on which problem its mails count, but for Copies of them; no engine
	// keeps them once it has counted them.
	Occurrence Occurrence `json:",omitzero"`
	Copies     int        `json:",omitempty"`
	Count      int
	First      time.Time
	Last       time.Time
	// Sample is the first mail. Beyond the limit its middle is left out;
	// SampleSize is its size before that, in bytes.
	Sample     []byte
	SampleSize int
	// SampleIsLast says that Sample is what was said last; no engine keeps it.
	SampleIsLast bool `json:"-"`
	// Seen is what the history knows of the fingerprint, when an engine returns the
	// variant; zero if it is new.
	Seen Seen
	// Standing is how the thing stood that the variant is about, when an engine returns
	// it, before its batch; zero if that is not known.
	Standing Standing `json:"-"`
	// Varying is what varies from mail to mail.
	Varying Varying
	// NewValues are those of what varies in a family of texts that were never seen
	// before the batch; no engine keeps them.
	NewValues []string `json:"-"`

	// Problems are the IDs of those on which its mails count; no engine keeps them.
	Problems []string `json:"-"`

	parts      []Part // see Parts; of a variant that others were merged into
	incomplete bool   // there are more
}

// Seen is what the history knows of a fingerprint.
type Seen struct {
	First, Last time.Time
	Count       int
}

// and returns what is known of two fingerprints that are one error.
func (s Seen) and(other Seen) Seen {
	if s.Count == 0 || other.Count == 0 {
		return Seen{later(s.First, other.First), later(s.Last, other.Last), s.Count + other.Count}
	}
	return Seen{earliest(s.First, other.First), later(s.Last, other.Last), s.Count + other.Count}
}

// Add counts e in b within limits. Engines use it to merge the entries of one
// commit, and the memory engine for everything; it is the definition of what
// recording means.
func (b *Batch) Add(e *Entry, limits Limits) {
	if b.Count == 0 {
		b.Key, b.First, b.Last = e.Batch, e.Received, e.Received
	}
	if !e.Part {
		b.Count++
		for _, address := range e.Recipients {
			if b.Recipients == nil {
				b.Recipients = make(map[string]int)
			}
			b.Recipients[address]++
		}
	}
	b.First, b.Last = widen(b.First, b.Last, e.Received)
	if until := e.quietUntil(); until.IsZero() {
		b.loud = b.loud.and(Span{e.Received, e.Received})
		b.Due = dueOf(e.Window, b.loud, b.dueBy)
	} else { // the window of the loud mails does not move
		b.FlushBy(until)
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
		Key: e.Group, Title: e.Title, Reason: e.Reason, Muted: !e.MutedUntil.IsZero(), First: e.Received, Last: e.Received,
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
	if e.Part {
		g.Parts++
	}
	g.First, g.Last = widen(g.First, g.Last, e.Received)
	g.addHost(e.Host, 1, limits.HostsPerGroup)
	g.Minutes[e.Received.Unix()/60]++
	if v := g.variant(e.Fingerprint); v != nil {
		v.Count++
		if e.Copy {
			v.Copies++
		}
		v.First, v.Last = widen(v.First, v.Last, e.Received)
		v.Varying.Add(e.Values)
		v.Varying.note(e)
		return 0
	}
	if len(g.Variants) >= limits.VariantsPerGroup {
		return 0
	}
	taken = min(len(e.Sample), limits.SampleBytes, max(room, 0))
	v := &Variant{
		Fingerprint: e.Fingerprint, Reason: e.Reason, Meaning: e.Meaning, Count: 1, First: e.Received, Last: e.Received,
		Sample: cutSample(e.Sample, taken), SampleSize: len(e.Sample), Occurrence: e.Occurrence,
	}
	if e.Copy {
		v.Copies = 1
	}
	v.Varying.Add(e.Values)
	v.Varying.note(e)
	g.append(v)
	return len(v.Sample)
}

// fewVariants is up to how many variants a group is looked through without an index.
const fewVariants = 8

// variant returns the one with that fingerprint, nil if there is none. Only a group whose variants keep
// their fingerprints may be asked.
func (g *Group) variant(fingerprint string) *Variant {
	if len(g.Variants) > fewVariants {
		if len(g.index) != len(g.Variants) {
			g.index = make(map[string]*Variant, 2*len(g.Variants))
			for _, v := range g.Variants {
				g.index[v.Fingerprint] = v
			}
		}
		return g.index[fingerprint]
	}
	for _, v := range g.Variants {
		if v.Fingerprint == fingerprint {
			return v
		}
	}
	return nil
}

// append adds a variant whose fingerprint g has not.
func (g *Group) append(v *Variant) {
	g.Variants = append(g.Variants, v)
	if g.index != nil {
		g.index[v.Fingerprint] = v
	}
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
		omitted -= g.Mails()
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
