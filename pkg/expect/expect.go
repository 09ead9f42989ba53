// Package expect knows which mails must come, and until when: the worst failure of a
// backup is the mail that is not sent.
//
//	p, err := failmail.New(failmail.Config{Expect: []expect.Expectation{{
//		Name:   "backup srv7",
//		Match:  []string{`subject=~"Backup of srv7.*"`},
//		Every:  "daily 02:00", // or "1h", "Mon-Fri 02:00", "0 2 * * *"
//		Within: 3 * time.Hour,
//	}}})
//
// An [Expectation] is what a person writes, a [Job] what it means in a time zone, and a
// [List] all of them. A [Record] has the times at which one kind of mail came, and learns
// from them when the next one is due. [Read] reads the tables of a settings file.
//
// A List does not change and is safe for concurrent use; a Record belongs to one
// goroutine. Nothing here is kept on disk: a Proxy keeps Records and decisions in its
// store, the same for all nodes.
package expect

import (
	"cmp"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/envelope"
	"github.com/hut8labs/failmail/internal/match"
	"github.com/hut8labs/failmail/internal/table"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/message"
)

// Errors of those who change what is expected.
var (
	ErrUnknown    = errors.New("nothing of that name is expected or proposed; failmail expect lists what is")
	ErrTaken      = errors.New("there is one of that name already; give it another, or drop that one")
	ErrConfigured = errors.New("it stands in a table [[expect]] of the settings file; remove it there, and have the proxy read the file again (SIGHUP)")
)

// A Kind says why a mail is expected.
type Kind string

// The kinds of what is expected.
const (
	Configured Kind = "configured" // by the settings
	Added      Kind = "added"      // by somebody, with a schedule
	Confirmed  Kind = "confirmed"  // learned, and confirmed by somebody
	AsLearned  Kind = "learned"    // learned, and expected without being confirmed
	Proposed   Kind = "proposed"   // learned; nobody is told when it is missing
	Heartbeat  Kind = "heartbeat"  // proves that the path works, and no schedule is known of it
)

// An Expectation is a mail that must come again and again, as the settings file has it in
// [[expect]].
type Expectation struct {
	Kind Kind // defaults to Configured
	// Name is what people call it. Each has one of its own: what is known of it is kept
	// under it.
	Name string
	// Match are matchers such as subject=~"Backup .*", which must all hold. They know
	// from (of the envelope), to, host, subject, header:NAME, status, severity, source, sender
	// (the address of the author, of a known source) and object.
	Match []string
	// Thing, if it is set, is what the mail is about, whatever it says of that; then Match is
	// only shown.
	Thing meaning.Thing
	// Every says when it comes: "daily 02:00", "Mon-Fri 02:00", "weekly Mon 07:00", five fields
	// of cron, or a duration such as "1h", which counts from the last one.
	Every string
	// Within is how long after that it may come. Defaults to a tenth of the time between
	// two, at least ten minutes and at most three hours.
	Within time.Duration
	// To are those who hear of it when it does not come. Defaults to the recipients of the
	// last one.
	To []string
}

// A State is how it is with something that is expected.
type State struct {
	Name    string
	Kind    Kind
	Match   []string
	Every   string
	Within  time.Duration
	To      []string    // as in Expectation
	Times   []time.Time // when it came, of what is only proposed
	Last    time.Time   // when it came; zero if never
	Due     time.Time   // when it is to come next
	Late    time.Time   // when it is missing
	Missing bool
}

// A Match is a mail that came, and that an Expectation is about.
type Match struct {
	Subject, From string
	Last          time.Time // when the last such mail came
	Every         string    // as was learned; empty if nothing was
}

// Read makes expectations of the [[expect]] tables of a settings file, as a reader of TOML
// returns them. The error names the expectation, the key and how to mend it.
func Read(tables any) ([]Expectation, error) {
	list, err := table.List(tables, "expect")
	if err != nil {
		return nil, err
	}
	var expectations []Expectation
	for i, entry := range list {
		var e Expectation
		err := table.Decode(entry, map[string]any{"name": &e.Name, "match": &e.Match, "every": &e.Every, "within": &e.Within, "to": &e.To})
		if err != nil {
			name, _ := entry["name"].(string)
			return nil, fmt.Errorf("expect %d %q: %w", i+1, name, err)
		}
		expectations = append(expectations, e)
	}
	return expectations, nil
}

// matchable are the names that matchers of an expectation know.
var matchable = []string{"from", "to", "host", "subject", "header:NAME", "status", "severity", "source", "sender", "object"}

// MatchThing returns matchers of the mails about t.
func MatchThing(t meaning.Thing) (matchers []string) {
	for _, v := range [...]struct{ name, value string }{{"source", t.Source}, {"sender", t.Sender}, {"object", t.Object}} {
		if v.value != "" {
			matchers = append(matchers, match.Equal(v.name, v.value))
		}
	}
	return matchers
}

// A List is what is expected, ready to be asked. The zero value expects nothing. It is
// safe for concurrent use.
type List struct {
	jobs    []*Job
	matched []*Job                 // those with matchers, which are asked one after the other
	things  map[meaning.Thing]*Job // those of a Thing, of which there may be many
}

// A Job is an Expectation that can be asked.
type Job struct {
	Expectation
	match    match.Matchers
	schedule schedule
}

