package explain

import (
	"bufio"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hut8labs/failmail/internal/content"
	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/family"
)

// A pair are the only two mails there are: why are they one error, or why not?
type pair struct {
	entries *entries
	a, b    placed
}

// write answers that; errors are those of w when it is flushed.
func (p *pair) write(w *bufio.Writer) {
	a, b := p.entries.current(keyOf(p.a)), p.entries.current(keyOf(p.b))
	fmt.Fprintln(w)
	one, two := p.a.said, p.b.said
	if len(one.Parts) > 1 || len(two.Parts) > 1 {
		p.say(w, "Of a mail with several alerts, this is about the one that stands for it:")
	}
	switch {
	case one.Status.IsBad() != two.Status.IsBad() && one.Object != "" && one.Thing() == two.Thing():
		p.say(w, fmt.Sprintf("These two are a problem and its end: both are about %q of %s, one says %s, one %s.",
			one.Object, one.Meaning.Source, one.Status, two.Status))
	case one.Status.IsBad() != two.Status.IsBad() && a.batch == b.batch:
		p.writeTwo(w, "One says that something is wrong, one does not:",
			fmt.Sprintf("%s of %q: %s", one.Status, one.Object, one.Why), fmt.Sprintf("%s of %q: %s", two.Status, two.Object, two.Why))
		p.say(w, "They never merge. A mail ends the problem of another one if their sender and what they are about are the same; a [[source]] in the settings says what they are about.")
	case a == b:
		p.writeOne(w, a.fingerprint)
	case a.batch != b.batch:
		p.writeTwo(w, "They are in two summaries:", a.batch, b.batch)
		p.say(w, "--batch or their X-Failmail-Split says so, and only that can bring them together.")
	case a.group != b.group:
		p.writeTwo(w, "They are in two groups:", a.group, b.group)
		p.say(w, "--group or their X-Failmail-Group says so, and only that can bring them together.")
	default:
		p.writeDifference(w)
	}
}

// writeOne says why they are one error.
func (p *pair) writeOne(w *bufio.Writer, fingerprint string) {
	one, two := batch.IdentityOf(p.a.message, p.a.said), batch.IdentityOf(p.b.message, p.b.said)
	textA, textB := batch.WithoutThing(p.a.entry.Fingerprint), batch.WithoutThing(p.b.entry.Fingerprint)
	switch {
	case p.entries.families.Of(textA) != p.entries.families.Of(textB):
		p.say(w, fmt.Sprintf("These two are one entry: both are about %q of %s, which has one problem, whatever is wrong with it.", p.a.said.Object, p.a.said.Meaning.Source))
	case len(one.Types) > 0:
		p.say(w, "These two are one error: the exceptions and the frames of their stack traces are the same.")
	case slices.Equal(one.Lines, two.Lines):
		p.say(w, "These two are one error: after masking, the subject and the lines that say what happened are the same:")
		for _, line := range one.Lines {
			p.line(w, "", line)
		}
	default:
		merged := p.entries.family(fingerprint)
		if merged == "" {
			merged = "one error, whatever stands " + gapsOf(family.Compare(one.Lines, two.Lines))
		}
		p.say(w, "These two are "+merged+".")
	}
}

// gapsOf says where the values stand that keep two texts from being the same.
func gapsOf(d family.Difference) string {
	if strings.Count(d.Shape, family.Gap) > 1 {
		return fmt.Sprintf("at each gap of %q", d.Shape)
	}
	return fmt.Sprintf("at %q", d.Shape)
}

// writeDifference says what keeps them from being one error, and what would make them one.
func (p *pair) writeDifference(w *bufio.Writer) {
	one, two := batch.IdentityOf(p.a.message, p.a.said), batch.IdentityOf(p.b.message, p.b.said)
	d := family.Compare(one.Lines, two.Lines)
	line := "The first line that differs:"
	if len(one.Lines) > 0 && len(two.Lines) > 0 && one.Lines[0] != two.Lines[0] {
		line = "The first line that differs is the subject:"
	}
	switch isTrace, other := len(one.Types) > 0, len(two.Types) > 0; {
	case isTrace != other:
		p.writeTwo(w, "Only one of them has a stack trace, by which it is known:", p.a.entry.Reason, p.b.entry.Reason)
	case isTrace && !slices.Equal(one.Types, two.Types):
		x, y := firstDifference(one.Types, two.Types)
		p.writeTwo(w, "The first exception that differs:", x, y)
	case isTrace:
		x, y := firstDifference(one.Frames, two.Frames)
		p.writeTwo(w, "The first frame that differs:", x, y)
	case d.Need > 0:
		p.writeTwo(w, line, d.A, d.B)
		p.say(w, fmt.Sprintf("They merge by themselves once there are %d values %s; these are 2.", d.Need, gapsOf(d)))
	default:
		p.writeTwo(w, line, d.A, d.B)
		p.say(w, "They never merge by themselves: "+d.Why+".")
	}
	if len(one.Types)+len(two.Types) > 0 {
		p.say(w, "They never merge by themselves: a stack trace is compared exactly.")
	}
	p.say(w, "To merge them for good:")
	fmt.Fprintf(w, "  failmail merge %s %s\n", batch.WithoutThing(p.a.entry.Fingerprint), batch.WithoutThing(p.b.entry.Fingerprint))
	if batch.Mask(p.a.entry.Title) != batch.Mask(p.b.entry.Title) {
		p.say(w, "To show them under one headline, use a --group that both have in common.")
	}
}

func (p *pair) writeTwo(w *bufio.Writer, what, a, b string) {
	p.say(w, "These two are two errors. "+what)
	p.line(w, p.a.source, a)
	p.line(w, p.b.source, b)
}

// line writes a line of a mail.
func (p *pair) line(w *bufio.Writer, source, line string) {
	if source != "" {
		fmt.Fprintf(w, "  %s\n", shortenLeft(content.Line(source), tableWidth-2))
	}
	for i, part := range wrap(cmp.Or(content.Line(line), "(none)"), tableWidth-4, 4) {
		if i > 0 {
			part = "  " + part
		}
		fmt.Fprintf(w, "    %s\n", part)
	}
}

func (p *pair) say(w *bufio.Writer, text string) {
	for _, line := range wrap(text, tableWidth, 6) {
		fmt.Fprintln(w, line)
	}
}

// firstDifference returns the first elements that differ; empty where there is none.
func firstDifference(a, b []string) (x, y string) {
	for i := range max(len(a), len(b)) {
		x, y = "", ""
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			break
		}
	}
	return x, y
}
