package recognise

import (
	"strings"

	"github.com/hut8labs/failmail/pkg/meaning"
)

// tagged returns what the tags of the subject say: what stands in brackets, what is a
// part of its own between colons or dashes, and words in capital letters. sure says that
// the words besides are only what it is about. The list is that of the subject.
func (v view) tagged(list []said) (status meaning.Status, sure bool) {
	var tags []said
	leading := false
	alarmed := false // there is "ALARM:", which says little if anything else is said
	for _, w := range list {
		isTag := inBrackets(v.subject, w.from, w.to) || isPart(v.subject, w) || isTrailing(v.subject, w.from, w.to)
		switch {
		case w.says == remark || w.says == job:
		case w.says == alert:
			alarmed = alarmed || isTag && isInFront(v.subject, w.from)
		case isTag:
			leading = leading || len(tags) == 0 && startsAt(v.subject, w.from)
			tags = append(tags, w)
		case w.caps && w.to-w.from > 1 && !isShouted(v.subject):
			tags = append(tags, w)
		}
	}
	all, _ := verdict(list)
	switch {
	case len(tags) == 0:
		if alarmed && (all == meaning.Problem || all == meaning.Warning) {
			return all, true
		}
		return "", false
	case strings.Contains(strings.ToLower(v.subject), "[firing"):
		return meaning.Problem, true
	case tags[0].says == over, tags[0].says != bad && isEnd(v.subject, tags):
		return meaning.Recovery, true // what it says besides is what is over
	case tags[0].says == well && leading && !says(tags, bad) && !says(tags, fault) && v.fieldIsGood():
		return meaning.Recovery, true // what it says besides is what was wrong, as a field says, too
	case says(tags, bad), says(tags, fault), says(list, bad):
		return meaning.Problem, true
	case tags[0].says == well && leading:
		return meaning.Recovery, true
	}
	// What the words without a tag say counts more than a success.
	return all, all.IsBad()
}

// isEnd reports whether the last tag of a subject is its last part and says that it is
// over: "Incident - Delays in search - Resolved".
func isEnd(subject string, tags []said) bool {
	last := tags[len(tags)-1]
	return last.says == over && isTrailing(subject, last.from, last.to)
}

// isTrailing reports whether line[from:to] is all that stands behind the last separator.
func isTrailing(line string, from, to int) bool {
	if strings.Trim(line[to:], " .!*") != "" || from < 3 || line[from-1] != ' ' {
		return false
	}
	front := line[:from-1]
	return strings.HasSuffix(front, " -") || strings.HasSuffix(front, " –") || strings.HasSuffix(front, " |")
}

// startsAt reports whether nothing but punctuation stands in front of from.
func startsAt(subject string, from int) bool {
	for i := range from {
		if c := subject[i]; isWordByte(c) || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}

// isInFront reports whether a tag at from is the first one, or stands behind others in
// brackets: "[Cloud] Alert: ".
func isInFront(subject string, from int) bool {
	front := strings.TrimSpace(subject[:from])
	return startsAt(subject, from) || strings.HasSuffix(front, "]") || front[0] == '[' && strings.LastIndexByte(front, '[') == 0 && inBrackets(subject, from, from)
}

// isPart reports whether w is all that stands between two separators of a subject, or
// between its begin and the first one.
func isPart(subject string, w said) bool {
	rest, front := strings.TrimLeft(subject[w.to:], " *"), strings.TrimRight(subject[:w.from], " *")
	if rest == "" || !strings.HasPrefix(rest, ":") && !strings.HasPrefix(rest, "|") && !strings.HasPrefix(rest, "- ") && !strings.HasPrefix(rest, "– ") {
		return false
	}
	return front == "" || strings.ContainsAny(front[len(front)-1:], ":|-]") ||
		len(tokens(lowerOf(front))) == 1 && (w.says != over || w.caps || strings.ContainsAny(front, "0123456789")) // a disaster recovery
}

// maxTag bounds what stands in brackets, in bytes.
const maxTag = 60

// inBrackets reports whether subject[from:to] stands in square brackets, or in round
// ones, with little else.
func inBrackets(subject string, from, to int) bool {
	open := strings.LastIndexAny(subject[:from], "[(]")
	end := strings.IndexAny(subject[to:], "])[")
	if open < 0 || end < 0 || subject[open] == ']' || subject[to+end] == '[' {
		return false
	}
	text := subject[open+1 : to+end]
	return len(text) <= maxTag && len(tokens(lowerOf(text))) <= 4
}

// isShouted reports whether nearly all of subject is in capital letters.
func isShouted(subject string) bool {
	upper, lower := 0, 0
	for i := range len(subject) {
		switch c := subject[i]; {
		case c >= 'a' && c <= 'z':
			lower++
		case c >= 'A' && c <= 'Z':
			upper++
		}
	}
	return lower < 3 || upper > 4*lower
}
