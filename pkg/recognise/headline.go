package recognise

import "strings"

// maxCause is how many words a line has at most that only says why something is wrong.
const maxCause = 6

// HeadlineOver returns the headline of a mail whose text has line for one, masked: the subject,
// if nothing is wrong and that says so, or if the line only says why, and not what, or repeats it.
// Empty if line is to stay, as an exception is, unless its sender watches a thing: then the
// subject names it.
func (r *Recognised) HeadlineOver(line string, isException bool) string {
	if isException && r.Headline == r.told && !r.Recovers {
		return ""
	}
	if r.Headline != "" || r.told == "" || isException {
		return r.Headline
	}
	namesNothing := strings.IndexByte(line, '<') < 0 && strings.Count(line, " ") < maxCause && len(namesOf(line).ids) == 0
	saysMore := len(namesOf(r.told).ids) > 0 && len(namesOf(withoutTag(r.told)).words) > 0 // no "[shop] ERROR"
	if !r.Status.IsBad() || saysMore && (namesNothing || repeats(line, r.told)) {
		return r.told
	}
	return ""
}

// repeats reports whether line has no words but those of subject, and numbers: "Pipeline #<num> has
// failed!".
func repeats(line, subject string) bool {
	subject = strings.ToLower(subject)
	for field := range strings.FieldsSeq(line) {
		word := strings.ToLower(strings.Trim(field, "\"'`[](){}:.,;!?*#-="))
		if !fillers[word] && !copulas[word] && !strings.Contains(subject, word) && word != "<num>" {
			return false
		}
	}
	return true
}
