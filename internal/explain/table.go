package explain

import (
	"bufio"
	"cmp"
	"fmt"
	"slices"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/internal/phrase"
	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
)

const (
	// topVariants is how many entries of a headline are printed.
	topVariants = 20
	// tableWidth fits the narrowest terminal in use.
	tableWidth = 80
	// sourceWidth lets all but extreme paths be copied as a whole.
	sourceWidth = 90
)

// A table shows the batches as their summaries would.
type table struct {
	*entries
	batches []*store.Batch
	mails   int
}

func newTable(e *entries) *table {
	t := &table{entries: e, batches: e.present()}
	for _, b := range t.batches {
		t.mails += b.Count
	}
	return t
}

// A headline is a group of a batch.
type headline struct {
	*store.Group
	batch string
}

// headlines returns the groups of all batches, the most frequent first.
func (t *table) headlines() (all []headline) {
	for _, b := range t.batches {
		for _, g := range b.Groups {
			all = append(all, headline{g, b.Key})
		}
	}
	slices.SortStableFunc(all, func(a, b headline) int { return cmp.Compare(b.Count, a.Count) })
	return all
}

// write prints the table; errors are those of w when it is flushed.
func (t *table) write(w *bufio.Writer, top int, noun string) {
	if t.mails == 0 {
		fmt.Fprintf(w, "no %ss\n", noun)
		return
	}
	groups, entries := t.headlines(), 0
	for _, g := range groups {
		entries += len(g.Variants)
	}
	fmt.Fprintf(w, "%s: %s, %s", phrase.Count(t.mails, noun), phrase.Count(len(groups), "headline"), countEntries(entries))
	if len(t.batches) > 1 {
		fmt.Fprintf(w, ", in %d batches", len(t.batches))
	}
	fmt.Fprint(w, "\n")
	if top == 0 || top > len(groups) {
		top = len(groups)
	}
	for _, g := range groups[:top] {
		t.writeGroup(w, g)
	}
	rest := 0
	for _, g := range groups[top:] {
		rest += g.Count
	}
	t.writeNotes(w, len(groups)-top, rest, noun)
}

// countEntries says how many entries there are.
func countEntries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return phrase.Number(n) + " entries"
}

// Columns: a count of up to 9,999,999, and what is counted.
const (
	groupIndent   = 11
	variantIndent = groupIndent + 2
)

func (t *table) writeGroup(w *bufio.Writer, g headline) {
	fmt.Fprintf(w, "\n%9s  %s\n", phrase.Number(g.Count), phrase.Shorten(g.Title, tableWidth-groupIndent))
	if len(t.batches) > 1 {
		fmt.Fprintf(w, "%*sbatch: %s\n", groupIndent, "", phrase.Shorten(cmp.Or(g.batch, "(none)"), tableWidth-groupIndent-len("batch: ")))
	}
	listed := min(len(g.Variants), topVariants)
	for _, v := range g.Variants[:listed] {
		fmt.Fprintf(w, "%9s    %s  %s\n", phrase.Number(v.Count), v.Fingerprint, shortenLeft(content.Line(t.first[v.Fingerprint].source), sourceWidth))
		writeIndented(w, "grouped as: "+v.Reason)
		if means := t.means(v.Fingerprint); means != "" {
			writeIndented(w, means)
		}
		if family := t.family(v.Fingerprint); family != "" {
			writeIndented(w, family)
		}
	}
	mails := g.Omitted()
	for _, v := range g.Variants[listed:] {
		mails += v.Count
	}
	switch more := len(g.Variants) - listed; {
	case g.Omitted() > 0:
		fmt.Fprintf(w, "%9s    of more than %s\n", phrase.Number(mails), countEntries(more))
	case more > 0:
		fmt.Fprintf(w, "%9s    of %s\n", phrase.Number(mails), countEntries(more))
	}
}

// means says what the first mail of an entry says and what says so. Among many mails
// that goes without saying of a problem whose sender is not known.
func (t *table) means(fingerprint string) string {
	said := t.first[fingerprint].said
	if said.Status == "" || t.mails > 2 && said.Status == meaning.Problem && !said.Known {
		return ""
	}
	text := string(said.Status)
	if said.Object != "" {
		text += " of " + said.Object
	}
	return text + ": " + said.Why
}

// writeIndented writes text under an entry.
func writeIndented(w *bufio.Writer, text string) {
	for i, line := range wrap(text, tableWidth-variantIndent, 4) {
		indent := variantIndent
		if i > 0 {
			indent += 2
		}
		fmt.Fprintf(w, "%*s%s\n", indent, "", line)
	}
}

// writeNotes says what is not in the table.
func (t *table) writeNotes(w *bufio.Writer, groups, mails int, noun string) {
	var notes []string
	if groups > 0 {
		notes = append(notes, fmt.Sprintf("%s with %s; --top 0 lists them all.", phrase.Count(groups, "more headline"), phrase.Count(mails, noun)))
	}
	unlisted := 0
	for _, b := range t.batches {
		unlisted += b.Omitted()
	}
	if unlisted > 0 {
		notes = append(notes, fmt.Sprintf("Not listed: %s, as only the first %s of a batch are kept; --json prints every %s.",
			phrase.Count(unlisted, noun), countEntries(maxGroups), noun))
	}
	if t.passed > 0 {
		notes = append(notes, fmt.Sprintf("The proxy relays %s with X-Failmail: pass at once and counts none of them.", phrase.Count(t.passed, noun)))
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
