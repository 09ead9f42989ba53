package store

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A ProblemQuery says which problems somebody wants to see, of those that were ever seen, the
// one that was seen last first. Of the zero value that is all; what is set must all hold.
type ProblemQuery struct {
	// Words are parts of the text of a problem: of its headline and subject, of what it is
	// about, what varied in it, where it came from, and of what people wrote.
	Words []string
	// Host is that of a mail, or what stands in front of the first slash of what it is about,
	// whole or its first labels.
	Host string
	// Source is part of the name or address of who sent it, Object of what it is about, and
	// Owner of who has it.
	Source, Object, Owner string
	// Open, New, Muted and Acked say whether it must be so or must not; nil that it does
	// not matter. What was first seen less than NewFor ago is new.
	Open, New, Muted, Acked *bool
	// Since is when it was seen last at the earliest.
	Since time.Time

	Now           time.Time // of the question
	Limit, Offset int
}

// NewFor is how long a problem is new.
const NewFor = 24 * time.Hour

// IsNew reports whether p was first seen not long before a time.
func (p *Problem) IsNew(at time.Time) bool { return at.Sub(p.First) < NewFor }

// A ProblemRow is what engines search.
type ProblemRow struct {
	Text                          string // in lower case, as all texts are here
	Hosts, Source, Objects, Owner string
	Lasting                       bool      // it is open until a mail or a person says otherwise
	Bad                           time.Time // otherwise it is open until nothing was heard for so long since then; zero if it is over
	Acked                         bool
	First                         time.Time // of its mails; if it has none, when something happened to it last
}

// Row returns what engines search of p.
func (p *Problem) Row() ProblemRow {
	r := ProblemRow{First: p.firstKnown(), Acked: p.AckedBy != "", Owner: strings.ToLower(p.Owner), Source: strings.ToLower(p.Meaning.Source + " " + p.Meaning.Sender)}
	r.Lasting, r.Bad = p.openUntil()
	var objects []string
	for _, t := range p.Things {
		if t.Object != "" {
			objects = append(objects, t.Object)
		}
	}
	hosts := slices.Clone(p.Hosts)
	for _, object := range objects { // db1/Disk is on db1, whoever sends the mail
		if host, _, isPath := strings.Cut(object, "/"); isPath && host != "" {
			hosts = append(hosts, host)
		}
	}
	lines := func(texts []string) string { return strings.ToLower("\n" + strings.Join(texts, "\n") + "\n") }
	r.Objects, r.Hosts = lines(objects), lines(hosts)
	text := []string{p.ID, p.Fingerprint, p.Text, p.Group, p.Headline, p.Subject, p.Meaning.Source, p.Meaning.Sender, p.Owner, p.AckedBy, string(p.Meaning.Status), p.Meaning.Severity}
	for _, v := range p.Varying.Variations() {
		for _, value := range v.Top {
			text = append(text, value.Text)
		}
	}
	for _, e := range p.History {
		if e.Kind == Noted {
			text = append(text, e.Text)
		}
	}
	r.Text = lines(slices.Concat(text, objects, p.Hosts))
	return r
}

// WithoutMails is how long an engine keeps a problem at least that has no mails: its recovery
// may have overtaken them, or it was split off another one.
const WithoutMails = 48 * time.Hour

// firstKnown returns when the first mail of p came, or, if it has none, when something happened to
// it last.
func (p *Problem) firstKnown() time.Time {
	at := p.First
	if !p.Last.IsZero() {
		return at
	}
	for i := range p.Things {
		at = later(at, p.Things[i].Good)
	}
	for i := range p.History {
		at = later(at, p.History[i].At)
	}
	return at
}

// IsForgotten reports whether an engine forgets p at a time, of what was last seen before
// another one: the definition of what [Problems.ForgetProblems] removes, but for its bound.
func (p *Problem) IsForgotten(before, now time.Time) bool {
	if p.Last.IsZero() {
		return p.firstKnown().Before(now.Add(-WithoutMails))
	}
	return !p.IsOpen(now) && p.Last.Before(before)
}

// Match reports whether q is about p: the definition of what engines look for.
func (q *ProblemQuery) Match(p *Problem) bool {
	r := p.Row()
	for _, word := range q.Words {
		if !strings.Contains(r.Text, strings.ToLower(word)) {
			return false
		}
	}
	is := func(want *bool, have bool) bool { return want == nil || *want == have }
	host := strings.ToLower(q.Host)
	return (host == "" || strings.Contains(r.Hosts, "\n"+host+"\n") || strings.Contains(r.Hosts, "\n"+host+".")) &&
		strings.Contains(r.Source, strings.ToLower(q.Source)) &&
		strings.Contains(r.Objects, strings.ToLower(q.Object)) &&
		strings.Contains(r.Owner, strings.ToLower(q.Owner)) &&
		is(q.Open, p.IsOpen(q.Now)) && is(q.New, p.IsNew(q.Now)) &&
		is(q.Muted, p.MutedUntil.After(q.Now)) && is(q.Acked, r.Acked) &&
		!p.Last.IsZero() && !p.Last.Before(q.Since)
}

// CompareProblems orders problems as queries return them.
func CompareProblems(a, b *Problem) int {
	return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.ID, b.ID))
}

// EncodeProblem writes p down for DecodeProblem.
func EncodeProblem(p *Problem) ([]byte, error) {
	type plain Problem
	text, err := json.Marshal(struct {
		*plain
		Varying string `json:",omitempty"`
	}{(*plain)(p), p.Varying.Encode()})
	if err != nil {
		return nil, fmt.Errorf("write problem %s: %w", p.ID, err)
	}
	return text, nil
}

// DecodeProblem is the inverse of EncodeProblem, for an engine with a Limits.ResolveAfter.
func DecodeProblem(encoded []byte, resolveAfter time.Duration) (*Problem, error) {
	type plain Problem
	var p Problem
	wrapped := struct {
		*plain
		Varying string
	}{plain: (*plain)(&p)}
	if err := json.Unmarshal(encoded, &wrapped); err != nil {
		return nil, fmt.Errorf("read a problem: %w", err)
	}
	varying, err := DecodeVarying(wrapped.Varying)
	if err != nil {
		return nil, fmt.Errorf("read problem %s: %w", p.ID, err)
	}
	p.Varying, p.ResolveAfter = varying, resolveAfter
	return &p, nil
}
