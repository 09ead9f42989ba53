package routine

import (
	"cmp"
	"fmt"
	"mime"
	"slices"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/message"
)

// A thing is what good mails come of, and what was learned of when they do.
type thing struct {
	meaning.Thing
	expect.Record
	Learned expect.Learned // at last; the zero value if nothing ever was
	Name    string         // once something was learned
	Sample  sample
	By      string // what expects it otherwise
	fits    bool   // it keeps to what was learned
}

// A sample is what is kept of a mail.
type sample struct {
	From    string   `json:"from,omitempty"`
	To      []string `json:"to,omitempty"` // the first ones
	Host    string   `json:"host,omitempty"`
	Subject string   `json:"subject,omitempty"`
}

// Bounds of what is kept of a mail.
const (
	maxText = 200 // characters
	maxTo   = 20
)

func sampleOf(m *message.Message) sample {
	s := sample{From: strings.Clone(m.From), Host: strings.Clone(phrase.Shorten(m.Host(), maxText)), Subject: strings.Clone(phrase.Shorten(m.Subject(), maxText))}
	for _, to := range m.To[:min(len(m.To), maxTo)] {
		s.To = append(s.To, strings.Clone(to))
	}
	return s
}

// mail returns what is known of the last mail of t, as one that matchers can be asked about.
func (t *thing) mail() *message.Message {
	raw := "Subject: " + mime.QEncoding.Encode("utf-8", t.Sample.Subject) + "\r\n\r\n"
	m := message.New(t.Sample.From, t.Sample.To, []byte(raw))
	m.Helo = t.Sample.Host
	m.Meaning = meaning.Meaning{Status: meaning.OK, Severity: "info", Source: t.Source, Sender: t.Sender, Object: t.Object}
	return m
}

// merge adds what came to t.
func (t *thing) merge(came *thing) (changed bool) {
	last := t.Last()
	for _, at := range came.Times {
		changed = t.Add(at) || changed
	}
	if !came.Last().Before(last) && (came.Sample.From != "" || came.Sample.Subject != "") {
		t.Sample, t.By = came.Sample, came.By
	}
	return changed
}

// agree takes what other nodes have written of t, so that all have the same in the end, and
// none writes again what another has. It reports whether that changes what is expected.
func (t *thing) agree(noted *thing) (changed bool) {
	if noted.Steady.After(t.Steady) {
		t.Steady = noted.Steady
	}
	if noted.Name == "" || noted.Name == t.Name && noted.Learned == t.Learned {
		return false
	}
	t.Name, t.Learned = noted.Name, noted.Learned
	return true
}

// learn finds the schedule of t. What was learned stays until something else is: a gap is
// no reason to expect nothing more.
func (t *thing) learn(zone *time.Location) (changed bool) {
	l, ok := t.Record.Learn(zone)
	t.fits = ok
	if !ok || l == t.Learned || t.Learned.Sure && !l.Sure {
		return false
	}
	t.Learned = l
	return true
}

func (t *thing) expectation(kind expect.Kind) expect.Expectation {
	return expect.Expectation{Kind: kind, Name: t.Name, Thing: t.Thing, Match: expect.MatchThing(t.Thing), Every: t.Learned.Every, Within: t.Learned.Within}
}

// name gives t a name that is not taken. A known source is a part of it, an address only if
// it has to.
func (t *thing) name(redact func(string) string, taken map[string]bool) {
	name := t.Object
	if t.Sender != "" && !strings.Contains(strings.ToLower(t.Object), strings.ToLower(t.Source)) {
		name = t.Source + " " + t.Object
	}
	name = phrase.Shorten(strings.Join(strings.Fields(redact(name)), " "), maxText)
	t.Name = name
	if taken[t.Name] {
		name += " of " + cmp.Or(t.Sender, t.Source)
		t.Name = name
	}
	for n := 2; taken[t.Name]; n++ {
		t.Name = fmt.Sprintf("%s (%d)", name, n)
	}
}

// A rule is what somebody decided.
type rule struct {
	Kind   expect.Kind // Added, Confirmed, or dropped
	Name   string
	Thing  meaning.Thing // what it is about, of a confirmed and a dropped one
	Match  []string      // of an added one
	Every  string
	Within time.Duration
	To     []string
}

// dropped is the Kind of what is not to be proposed again.
const dropped expect.Kind = "dropped"

// expectation follows t, which may be nil: a schedule that was learned changes with how the
// mails come.
func (r *rule) expectation(t *thing) expect.Expectation {
	e := expect.Expectation{Kind: r.Kind, Name: r.Name, Thing: r.Thing, Match: r.Match, Every: r.Every, Within: r.Within, To: r.To}
	if r.Kind == expect.Confirmed {
		e.Match = expect.MatchThing(r.Thing)
		if t != nil && t.Learned.Every != "" {
			e.Every, e.Within = t.Learned.Every, t.Learned.Within
		}
	}
	return e
}

// rules are what was decided, the oldest first.
type rules struct {
	list    []*rule
	unknown []string // what a newer version has decided, kept as it is
}

func (r *rules) named(name string) *rule {
	return r.find(func(r *rule) bool { return r.Kind != dropped && r.Name == name })
}

func (r *rules) about(t meaning.Thing) *rule {
	return r.find(func(r *rule) bool { return r.Kind != expect.Added && r.Thing == t })
}

func (r *rules) find(is func(*rule) bool) *rule {
	if i := slices.IndexFunc(r.list, is); i >= 0 {
		return r.list[i]
	}
	return nil
}
