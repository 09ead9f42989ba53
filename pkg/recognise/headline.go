package recognise

import "strings"

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
	saysMore := len(namesOf(r.told).ids) > 0 && len(namesOf(withoutTag(r.told)).words) > 0 // no "[shop] ERROR"
	if !r.Status.IsBad() || namesNothing && saysMore {
		return r.told
	}
	return ""
}
