package recognise

import (
	"slices"
	"strings"

	"github.com/hut8labs/failmail/internal/wordlist"
)

// cutsOf returns the places of line that say how something stands; only its tags where
// they do.
func cutsOf(line string, list []said, tagsOnly bool) (cuts []span) {
	if words, isOver := overNow(line, list); isOver {
		return []span{words}
	}
	tag := 0 // where the first tag ends: what stands in front of it is a part of it
	for _, w := range list {
		if tagsOnly && tag == 0 && (isPart(line, w) || inBrackets(line, w.from, w.to)) && len(tokens(lowerOf(line[:w.from]))) <= 2 {
			tag = w.to
		}
	}
	lead := leadIn(line, list)
	if lead > 0 {
		for _, t := range tokens(lowerOf(line[:lead])) {
			if criticals[t.word] || tidings[t.word] {
				cuts = append(cuts, span{t.from, t.to}) // DOWN ALERT: web1, New incident: web1
			}
		}
	}
	for _, w := range list {
		switch w.says {
		case job:
			continue
		case remark:
			if w.to > lead && !inBrackets(line, w.from, w.to) && !isInFrontOfTag(line, w) && (!w.caps || !isPart(line, w)) {
				continue // but for "Notice [nas3] - " and "[nas3] NOTICE: "
			}
		}
		if isAttribute(line, w, list) {
			continue
		}
		counted := w.from > 1 && line[w.from-1] == ' ' && line[w.from-2] >= '0' && line[w.from-2] <= '9'
		if tagsOnly && w.to > tag && !isInFrontOfTag(line, w) && !counted && !w.caps && !inBrackets(line, w.from, w.to) && w.to > lead && !isPart(line, w) && !isPredicate(line, w, list) {
			continue
		}
		cut := withValue(line, tagAround(line, withCount(line, w)))
		if next, _, _ := strings.Cut(strings.TrimPrefix(line[cut.to:], " "), " "); w.says == fault && genitives[strings.ToLower(next)] && cut.to+1+len(next) < len(line) {
			cut.to += 1 + len(next) // failure of
		}
		if n := len(cuts); n > 0 && cuts[n-1].to < cut.from && joins[strings.ToLower(strings.TrimSpace(line[cuts[n-1].to:cut.from]))] {
			cut.from = cuts[n-1].to // back to passed
		}
		cuts = append(cuts, cut)
	}
	if end := strings.TrimRight(line, " .!"); len(list) > 0 {
		if at := strings.LastIndexByte(end, ' ') + 1; at > 0 && goodEnds[strings.ToLower(end[at:])] {
			cuts = append(cuts, span{at, len(end)}) // [OK] replication working
		}
	}
	return cuts
}

// isInFrontOfTag reports whether line begins with w, and a name in brackets follows: "Notice [nas3] - ".
func isInFrontOfTag(line string, w said) bool {
	return w.from == 0 && strings.HasPrefix(line[w.to:], " [")
}

// genitives are between a failure and what it is one of.
var genitives = wordlist.Set(`of de du des del della dello do da von der van di`)

// goodEnds are words at the end of a line that say what a tag in front of them says.
var goodEnds = wordlist.Set(`working running reachable online up available alive active connected normal healthy ok`)

// withCount widens a plural to the number in front of it: "12 errors", "2 warnings".
func withCount(line string, w said) span {
	front := strings.TrimRight(line[:w.from], "0123456789 ")
	if number := line[len(front):w.from]; line[w.to-1] == 's' && len(front) > 0 && number[:min(1, len(number))] == " " && strings.TrimSpace(number) != "" {
		return span{len(front) + 1, w.to}
	}
	return span{w.from, w.to}
}

// joins stand between two words that say how something stands.
var joins = wordlist.Set(`to and but of zu und à et y e en naar auf a`)

// isAttribute reports whether w is a part of the name of what is measured, such as the
// "high" of a high load, rather than how it is.
func isAttribute(line string, w said, list []said) bool {
	if w.says != worry || w.caps || w.from == 0 || !attributes[strings.ToLower(line[w.from:w.to])] {
		return false // "High load" where a script says so, "load is normal" when it is over
	}
	if s := (span{w.from, w.to}); withValue(line, s) != s {
		return false
	}
	rest := line[w.to:]
	if len(rest) < 2 || rest[0] != ' ' || !isWordByte(lowerOf(rest[1:2])[0]) || rest[1] >= '0' && rest[1] <= '9' {
		return false
	}
	next, _, _ := strings.Cut(rest[1:], " ")
	next = strings.ToLower(next)
	at := w.to + 1
	return (next == "of" || !fillers[next] && !leading[next]) && !slices.ContainsFunc(list, func(o said) bool { return o.from == at && o.says != job })
}

var attributes = wordlist.Set(`high low slow unusual suspicious unexpected threshold`)

