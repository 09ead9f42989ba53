package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/family"
	"github.com/hut8labs/failmail/pkg/store"
)

// entries are what one summary for each batch would show of all mails.
type entries struct {
	classifier *batch.Classifier
	families   *family.Families
	batches    map[string]*store.Batch
	known      map[string]batch.Entries // of the batches as they are
	order      []string
	first      map[string]placed // mail, without its content, by fingerprint
	passed     int               // mails that ask to be relayed as they are
}

func newEntries(classifier *batch.Classifier) *entries {
	return &entries{classifier: classifier, families: classifier.Families, batches: make(map[string]*store.Batch), known: make(map[string]batch.Entries), first: make(map[string]placed)}
}

// Bounds of what is kept of a batch.
const (
	maxGroups   = 100_000
	maxVariants = 1000 // of a group, which are searched one by one
)

func (e *entries) add(p placed) {
	for _, text := range e.families.Noted() {
		e.families.Learn(text)
	}
	if !p.entry.Part && strings.EqualFold(p.message.Header.Get("X-Failmail"), "pass") {
		e.passed++
	}
	b := e.batches[p.entry.Batch]
	if b == nil {
		b = &store.Batch{}
		e.batches[p.entry.Batch] = b
		e.order = append(e.order, p.entry.Batch)
	}
	limits := store.Limits{}.WithDefaults().Unbounded()
	limits.GroupsPerBatch, limits.VariantsPerGroup = maxGroups, maxVariants
	b.Add(&p.entry, limits)
	if text := batch.WithoutThing(p.entry.Fingerprint); e.first[text].source == "" {
		e.first[text] = placed{source: p.source, said: p.said}
	}
}

// present returns the batches as summaries show them.
func (e *entries) present() (batches []*store.Batch) {
	for _, key := range e.order {
		batches = append(batches, batch.Present(e.batches[key], e.families))
	}
	return batches
}

// An entryKey names an entry. The group is empty where it is not the word of a user.
type entryKey struct{ batch, group, fingerprint string }

// keyOf names the entry of a mail, as far as that is known when it is read.
func keyOf(p placed) entryKey {
	key := entryKey{p.entry.Batch, p.entry.Group, batch.WithoutThing(p.entry.Fingerprint)}
	if p.entry.Group == p.entry.Fingerprint {
		key.group = ""
	}
	return key
}

// current is key by what is known now.
func (e *entries) current(key entryKey) entryKey {
	if key.group != "" {
		key.fingerprint = e.families.Of(key.fingerprint)
		return key
	}
	known, found := e.known[key.batch]
	if !found {
		known = batch.EntriesOf(e.batches[key.batch], e.families)
		e.known[key.batch] = known
	}
	key.fingerprint = known.Of(key.fingerprint)
	return key
}

// String is equal for equal keys only: keys have no line ends.
func (k entryKey) String() string {
	if k.batch == "" && k.group == "" {
		return k.fingerprint
	}
	return k.batch + "\n" + k.group + "\n" + k.fingerprint
}

// headlines returns that of each entry.
func (e *entries) headlines() map[entryKey]string {
	all := make(map[entryKey]string)
	for _, b := range e.present() {
		for _, g := range b.Groups {
			for _, v := range g.Variants {
				all[entryKey{b.Key, g.Key, v.Fingerprint}] = v.Reason
				all[entryKey{b.Key, "", v.Fingerprint}] = v.Reason
			}
		}
	}
	return all
}

// why says in one line how a mail of an entry was recognised, and what it was merged
// with.
func (e *entries) why(fingerprint string, said batch.Said) string {
	why := "one error by the subject and the lines that say what happened"
	if said.Lines == nil {
		why = "one error by the exceptions and the frames of a stack trace"
	}
	if said.Why != "" {
		why = string(said.Status) + ": " + said.Why + "; " + why
	}
	if family := e.family(fingerprint); family != "" {
		why += "; " + family
	}
	return why
}

// family says what makes several texts one error; empty if there is only one.
func (e *entries) family(fingerprint string) string {
	var places []string
	for _, varying := range e.families.Varying(fingerprint) {
		texts := make([]string, 0, maxNamed)
		for _, v := range varying.Values[:min(len(varying.Values), maxNamed)] {
			texts = append(texts, cmp.Or(v.Text, "nothing"))
		}
		place := fmt.Sprintf("at %q: %s", varying.Label, strings.Join(texts, ", "))
		if more := len(varying.Values) - len(texts); more > 0 {
			place += fmt.Sprintf(" and %d more", more)
		}
		if !slices.Contains(places, place) {
			places = append(places, place)
		}
	}
	if len(places) == 0 {
		return ""
	}
	return "one error, whatever stands " + strings.Join(places, ", or ")
}

// maxNamed bounds the values of a family that are named.
const maxNamed = 5
