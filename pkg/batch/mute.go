package batch

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/internal/former"
	"github.com/hut8labs/failmail/pkg/family"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

// Mutes knows which mails nobody wants to see for now. It is safe for concurrent
// use. The zero value mutes nothing.
type Mutes struct {
	current atomic.Pointer[[]mute]
}

type mute struct {
	store.Mute
	pattern *regexp.Regexp // nil for a fingerprint or a problem
}

// maxMuteText bounds the pattern and the reason of a mute, in characters: they stand
// in summaries and on the page.
const maxMuteText = 1000

// ParseMute makes a Mute of what a person asks for: the fingerprint of an error,
// "v2:" and 16 digits, or a regular expression for its title, its reason or the
// subject.
func ParseMute(what, reason string, now time.Time, duration time.Duration) (store.Mute, error) {
	var problem error
	for _, text := range []struct{ name, value string }{{"pattern", what}, {"reason", reason}} {
		if n := utf8.RuneCountInString(text.value); n > maxMuteText {
			problem = fmt.Errorf("the %s has %d characters, and %d are the most; shorten it", text.name, n, maxMuteText)
		} else if strings.ContainsRune(text.value, 0) || !utf8.ValidString(text.value) {
			problem = fmt.Errorf("the %s %q holds a byte that is no text; remove it", text.name, text.value)
		}
	}
	what, reason = content.Line(what), content.Line(reason)
	m := store.Mute{Reason: reason, Created: now, Until: now.Add(duration)}
	switch {
	case problem != nil:
		return m, problem
	case what == "":
		return m, errors.New("the pattern is empty, it would mute everything; use a part of the subject, or a fingerprint")
	case duration <= 0:
		return m, fmt.Errorf("the duration %s is not more than zero; use one such as 2h", duration)
	case isFingerprint(what), former.Is(what):
		m.Fingerprint = what
	case likeFingerprint.MatchString(what):
		return m, fmt.Errorf("%q looks like a fingerprint and is none: that is %q and 16 hexadecimal digits, as the summaries show it; for a pattern, write ^%s", what, fingerprintVersion, what)
	default:
		if _, err := regexp.Compile(what); err != nil {
			return m, fmt.Errorf("the pattern %q is wrong: %w; put a backslash in front of characters such as ( and [", what, err)
		}
		m.Pattern = what
	}
	return m, nil
}

// likeFingerprint matches what was meant to be one: as a pattern it would match
// no mail.
var likeFingerprint = regexp.MustCompile(`^(?i:v\d+:)\w*$`)

// Set replaces the mutes. One that is wrong is left out.
func (m *Mutes) Set(mutes []store.Mute) {
	compiled := make([]mute, 0, len(mutes))
	for _, s := range mutes {
		c := mute{Mute: s}
		if s.Fingerprint == "" && s.Problem == "" {
			re, err := regexp.Compile(s.Pattern)
			if err != nil {
				continue // ParseMute refuses it
			}
			c.pattern = re
		}
		compiled = append(compiled, c)
	}
	m.current.Store(&compiled)
}

// mutedGroup is what the keys of the groups of muted mails begin with.
const mutedGroup = "mute "

// apply makes e, which stands at place among its family, an entry of muted mails if it is one.
func (m *Mutes) apply(e *store.Entry, subject string, place family.Place, is func(fingerprint string) bool) {
	if m == nil {
		return
	}
	mutes := m.current.Load()
	if mutes == nil {
		return
	}
	for _, mute := range *mutes {
		if !mute.Until.After(e.Received) || !mute.matches(e, subject, is) || mute.isNews(e, place) {
			continue
		}
		e.MutedUntil = mute.Until
		e.Group = mutedGroup + strconv.FormatInt(mute.ID, 10)
		e.Title = cut(mute.what())
		return
	}
}

// matches reports whether m is about e, which is the errors that is reports.
func (m *mute) matches(e *store.Entry, subject string, is func(fingerprint string) bool) bool {
	switch {
	case m.Problem != "":
		return e.Occurrence.ID(e.Meaning) == m.Problem
	case m.pattern == nil:
		return is(m.Fingerprint)
	}
	return m.pattern.MatchString(e.Title) || m.pattern.MatchString(e.Reason) || m.pattern.MatchString(subject)
}

