package routine

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hut8labs/failmail/internal/envelope"
	"github.com/hut8labs/failmail/pkg/expect"
	"github.com/hut8labs/failmail/pkg/meaning"
)

// What the notebook has. Each entry is read on its own: one that cannot be read costs no
// other.

// Names of the notes. The first may be lost; the second is what people said.
const (
	thingsNote = "routine things"
	rulesNote  = "routine rules"
)

type note struct {
	Entries []json.RawMessage `json:"entries"`
}

type about struct {
	Source string `json:"source"`
	Sender string `json:"sender,omitempty"`
	Object string `json:"object"`
}

type thingEntry struct {
	about
	Name   string `json:"name,omitempty"`
	Every  string `json:"every,omitempty"`
	Within int64  `json:"within,omitempty"` // seconds
	Sure   bool   `json:"sure,omitempty"`
	By     string `json:"by,omitempty"`
	Steady int64  `json:"steady"`
	// Times are seconds since 1970, each but the first as what was added to the one before.
	Times []int64 `json:"times"`
	sample
}

type ruleEntry struct {
	Kind expect.Kind `json:"kind"`
	Name string      `json:"name"`
	about
	Match  []string `json:"match,omitempty"`
	Every  string   `json:"every,omitempty"`
	Within int64    `json:"within,omitempty"` // seconds
	To     []string `json:"to,omitempty"`
}

func entriesOf(text string) ([]json.RawMessage, error) {
	if text == "" {
		return nil, nil
	}
	var n note
	if err := json.Unmarshal([]byte(text), &n); err != nil {
		return nil, err
	}
	return n.Entries, nil
}

func noteOf[T any](entries []T) (string, error) {
	if len(entries) == 0 {
		return "", nil
	}
	text, err := json.Marshal(struct {
		Entries []T `json:"entries"`
	}{entries})
	return string(text), err
}

// readThings returns what is right of a note.
func readThings(text string, zone *time.Location) (things []*thing, err error) {
	entries, err := entriesOf(text)
	for _, raw := range entries {
		var e thingEntry
		if json.Unmarshal(raw, &e) != nil {
			continue
		}
		if t := e.thing(zone); t != nil {
			things = append(things, t)
		}
	}
	return things, err
}

// latestSecond bounds times, whose sums then do not overflow.
var latestSecond = time.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC).Unix()

// thing returns nil for what is none.
func (e *thingEntry) thing(zone *time.Location) *thing {
	t := &thing{Thing: meaning.Thing(e.about), Name: e.Name, By: e.By, Sample: e.sample}
	if t.Object == "" || !isLine(t.Source, t.Sender, t.Object, t.Name, t.Sample.From, t.Sample.Subject, t.Sample.Host) || !areAddresses(t.Sample.To) || envelope.Problem(t.Sample.From) != "" {
		return nil
	}
	var at int64
	for _, after := range e.Times {
		if after < 0 || after > latestSecond || at+after > latestSecond {
			return nil
		}
		at += after
		t.Times = append(t.Times, time.Unix(at, 0))
	}
	if len(t.Times) == 0 || len(t.Times) > expect.MaxTimes || e.Steady < 0 || e.Steady > latestSecond {
		return nil
	}
	t.Steady = time.Unix(e.Steady, 0)
	t.Learned = expect.Learned{Every: e.Every, Within: seconds(e.Within), Sure: e.Sure}
	if _, err := expect.NewJob(t.expectation(expect.AsLearned), zone); err != nil {
		t.Learned, t.Name = expect.Learned{}, "" // it is learned anew
	}
	return t
}

func entryOfThing(t *thing) thingEntry {
	e := thingEntry{
		about: about(t.Thing), Name: t.Name, Every: t.Learned.Every, Within: int64(t.Learned.Within / time.Second), Sure: t.Learned.Sure,
		By: t.By, Steady: t.Steady.Unix(), sample: t.Sample,
	}
	var last int64
	for _, at := range t.Times {
		e.Times = append(e.Times, at.Unix()-last)
		last = at.Unix()
	}
	return e
}

// errUnreadable is no reason to replace what people decided, nor to take no mails.
var errUnreadable = errors.New("what the store has of expected mails cannot be read; it is left as it is")

// readRules returns what was decided. What cannot be read stays as it is.
func readRules(text string, zone *time.Location) (r rules, err error) {
	entries, err := entriesOf(text)
	if err != nil {
		return r, fmt.Errorf("%w (%q): %w", errUnreadable, rulesNote, err)
	}
	for _, raw := range entries {
		var e ruleEntry
		if json.Unmarshal(raw, &e) == nil {
			if found := e.rule(zone); found != nil && (found.Kind == dropped || r.named(found.Name) == nil) {
				r.list = append(r.list, found)
				continue
			}
		}
		r.unknown = append(r.unknown, string(raw))
	}
	return r, nil
}

// rule returns nil for what is none.
func (e *ruleEntry) rule(zone *time.Location) *rule {
	r := &rule{Kind: e.Kind, Name: e.Name, Thing: meaning.Thing(e.about), Match: e.Match, Every: e.Every, Within: seconds(e.Within), To: e.To}
	if !isLine(r.Name, r.Thing.Source, r.Thing.Sender, r.Thing.Object) || !areAddresses(r.To) {
		return nil
	}
	switch r.Kind {
	case dropped:
		if r.Thing.Object == "" {
			return nil
		}
		return r
	case expect.Confirmed:
		if r.Thing.Object == "" {
			return nil
		}
	case expect.Added:
		r.Thing = meaning.Thing{}
	default:
		return nil
	}
	if _, err := expect.NewJob(r.expectation(nil), zone); err != nil {
		return nil
	}
	return r
}

func (r *rules) note() (string, error) {
	var entries []json.RawMessage
	for _, rule := range r.list {
		raw, err := json.Marshal(ruleEntry{rule.Kind, rule.Name, about(rule.Thing), rule.Match, rule.Every, int64(rule.Within / time.Second), rule.To})
		if err != nil {
			return "", err
		}
		entries = append(entries, raw)
	}
	for _, raw := range r.unknown {
		entries = append(entries, json.RawMessage(raw))
	}
	return noteOf(entries)
}

func isLine(texts ...string) bool {
	for _, text := range texts {
		if strings.ContainsAny(text, "\r\n") || len(text) > 4*maxText {
			return false
		}
	}
	return true
}

func areAddresses(list []string) bool {
	for _, address := range list {
		if address == "" || envelope.Problem(address) != "" {
			return false
		}
	}
	return true
}

// seconds returns a duration, at most a year.
func seconds(n int64) time.Duration {
	return time.Duration(min(max(n, 0), 366*24*3600)) * time.Second
}
