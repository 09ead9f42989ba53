package store

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/clockstep"
)

// A ProblemEvent is something that happened to a problem.
type ProblemEvent struct {
	At   time.Time
	Kind EventKind
	By   string `json:",omitempty"` // who did it; empty if a mail did
	Text string `json:",omitempty"` // what was written, given or merged
}

// An EventKind says what happened to a problem.
type EventKind string

// What can happen. Began, Back and Over come from mails, all others from people.
const (
	Began    EventKind = "began"    // it was never seen before
	Back     EventKind = "back"     // it was over
	Over     EventKind = "over"     // a mail said so
	Acked    EventKind = "acked"    // somebody has seen it
	Unacked  EventKind = "unacked"  // nobody has, after all
	Noted    EventKind = "noted"    // somebody wrote something about it
	Owned    EventKind = "owned"    // somebody has it from now on; with an empty text nobody
	Resolved EventKind = "resolved" // somebody said that it is over
	Muted    EventKind = "muted"    // summaries leave it out for a while
	Unmuted  EventKind = "unmuted"  // they show it again
	Merged   EventKind = "merged"   // another problem was merged into it
	Split    EventKind = "split"    // it was part of another problem
	Parted   EventKind = "parted"   // what was part of it became a problem of its own
	Expected EventKind = "expected" // mails that say that it is well must come
)

const (
	maxEvents = 300
	// maxEventText bounds what somebody writes, in bytes.
	maxEventText = 4000
	maxName      = 200 // of who acts, and of the owner, in bytes
)

// byMail reports whether mails make it happen, and so any number of times.
func (k EventKind) byMail() bool { return k == Began || k == Back || k == Over }

// note adds an event. When there are too many, those that mails made go first.
func (p *Problem) note(e ProblemEvent) {
	p.History = append(p.History, e)
	if len(p.History) <= maxEvents {
		return
	}
	oldest := slices.IndexFunc(p.History[1:], func(e ProblemEvent) bool { return e.Kind.byMail() }) + 1
	p.History = slices.Delete(p.History, oldest, oldest+1)
}

// begin notes that p is open, and has not been.
func (p *Problem) begin(at time.Time, isNew bool) {
	kind := Back
	if isNew && p.Count > 0 && p.First.Equal(at) {
		kind = Began
	}
	p.AckedBy = ""
	p.note(ProblemEvent{At: at, Kind: kind})
}

// finish notes that a mail said that p is over.
func (p *Problem) finish(at time.Time) { p.note(ProblemEvent{At: at, Kind: Over}) }

// Do makes something happen to p that a person asked for: text is the note, the new owner,
// or why. A problem that is over at a time can be neither acknowledged nor resolved. The
// error says what is wrong and what to do.
func (p *Problem) Do(kind EventKind, by, text string, at time.Time) error {
	text = strings.ToValidUTF8(strings.TrimSpace(strings.ReplaceAll(text, "\x00", "")), "\uFFFD")
	by = strings.ToValidUTF8(strings.Join(strings.Fields(strings.ReplaceAll(by, "\x00", "")), " "), "\uFFFD")
	switch open := p.IsOpen(at); {
	case len(text) > maxEventText:
		return fmt.Errorf("the text has %d bytes, and %d are the most; shorten it", len(text), maxEventText)
	case len(by) > maxName:
		return fmt.Errorf("the name of who does it has %d bytes, and %d are the most; shorten it", len(by), maxName)
	case kind == Owned && len(text) > maxName:
		return fmt.Errorf("the name of the owner has %d bytes, and %d are the most; shorten it", len(text), maxName)
	case !open && (kind == Acked || kind == Resolved):
		return fmt.Errorf("the problem is over since %s; there is nothing to do", p.OverAt(at).Local().Format("2006-01-02 15:04"))
	case kind == Noted && text == "":
		return errors.New("the note is empty; write something")
	case kind == Unacked && p.AckedBy == "":
		return errors.New("nobody has acknowledged the problem; there is nothing to undo")
	case kind.byMail() || kind == Merged || kind == Split || kind == Parted:
		return fmt.Errorf("%q is nothing that a person does", kind)
	}
	switch kind {
	case Acked:
		p.AckedBy = by
		if by == "" {
			p.AckedBy = "somebody"
		}
	case Unacked:
		p.AckedBy = ""
	case Owned:
		p.Owner = strings.Join(strings.Fields(text), " ")
	case Resolved:
		for i := range p.Things {
			if t := &p.Things[i]; t.IsOpen() {
				t.Good = t.Bad // by the clock of whoever wrote that, so that the next mail is later
			}
		}
	}
	p.note(ProblemEvent{at, kind, by, text})
	return nil
}

