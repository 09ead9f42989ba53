package failmail

import (
	"context"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/render"
)

// An OpenError is an error, and what of it is in the open batches.
type OpenError = batch.OpenError

// OpenErrors returns what the open batches have of the error with each of the
// fingerprints: what [Proxy.Merge] or [Proxy.Split] would be about.
func (p *Proxy) OpenErrors(ctx context.Context, fingerprints ...string) ([]OpenError, error) {
	if err := batch.CheckFingerprints(fingerprints...); err != nil {
		return nil, err
	}
	open, err := p.Open(ctx)
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
	}
	return found, nil
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

// Merge makes the errors with two fingerprints one, whatever their texts: in the open
// batches and in those to come, also after a restart and for all who share the store.
// What is one already stays so. [Proxy.Split] undoes it.
func (p *Proxy) Merge(ctx context.Context, one, other string) error {
	if err := batch.CheckFingerprints(one, other); err != nil {
		return err
	}
	parts, err := p.running()
	if err != nil {
		return err
	}
	if err := parts.learner.Merge(ctx, one, other); err != nil {
		return err
	}
	p.log.Info("merged two errors", "fingerprint", one, "other", other)
	return nil
}

// Split takes the text with a fingerprint out of its family, if it has one, and keeps it
// out of others until [Proxy.Merge]. It is remembered as a merge is. Mails that were
// counted as those of the family stay there.
func (p *Proxy) Split(ctx context.Context, fingerprint string) error {
	if err := batch.CheckFingerprints(fingerprint); err != nil {
		return err
	}
	parts, err := p.running()
	if err != nil {
		return err
	}
	if err := parts.learner.Split(ctx, fingerprint); err != nil {
		return err
	}
	p.log.Info("split an error off", "fingerprint", fingerprint)
	return nil
}
