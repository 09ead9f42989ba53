// Package problem shows people what a store knows of problems, and reads the questions
// they ask.
//
//	open, total, err := proxy.Problems(ctx, "is:open host:db1 since:7d", 0, 50)
//	for _, p := range open {
//		fmt.Println(p.Title(), p.Count, p.State, p.Since, p.Owner)
//	}
//
// A [Problem] is an error or a thing's bad state with its life, as JSON shows it, too;
// secrets are removed. [Parse] reads a question, and a [Mistake] says where it is wrong
// and what is right. To embed a Proxy, [failmail.Proxy.Problems], Problem, Act and
// MuteProblem are all that is needed.
//
// A Problem is a copy that belongs to the caller. A [Viewer] is safe for concurrent use.
// What is kept is a store.Problem, on disk in the transaction of the mails it counts.
package problem

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/family"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/message"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

// A Problem is an error, or the bad state of a monitored thing, with its life, as people
// and programs are shown it: times are those of mails, secrets are removed.
type Problem struct {
	ID         string         `json:"id"` // for good; it leads to what the problem became
	Headline   string         `json:"headline"`
	Status     meaning.Status `json:"status"` // of its last mail: problem or warning
	State      State          `json:"state"`
	New        bool           `json:"new"`   // it was first seen less than a day ago
	Count      int            `json:"count"` // of its mails
	First      time.Time      `json:"first"`
	Last       time.Time      `json:"last"`
	Since      *time.Time     `json:"since,omitempty"` // when it began, if it is open
	Over       *time.Time     `json:"over,omitempty"`  // when it was over, if it is
	Severity   string         `json:"severity"`
	Source     string         `json:"source"` // who sends it: a kind of sender, or an address
	Sender     string         `json:"sender,omitempty"`
	Object     string         `json:"object"`            // what it is about; empty if that is not known
	Objects    []Object       `json:"objects,omitempty"` // if there are several
	Subject    string         `json:"subject"`
	Hosts      []string       `json:"hosts"` // in the order in which they came
	Owner      string         `json:"owner"`
	AckedBy    string         `json:"acked_by"`
	MutedUntil *time.Time     `json:"muted_until"`         // at the latest
	MutedEnd   string         `json:"muted_end,omitempty"` // what ends it before, in words
	Days       []Day          `json:"days"`                // those of the last 90 that have mails, the oldest first
	// Fingerprint is that of its mails; empty if it is about a thing, whatever they say of it.
	Fingerprint string `json:"fingerprint,omitempty"`

	Weeks   []Day    `json:"weeks,omitempty"` // of the last year, by their Mondays
	Varies  []Varies `json:"varies,omitempty"`
	Samples []Sample `json:"samples,omitzero"` // the oldest first
	History []Event  `json:"history,omitzero"` // the oldest first
	// Summaries are those that told of it, the newest first, as far as they are kept.
	Summaries []Summary `json:"summaries,omitempty"`
}

// A Summary is one that told of a problem.
type Summary struct {
	MessageID string    `json:"message_id"`
	Subject   string    `json:"subject"`
	Made      time.Time `json:"made"`
	Result    string    `json:"result"` // as in [render.Sent]
}

var id = regexp.MustCompile(`^[0-9a-f]{16}$`)

// IsID reports whether a text that somebody typed looks like the ID of a problem.
func IsID(text string) bool { return id.MatchString(text) }

// A State says whether a problem is over.
type State string

// The states.
const (
	Open State = "open"
	Over State = "over"
)

// An Object is one of the things that a problem is about.
type Object struct {
	Name  string `json:"name"`
	State State  `json:"state"`
}

// A Day counts the mails of a day.
type Day struct {
	Day   string `json:"day"` // 2026-11-29
	Count int    `json:"count"`
}

// Varies are the values that vary from mail to mail at one place.
type Varies struct {
	Place  string   `json:"place"`
	Values []string `json:"values"` // the most frequent first, ten at most
	More   int      `json:"more"`   // further ones, nearly
}

