package routine

import (
	"context"
	"errors"
	"slices"

	"github.com/hut8labs/failmail/pkg/expect"
)

// maxRules bounds what people decided. Of what was dropped, the oldest is proposed again.
const maxRules = 2000

var errTooMany = errors.New("so many are expected already that no more can be; drop some")

// with returns r and one more.
func (r *rules) with(added *rule) (rules, error) {
	next := rules{append(slices.Clone(r.list), added), r.unknown}
	if len(next.list) > maxRules {
		oldest := slices.IndexFunc(next.list, func(r *rule) bool { return r.Kind == dropped })
		if oldest < 0 || next.list[oldest] == added {
			return rules{}, errTooMany
		}
		next.list = slices.Delete(next.list, oldest, oldest+1)
	}
	return next, nil
}

// without returns r without one of them.
func (r *rules) without(gone *rule) rules {
	return rules{slices.DeleteFunc(slices.Clone(r.list), func(r *rule) bool { return r == gone }), r.unknown}
}

// learned returns what was learned and has a name, if nobody has decided on it. The caller
// holds mu.
func (b *Book) learned(name string) *thing {
	b.take(b.read[0])
	for _, t := range b.sorted() {
		if t.Name == name && !b.isDecided(t) {
			return t
		}
	}
	return nil
}

// isConfigured reports whether the settings expect something of that name.
func (b *Book) isConfigured(name string) bool {
	return slices.ContainsFunc(b.config.Settings().Jobs(), func(j *expect.Job) bool { return j.Name == name })
}

// Confirm makes what was learned under a name an expectation: ErrUnknown if nothing was.
func (b *Book) Confirm(ctx context.Context, name string) error {
	return b.change(ctx, func() (rules, error) {
		t := b.learned(name)
		if t == nil {
			return rules{}, expect.ErrUnknown
		}
		return b.rules.with(&rule{Kind: expect.Confirmed, Name: name, Thing: t.Thing, Every: t.Learned.Every, Within: t.Learned.Within})
	})
}

// Drop ends an expectation. What was learned is not proposed again. ErrConfigured if the
// settings have it, ErrUnknown if nothing has.
func (b *Book) Drop(ctx context.Context, name string) error {
	return b.change(ctx, func() (rules, error) {
		if b.isConfigured(name) {
			return rules{}, expect.ErrConfigured
		}
		gone := &rule{Kind: dropped, Name: name}
		switch r, t := b.rules.named(name), b.learned(name); {
		case r != nil && r.Kind == expect.Added:
			return b.rules.without(r), nil
		case r != nil:
			gone.Thing = r.Thing
			rest := b.rules.without(r)
			return rest.with(gone)
		case t != nil:
			gone.Thing = t.Thing
			return b.rules.with(gone)
		}
		return rules{}, expect.ErrUnknown
	})
}

// Add expects e, which is right: ErrTaken if there is one of its name.
func (b *Book) Add(ctx context.Context, e expect.Expectation) error {
	list, err := expect.New([]expect.Expectation{e}, b.config.Zone)
	if err != nil {
		return err
	}
	err = b.change(ctx, func() (rules, error) {
		if b.isConfigured(e.Name) || b.rules.named(e.Name) != nil || b.learned(e.Name) != nil {
			return rules{}, expect.ErrTaken
		}
		return b.rules.with(&rule{Kind: expect.Added, Name: e.Name, Match: e.Match, Every: e.Every, Within: e.Within, To: e.To})
	})
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.things {
		if len(list.Of(t.mail())) > 0 {
			t.By = e.Name // not proposed any more, before its next mail says so
			b.changes++
		}
	}
	b.version.Add(1)
	return nil
}

// Matches returns what is known of good mails that e would match, the latest first. Fields
// of a header are not known.
func (b *Book) Matches(_ context.Context, e expect.Expectation) ([]expect.Match, error) {
	list, err := expect.New([]expect.Expectation{e}, b.config.Zone)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.take(b.read[0])
	var found []expect.Match
	for _, t := range b.things {
		if len(list.Of(t.mail())) > 0 {
			found = append(found, expect.Match{Subject: t.Sample.Subject, From: t.Sample.From, Last: t.Last(), Every: t.Learned.Every})
		}
	}
	slices.SortFunc(found, func(a, b expect.Match) int { return b.Last.Compare(a.Last) })
	return found, nil
}