// isNews reports whether e is about something that was not seen when m was made: another
// thing, or another value of what varies in a family. A pattern says itself what it is about, and
// a fingerprint of 1.0 is of a text rather than a family.
func (m *mute) isNews(e *store.Entry, place family.Place) bool {
	if m.pattern != nil || former.Is(m.Fingerprint) {
		return false
	}
	thing := e.Meaning.Thing()
	isThing := len(m.Things) > 0 && thing != meaning.Thing{} && !slices.Contains(m.Things, thing)
	return isThing || place.IsNew(m.Created)
}

// MaxMutedThings bounds the things of a mute. What has more is about values rather than
// things, such as the numbers of orders.
const MaxMutedThings = 24

// MutedThings returns the things that a mute of problems is about; none if it is about
// all, since they name none or too many, or are exceptions: those are about the code, whatever
// it was asked for.
func MutedThings(problems ...*store.Problem) (things []meaning.Thing) {
	for _, p := range problems {
		if slices.Contains(p.Varying.Labels(), MessageLabel) {
			return nil
		}
		for _, t := range p.Named() {
			if t.Thing == (meaning.Thing{}) {
				return nil // there are more than are known
			}
			if !slices.Contains(things, t.Thing) {
				things = append(things, t.Thing)
			}
		}
	}
	if len(things) > MaxMutedThings {
		return nil
	}
	return things
}

// what names the mails that are muted, and until when.
func (m *mute) what() string {
	name := cmp.Or(m.Name, m.Pattern, m.Fingerprint)
	until := m.Until.Format("2006-01-02 15:04 MST")
	switch {
	case m.UntilOver:
		until = "it is over"
	case m.UntilCount > 0:
		until = fmt.Sprintf("%d mails have come", m.UntilCount)
	}
	text := fmt.Sprintf("%s, muted until %s", name, until)
	if m.Reason != "" {
		text += ": " + m.Reason
	}
	return text
}

// A MuteMatch is an error in an open batch that a mute is about.
type MuteMatch struct {
	Title string
	Mails int
}

// Matching returns the errors in batches that m is about, the most frequent first.
// They stay in their summaries: a mute concerns what comes after it.
func Matching(m store.Mute, batches []*store.Batch) (matches []MuteMatch) {
	var mutes Mutes
	mutes.Set([]store.Mute{m})
	for _, mute := range *mutes.current.Load() {
		for _, b := range batches {
			for _, g := range b.Groups {
				if mails := mute.countIn(g); mails > 0 && !g.Muted {
					matches = append(matches, MuteMatch{g.Title, mails})
				}
			}
		}
	}
	slices.SortStableFunc(matches, func(a, b MuteMatch) int { return cmp.Compare(b.Mails, a.Mails) })
	return matches
}

// countIn returns how many mails of g m is about.
func (m *mute) countIn(g *store.Group) (mails int) {
	if m.pattern != nil && (m.pattern.MatchString(g.Title) || m.pattern.MatchString(g.Reason)) {
		return g.Count
	}
	for _, v := range g.Variants {
		if m.matches(&store.Entry{Title: g.Title, Reason: v.Reason}, g.Title, func(f string) bool { return f == WithoutThing(v.Fingerprint) }) {
			mails += v.Count
		}
	}
	return mails
}

// unlike are subjects that have nothing in common: what matches them all means none
// of them.
var unlike = [...]string{"Disk full on web1", "host down", "i/o timeout (7)", "Panic!"}

// MutesEverything reports whether m is about all mails, or nearly so, as .* and \w
// are.
func MutesEverything(m store.Mute) bool {
	re, err := regexp.Compile(m.Pattern)
	if err != nil || m.Pattern == "" {
		return false
	}
	for _, subject := range unlike {
		if !re.MatchString(subject) {
			return false
		}
	}
	return true
}
