package render

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/phrase"

	"github.com/hut8labs/failmail/pkg/store"
)

// News says whether an error was seen before.
type News struct {
	State State
	// Since is when it was seen for the first time, Before when for the last
	// time before this summary; zero if State is New.
	Since, Before time.Time
	// Silence is how long it was not seen before; set if State is Back.
	Silence time.Duration
	// Lasted is how long it took until it was over, Times how often it came and went in
	// this summary; set if State is Over.
	Lasted time.Duration
	Times  int
}

// A State is how an error relates to the past.
type State string

const (
	New     State = "NEW"     // never seen before
	Ongoing State = "ONGOING" // seen shortly before
	Back    State = "BACK"    // seen before, and then over or silent for a while
	Over    State = "OVER"    // a mail said that it is
)

// backAfter is how long an error is silent when it comes back rather than goes
// on. It is longer than the windows of summaries.
const backAfter = time.Hour

func newsOf(v *store.Variant, zone *time.Location) News {
	parts, _ := v.Parts()
	if v.Seen.Count == 0 {
		return newsOfThings(v, parts, zone)
	}
	n := News{State: Ongoing, Since: v.Seen.First.In(zone), Before: v.Seen.Last.In(zone)}
	wasOver := len(parts) > 0 && !slices.ContainsFunc(parts, func(p store.Part) bool { return p.Standing.Count == 0 || p.Standing.IsOpen() })
	if silence := v.First.Sub(v.Seen.Last); silence >= backAfter || wasOver && silence > 0 {
		n.State, n.Silence = Back, silence
	}
	return n
}

// newsOfThings returns the news of a text that was never seen: none where all that it is about
// are things of which a problem is known, whatever is said of them, such as one that was a
// warning before.
func newsOfThings(v *store.Variant, parts []store.Part, zone *time.Location) News {
	n := News{State: Ongoing}
	for i := range parts {
		p := &parts[i]
		if !p.OfThing || p.Standing.Count == 0 {
			return News{State: New}
		}
		if n.Since.IsZero() || p.Standing.Since.Before(n.Since) {
			n.Since = p.Standing.Since.In(zone)
		}
		if p.Standing.Bad.After(n.Before) {
			n.Before = p.Standing.Bad.In(zone)
		}
		if silence := v.First.Sub(p.Standing.Bad); !p.Standing.IsOpen() && silence > 0 {
			n.State, n.Silence = Back, silence
		}
	}
	if len(parts) == 0 {
		return News{State: New}
	}
	return n
}

// noteNews tells g what its variants say, and puts those first that say it.
func (g *Group) noteNews() {
	slices.SortStableFunc(g.Variants, func(a, b Variant) int { return compareNews(a.News.State, a.Count, b.News.State, b.Count) })
	if g.News, g.NewsCount = (News{}), 0; len(g.Variants) == 0 {
		return
	}
	g.News = g.Variants[0].News
	mixed := false
	for _, v := range g.Variants {
		if v.News.State == g.News.State {
			g.NewsCount += v.Count
			continue
		}
		mixed = true
	}
	if !mixed {
		g.NewsCount = 0
	}
}

// Ahead says what of a group was sent at once, before the summary of what
// followed. The zero value says that nothing was.
type Ahead struct {
	At           time.Time // when it was sent
	Count        int       // mails
	Fingerprints []string  // theirs
}

// NoteAhead tells s which errors were sent at once before: they
// are no news any more, though the history may not know them yet. sent returns what
// was sent of a group key.
func (s *Summary) NoteAhead(sent func(group string) Ahead) {
	for i := range s.Groups {
		g := &s.Groups[i]
		if g.Ahead = sent(g.key); g.Ahead.Count == 0 {
			continue
		}
		g.Ahead.At = g.Ahead.At.In(s.Created.Location())
		for j := range g.Variants {
			v := &g.Variants[j]
			if v.News.State == New && slices.Contains(g.Ahead.Fingerprints, v.Fingerprint) {
				v.News, v.New = News{State: Ongoing, Since: g.Ahead.At, Before: g.Ahead.At}, 0
			}
		}
		g.noteNews()
	}
	s.sortNews()
}

