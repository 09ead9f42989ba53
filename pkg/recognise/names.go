package recognise

import "strings"

// names are the words of an object that tell it from others.
type names struct {
	ids   []string // with a digit or a path, in quotes or in capitals: names of their own
	words []string // others
}

// namesOf returns those of an object, in lower case.
func namesOf(object string) (n names) {
	quote := byte(0)
	for _, field := range strings.FieldsFunc(object, func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '|' }) {
		if quote == 0 && strings.IndexByte("\"'`[", field[0]) >= 0 {
			quote = field[0]
		}
		inQuotes := quote != 0
		if quote != 0 && (strings.IndexByte(field[1:], quote) >= 0 || quote == '[' && strings.IndexByte(field, ']') >= 0) {
			quote = 0
		}
		word := strings.Trim(field, "\"'`[](){}<>:.!?*#-=")
		lower := strings.ToLower(word)
		switch {
		case lower == "" || general[lower] && !periods[lower] || leading[lower] || trailing[lower] || fillers[lower] || copulas[lower]:
		case words[lower] != silent && words[lower] != job: // a state, though it may stand in quotes
		case inQuotes || strings.ContainsAny(word, "0123456789/\\@_") || strings.IndexAny(word, ".-") > 0:
			n.ids = append(n.ids, lower)
		case len(word) > 1 && strings.ToUpper(word) == word && !isShouted(object):
			n.ids = append(n.ids, lower)
		case len(lower) > 2:
			n.words = append(n.words, lower)
		}
	}
	return n
}

// maxCause is how many words a line has at most that only says why something is wrong.
const maxCause = 6

// HeadlineOver returns the headline of a mail whose text has line for one, masked: the subject,
// if nothing is wrong and that says so, or if the line only says why, and not what. Empty if
// line is to stay.
func (r *Recognised) HeadlineOver(line string) string {
	if r.Headline != "" || r.told == "" {
		return r.Headline
	}
	namesNothing := strings.IndexByte(line, '<') < 0 && strings.Count(line, " ") < maxCause && len(namesOf(line).ids) == 0
	if !r.Status.IsBad() || namesNothing && len(namesOf(r.told).ids) > 0 {
		return r.told
	}
	return ""
}
