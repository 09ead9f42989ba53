package routine

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hut8labs/failmail/pkg/expect"
)

// Sync reads what the other nodes know, and writes down what came here. Several that do so
// at the same moment may lose what came in that minute.
func (b *Book) Sync(ctx context.Context) error {
	b.syncing.Lock()
	defer b.syncing.Unlock()
	err := b.readRules(ctx)
	if errors.Is(err, errUnreadable) && !b.unreadable {
		b.config.Logger.Error("cannot read which mails were confirmed, added and dropped", "error", err)
	}
	if b.unreadable = errors.Is(err, errUnreadable); err != nil && !b.unreadable {
		return err
	}
	text, err := b.noted(ctx, thingsNote)
	if err != nil {
		return err
	}
	b.mu.Lock()
	b.take(text)
	changes := b.changes
	if changes == b.written {
		b.mu.Unlock()
		return nil
	}
	written, err := b.thingsText()
	b.mu.Unlock()
	if b.config.Notebook == nil {
		written = text
	}
	if err == nil && written != text {
		err = b.config.Notebook.Note(ctx, thingsNote, written)
	}
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.read[0], b.written = written, changes
	return nil
}

func (b *Book) noted(ctx context.Context, name string) (string, error) {
	if b.config.Notebook == nil {
		return "", nil
	}
	return b.config.Notebook.Noted(ctx, name)
}

// take merges what the notebook has, what was known and what came since. The caller holds mu.
func (b *Book) take(text string) {
	if text == b.read[0] && len(b.pending) == 0 {
		return
	}
	b.changes++
	changed := make(map[*thing]bool)
	if text != b.read[0] {
		b.read[0] = text
		things, err := readThings(text, b.config.Zone)
		if err != nil {
			b.config.Logger.Warn("cannot read which mails came regularly; it is learned anew", "error", err)
		}
		for _, t := range things {
			known := b.things[t.Thing]
			if known == nil {
				b.things[t.Thing], changed[t] = t, true
				b.version.Add(1)
				continue
			}
			agreed, more := known.agree(t), known.merge(t)
			if agreed {
				b.version.Add(1)
			}
			changed[known] = agreed || more
		}
	}
	for about, came := range b.pending {
		t := b.things[about]
		if t == nil {
			t = &thing{Thing: about}
			b.things[about] = t
		}
		changed[t] = t.merge(came) || changed[t]
	}
	clear(b.pending)
	now := time.Now()
	for _, t := range b.things {
		changed[t] = t.Forget(now.Add(aheadAtMost)) || changed[t]
	}
	b.forget(now)
	b.learn(changed)
}

// learn finds the schedules of what changed, and names. The caller holds mu.
func (b *Book) learn(changed map[*thing]bool) {
	var learned []*thing
	for t, is := range changed {
		if is && b.things[t.Thing] == t && t.learn(b.config.Zone) {
			learned = append(learned, t)
		}
	}
	if len(learned) > 0 {
		b.version.Add(1)
	}
	taken := make(map[string]bool)
	for _, j := range b.config.Settings().Jobs() {
		taken[j.Name] = true
	}
	for _, r := range b.rules.list {
		taken[r.Name] = r.Kind != dropped || taken[r.Name]
	}
	for _, t := range b.things {
		taken[t.Name] = true
	}
	slices.SortFunc(learned, compareThings)
	for _, t := range learned {
		if t.Name == "" {
			t.name(b.config.Redact, taken)
			taken[t.Name] = true
		}
	}
}

func compareThings(a, b *thing) int {
	return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Sender, b.Sender))
}

// forget drops what came last long ago, and what are too many: first those of which nothing
// was learned, the longest unseen in front. The caller holds mu.
func (b *Book) forget(now time.Time) {
	var free []*thing
	for about, t := range b.things {
		if r := b.rules.about(about); r != nil && r.Kind == expect.Confirmed {
			continue
		}
		if now.Sub(t.Last()) > remember {
			delete(b.things, about)
			b.version.Add(1)
			continue
		}
		free = append(free, t)
	}
	over := len(b.things) - maxThings
	if over <= 0 {
		return
	}
	b.sayFull()
	slices.SortFunc(free, func(a, b *thing) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), a.Last().Compare(b.Last()), compareThings(a, b))
	})
	for _, t := range free[:min(over, len(free))] {
		delete(b.things, t.Thing)
		b.version.Add(1)
	}
}

// rank is higher of what is rather kept.
func rank(t *thing) int {
	switch {
	case t.Learned.Sure:
		return 2
	case t.Learned.Every != "":
		return 1
	}
	return 0
}

// thingsText writes what is known. The caller holds mu.
func (b *Book) thingsText() (string, error) {
	var all []*thing
	for _, t := range b.things {
		all = append(all, t)
	}
	slices.SortFunc(all, compareThings)
	var entries []thingEntry
	for _, t := range all {
		entries = append(entries, entryOfThing(t))
	}
	return noteOf(entries)
}

// readRules takes what was decided, also on other nodes. The caller holds syncing.
func (b *Book) readRules(ctx context.Context) error {
	if b.config.Notebook == nil {
		return nil
	}
	text, err := b.config.Notebook.Noted(ctx, rulesNote)
	if err != nil || text == b.read[1] {
		return err
	}
	r, err := readRules(text, b.config.Zone)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rules, b.read[1] = r, text
	b.version.Add(1)
	return nil
}

// change writes rules that decide replaces, once they are kept. Its error is that of decide,
// or says that they could not be.
func (b *Book) change(ctx context.Context, decide func() (rules, error)) error {
	b.syncing.Lock()
	defer b.syncing.Unlock()
	if err := b.readRules(ctx); err != nil {
		return err
	}
	b.mu.Lock()
	next, err := decide()
	b.mu.Unlock()
	if err != nil {
		return err
	}
	text, err := next.note()
	if err != nil {
		return err
	}
	if b.config.Notebook != nil {
		if err := b.config.Notebook.Note(ctx, rulesNote, text); err != nil {
			return err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rules, b.read[1] = next, text
	b.version.Add(1)
	return nil
}
