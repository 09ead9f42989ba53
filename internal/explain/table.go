package explain

import (
	"bufio"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/internal/phrase"
)

const (
	// maxListed bounds the groups of a table, and its variants.
	maxListed = 100_000
	// topVariants is how many variants of a group are printed: as many as the
	// store keeps.
	topVariants = 20
	// tableWidth fits the narrowest terminal in use.
	tableWidth = 80
	// sourceWidth lets all but extreme paths be copied as a whole.
	sourceWidth = 90
)

// A table counts mails by batch, group and variant, as the store does. Mails
// beyond its bounds are counted only.
type table struct {
	max      int
	mails    int
	passed   int // ask to be relayed as they are
	groups   map[groupKey]*tableGroup
	variants map[variantKey]*tableVariant
	batches  map[string]int // of the groups that are listed
	unlisted int            // mails of further groups
}

type groupKey struct{ batch, group string }

type variantKey struct {
	groupKey
	fingerprint string
}

type tableGroup struct {
	groupKey
	title    string
	order    int
	count    int
	variants []*tableVariant
	unlisted int // mails of further variants
}

type tableVariant struct {
	fingerprint, reason, source string
	count                       int
}

func newTable(most int) *table {
	return &table{max: most, groups: make(map[groupKey]*tableGroup), variants: make(map[variantKey]*tableVariant), batches: make(map[string]int)}
}

func (t *table) add(p placed) error {
	t.mails++
	if strings.EqualFold(p.message.Header.Get("X-Failmail"), "pass") {
		t.passed++
	}
	key := groupKey{p.entry.Batch, p.entry.Group}
	g := t.groups[key]
	if g == nil {
		if len(t.groups) == t.max {
			t.unlisted++
			return nil
		}
		g = &tableGroup{groupKey: key, title: p.entry.Title, order: len(t.groups)}
		t.groups[key] = g
	}
	t.batches[key.batch]++
	g.count++
	variant := variantKey{key, p.entry.Fingerprint}
	v := t.variants[variant]
	if v == nil {
		// Each group has its first variant, whatever there is.
		if len(g.variants) > 0 && len(t.variants) >= t.max {
			g.unlisted++
			return nil
		}
		v = &tableVariant{fingerprint: p.entry.Fingerprint, reason: p.entry.Reason, source: p.source}
		t.variants[variant] = v
		g.variants = append(g.variants, v)
	}
	v.count++
	return nil
}

// write prints the table; errors are those of w when it is flushed.
func (t *table) write(w *bufio.Writer, top int, noun string) {
	if t.mails == 0 {
		fmt.Fprintf(w, "no %ss\n", noun)
		return
	}
	fmt.Fprintf(w, "%s: %s, %s", phrase.Count(t.mails, noun), phrase.Count(len(t.groups), "group"), phrase.Count(len(t.variants), "variant"))
	if len(t.batches) > 1 {
		fmt.Fprintf(w, ", in %d batches", len(t.batches))
	}
	fmt.Fprint(w, "\n")
	groups := make([]*tableGroup, 0, len(t.groups))
	for _, g := range t.groups {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b *tableGroup) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.order, b.order))
	})
	if top == 0 || top > len(groups) {
		top = len(groups)
	}
	for _, g := range groups[:top] {
		t.writeGroup(w, g)
	}
	rest := 0
	for _, g := range groups[top:] {
		rest += g.count
	}
	t.writeNotes(w, len(groups)-top, rest, noun)
}

// Columns: a count of up to 9,999,999, and what is counted.
const (
	groupIndent   = 11
	variantIndent = groupIndent + 2
)

func (t *table) writeGroup(w *bufio.Writer, g *tableGroup) {
	fmt.Fprintf(w, "\n%9s  %s\n", phrase.Number(g.count), phrase.Shorten(g.title, tableWidth-groupIndent))
	if len(t.batches) > 1 {
		fmt.Fprintf(w, "%*sbatch: %s\n", groupIndent, "", phrase.Shorten(cmp.Or(g.batch, "(none)"), tableWidth-groupIndent-len("batch: ")))
	}
	slices.SortStableFunc(g.variants, func(a, b *tableVariant) int { return cmp.Compare(b.count, a.count) })
	listed := min(len(g.variants), topVariants)
	for _, v := range g.variants[:listed] {
		fmt.Fprintf(w, "%9s    %s  %s\n", phrase.Number(v.count), v.fingerprint, shortenLeft(content.Line(v.source), sourceWidth))
		for i, line := range wrap("grouped as: "+v.reason, tableWidth-variantIndent, 4) {
			indent := variantIndent
			if i > 0 {
				indent += 2
			}
			fmt.Fprintf(w, "%*s%s\n", indent, "", line)
		}
	}
	mails := g.unlisted
	for _, v := range g.variants[listed:] {
		mails += v.count
	}
	switch more := len(g.variants) - listed; {
	case g.unlisted > 0:
		fmt.Fprintf(w, "%9s    of more than %s\n", phrase.Number(mails), phrase.Count(more, "other variant"))
	case more > 0:
		fmt.Fprintf(w, "%9s    of %s\n", phrase.Number(mails), phrase.Count(more, "other variant"))
	}
}

// writeNotes says what is not in the table.
func (t *table) writeNotes(w *bufio.Writer, groups, mails int, noun string) {
	var notes []string
	if groups > 0 {
		notes = append(notes, fmt.Sprintf("%s more with %s; --top 0 lists them all.", phrase.Count(groups, "group"), phrase.Count(mails, noun)))
	}
	if t.unlisted > 0 {
		notes = append(notes, fmt.Sprintf("Not listed: %s of further groups, as only the first %s are kept; --json prints every %s.",
			phrase.Count(t.unlisted, noun), phrase.Count(t.max, "group"), noun))
	}
	if t.passed > 0 {
		notes = append(notes, fmt.Sprintf("The proxy relays %s with X-Failmail: pass at once and counts none of them.", phrase.Count(t.passed, noun)))
	}
	if noun == "line" && len(t.groups) == 1 && len(t.variants) > 1 {
		notes = append(notes, "Lines have no subject to be grouped by; --group=fingerprint makes each variant a group.")
	}
	if len(notes) > 0 {
		fmt.Fprint(w, "\n")
	}
	for _, note := range notes {
		for _, line := range wrap(note, tableWidth, 4) {
			fmt.Fprintln(w, line)
		}
	}
}