// Sign says who did what happened to p from a time on, where that is not known: it was part of
// something greater.
func (p *Problem) Sign(by string, since time.Time) {
	for i := range p.History {
		if e := &p.History[i]; !e.Kind.byMail() && e.By == "" && !e.At.Before(since) {
			e.By = by
		}
	}
}

// CameBack reports whether p is back since a time after somebody had resolved it.
func (p *Problem) CameBack(since time.Time) bool {
	for i := 1; i < len(p.History); i++ {
		if e := &p.History[i]; e.Kind == Back && !e.At.Before(since) && !p.resolved(i).IsZero() {
			return true
		}
	}
	return false
}

// resolved returns when a person ended what the event with the index began again; zero if a mail
// did.
func (p *Problem) resolved(index int) time.Time {
	for _, e := range slices.Backward(p.History[:index]) {
		switch {
		case e.Kind == Resolved:
			return e.At
		case e.Kind.byMail():
			return time.Time{}
		}
	}
	return time.Time{}
}

// Absorb makes other, which is the same error, part of p.
func (p *Problem) Absorb(other *Problem, at time.Time) {
	if p.Count == 0 || other.Last.After(p.Last) {
		p.Meaning, p.Headline, p.Subject = other.Meaning, other.Headline, other.Subject
	}
	p.Seen = p.Seen.and(other.Seen)
	p.Recovers = p.Recovers || other.Recovers
	for _, from := range other.Things {
		if t := p.thing(from.Thing); t != nil {
			t.Since, t.Bad, t.Good = earliest(t.Since, from.Since), later(t.Bad, from.Bad), later(t.Good, from.Good)
			t.Count, t.Recovered = t.Count+from.Count, t.Recovered || from.Recovered
			continue
		}
		p.Things = append(p.Things, from)
	}
	p.addHosts(other.Hosts)
	p.Varying.Merge(&other.Varying)
	p.TextCount += other.TextCount
	if p.Days == nil {
		p.Days, p.Weeks = make(map[int]int), make(map[int]int)
	}
	for day, count := range other.Days {
		p.Days[day] += count
	}
	for week, count := range other.Weeks {
		p.Weeks[week] += count
	}
	if p.Owner == "" {
		p.Owner = other.Owner
	}
	if p.AckedBy == "" {
		p.AckedBy = other.AckedBy
	}
	p.MutedUntil = later(p.MutedUntil, other.MutedUntil)
	own := p.History
	p.History = nil
	for _, e := range slices.SortedStableFunc(slices.Values(slices.Concat(own, other.History)), func(a, b ProblemEvent) int { return a.At.Compare(b.At) }) {
		p.note(e)
	}
	p.note(ProblemEvent{At: at, Kind: Merged, Text: other.ID})
	p.prune(dayOf(later(p.Last, other.Last).Local()))
}

// Shift moves every time of p by so much, as Shifter does with all that is kept. Days stay.
func (p *Problem) Shift(by time.Duration) {
	times := []*time.Time{&p.First, &p.Last, &p.MutedUntil}
	for i := range p.Things {
		t := &p.Things[i]
		times = append(times, &t.Since, &t.Bad, &t.Good)
	}
	for i := range p.History {
		times = append(times, &p.History[i].At)
	}
	clockstep.Move(by, Never, times...)
}

// Clone returns a copy of p that shares nothing with it.
func (p *Problem) Clone() *Problem {
	c := *p
	c.Things, c.Hosts, c.History = slices.Clone(p.Things), slices.Clone(p.Hosts), slices.Clone(p.History)
	c.Days, c.Weeks, c.Varying = maps.Clone(p.Days), maps.Clone(p.Weeks), p.Varying.Clone()
	return &c
}
