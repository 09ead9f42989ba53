package batch

import "strings"

// A unit says what a number measures.
type unit struct {
	placeholder string
	rank        int  // the larger, the higher
	apart       bool // also with a blank between, or only right behind the number
}

// units are those that programs choose by the value, so that they change with it.
var units = func() map[string]unit {
	table := make(map[string]unit)
	for rank, names := range []string{
		"ns nsec nanosecond nanoseconds", "us µs μs usec microsecond microseconds", "ms msec millisecond milliseconds",
		"s sec secs second seconds", "min mins minute minutes", "hr hrs hour hours", "day days", "week weeks", "month months", "year years",
	} {
		for name := range strings.FieldsSeq(names) {
			table[name] = unit{"<duration>", rank, true}
		}
	}
	for name, long := range map[string]string{"m": "min", "h": "hour", "d": "day", "w": "week"} {
		table[name] = unit{"<duration>", table[long].rank, false}
	}
	for name := range strings.FieldsSeq("B byte bytes kB KB MB GB TB PB KiB MiB GiB TiB PiB kb mb gb tb") {
		table[name] = unit{"<size>", 0, true}
	}
	for name := range strings.FieldsSeq("K M G T Ki Mi Gi Ti") { // as df writes them
		table[name] = unit{"<size>", 0, false}
	}
	return table
}()

const (
	maxUnit   = len("microseconds")
	maxDigits = 30 // in front of a unit
)

// matchUnit takes a number of so many bytes with its unit: a size, or a duration,
// which may be a sum of parts that become smaller: 1h30m0s, 2 hours, 5 minutes.
func matchUnit(text string, number int) (placeholder string, length int) {
	n, rank := 0, len(units)
	for number > 0 && number <= maxDigits {
		u, size := unitAt(text[n+number:])
		if size == 0 || u.rank >= rank || placeholder != "" && u.placeholder != placeholder {
			break
		}
		n, rank = n+number+size, u.rank
		if n == len(text) || !isWordByte(text[n]) {
			placeholder, length = u.placeholder, n
		}
		n += separator(text[n:])
		if lapse := matchLapse(text[n:]); lapse > 0 && rank >= units["day"].rank { // 2 days, 3:04
			return placeholder, n + lapse
		}
		number = decimals(text[n:])
	}
	return placeholder, length
}

// unitAt returns the unit that text begins with, and how long it is with the blank
// before it. A number may follow a unit of time.
func unitAt(text string) (u unit, length int) {
	start := 0
	if strings.HasPrefix(text, " ") {
		start = 1
	}
	n := start
	for n < len(text) && n-start <= maxUnit && isLetter(text[n]) {
		n++
	}
	if n == start {
		return unit{}, 0
	}
	u, found := units[text[start:n]]
	switch {
	case !found, start > 0 && (!u.apart || isPartOfName(text[n:])), n < len(text) && text[n] == '_',
		n < len(text) && isDigit(text[n]) && (start > 0 || u.placeholder != "<duration>"):
		return unit{}, 0
	}
	return u, n
}

// isPartOfName reports whether text goes on with what joins the parts of a name.
func isPartOfName(text string) bool {
	if text == "" {
		return false
	}
	switch text[0] {
	case '@', '=', '-', '(':
		return true
	case '.', ':':
		return len(text) > 1 && text[1] > ' '
	}
	return false
}

// separator returns how long what stands between the parts of a duration is.
func separator(text string) int {
	for _, between := range [...]string{", ", " and ", " "} {
		if strings.HasPrefix(text, between) {
			return len(between)
		}
	}
	return 0
}

// decimals returns the length of the decimal number that text begins with.
func decimals(text string) int {
	n := number(text, maxDigits+1)
	if n > 0 && n+1 < len(text) && text[n] == '.' && isDigit(text[n+1]) {
		n++
		n += number(text[n:], maxDigits)
	}
	return n
}

// lapses are the words that stand before how long something took.
const lapses = " in took elapsed lasted duration runtime uptime "

