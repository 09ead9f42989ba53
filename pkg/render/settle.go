package render

import (
	"slices"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/phrase"

	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

// Well counts the mails of an entry that says that nothing is wrong.
type Well struct {
	Title string
	Count int
	Info  bool // it only informs
}

// A settlement says which of a batch's problems are over, and which mails only say that
// all is well.
type settlement struct {
	good    map[meaning.Thing]*goodNews
	bad     map[aspect]time.Time // when it was said last
	counted map[aspect]bool
}

// An aspect is a problem, as far as it is one of a thing.
type aspect struct {
	problem string
	thing   meaning.Thing
}

// goodNews is what the good mails about a thing say.
type goodNews struct {
	last  time.Time
	count int
	ends  bool // a problem of the batch
}

func settle(b *store.Batch) *settlement {
	s := &settlement{good: make(map[meaning.Thing]*goodNews), bad: make(map[aspect]time.Time), counted: make(map[aspect]bool)}
	each := func(isOne func(s meaning.Status) bool, do func(p *store.Part)) {
		for _, g := range b.Groups {
			for _, v := range g.Variants {
				if g.Muted || !isOne(v.Meaning.Status) {
					continue
				}
				parts, _ := v.Parts()
				for i := range parts {
					do(&parts[i])
				}
			}
		}
	}
	each(meaning.Status.IsGood, func(p *store.Part) {
		news := s.good[p.Thing]
		if news == nil {
			news = &goodNews{}
			s.good[p.Thing] = news
		}
		news.count += p.Count
		if p.Last.After(news.last) {
			news.last = p.Last
		}
	})
	each(meaning.Status.IsBad, func(p *store.Part) {
		if news := s.good[p.Thing]; news != nil {
			news.ends = true
		}
		if is := (aspect{p.Problem, p.Thing}); p.Last.After(s.bad[is]) {
			s.bad[is] = p.Last
		}
	})
	return s
}

// isOver reports whether a problem is over, whatever else was wrong with it meanwhile.
func (s *settlement) isOver(p *store.Part) bool {
	news := s.good[p.Thing]
	return news != nil && news.last.After(s.bad[aspect{p.Problem, p.Thing}])
}

// over returns the good news of the thing that was over last of those that the mails of v
// are about, which are bad; nil if one is not over: what ends one of several ends no entry
// of all of them.
func (s *settlement) over(v *store.Variant) (last *goodNews) {
	parts, all := v.Parts()
	if !all {
		return nil
	}
	for i := range parts {
		if !s.isOver(&parts[i]) {
			return nil
		}
		if news := s.good[parts[i].Thing]; last == nil || news.last.After(last.last) {
			last = news
		}
	}
	return last
}

// isPaired reports whether v, which is good, says of nothing but problems of the batch
// that they are over.
func (s *settlement) isPaired(v *store.Variant) bool {
	parts, _ := v.Parts()
	return len(parts) > 0 && !slices.ContainsFunc(parts, func(p store.Part) bool { return !s.good[p.Thing].ends })
}

// ended returns the problem that began first of those that an earlier summary told and v,
// which is good, says is over; nil if there is none.
func ended(v *store.Variant) (first *store.Standing) {
	parts, _ := v.Parts()
	for i := range parts {
		p := &parts[i]
		if p.Standing.IsOpen() && p.Standing.Bad.Before(p.Last) && (first == nil || p.Standing.Since.Before(first.Since)) {
			first = &p.Standing
		}
	}
	return first
}

// A fate is what becomes of a variant in a summary.
type fate int

const (
	shown  fate = iota // as a problem, which may be over
	paired             // it says that a problem is over which is shown
	folded             // it says that all is well
)

// of returns what becomes of v, and the news if it is shown.
func (s *settlement) of(v *store.Variant, zone *time.Location) (fate, News) {
	switch status := v.Meaning.Status; {
	case status == meaning.Info:
		return folded, News{}
	case status.IsGood() && s.isPaired(v):
		return paired, News{}
	case status.IsGood():
		if standing := ended(v); standing != nil { // it was told by an earlier summary
			return shown, News{State: Over, Since: standing.Since.In(zone), Lasted: max(v.Last.Sub(standing.Since), 0), Before: standing.Bad.In(zone)}
		}
		return folded, News{}
	}
	if news := s.over(v); news != nil {
		since := v.First
		if v.Standing.IsOpen() && v.Standing.Since.Before(since) {
			since = v.Standing.Since
		}
		return shown, News{State: Over, Since: since.In(zone), Lasted: max(news.last.Sub(since), 0), Times: min(v.Count, news.count)}
	}
	return shown, newsOf(v, zone)
}

// A tally is of the things that a variant is about, each once for a problem.
type tally struct {
	open, fresh, over      int
	openThings, overThings []string
}

// count returns the tally of v, which is shown, and counts as one thing if it is not known what it
// is about.
func (s *settlement) count(v *store.Variant, news News) (n tally) {
	parts, _ := v.Parts()
	for i := range parts {
		p := &parts[i]
		one := aspect{p.Problem, p.Thing}
		switch isGood := v.Meaning.Status.IsGood(); {
		case s.counted[one], isGood && !p.Standing.IsOpen():
			continue
		case isGood, s.isOver(p):
			n.over++
			n.overThings = append(n.overThings, p.Object)
		default:
			n.open++
			n.openThings = append(n.openThings, p.Object)
			isKnown := p.OfThing && p.Standing.Count > 0                    // by other words
			if !isKnown && (news.State == New || p.New && len(parts) > 1) { // of one thing the news says it
				n.fresh++
			}
		}
		s.counted[one] = true
	}
	switch {
	case len(parts) > 0:
	case news.State == Over:
		n.over = 1
	default:
		n.open = 1
		if news.State == New {
			n.fresh = 1
		}
	}
	slices.Sort(n.openThings)
	slices.Sort(n.overThings)
	return n
}

// OpenCount returns how many problems s shows that are not over. An entry has one for each
// thing that its mails are about.
func (s *Summary) OpenCount() int {
	return s.sum(func(v *Variant) int { return v.Open })
}

// OverCount returns how many problems s shows that are over.
func (s *Summary) OverCount() int {
	return s.sum(func(v *Variant) int { return v.Over })
}

// NewCount returns how many of those that are not over were never seen before.
func (s *Summary) NewCount() int {
	return s.sum(func(v *Variant) int { return v.New })
}

// OverErrors returns how many of Errors are over.
func (s *Summary) OverErrors() int { return s.inState(Over) }

func (s *Summary) sum(of func(v *Variant) int) (sum int) {
	for i := range s.Groups {
		for j := range s.Groups[i].Variants {
			sum += of(&s.Groups[i].Variants[j])
		}
	}
	return sum
}

// WellCount returns how many mails say that nothing is wrong.
func (s *Summary) WellCount() (count int) {
	for _, w := range s.Well {
		count += w.Count
	}
	return count
}

// Bounds of the line on what is well.
const (
	maxWell      = 8
	maxWellTitle = 60
)

// AllWell names what says that nothing is wrong, in one line; empty if nothing does.
func (s *Summary) AllWell() string {
	var parts []string
	for _, kind := range []struct {
		info bool
		name string
	}{{false, "ok"}, {true, "for information"}} {
		count := 0
		var names []string
		for _, w := range s.Well {
			if w.Info != kind.info {
				continue
			}
			count += w.Count
			name := phrase.Shorten(w.Title, maxWellTitle)
			if w.Count > 1 {
				name += " (" + phrase.Number(w.Count) + ")"
			}
			names = append(names, name)
		}
		if more := len(names) - maxWell; more > 0 {
			names = append(names[:maxWell], "and "+phrase.Number(more)+" more")
		}
		if count > 0 {
			parts = append(parts, phrase.Number(count)+" "+kind.name+": "+strings.Join(names, "; "))
		}
	}
	return strings.Join(parts, ". ")
}

// WellStanding counts them, as in "15 ok, 1 info"; empty if nothing says so.
func (s *Summary) WellStanding() string {
	counts := make(map[bool]int)
	for _, w := range s.Well {
		counts[w.Info] += w.Count
	}
	var parts []string
	if n := counts[false]; n > 0 {
		parts = append(parts, phrase.Number(n)+" ok")
	}
	if n := counts[true]; n > 0 {
		parts = append(parts, phrase.Number(n)+" info")
	}
	return strings.Join(parts, ", ")
}
