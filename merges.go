package failmail

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/problem"
	"github.com/hut8labs/failmail/pkg/render"
	"github.com/hut8labs/failmail/pkg/store"
)

// An OpenError is an error, and what of it is in the open batches.
type OpenError = batch.OpenError

// OpenErrors returns what the open batches have of errors: what [Proxy.Merge] or
// [Proxy.Split], which take the same names, would be about.
func (p *Proxy) OpenErrors(ctx context.Context, names ...string) ([]OpenError, error) {
	fingerprints, ids, err := p.errorsOf(ctx, names...)
	if err != nil {
		return nil, err
	}
	open, err := p.Open(ctx)
	if err != nil {
		return nil, err
	}
	parts, err := p.running()
	if err != nil {
		return nil, err
	}
	known, err := parts.store.KnownProblems(ctx, ids)
	if err != nil {
		return nil, err
	}
	families := p.settings.Load().classifier.Families
	found := make([]OpenError, len(fingerprints))
	for i, fingerprint := range fingerprints {
		found[i] = OpenError{Fingerprint: families.Of(fingerprint), Texts: families.Size(fingerprint)}
		for _, summary := range open {
			for _, g := range summary.Groups {
				addOpen(&found[i], g)
			}
		}
		if problem := known[ids[i]]; problem != nil && found[i].Title == "" {
			found[i].Title = batch.Headline(problem, families)
		}
	}
	return found, nil
}

// errorsOf returns the fingerprints of errors that somebody names by these or by the IDs of
// their problems, of what became part of another one its own, and the IDs that the problems
// have now.
func (p *Proxy) errorsOf(ctx context.Context, names ...string) (fingerprints, ids []string, err error) {
	parts, err := p.running()
	if err != nil {
		return nil, nil, err
	}
	known, err := parts.store.KnownProblems(ctx, names)
	if err != nil {
		return nil, nil, err
	}
	families := p.settings.Load().classifier.Families
	for _, name := range names {
		found := known[name]
		switch {
		case found == nil && problem.IsID(name):
			return nil, nil, &problem.Mistake{Err: fmt.Errorf("there is no problem %s; failmail problems and the page list those that are known", name)}
		case found == nil:
			fingerprints = append(fingerprints, name)
			ids = append(ids, store.Occurrence{Fingerprint: families.Of(name)}.ID(meaning.Meaning{}))
			continue
		case found.Fingerprint == "":
			return nil, nil, &problem.Mistake{Err: fmt.Errorf("the problem %s is about the thing %q, whatever is said of it; only errors, which have a fingerprint, can be merged and split", name, found.Meaning.Object)}
		}
		fingerprints, ids = append(fingerprints, ownOf(found, name, families.Members())), append(ids, found.ID)
	}
	if len(names) == 2 && fingerprints[0] == fingerprints[1] && names[0] != names[1] {
		return nil, nil, &problem.Mistake{Err: fmt.Errorf("%s and %s are one error already", names[0], names[1])}
	}
	if err := batch.CheckFingerprints(fingerprints...); err != nil {
		return nil, nil, &problem.Mistake{Err: err}
	}
	return fingerprints, ids, nil
}

// ownOf returns the fingerprint of the problem that had an ID before it became part of found.
func ownOf(found *store.Problem, id string, members map[string]string) string {
	for fingerprint, family := range members {
		of := found.Occurrence
		if of.Fingerprint = fingerprint; family == found.Fingerprint && id != found.ID && of.ID(found.Meaning) == id {
			return fingerprint
		}
	}
	return found.Fingerprint
}

// addOpen adds to e what g has of it.
func addOpen(e *OpenError, g render.Group) {
	for _, v := range g.Variants {
		if v.Fingerprint != e.Fingerprint {
			continue
		}
		e.Mails += v.Count
		if e.Title = g.Title; len(g.Variants) > 1 {
			e.Title = v.Reason // the title is also that of others
		}
	}
}

// Merge makes two errors one, whatever their texts: in the open batches and in those to
// come, also after a restart and for all who share the store. Each is named by a fingerprint
// or by the ID of its problem; by says who does it. What is one already stays so.
// [Proxy.Split] undoes it. A [problem.Mistake] says what is wrong with a name.
func (p *Proxy) Merge(ctx context.Context, one, other, by string) error {
	fingerprints, ids, err := p.errorsOf(ctx, one, other)
	if err != nil {
		return err
	}
	parts, err := p.running()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := parts.learner.Merge(ctx, fingerprints[0], fingerprints[1]); err != nil {
		return err
	}
	p.log.Info("merged two errors", "fingerprint", fingerprints[0], "other", fingerprints[1], "by", by)
	return sign(ctx, parts.store, ids[0], by, began)
}

// Split takes the text with a fingerprint, or of the problem with an ID, out of its family, if
// it has one, and keeps it out of others until [Proxy.Merge]. It is remembered as a merge is.
// Mails that were counted as those of the family stay there.
func (p *Proxy) Split(ctx context.Context, name, by string) error {
	fingerprints, ids, err := p.errorsOf(ctx, name)
	if err != nil {
		return err
	}
	parts, err := p.running()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := parts.learner.Split(ctx, fingerprints[0]); err != nil {
		return err
	}
	p.log.Info("split an error off", "fingerprint", fingerprints[0], "by", by)
	own := store.Occurrence{Fingerprint: fingerprints[0]}.ID(meaning.Meaning{})
	return errors.Join(sign(ctx, parts.store, own, by, began), sign(ctx, parts.store, ids[0], by, began))
}

// sign has the history of a problem, if there is one, say who did what happened to it since a time.
func sign(ctx context.Context, s store.Problems, id, by string, since time.Time) error {
	_, err := s.ChangeProblem(ctx, id, func(p *store.Problem) error {
		p.Sign(by, since)
		return nil
	})
	return err
}