// A Record is what is remembered of the problem of a variant besides what its batch says.
type Record struct {
	Remarks []string  // what people said of it
	Back    bool      // somebody had resolved it before these mails
	Over    time.Time // when it was over, though no mail of the batch says so; zero if it is not
}

// NoteRecords tells s what is remembered of the problems that it shows.
func (s *Summary) NoteRecords(of func(v *Variant) Record) {
	for i := range s.Groups {
		g := &s.Groups[i]
		for j := range g.Variants {
			v := &g.Variants[j]
			record := of(v)
			v.Remarks = record.Remarks
			switch isOpen := v.Open > 0 && v.News.State != Over; {
			case isOpen && !record.Over.IsZero():
				v.end(record.Over)
			case record.Back && v.News.State == Ongoing:
				v.News.State, v.News.Silence = Back, max(v.First.Sub(v.News.Before), 0)
			}
		}
		g.noteNews()
	}
	s.sortNews()
}

// end says that v was over at a time.
func (v *Variant) end(at time.Time) {
	since := v.First
	if known := v.News.Since; !known.IsZero() && v.News.State == Ongoing && known.Before(since) {
		since = known
	}
	v.News = News{State: Over, Since: since, Before: v.News.Before, Lasted: max(at.Sub(since), 0)}
	v.Open, v.New, v.Over = 0, 0, v.Over+v.Open
}

// pastOf says what is known of a group from before; where its errors have
// different pasts, the badges of the variants say which has which.
func pastOf(g Group) string {
	var parts []string
	if a := g.Ahead; a.Count > 0 {
		sent := "the one"
		if a.Count > 1 {
			sent = "the " + phrase.Number(a.Count)
		}
		parts = append(parts, fmt.Sprintf("%s more after %s sent at %s (%s in all)", phrase.Number(g.Count), sent, clock(a.At), phrase.Number(g.Count+a.Count)))
	}
	switch others := othersSince(g); {
	case !others.IsZero():
		parts = append(parts, "the others known since "+others.Format(dayFormat))
	case len(parts) == 0:
		parts = append(parts, past(g.News))
	}
	open, fresh := 0, 0
	for _, v := range g.Variants {
		if v.News.State != New {
			open, fresh = open+v.Open, fresh+v.New
		}
	}
	if fresh > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s open were never seen before", phrase.Number(fresh), phrase.Number(open)))
	}
	return strings.Join(parts, "; ")
}

// othersSince returns since when the errors of g are known that its news is not
// about; zero if there are none.
func othersSince(g Group) (since time.Time) {
	if g.NewsCount == 0 {
		return since
	}
	for _, v := range g.Variants {
		if v.News.State != g.News.State && (since.IsZero() || v.News.Since.Before(since)) {
			since = v.News.Since
		}
	}
	return since
}

const dayFormat = "2006-01-02 15:04 MST"

// past says what is known of an error from before.
func past(n News) string {
	switch n.State {
	case New:
		return "never seen before"
	case Ongoing:
		return "known since " + n.Since.Format(dayFormat)
	case Back:
		return fmt.Sprintf("back after %s, known since %s", roughly(n.Silence), n.Since.Format(dayFormat))
	case Over:
		if n.Times > 1 {
			return fmt.Sprintf("came and went %s times, %s", phrase.Number(n.Times), n.After())
		}
		return n.After() + ", since " + n.Since.Format(dayFormat)
	}
	return ""
}

// After says after how long it was over, as in "over after 4 minutes"; empty if it is not.
func (n News) After() string {
	if n.State != Over {
		return ""
	}
	return "over after " + roughly(n.Lasted)
}

// roughly writes a duration as people say it.
func roughly(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return phrase.Count(int(d.Seconds()), "second")
	case d < 2*time.Hour:
		return phrase.Count(int(d.Minutes()), "minute")
	case d < 48*time.Hour:
		return phrase.Count(int(d.Hours()), "hour")
	}
	return phrase.Count(int(d.Hours()/24), "day")
}
