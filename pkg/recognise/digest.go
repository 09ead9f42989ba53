package recognise

import (
	"fmt"
	"regexp"
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
	head  view // what stands in front of the first part
	parts []view
	more  int  // parts beyond maxParts
	cut   bool // the text goes on
}

// split finds the parts of a digest in text. Each is a mail of its own, whose subject is
// the line that begins its section; that of the mail if there is no such line.
func (p *patterns) split(subject, text string) (d digest) {
	d.head = newView(subject, "")
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
		case found(p.section, line):
			section, lines = line, nil // which is of no part until one begins
			continue
		case found(p.part, line) && len(d.parts) == maxParts:
			d.more++
			lines = nil
		case found(p.part, line):
			d.parts = append(d.parts, view{subject: section})
			lines = &d.parts[len(d.parts)-1].lines
		}
		if lines != nil && (lines != &d.head.lines || len(*lines) < maxLines) {
			*lines = append(*lines, line)
		}
	}
	return d
}

func found(re *regexp.Regexp, line string) bool { return re != nil && re.MatchString(line) }

// digest reads text as a digest, of which rec is what it says as a whole, and notes in rec
// what its parts say. A mail with a part that names nothing stays what it is as a whole.
func (s *source) digest(p *patterns, rec *Recognised, subject, text string) {
	d := p.split(subject, text)
	if d.cut && d.more == 0 && len(d.parts) > 1 {
		d.parts = d.parts[:len(d.parts)-1] // of which the end is missing
	}
	shared := p.find(d.head.whole())
	byObject := make(map[string]int, len(d.parts))
	parts := make([]Part, 0, len(d.parts))
	for _, v := range d.parts {
		own := p.find(v.whole())
		if joined(own, nil) == "" {
			rec.Why += fmt.Sprintf("; not read as a digest, since a part names nothing: %q", v.lines[0])
			return
		}
		r := s.read(p, v, joined(own, shared))
		part := Part{r.Meaning, r.Headline, strings.Join(v.lines, "\n")}
		i, known := byObject[part.Object]
		switch {
		case !known:
			byObject[part.Object] = len(parts)
			parts = append(parts, part)
		case part.Status.IsBad() && !parts[i].Status.IsBad():
			parts[i] = part // failure beats success
		}
	}
	if len(parts) == 0 {
		return
	}
	toFront(parts, foremost(parts, rec.Status))
	rec.Meaning, rec.Parts, rec.Known = parts[0].Meaning, parts, true
	if len(parts) > 1 {
		rec.Headline = parts[0].Headline
		rec.Why += fmt.Sprintf("; a digest of %d", len(parts))
	}
	rest := ""
	switch {
	case d.more > 0:
		rest = fmt.Sprintf("%d more alerts in this mail are not read", d.more)
	case d.cut:
		rest = fmt.Sprintf("only the first %d KB of this mail are read", maxDigest>>10)
	}
	if rec.Unread = rest != ""; rec.Unread {
		rec.Why += "; " + rest
		rec.Parts = append(rec.Parts, unread(&rec.Meaning, rest))
	}
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
