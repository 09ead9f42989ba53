package store

import (
	"cmp"
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
)

// A ProblemTable is what an engine keeps of problems, within one transaction. What it
// returns belongs to the caller.
type ProblemTable interface {
	// Load returns the problems with these IDs, or what they were merged into, each under
	// the ID asked for.
	Load(ids []string) (map[string]*Problem, error)
	// About returns the IDs of those that have one of the things.
	About(things []meaning.Thing) ([]string, error)
	// History returns what the history knows of fingerprints.
	History(fingerprints []string) (map[string]Seen, error)
	// Save keeps problems, and samples: of a slot that is "last" the new one, else the one
	// that was there.
	Save(problems []*Problem, samples []ProblemSample) error
	// Remove removes a problem and its samples. If it became part of another one, its ID
	// leads there, as do those that led to it, and it takes its samples along, but for the
	// first and what is there.
	Remove(id, became string) error
	// Release makes an ID lead nowhere that led to what its problem became.
	Release(id string) error
}

// ChangeProblem is what all engines do in Store.ChangeProblem.
func ChangeProblem(t ProblemTable, id string, change func(*Problem) error) (*Problem, error) {
	known, err := t.Load([]string{id})
	p := known[id]
	if err != nil || p == nil {
		return nil, err
	}
	if err := change(p); err != nil {
		return nil, err
	}
	return p, t.Save([]*Problem{p}, nil)
}

// MergeProblems is what all engines do in Store.MergeProblems with the IDs of those whose
// fingerprints are keys of into. One that stays what it is was split off.
func MergeProblems(t ProblemTable, ids []string, into map[string]string, at time.Time) error {
	for fingerprint, family := range into {
		if fingerprint == family {
			if err := splitProblem(t, Occurrence{Fingerprint: fingerprint}, at); err != nil {
				return err
			}
		}
	}
	slices.Sort(ids)
	for _, old := range slices.Compact(ids) {
		known, err := t.Load([]string{old})
		if err != nil {
			return err
		}
		p := known[old]
		if p == nil || p.ID != old {
			continue // merged already
		}
		of := p.Occurrence
		of.Fingerprint = into[of.Fingerprint]
		id := of.ID(p.Meaning)
		if id == p.ID {
			continue
		}
		if known, err = t.Load([]string{id}); err != nil {
			return err
		}
		target := known[id]
		if target == nil {
			target = p.Clone()
			target.ID, target.Occurrence = id, of
		} else {
			target.Absorb(p, at)
		}
		if err := t.Save([]*Problem{target}, nil); err != nil {
			return err
		}
		if err := t.Remove(p.ID, target.ID); err != nil {
			return err
		}
	}
	return nil
}

// splitProblem makes the problem of an error one of its own again that was part of another
// one. It begins anew, where what was counted stays.
func splitProblem(t ProblemTable, of Occurrence, at time.Time) error {
	id := of.ID(meaning.Meaning{})
	known, err := t.Load([]string{id})
	if err != nil {
		return err
	}
	was := known[id]
	if was == nil || was.ID == id {
		return nil
	}
	if err := t.Release(id); err != nil {
		return err
	}
	p := &Problem{ID: id, Occurrence: of, Meaning: was.Meaning, Headline: was.Headline, Subject: was.Subject, Text: of.Fingerprint,
		ResolveAfter: was.ResolveAfter}
	p.note(ProblemEvent{At: at, Kind: Split, Text: was.ID})
	was.note(ProblemEvent{At: at, Kind: Parted, Text: id})
	return t.Save([]*Problem{p, was}, nil)
}

// SortSamples puts samples into the order in which Store.Problem returns them.
func SortSamples(samples []ProblemSample) {
	slices.SortFunc(samples, func(a, b ProblemSample) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Slot, b.Slot)) })
}
