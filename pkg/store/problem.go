package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
)

// Problems are what mails say is wrong, over all batches: an engine counts them when it
// counts the mails in their batches, so that what is known of a problem is neither more
// nor less than what was recorded.
type Problems interface {
	// Problems returns those that q is about, in its order, at most q.Limit from q.Offset
	// on, and how many there are.
	Problems(ctx context.Context, q ProblemQuery) (list []*Problem, total int, err error)

	// Problem returns the one with the ID, or the one it was merged into, and its samples,
	// the oldest first; nil if there is none.
	Problem(ctx context.Context, id string) (*Problem, []ProblemSample, error)

	// KnownProblems returns those with the IDs, or those they were merged into, by the IDs
	// that were asked for, without samples.
	KnownProblems(ctx context.Context, ids []string) (map[string]*Problem, error)

	// ChangeProblem changes the one with the ID, or the one it was merged into, in one
	// step, and returns what it became; nil if there is none. An error of change is
	// returned and nothing changes. change may be called several times.
	ChangeProblem(ctx context.Context, id string, change func(*Problem) error) (*Problem, error)

	// MergeProblems makes each problem whose fingerprint is a key of into one with that of
	// the value, at the time given. Its ID leads to what it became, until one with that
	// fingerprint is to be its own: key and value are the same then.
	MergeProblems(ctx context.Context, into map[string]string, at time.Time) error

	// ForgetProblems removes the samples of weeks before a time, the problems that are over
	// and were not seen since, and, of more than Limits.Problems, as many as there are too
	// many: those that are over first, the longest unseen first.
	ForgetProblems(ctx context.Context, before, now time.Time) error
}

// An Occurrence says which problem a mail counts on. The zero value says that it counts on
// none.
type Occurrence struct {
	// Group is the key that the user gave, of which there may be several with the same
	// error; empty if the error says it all.
	Group string `json:",omitempty"`
	// Fingerprint is that of the error; empty if OfThing.
	Fingerprint string `json:",omitempty"`
	// OfThing says that the problem is that of the thing that the mail is about, whatever it
	// says of it.
	OfThing bool `json:",omitempty"`
	// Recovers says that whoever sent the mail also says when it is over.
	Recovers bool `json:",omitempty"`
}

