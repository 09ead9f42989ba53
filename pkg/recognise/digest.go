package recognise

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hut8labs/failmail/pkg/meaning"
)

// Bounds of a digest, which the bounds of other mails would cut short.
const (
	maxDigest = 64 << 10 // bytes of the text that are read
	maxParts  = 100
)

// A Part is one of the things that a digest says: an alert of several in one mail.
type Part struct {
	meaning.Meaning
	// Headline is the line that says what happened, if that is known of the source.
	Headline string
	// Text are the lines of the mail that are about it.
	Text string
}

// A digest is the text of a mail in its parts.
type digest struct {
	head     view // what stands in front of the first part
	parts    []view
	sections []string // the lines that begin them
	leading  int      // of sections, those in front of the first part
	more     int      // of parts, those that are only counted
	cut      bool     // the text goes on
}

// split finds the parts of a digest in text. Each is a mail of its own, whose subject is
// the line that begins its section; that of the mail if there is no such line.
func (p *patterns) split(subject, text string) (d digest) {
	d.head = newView(subject, "", origin{})
	section, lines := d.head.subject, &d.head.lines
	if d.cut = len(text) > maxDigest; d.cut {
		text = text[:maxDigest]
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '>' {
			continue
		}
		line = line[:min(len(line), maxLine)]
		switch {
		case p.sectionOf(line) >= 0:
			section, lines = line, nil // which is of no part until one begins
			d.sections = append(d.sections, line)
			if len(d.parts) == 0 {
				d.leading++
			}
			continue
		case found(p.part, line):
			d.parts = append(d.parts, view{subject: section})
			lines = &d.parts[len(d.parts)-1].lines
		}
		if lines != nil && (lines != &d.head.lines || len(*lines) < maxLines) {
			*lines = append(*lines, line)
		}
	}
	if d.more = max(len(d.parts)-maxParts, 0); d.cut && d.more == 0 && len(d.parts) > 1 {
		d.parts = d.parts[:len(d.parts)-1] // of which the end is missing
	}
	return d
}

func found(re *regexp.Regexp, line string) bool { return re != nil && re.MatchString(line) }

// sectionOf returns which of the sections line begins; -1 if none.
func (p *patterns) sectionOf(line string) int {
	return slices.IndexFunc(p.sections, func(re *regexp.Regexp) bool { return re.MatchString(line) })
}

// digest reads text as a digest, of which rec is what it says as a whole, and notes in rec
// what its parts say. What of a part may be the text of another one makes it one mail.
func (s *source) digest(p *patterns, rec *Recognised, subject, text string) {
	d := p.split(subject, text)
	shared := p.find(d.head.whole())
	parts := make([]Part, 0, len(d.parts))
	nameless := ""
	for _, v := range d.parts[:len(d.parts)-d.more] {
		own := p.find(v.whole())
		if joined(own, nil) == "" {
			nameless = fmt.Sprintf("a part names nothing: %q", v.lines[0])
			continue
		}
		r := s.read(p, v, joined(own, shared))
		parts = append(parts, Part{r.Meaning, r.Headline, strings.Join(v.lines, "\n")})
	}
	why, isWrong := nameless, false
	if why == "" {
		why, isWrong = p.doubt(&d, parts)
	}
	switch {
	case why != "":
		rec.Why += "; not read as a digest, since " + why
		if len(parts) > 0 && (isWrong || rec.Status.IsBad() || slices.ContainsFunc(parts, isBad)) {
			rec.hold()
		}
	case len(parts) > 0:
		if d.cut && p.counts != nil { // how many are over is said of all of it
			parts = slices.DeleteFunc(parts, func(part Part) bool { return !isBad(part) })
		}
		rec.tell(distinct(parts), d.unread())
	}
}

func isBad(part Part) bool { return part.Status.IsBad() }

// hold makes rec the problem that a mail may say more than can be told from its text: one of
// nothing that has a name, as what has one could be ended by its next mail.
func (rec *Recognised) hold() {
	if !rec.Status.IsBad() {
		rec.Status, rec.Severity = meaning.Problem, "error"
	}
	rec.Object, rec.Known, rec.Recovers, rec.Unread = "", false, false, true
}

// distinct returns parts without those of one object but one: failure beats success.
func distinct(parts []Part) []Part {
	byObject := make(map[string]int, len(parts))
	list := parts[:0]
	for _, part := range parts {
		i, known := byObject[part.Object]
		switch {
		case !known:
			byObject[part.Object] = len(list)
			list = append(list, part)
		case isBad(part) && !isBad(list[i]):
			list[i] = part
		}
	}
	return list
}

// tell notes parts in rec, and what is unread besides.
func (rec *Recognised) tell(parts []Part, rest string) {
	toFront(parts, foremost(parts, rec.Status))
	rec.Meaning, rec.Parts, rec.Known = parts[0].Meaning, parts, true
	if len(parts) > 1 {
		rec.Headline = parts[0].Headline
		rec.Why += fmt.Sprintf("; a digest of %d", len(parts))
	}
	if rec.Unread = rest != ""; rec.Unread {
		rec.Why += "; " + rest
		rec.Parts = append(rec.Parts, unread(&rec.Meaning, rest))
	}
}

// unread returns what of d is not read, in words; empty if it all is.
func (d *digest) unread() string {
	switch {
	case d.more > 0:
		return fmt.Sprintf("%d more alerts in this mail are not read", d.more)
	case d.cut:
		return fmt.Sprintf("only the first %d KB of this mail are read", maxDigest>>10)
	}
	return ""
}

// unread is a part that tells people of those that are not read of a mail that means m: what
// they say is not known, so it is a problem.
func unread(m *meaning.Meaning, says string) Part {
	return Part{Meaning: meaning.Meaning{Status: meaning.Problem, Severity: "error", Source: m.Source, Sender: m.Sender}, Headline: says, Text: says}
}

// foremost returns which of parts stands for the mail that says status as a whole: the
// first one that says so, too, unless it is well and another one is not.
func foremost(parts []Part, status meaning.Status) (first int) {
	rank := func(s meaning.Status) int {
		switch {
		case s == status:
			return 2
		case s.IsBad():
			return 1
		}
		return 0
	}
	for i := range parts {
		if rank(parts[i].Status) > rank(parts[first].Status) {
			first = i
		}
	}
	return first
}

// toFront moves the part at i in front of the others.
func toFront(parts []Part, i int) {
	first := parts[i]
	copy(parts[1:i+1], parts[:i])
	parts[0] = first
}