// A Sample is a mail of a problem.
type Sample struct {
	Slot    string    `json:"slot"` // first, last, or the week whose first one it is
	At      time.Time `json:"at"`
	From    string    `json:"from"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
}

// An Event is something that happened to a problem.
type Event struct {
	At   time.Time       `json:"at"`
	Kind store.EventKind `json:"kind"`
	By   string          `json:"by,omitempty"`
	Text string          `json:"text,omitempty"`
}

// A Viewer shows problems. It is safe for concurrent use.
type Viewer struct {
	Families *family.Families // nil for none
	Redactor *render.Redactor // nil for none
}

// Show returns what p is at a time, without samples and history.
func (v Viewer) Show(p *store.Problem, now time.Time) Problem {
	text := v.Redactor.Text
	view := Problem{
		ID: p.ID, Headline: text(batch.Headline(p, v.Families)), Status: p.Meaning.Status, State: Over, New: p.IsNew(now),
		Count: p.Count, First: p.First, Last: p.Last, Severity: p.Meaning.Severity, Source: p.Meaning.Source, Sender: p.Meaning.Sender,
		Object: text(p.Meaning.Object), Subject: text(p.Subject), Hosts: slices.Clone(p.Hosts), Owner: text(content.Line(p.Owner)), AckedBy: content.Line(p.AckedBy),
		Days: days(p.Days), Fingerprint: p.Fingerprint,
	}
	if view.Hosts == nil {
		view.Hosts = []string{}
	}
	if p.IsOpen(now) {
		since := p.Since(now)
		view.State, view.Since = Open, &since
	} else if over := p.OverAt(now); !over.IsZero() {
		view.Over = &over
	}
	if p.MutedUntil.After(now) {
		until := p.MutedUntil
		view.MutedUntil, view.MutedEnd = &until, p.MutedEnd
	}
	view.Objects = v.objects(p, now)
	return view
}

// objects returns what p is about, if that is several things. Those of the same name that
// several senders speak of are shown as one.
func (v Viewer) objects(p *store.Problem, now time.Time) (list []Object) {
	for i := range p.Things {
		t := &p.Things[i]
		if t.Object == "" && len(p.Things) == 1 {
			continue
		}
		o := Object{cmp.Or(v.Redactor.Text(t.Object), otherThings), Over}
		if p.IsOpenThing(t, now) {
			o.State = Open
		}
		switch at := slices.IndexFunc(list, func(known Object) bool { return known.Name == o.Name }); {
		case at < 0:
			list = append(list, o)
		case o.State == Open:
			list[at].State = Open
		}
	}
	if len(list) < 2 {
		return nil
	}
	return list
}

// otherThings are those that were not told apart, or named.
const otherThings = "others"

// ShowAll returns what p is at a time, with all that is known of it. The samples are nil if
// these are not known.
func (v Viewer) ShowAll(p *store.Problem, samples []store.ProblemSample, now time.Time) Problem {
	view := v.Show(p, now)
	view.Weeks = days(p.Weeks)
	for _, variation := range p.Varying.Told() {
		if variation.Label == store.ObjectLabel || variation.Distinct < 2 {
			continue
		}
		place := Varies{Place: v.Redactor.Text(variation.Label), More: max(variation.Distinct-len(variation.Top), 0)}
		for _, value := range variation.Top {
			place.Values = append(place.Values, v.Redactor.Text(value.Text))
		}
		view.Varies = append(view.Varies, place)
	}
	if samples != nil {
		view.Samples = make([]Sample, 0, len(samples))
	}
	view.History = make([]Event, 0, len(p.History))
	for _, s := range samples {
		view.Samples = append(view.Samples, v.sample(s))
	}
	for _, e := range p.History {
		view.History = append(view.History, Event{e.At, e.Kind, content.Line(e.By), v.Redactor.Text(written(e.Text))})
	}
	return view
}

// written returns what a person wrote without what would take over a terminal.
func written(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.ContainsFunc(line, func(r rune) bool { return r != '\t' && !unicode.IsGraphic(r) }) {
			lines[i] = content.Line(line)
		}
	}
	return strings.Join(lines, "\n")
}

// maxSampleText bounds the text of a sample, in bytes.
const maxSampleText = 16 << 10

func (v Viewer) sample(s store.ProblemSample) (view Sample) {
	view = Sample{Slot: s.Slot, At: s.At}
	defer func() {
		if recover() != nil { // a charset or a MIME structure that defeats its reader
			view.Text = "(cannot read the content)"
		}
	}()
	m := message.New("", nil, s.Mail)
	text := m.Body()
	if len(text) > maxSampleText {
		text = text[:maxSampleText] + "…"
	}
	view.From, view.Subject = content.Line(v.Redactor.Text(m.Header.Get("From"))), content.Line(v.Redactor.Text(m.Subject()))
	view.Text = v.Redactor.Text(text)
	return view
}

func days(counts map[int]int) []Day {
	list := make([]Day, 0, len(counts))
	for day, count := range counts {
		list = append(list, Day{store.Day(day).Format(time.DateOnly), count})
	}
	slices.SortFunc(list, func(a, b Day) int {
		if a.Day < b.Day {
			return -1
		}
		return 1
	})
	return list
}