// ID returns that of the problem on which a mail counts that means m.
func (o Occurrence) ID(m meaning.Meaning) string {
	parts := []string{o.Group, o.Fingerprint}
	if o.Fingerprint == "" {
		parts = append(parts, m.Source, m.Sender, m.Object)
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// A Problem is an error, or the bad state of a thing, with its life. Its counts are those
// of mails that say that something is wrong.
type Problem struct {
	ID string
	Occurrence
	Meaning  meaning.Meaning // of the last of its mails that says that something is wrong
	Headline string          // as the last one of these has it, what varies in it masked
	Subject  string
	Seen
	Things []ProblemThing // what its mails are about, at most maxThings
	Hosts  []string       // at most maxProblemHosts, in the order in which they came
	// Varying is what varies in the last TextCount mails, whose text has the fingerprint Text:
	// that of a thing may change.
	Varying   Varying
	Text      string `json:",omitempty"`
	TextCount int    `json:",omitempty"`
	// Days and Weeks count mails by the day since 1970-01-01 in the zone of whoever
	// counted, and by that of the week's Monday; of 90 days and of a year.
	Days, Weeks map[int]int

	Owner      string
	AckedBy    string // who has seen it since it is open
	MutedUntil time.Time
	MutedEnd   string         `json:",omitempty"` // in words, if it is no time
	History    []ProblemEvent // what happened, the oldest first, at most maxEvents

	// ResolveAfter is that of the engine's Limits.
	ResolveAfter time.Duration `json:"-"`
}

// A ProblemThing is a thing of a problem, and how it stands. The zero Thing stands for
// mails that do not say what they are about.
type ProblemThing struct {
	meaning.Thing
	Standing
	// Recovered says that a mail has said once that it is over.
	Recovered bool `json:",omitempty"`
}

// A ProblemSample is a mail of a problem.
type ProblemSample struct {
	Problem string
	// Slot is "first", "last", or the week, such as 2026-W48, whose first one it is.
	Slot string
	At   time.Time
	Mail []byte
}

const (
	maxThings       = 100
	maxProblemHosts = 100
	keptDays        = 90
	keptWeeks       = 53
	problemSample   = 32 << 10 // bytes of a sample
)

// Named returns the things of p that mails have named: those by which they find it.
func (p *Problem) Named() []ProblemThing {
	if len(p.Things) == 1 && p.Things[0].Thing == (meaning.Thing{}) {
		return nil
	}
	return p.Things
}

// Names returns the IDs of p: its own, and those of the problems that became part of it.
func (p *Problem) Names() []string {
	names := []string{p.ID}
	for _, e := range p.History {
		switch e.Kind {
		case Merged:
			names = append(names, e.Text)
		case Parted:
			names = slices.DeleteFunc(names, func(id string) bool { return id == e.Text })
		}
	}
	return names
}

// thing returns a thing of p, nil if it is not one of them.
func (p *Problem) thing(t meaning.Thing) *ProblemThing {
	for i := range p.Things {
		if p.Things[i].Thing == t {
			return &p.Things[i]
		}
	}
	return nil
}

// IsOpenThing is IsOpen for one of p.Things.
func (p *Problem) IsOpenThing(t *ProblemThing, at time.Time) bool { return p.isOpen(t, at) }

// isOpen reports whether t is in a bad state at a time. Where nobody says when it is over,
// it is when nothing was heard of it for p.ResolveAfter.
func (p *Problem) isOpen(t *ProblemThing, at time.Time) bool {
	return t.IsOpen() && (p.lasts(t) || at.Sub(t.Bad) < p.ResolveAfter)
}

func (p *Problem) lasts(t *ProblemThing) bool { return p.Recovers && t.Object != "" || t.Recovered }

// IsOpen reports whether p is not over at a time: a mail says so, or a person, or, where
// nobody says when it is over, nothing was heard of it for so long.
func (p *Problem) IsOpen(at time.Time) bool {
	return slices.ContainsFunc(p.Things, func(t ProblemThing) bool { return p.isOpen(&t, at) })
}

// Since returns when p began, of what is open at a time; zero if it is over.
func (p *Problem) Since(at time.Time) (since time.Time) {
	for i := range p.Things {
		if t := &p.Things[i]; p.isOpen(t, at) {
			since = earliest(since, t.Standing.Since)
		}
	}
	return since
}

// OverAt returns when p was over, at a time at which it is; zero if it is not.
func (p *Problem) OverAt(at time.Time) (over time.Time) {
	for i := range p.Things {
		t := &p.Things[i]
		switch {
		case p.isOpen(t, at):
			return time.Time{}
		case t.IsOpen():
			over = later(over, t.Bad.Add(p.ResolveAfter))
		default:
			over = later(over, t.Good)
		}
	}
	return later(over, p.resolved(len(p.History)))
}

// openUntil returns what decides whether p is open, for engines to look for: whether
// something is that ends only by what a person or a mail says, and when the last other one
// was said to be bad, zero if there is none.
func (p *Problem) openUntil() (lasting bool, bad time.Time) {
	for i := range p.Things {
		switch t := &p.Things[i]; {
		case !t.IsOpen():
		case p.lasts(t):
			lasting = true
		default:
			bad = later(bad, t.Bad)
		}
	}
	return lasting, bad
}

// prune keeps p within its bounds.
func (p *Problem) prune(today int) {
	for len(p.Things) > maxThings {
		p.Things = slices.Delete(p.Things, p.leastThing(), p.leastThing()+1)
	}
	for day := range p.Days {
		if day <= today-keptDays {
			delete(p.Days, day)
		}
	}
	for week := range p.Weeks {
		if week <= today-7*keptWeeks {
			delete(p.Weeks, week)
		}
	}
}

// leastThing returns which thing is missed least: one that is over, the longest unseen.
func (p *Problem) leastThing() (least int) {
	for i := range p.Things {
		a, b := &p.Things[i], &p.Things[least]
		if a.IsOpen() != b.IsOpen() {
			if !a.IsOpen() {
				least = i
			}
		} else if later(a.Bad, a.Good).Before(later(b.Bad, b.Good)) {
			least = i
		}
	}
	return least
}

// dayOf returns the number of t's day, where t has its zone.
func dayOf(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

// weekOf returns the day of the Monday of day's week; 1970-01-01 was a Thursday.
func weekOf(day int) int { return day - (day+3)%7 }

// Day returns the midnight at which a day of Problem.Days began, in UTC.
func Day(day int) time.Time { return time.Unix(int64(day)*24*60*60, 0).UTC() }
