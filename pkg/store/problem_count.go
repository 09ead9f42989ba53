package store

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
)

// news is what additions say of one problem.
type news struct {
	of       Occurrence
	meaning  meaning.Meaning
	text     string // the fingerprint of the last one
	headline string
	subject  string
	muted    time.Time
	span     Span
	count    int
	hosts    []string
	varying  Varying
	texts    int // mails of that text
	said     Said
	samples  [][]byte
	sampled  []time.Time
}

// CountProblems counts what additions say on the problems of t. It is what all engines do
// when they count additions in batches.
func CountProblems(t ProblemTable, additions []*Addition, resolveAfter time.Duration) error {
	found, good, recovered := gather(additions)
	ids := slices.AppendSeq(slices.Collect(maps.Keys(found)), maps.Keys(recovered))
	if len(good) > 0 {
		about, err := t.About(slices.Collect(maps.Keys(good)))
		if err != nil {
			return err
		}
		ids = append(ids, about...)
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	known, err := t.Load(ids)
	if err != nil {
		return err
	}
	past, err := t.History(unknownFingerprints(found, known))
	if err != nil {
		return err
	}
	changed := make(map[string]*Problem)
	var samples []ProblemSample
	for _, id := range ids {
		p, n := known[id], found[id]
		if p == nil && n == nil {
			if p = recovered[id]; p == nil {
				continue
			}
			p.ResolveAfter = resolveAfter
		}
		if p != nil && changed[p.ID] != nil {
			p = changed[p.ID] // two were merged into one
		}
		if p == nil {
			p = &Problem{ID: id, Occurrence: n.of, Seen: past[n.of.Fingerprint], ResolveAfter: resolveAfter}
		}
		changed[p.ID] = p
		if n == nil {
			n = &news{}
		}
		samples = append(samples, p.count(n, good)...)
	}
	return t.Save(slices.SortedFunc(maps.Values(changed), func(a, b *Problem) int { return cmp.Compare(a.ID, b.ID) }), samples)
}

func unknownFingerprints(found map[string]*news, known map[string]*Problem) (fingerprints []string) {
	for id, n := range found {
		if known[id] == nil && n.of.Fingerprint != "" {
			fingerprints = append(fingerprints, n.of.Fingerprint)
		}
	}
	slices.Sort(fingerprints)
	return fingerprints
}

// gather returns what additions say, by the IDs of problems, and when they say last of
// which things that they are well. What has recovered is known from then on, though its problem
// may be: the mail that says so may have overtaken the one that told it.
func gather(additions []*Addition) (found map[string]*news, good map[meaning.Thing]time.Time, recovered map[string]*Problem) {
	found, good, recovered = make(map[string]*news), make(map[meaning.Thing]time.Time), make(map[string]*Problem)
	for _, a := range additions {
		for _, g := range a.Groups {
			for _, v := range g.Variants {
				switch {
				case v.Meaning.Status.IsBad():
					if id := v.Occurrence.ID(v.Meaning); v.Occurrence != (Occurrence{}) {
						if found[id] == nil {
							found[id] = &news{of: v.Occurrence, said: make(Said)}
						}
						found[id].add(a, g, v)
					}
				case v.Meaning.Status.IsGood():
					parts, _ := v.Parts()
					for _, p := range parts {
						good[p.Thing] = later(good[p.Thing], p.Last)
					}
					if v.Meaning.Status == meaning.Recovery && v.Occurrence.OfThing {
						id := v.Occurrence.ID(v.Meaning)
						recovered[id] = &Problem{ID: id, Occurrence: v.Occurrence, Meaning: v.Meaning, Things: []ProblemThing{{Thing: v.Meaning.Thing()}}}
					}
				}
			}
		}
	}
	return found, good, recovered
}

func (n *news) add(a *Addition, g *Group, v *Variant) {
	if v.Last.After(n.span.Last) || n.span.Last.IsZero() {
		n.meaning, n.headline, n.subject = v.Meaning, v.Reason, g.Title
		if v.Fingerprint != n.text {
			n.varying, n.text, n.texts = Varying{}, v.Fingerprint, 0
		}
		n.muted = time.Time{}
		if g.Muted {
			n.subject, n.muted = "", a.DueBy()
		}
	}
	n.of.Recovers = n.of.Recovers || v.Occurrence.Recovers
	n.span = n.span.and(Span{v.First, v.Last})
	n.count += v.Count - v.Copies
	for _, host := range g.HostsByArrival() {
		if !slices.Contains(n.hosts, host) && len(n.hosts) < maxProblemHosts {
			n.hosts = append(n.hosts, host)
		}
	}
	if v.Fingerprint == n.text {
		n.varying.Merge(&v.Varying)
		n.texts += v.Count
	}
	parts, all := v.Parts()
	if len(parts) == 0 || !all { // something that nobody will say is over
		parts = append(parts, Part{Span: Span{v.First, v.Last}, Count: max(v.Count-len(parts), 1)})
	}
	for _, p := range parts {
		n.said.add(v.Meaning.Status, p)
	}
	if len(v.Sample) > 0 {
		n.samples, n.sampled = append(n.samples, v.Sample), append(n.sampled, v.First)
	}
}

// count counts n on p, and returns which samples to keep of it. good says when things
// were said to be well.
func (p *Problem) count(n *news, good map[meaning.Thing]time.Time) (samples []ProblemSample) {
	isNew, now := len(p.Things) == 0 || p.Count == 0, n.span.Last
	if n.count == 0 {
		for _, at := range good {
			now = later(now, at)
		}
	}
	wasOpen := p.IsOpen(cmp.Or(n.span.First, now))
	begins := !wasOpen && n.span != (Span{}) && (isNew || p.isLater(n))
	if n.span != (Span{}) {
		samples = p.samplesOf(n, isNew)
		p.occur(n, good)
	}
	if begins {
		p.begin(n.span.First, isNew)
	}
	over := p.end(good)
	if n.count > 0 && over.IsZero() {
		over = p.OverAt(now) // as a mail has said that came before
	}
	if !p.IsOpen(now) && !over.IsZero() && (wasOpen || begins) {
		p.finish(over)
	}
	p.prune(dayOf(now.Local()))
	return samples
}

// isLater reports whether mails of n were written after what they are about was said to be well.
func (p *Problem) isLater(n *news) bool {
	for thing, said := range n.said {
		if t := p.thing(thing); t == nil || said.bad.Last.After(t.Good) {
			return true
		}
	}
	return false
}

// occur counts the mails of n that say that something is wrong.
func (p *Problem) occur(n *news, good map[meaning.Thing]time.Time) {
	p.Meaning, p.Headline, p.Recovers = n.meaning, n.headline, p.Recovers || n.of.Recovers
	p.Subject = cmp.Or(n.subject, p.Subject)
	p.MutedUntil = later(p.MutedUntil, n.muted)
	p.Seen = p.Seen.plus(n.span, n.count)
	p.countDay(n.span.Last.Local(), n.count)
	p.addHosts(n.hosts)
	if n.text != p.Text {
		p.Varying, p.Text, p.TextCount = Varying{}, n.text, 0
	}
	p.Varying.Merge(&n.varying)
	p.TextCount += n.texts
	for thing, said := range n.said {
		t := p.thing(thing)
		if t == nil {
			p.Things = append(p.Things, ProblemThing{Thing: thing})
			t = &p.Things[len(p.Things)-1]
		}
		if t.IsOpen() && !p.isOpen(t, said.bad.First) {
			t.Good = t.Bad // nothing was heard of it for so long that this is another time
		}
		said.good = good[thing]
		t.Standing = n.said.After(thing, t.Standing)
	}
}

// end ends what was said to be well, and returns when that was said last of a thing of p.
func (p *Problem) end(good map[meaning.Thing]time.Time) (over time.Time) {
	for i := range p.Things {
		t := &p.Things[i]
		if at, said := good[t.Thing]; said && t.Object != "" {
			over, t.Good, t.Recovered = later(over, at), later(t.Good, at), true
		}
	}
	return over
}

func (p *Problem) countDay(at time.Time, count int) {
	if p.Days == nil {
		p.Days, p.Weeks = make(map[int]int), make(map[int]int)
	}
	day := dayOf(at)
	p.Days[day] += count
	p.Weeks[weekOf(day)] += count
}

func (p *Problem) addHosts(hosts []string) {
	for _, host := range hosts {
		if len(p.Hosts) < maxProblemHosts && !slices.Contains(p.Hosts, host) {
			p.Hosts = append(p.Hosts, host)
		}
	}
}

func (p *Problem) samplesOf(n *news, isNew bool) (samples []ProblemSample) {
	for i, mail := range n.samples {
		at := n.sampled[i]
		add := func(slot string) {
			if len(mail) > problemSample {
				mail = cutSample(mail, problemSample)
			}
			samples = append(samples, ProblemSample{p.ID, slot, at, mail})
		}
		if isNew {
			isNew = false
			add("first")
			continue
		}
		year, week := at.Local().ISOWeek()
		firstYear, firstWeek := p.First.Local().ISOWeek()
		if year != firstYear || week != firstWeek {
			add(fmt.Sprintf("%d-W%02d", year, week))
		}
		add("last")
	}
	return samples
}

// plus returns s with so many more that came between the times of span.
func (s Seen) plus(span Span, count int) Seen {
	return Seen{earliest(s.First, span.First), later(s.Last, span.Last), s.Count + count}
}
