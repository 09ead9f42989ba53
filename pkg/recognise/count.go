package recognise

import (
	"fmt"
	"strconv"
	"strings"
)

// A part may quote anything: a line of a log that looks like a part or a section, or as many
// of them as would end another problem. That cannot be told from the text, but the mail is
// then not what it says in front of its parts, where nothing is quoted.

// counts are how many parts a mail says it has, by the names of groups: bad, good, and all
// by the empty one.
type counts map[string]int

// add adds what text says, and returns what is not what c says; empty if nothing.
func (c counts) add(p *patterns, text string) (contradicts string) {
	for _, re := range p.counts {
		for _, at := range re.FindAllStringSubmatch(text, -1) {
			for i, name := range re.SubexpNames() {
				n, err := strconv.Atoi(at[i])
				if name != "bad" && name != "good" {
					name = ""
				}
				if said, known := c[name]; i == 0 || err != nil || known && said == n {
					continue
				} else if known {
					return at[0]
				}
				c[name] = n
			}
		}
	}
	return ""
}

// doubt returns why parts, which are those of d, may not be all of the mail's own; empty if
// they are. It is wrong for sure if the mail says so.
func (p *patterns) doubt(d *digest, parts []Part) (why string, isWrong bool) {
	if line := p.misplaced(d.sections); line != "" {
		return fmt.Sprintf("a section comes again or too late: %q", line), false
	}
	if p.counts == nil || len(parts) == 0 {
		return "", false
	}
	bad, good := p.tally(d, parts)
	if d.cut {
		if bad == 0 {
			return d.unread(), true
		}
		return "", false
	}
	stated := make(counts, 3)
	line := stated.add(p, strings.Join(append([]string{d.head.whole()}, d.sections[:d.leading]...), "\n"))
	saysBad, knowsBad := stated["bad"]
	saysGood, knowsGood := stated["good"]
	saysAll, knowsAll := stated[""]
	if line == "" { // what stands behind may be quoted: it proves nothing
		line = stated.add(p, strings.Join(d.sections[d.leading:], "\n"))
	}
	switch {
	case line != "":
		return fmt.Sprintf("it says how many alerts there are, and then something else: %q", line), true
	case knowsBad && bad != saysBad,
		good > 0 && (knowsGood && good != saysGood || knowsAll && bad+good != saysAll), // a template may leave out what is over
		good == 0 && knowsAll && (bad > saysAll || !knowsBad && bad != saysAll):
		return fmt.Sprintf("it says how many alerts there are, and not these: %d that are wrong, and %d others", bad, good), true
	case bad+good > 1 && good > 0 && !knowsGood && !knowsAll:
		return "it does not say how many alerts are over", false
	}
	return "", false
}

// tally counts the parts of d: those that are bad, and the others. What is not sure is bad.
func (p *patterns) tally(d *digest, parts []Part) (bad, good int) {
	for _, part := range parts {
		if isBad(part) {
			bad++
		}
	}
	for _, v := range d.parts[len(d.parts)-d.more:] {
		if status, _ := p.status(v.whole()); status.IsBad() {
			bad++
		}
	}
	return bad, len(d.parts) - bad
}

// misplaced returns the first line of sections that no mail has at its place: each section
// comes once, in the order of its patterns. Empty if there is none.
func (p *patterns) misplaced(sections []string) string {
	last := -1
	for _, line := range sections {
		at := p.sectionOf(line)
		if at <= last {
			return line
		}
		last = at
	}
	return ""
}
