package batch

import (
	"strings"
	"time"

	"github.com/hut8labs/failmail/pkg/family"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

// occurrence says on which problem the mails of a fingerprint count that stand in a group:
// on that of the error, or on that of the thing if each thing has a fingerprint of its own.
// What a user's Grouper says is part of it.
func occurrence(group, fingerprint string) (of store.Occurrence) {
	if group != fingerprint && !isFingerprint(WithoutThing(group)) {
		of.Group = group
	}
	if of.OfThing = WithoutThing(fingerprint) != fingerprint; !of.OfThing {
		of.Fingerprint = fingerprint
	}
	return of
}

// problemOf returns the ID of the problem on which the mails of v count, which stands in g as
// an engine returns it; empty if they count on none that is known by them alone.
func problemOf(g *store.Group, v *store.Variant, families *family.Families) string {
	group := g.Key
	if strings.HasPrefix(group, mutedGroup) {
		group = v.Fingerprint
	}
	of := occurrence(group, v.Fingerprint)
	if of.Fingerprint != "" && !v.Meaning.Status.IsBad() {
		return ""
	}
	of.Fingerprint = families.Of(of.Fingerprint)
	return of.ID(v.Meaning)
}

// OpenProblems returns the IDs of the problems that the mails of b say are open. b is as an
// engine returns it. families may be nil.
func OpenProblems(b *store.Batch, families *family.Families) map[string]bool {
	good := make(map[meaning.Thing]time.Time)
	for _, g := range b.Groups {
		for _, v := range g.Variants {
			parts, _ := v.Parts()
			for _, p := range parts {
				if v.Meaning.Status.IsGood() && p.Last.After(good[p.Thing]) {
					good[p.Thing] = p.Last
				}
			}
		}
	}
	open := make(map[string]bool)
	for _, g := range b.Groups {
		for _, v := range g.Variants {
			parts, all := v.Parts()
			isOpen := len(parts) == 0 || !all
			for _, p := range parts {
				isOpen = isOpen || p.Last.After(good[p.Thing])
			}
			if isOpen && v.Meaning.Status.IsBad() {
				open[problemOf(g, v, families)] = true
			}
		}
	}
	return open
}

// Headline returns the line that says what p is, as [Present] has it.
func Headline(p *store.Problem, families *family.Families) string {
	v := &store.Variant{
		Fingerprint: p.Text, Reason: p.Headline, Meaning: p.Meaning, Count: p.TextCount, First: p.First, Last: p.Last, Varying: p.Varying,
	}
	g := &store.Group{Key: p.Text, Title: p.Subject, Count: p.TextCount, First: p.First, Last: p.Last, Variants: []*store.Variant{v}}
	reason := Present(&store.Batch{Count: p.TextCount, Groups: []*store.Group{g}}, families).Groups[0].Variants[0].Reason
	if p.TextCount > 1 && len(p.Named()) != 1 {
		// Mails of other values may have come before it was known that they vary.
		for _, varying := range families.Varying(p.Text) {
			reason = withGap(reason, varying.Values)
		}
	}
	return reason
}