// isLapse reports whether what comes behind before is how long something took: behind
// one of the words, and perhaps a colon or an equals sign.
func isLapse(before string) bool {
	end := len(before)
	for end > 0 && len(before)-end < 2 && strings.IndexByte(" :=", before[end-1]) >= 0 {
		end--
	}
	start := end
	for start > 0 && end-start < len("duration") && isLetter(before[start-1]) {
		start--
	}
	if start == end || end == len(before) || start > 0 && isWordByte(before[start-1]) {
		return false
	}
	return strings.Contains(lapses, " "+strings.ToLower(before[start:end])+" ")
}

// matchLapse takes hours, minutes and seconds, or two of them.
func matchLapse(text string) int {
	n := number(text, 5)
	if n == 0 || n > 4 || !matches(text[n:], ":dd") {
		return 0
	}
	if n += 3; matches(text[n:], ":dd") {
		n += 3
	}
	if n+1 < len(text) && text[n] == '.' && isDigit(text[n+1]) {
		n++
		n += number(text[n:], maxDigits)
	}
	if n < len(text) && (isWordByte(text[n]) || text[n] == ':') {
		return 0
	}
	return n
}

// notPlural are words in s that are no plurals, or of which another word would be left.
const notPlural = " https smtps imaps ldaps ftps does goes always alias perhaps towards besides whereas news lens series species means "

// plurals are the endings of plurals and what stands for them in the singular; the
// first that fits counts.
var plurals = []struct{ ending, instead string }{
	{"ss", "ss"}, {"us", "us"}, {"is", "is"}, {"cookies", "cookie"}, {"zombies", "zombie"}, {"ies", "y"},
	{"sses", "ss"}, {"shes", "sh"}, {"tches", "tch"}, {"xes", "x"}, {"s", ""},
}

const (
	minNoun = 4
	maxNoun = 20
)

// matchPlural takes a noun behind a number and a blank, whose plural follows from the
// number; there may be an adjective in front of it. It returns where what is left of it in
// the singular ends, what is added to that, and where the plural ends; zeros if it is none.
func matchPlural(text string, i int) (stem int, ending string, end int) {
	if i+len(" vms") > len(text) || text[i] != ' ' {
		return 0, "", 0
	}
	end = nounEnd(text, i+1)
	if end < len(text) && text[end] == ' ' && isAdjective(text[i+1:end]) {
		i = end
		end = nounEnd(text, i+1)
	}
	noun := text[i+1 : end]
	if len(noun) < minNoun && !isInitials(noun) || len(noun) > maxNoun || noun[len(noun)-1] != 's' || !endsNoun(text[end:]) || strings.Contains(notPlural, text[i:end]+" ") {
		return 0, "", 0
	}
	for _, p := range plurals {
		if strings.HasSuffix(noun, p.ending) {
			return end - len(p.ending), p.instead, end
		}
	}
	return 0, "", 0
}

// nounEnd returns where the word of small letters that begins at i ends.
func nounEnd(text string, i int) int {
	end := i
	for end < len(text) && end <= i+maxNoun && (text[end] >= 'a' && text[end] <= 'z' || text[end] == '_') {
		end++
	}
	return end
}

// isAdjective reports whether word may stand between a number and the noun that it counts: failed jobs.
func isAdjective(word string) bool {
	switch word {
	case "new", "more", "other", "bad":
		return true
	}
	return strings.HasSuffix(word, "ed") || strings.IndexByte(word, '_') > 0
}

// isInitials reports whether noun is a plural that is no word, and so short.
func isInitials(noun string) bool {
	switch noun {
	case "pgs", "vms", "dbs", "pvs", "lvs", "vgs", "pcs":
		return true
	}
	return false
}

// endsNoun reports whether a word ends before text, and is not part of a name.
func endsNoun(text string) bool {
	if text == "" {
		return true
	}
	switch text[0] {
	case ' ', '\n', '\r', '\t', ')', ']', ';', '!', '?', '"', '\'':
		return true
	case '.', ',', ':':
		return len(text) == 1 || text[1] <= ' '
	}
	return false
}