// New returns the List of expectations, whose times are those of zone. The error names
// the expectation, what is wrong and how to mend it.
func New(expectations []Expectation, zone *time.Location) (*List, error) {
	var jobs []*Job
	names := make(map[string]bool)
	for _, e := range expectations {
		j, err := NewJob(e, zone)
		if err != nil {
			return nil, err
		}
		if names[e.Name] {
			return nil, fmt.Errorf("expect %q: there are two of that name; give each its own", e.Name)
		}
		names[e.Name] = true
		jobs = append(jobs, j)
	}
	return (&List{}).With(jobs), nil
}

// With returns a List that expects what l does, and then jobs, which have other names.
func (l *List) With(jobs []*Job) *List {
	all := &List{jobs: append(l.jobs[:len(l.jobs):len(l.jobs)], jobs...), things: make(map[meaning.Thing]*Job)}
	for _, j := range all.jobs {
		if j.Thing != (meaning.Thing{}) {
			all.things[j.Thing] = j
		} else {
			all.matched = append(all.matched, j)
		}
	}
	return all
}

func isNoAddress(text string) bool {
	address, err := mail.ParseAddress(text)
	return err != nil || address.Address != text || envelope.Problem(text) != ""
}

// NewJob returns a Job for e, as New does.
func NewJob(e Expectation, zone *time.Location) (*Job, error) {
	e.Kind = cmp.Or(e.Kind, Configured)
	switch {
	case e.Name == "" || strings.ContainsAny(e.Name, "\r\n"):
		return nil, errors.New(`an expectation needs a name on one line, such as name = "backup srv7"`)
	case slices.ContainsFunc(e.To, isNoAddress):
		wrong := e.To[slices.IndexFunc(e.To, isNoAddress)]
		return nil, fmt.Errorf("expect %q: to: %q is not a plain mail address; use one such as ops@example.com", e.Name, wrong)
	case e.Within < 0:
		return nil, fmt.Errorf("expect %q: within: %s is negative; say how late it may come, such as 3h", e.Name, e.Within)
	case e.Thing != (meaning.Thing{}):
		return scheduled(&Job{Expectation: e}, zone)
	case len(e.Match) == 0:
		return nil, fmt.Errorf(`expect %q: match is missing; say which mail it is, such as match = ['subject=~"Backup of srv7 .*"']`, e.Name)
	}
	m, err := match.Parse(e.Match, matchable)
	if err != nil {
		return nil, fmt.Errorf("expect %q: match: %w", e.Name, err)
	}
	if m.MatchesAll() {
		return nil, fmt.Errorf("expect %q: match: %s takes every mail; name what only this one has", e.Name, strings.Join(e.Match, ", "))
	}
	return scheduled(&Job{Expectation: e, match: m}, zone)
}

func scheduled(j *Job, zone *time.Location) (_ *Job, err error) {
	if j.schedule, err = parseSchedule(j.Every, zone); err != nil {
		return nil, fmt.Errorf("expect %q: every: %w", j.Name, err)
	}
	if j.Within == 0 {
		j.Within = min(max(j.period(time.Now())/10, 10*time.Minute), 3*time.Hour)
	}
	return j, nil
}

// State returns what is known of j without any mail.
func (j *Job) State() State {
	return State{Name: j.Name, Kind: j.Kind, Match: j.Match, Every: j.Every, Within: j.Within, To: j.To}
}

// Jobs returns all that is expected, in the order given.
func (l *List) Jobs() []*Job { return l.jobs }

// Of returns the jobs whose mail m is, which was recognised; of a digest any part will do.
func (l *List) Of(m *message.Message) (jobs []*Job) {
	if len(l.jobs) == 0 {
		return nil
	}
	for _, means := range append([]meaning.Meaning{m.Meaning}, m.Further...) {
		if j := l.things[means.Thing()]; j != nil && !slices.Contains(jobs, j) {
			jobs = append(jobs, j)
		}
		for _, j := range l.matched {
			if !slices.Contains(jobs, j) && j.match.Match(func(name string) string { return valueOf(m, means, name) }) {
				jobs = append(jobs, j)
			}
		}
	}
	return jobs
}

func valueOf(m *message.Message, means meaning.Meaning, name string) string {
	switch name {
	case "from":
		return m.From
	case "to":
		return strings.Join(m.To, ",")
	case "host":
		return m.Host()
	case "subject":
		return m.Subject()
	case "status":
		return string(means.Status)
	case "severity":
		return means.Severity
	case "source":
		return means.Source
	case "sender":
		return means.Sender
	case "object":
		return means.Object
	}
	return m.Header.Get(strings.TrimPrefix(name, "header:"))
}

// Next returns when the mail is due that comes after the one that came at last, and when
// it is late. A mail that comes somewhat early is the one that was due.
func (j *Job) Next(last time.Time) (due, late time.Time) {
	due = j.schedule.after(last)
	if early := min(j.Within, j.period(last)/2); due.Sub(last) <= early {
		due = j.schedule.after(due)
	}
	return due, due.Add(j.Within)
}

// First returns when the first mail is due that is expected since a time, and when it is
// late.
func (j *Job) First(since time.Time) (due, late time.Time) {
	due = j.schedule.after(since)
	return due, due.Add(j.Within)
}

// period returns the time between two mails around at.
func (j *Job) period(at time.Time) time.Duration {
	next := j.schedule.after(at)
	return j.schedule.after(next).Sub(next)
}