// isPredicate reports whether w says of what stands in front of it how that is: "returned
// to normal", or a word at the end of its sentence. Whoever tags the mail that says that it
// is over need not have tagged the one that said that it was wrong.
func isPredicate(line string, w said, list []said) bool {
	switch w.says {
	case worry:
		return w.to == len(line) && strings.IndexByte(line[w.from:w.to], ' ') >= 0 // almost full
	case bad, over, well, done:
		rest := line[w.to:]
		if slices.ContainsFunc(list, func(o said) bool { return o.from == w.to+1 && o.says != job }) {
			return true // ended OK
		}
		if next, _, _ := strings.Cut(strings.TrimPrefix(rest, " "), " "); leading[next] {
			return true // down on web1
		}
		return rest == "" || strings.IndexByte(".,;:!", rest[0]) >= 0 || strings.IndexByte(line[w.from:w.to], ' ') >= 0
	}
	return false
}

// leadIn returns the length of the words in front of colons if they only say what kind of
// mail it is: "Device Error: ", "RESOLVED: Notice #412: ". 0 if they say more.
func leadIn(line string, list []said) (lead int) {
	for {
		end := strings.Index(line[lead:], ": ")
		if end <= 0 || !saysKind(line, span{lead, lead + end}, list) {
			return max(lead-1, 0)
		}
		lead += end + 2
	}
}

// saysKind reports whether the words of line at s only say what kind of mail it is.
func saysKind(line string, s span, list []said) bool {
	text := line[s.from:s.to]
	if len(text) > maxTag || line[0] == '[' || strings.Count(text, " ") > 3 {
		return false
	}
	for _, t := range tokens(lowerOf(text)) {
		from, to := s.from+t.from, s.from+t.to
		isSaid := slices.ContainsFunc(list, func(w said) bool { return w.from <= from && to <= w.to && w.says != job })
		if !isSaid && !general[t.word] && !kindNouns[t.word] && !tidings[t.word] && !criticals[t.word] && (from == 0 || line[from-1] != '#') {
			return false
		}
	}
	return true
}

// kindNouns are words for what a mail is about that name none of them.
var kindNouns = wordlist.Set(`device node component`)

// tidings say which of several mails about one thing it is.
var tidings = wordlist.Set(`new reminder erinnerung rappel recordatorio promemoria lembrete herinnering`)

// withValue widens what says how something stands to the value that is measured and its
// limit: "above threshold of 90 with 93.4".
func withValue(line string, s span) span {
	isLimit := measures[strings.ToLower(line[s.from:s.to])]
	if isLimit {
		s.from = beforeLimit(line, s.from)
	}
	rest := line[s.to:]
	if !strings.ContainsAny(rest, "0123456789") {
		return s
	}
	hasLimit, hasNumber, to := isLimit, false, s.to
	for _, t := range tokens(lowerOf(rest)) {
		isNumber := strings.Trim(t.word, "0123456789.,") == ""
		switch {
		case measures[t.word]:
			hasLimit = true
		case isNumber:
			hasNumber, to = true, s.to+t.to
		case !valueLinks[t.word] && !(hasNumber && units[t.word]):
			if hasLimit && hasNumber {
				s.to = to
			}
			return s
		}
	}
	if hasLimit && hasNumber {
		s.to = to
	}
	return s
}

// beforeLimit returns where in line the words begin that say of which limit a word at from
// speaks: "above upper critical threshold".
func beforeLimit(line string, from int) int {
	for {
		front := strings.TrimRight(line[:from], " ")
		at := strings.LastIndexByte(front, ' ') + 1
		if word := strings.ToLower(front[at:]); at == 0 || !limits[word] && !measures[word] && !criticals[word] {
			return from
		}
		from = at
	}
}

var limits = wordlist.Set(`upper lower high low warning alarm alert max min maximum minimum the its configured`)

var (
	measures   = wordlist.Set(`threshold limit value above below over under schwellwert grenzwert seuil umbral soglia limiar drempel`)
	valueLinks = wordlist.Set(`of with current at is than the a now was normal von mit de con di com van`)
)

// cutsAll reports whether nothing of text, with which a line begins, is left.
func cutsAll(text string, cuts []span) bool {
	return tidy(keep(text, cuts)) == ""
}

type span struct{ from, to int }

// tagAround widens a word to the brackets in which it stands with little else.
func tagAround(subject string, s span) span {
	if !inBrackets(subject, s.from, s.to) {
		return s
	}
	open := strings.LastIndexAny(subject[:s.from], "[(")
	return span{open, s.to + strings.IndexAny(subject[s.to:], "])") + 1}
}

// within returns what of word is outside of cuts.
func within(subject string, word span, cuts []span) string {
	for _, c := range cuts {
		if c.from < word.to && word.from < c.to {
			front, back := "", ""
			if c.from > word.from {
				front = subject[word.from:c.from]
			}
			if c.to < word.to {
				back = subject[c.to:word.to]
			}
			if strings.Trim(front+back, ".,:;!?*()[]<>\"'|-—–=") == "" {
				return ""
			}
			return front + back
		}
	}
	return subject[word.from:word.to]
}
