// Package expect knows which mails must come, and until when: the worst failure of a
// backup is the mail that is not sent.
package expect

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/match"
	"github.com/hut8labs/failmail/internal/table"
	"github.com/hut8labs/failmail/pkg/message"
)

// An Expectation is a mail that must come again and again, as the settings file has it in
// [[expect]].
type Expectation struct {
	// Name is what people call it. Each has one of its own: what is known of it is kept
	// under it.
	Name string
	// Match are matchers such as subject=~"Backup .*", which must all hold. They know
	// from (of the envelope), to, host, subject, header:NAME, status, severity, source and
	// object.
	Match []string
	// Every says when it comes: "daily 02:00", "weekly Mon 07:00", five fields of cron, or a
	// duration such as "1h", which counts from the last one.
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
	Every   string
	Last    time.Time // when it came; zero if never
	Due     time.Time // when it is to come next
	Late    time.Time // when it is missing
	Missing bool
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
var matchable = []string{"from", "to", "host", "subject", "header:NAME", "status", "severity", "source", "object"}

// A List is what is expected, ready to be asked. The zero value expects nothing. It is
// safe for concurrent use.
type List struct{ jobs []*Job }

// A Job is an Expectation that can be asked.
type Job struct {
	Expectation
	match    match.Matchers
	schedule schedule
}

// New returns the List of expectations, whose times are those of zone. The error names
// the expectation, what is wrong and how to mend it.
func New(expectations []Expectation, zone *time.Location) (*List, error) {
	l := &List{}
	names := make(map[string]bool)
	for _, e := range expectations {
		j, err := newJob(e, zone)
		if err != nil {
			return nil, err
		}
		if names[e.Name] {
			return nil, fmt.Errorf("expect %q: there are two of that name; give each its own", e.Name)
		}
		names[e.Name] = true
		l.jobs = append(l.jobs, j)
	}
	return l, nil
}

func newJob(e Expectation, zone *time.Location) (*Job, error) {
	switch {
	case e.Name == "" || strings.ContainsAny(e.Name, "\r\n"):
		return nil, errors.New(`an expectation needs a name on one line, such as name = "backup srv7"`)
	case len(e.Match) == 0:
		return nil, fmt.Errorf(`expect %q: match is missing; say which mail it is, such as match = ['subject=~"Backup of srv7 .*"']`, e.Name)
	case e.Within < 0:
		return nil, fmt.Errorf("expect %q: within: %s is negative; say how late it may come, such as 3h", e.Name, e.Within)
	}
	m, err := match.Parse(e.Match, matchable)
	if err != nil {
		return nil, fmt.Errorf("expect %q: match: %w", e.Name, err)
	}
	if m.MatchesAll() {
		return nil, fmt.Errorf("expect %q: match: %s takes every mail; name what only this one has", e.Name, strings.Join(e.Match, ", "))
	}
	s, err := parseSchedule(e.Every, zone)
	if err != nil {
		return nil, fmt.Errorf("expect %q: every: %w", e.Name, err)
	}
	j := &Job{e, m, s}
	if j.Within == 0 {
		j.Within = min(max(j.period(time.Now())/10, 10*time.Minute), 3*time.Hour)
	}
	return j, nil
}

// Jobs returns all that is expected, in the order given.
func (l *List) Jobs() []*Job { return l.jobs }

// Of returns the jobs whose mail m is, which was recognised.
func (l *List) Of(m *message.Message) (jobs []*Job) {
	for _, j := range l.jobs {
		if j.match.Match(func(name string) string { return valueOf(m, name) }) {
			jobs = append(jobs, j)
		}
	}
	return jobs
}

func valueOf(m *message.Message, name string) string {
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
		return string(m.Meaning.Status)
	case "severity":
		return m.Meaning.Severity
	case "source":
		return m.Meaning.Source
	case "object":
		return m.Meaning.Object
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
