package batch

import "strings"

// matchTime takes a date, a time of day or both, with fraction and zone, that
// begins with a digit.
func matchTime(text string) (placeholder string, length int) {
	if n := matchDate(text); n > 0 {
		return withClock(text, n)
	}
	if n := matchForeignDate(text); n > 0 {
		return withClock(text, n)
	}
	if n := matchClock(text); n > 0 {
		return "<time>", n
	}
	return "", 0
}

// withClock adds the time of day to a date of n bytes.
func withClock(text string, n int) (placeholder string, length int) {
	rest := text[n:]
	separator := 0
	switch {
	case strings.HasPrefix(rest, ", "), strings.HasPrefix(rest, "  "):
		separator = 2
	case rest != "" && (rest[0] == 'T' || rest[0] == ' ' || rest[0] == ':' || rest[0] == '_' || rest[0] == '-'):
		separator = 1
	}
	if separator > 0 {
		clock := matchClock(rest[separator:])
		if clock == 0 && rest[0] == 'T' {
			clock = clockTogether(rest[1:])
		}
		if clock > 0 {
			return "<time>", n + separator + clock
		}
	}
	if rest != "" && isWordByte(rest[0]) {
		return "", 0
	}
	return "<date>", n
}

// number returns how many digits text begins with, at most n.
func number(text string, n int) (length int) {
	for length < len(text) && length < n && isDigit(text[length]) {
		length++
	}
	return length
}

// matchDate takes 2026-03-09, 2026/3/9, 9.3.2026, 3/9/26, 9 Mar 2026,
// 09/Mar/2026, 09-Mar-2026 and, before a time of day, 09-Mar and 20260309T.
func matchDate(text string) int {
	first := number(text, 9)
	if first == 8 && len(text) > 10 && text[8] == 'T' && isDigit(text[9]) && isDigit(text[10]) {
		return 8
	}
	if first >= len(text) || first != 4 && first > 2 {
		return 0
	}
	separator := text[first]
	if separator != '-' && separator != '/' && separator != '.' && separator != ' ' {
		return 0
	}
	n := first + 1
	if month := matchMonth(text[n:]); month > 0 && first <= 2 && separator != '.' {
		n += month
		if n < len(text) && text[n] == separator {
			if year := number(text[n+1:], 5); year == 4 || year == 2 && separator != ' ' {
				return n + 1 + year
			}
		}
		if separator == ' ' || strings.HasPrefix(text[n:], " ") && matchClock(text[n+1:]) > 0 {
			return n
		}
		return 0
	}
	if separator == ' ' {
		return 0
	}
	second := number(text[n:], 3)
	if second == 0 || second > 2 {
		return 0
	}
	n += second
	if n >= len(text) || text[n] != separator {
		return 0
	}
	third := number(text[n+1:], 5)
	n += 1 + third
	switch {
	case first == 4 && (third == 1 || third == 2) && separator != '.':
	case first == 4 && separator == '.' && third == 2 && second == 2:
	case first <= 2 && third == 4:
	case third == 2 && separator == '/':
	default:
		return 0
	}
	if n+1 < len(text) && text[n] == separator && isDigit(text[n+1]) && (separator != '-' || matchClock(text[n+1:]) == 0) {
		return 0 // a version, or a path of numbers
	}
	return n
}

const (
	months   = "janfebmaraprmayjunjulaugsepoctnovdec"
	weekdays = "montuewedthufrisatsun"
)

// matchMonth takes the name of a month, English and abbreviated or not.
func matchMonth(text string) int {
	return matchAbbreviated(text, months, "january", "february", "march", "april", "june", "july", "august", "september", "sept", "october", "november", "december")
}

func matchWeekday(text string) int {
	return matchAbbreviated(text, weekdays, "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
}

func matchAbbreviated(text, names string, long ...string) int {
	if len(text) < 3 || text[0] < 'A' || text[0] >= 'a' {
		return 0 // names begin with a capital; "may" is another word
	}
	known := false
	for i := 0; i < len(names) && !known; i += 3 {
		known = text[0]|0x20 == names[i] && text[1]|0x20 == names[i+1] && text[2]|0x20 == names[i+2]
	}
	if !known {
		return 0
	}
	n := wordLength(text[:min(len(text), 10)])
	if n == 3 {
		return 3
	}
	for _, name := range long {
		if strings.EqualFold(text[:n], name) {
			return n
		}
	}
	return 0
}

// matchNamedDate takes a date that begins with a name: the syslog's "Mar  9
// 03:17:42", ctime's "Mon Mar  9 03:17:42 2026", "March 9, 2026", RouterOS's
// "Mar/09/2026 03:17:42", and RFC 5322's "Mon, 9 Mar 2026 03:17:42 +0100".
func matchNamedDate(text string) (placeholder string, length int) {
	n := 0
	if weekday := matchWeekday(text); weekday > 0 {
		n = weekday
		if n < len(text) && text[n] == ',' {
			n++
		}
		blanks := countBlanks(text[n:])
		if blanks == 0 {
			return "", 0
		}
		n += blanks
		if n < len(text) && isDigit(text[n]) {
			if date := matchDate(text[n:]); date > 0 {
				return withClock(text, n+date)
			}
			return "", 0
		}
	}
	month := matchMonth(text[n:])
	if month == 0 {
		return "", 0
	}
	n += month
	if n < len(text) && text[n] == '/' {
		day := number(text[n+1:], 3)
		year := n + 1 + day
		if day == 0 || day > 2 || !strings.HasPrefix(text[year:], "/") || number(text[year+1:], 5) != 4 {
			return "", 0
		}
		return withClock(text, year+1+4)
	}
	blanks := countBlanks(text[n:])
	day := number(text[n+blanks:], 3)
	if blanks == 0 || day == 0 || day > 2 {
		return "", 0
	}
	n += blanks + day
	if year := matchYear(text[n:]); year > 0 {
		n += year
	}
	placeholder, n = withClock(text, n)
	if placeholder == "<time>" {
		if year := matchYear(text[n:]); year > 0 {
			n += year
			n += matchZone(text[n:])
		}
	}
	return placeholder, n
}

// countBlanks counts the one or two blanks that line up days.
func countBlanks(text string) int {
	switch {
	case strings.HasPrefix(text, "  "):
		return 2
	case strings.HasPrefix(text, " "):
		return 1
	}
	return 0
}

// matchYear takes a year behind a blank or a comma.
func matchYear(text string) int {
	n := 0
	if strings.HasPrefix(text, ",") {
		n++
	}
	if n >= len(text) || text[n] != ' ' || number(text[n+1:], 5) != 4 {
		return 0
	}
	if end := n + 5; end < len(text) && (isWordByte(text[end]) || text[end] == ':' && end+1 < len(text) && isDigit(text[end+1])) {
		return 0
	}
	return n + 5
}

// matchClock takes 03:17:42, 3:17, with fraction, half of the day and zone.
// Without seconds it needs two digits each or the half of the day, lest a port
// becomes a time.
func matchClock(text string) int {
	hour := number(text, 3)
	if hour == 0 || hour > 2 || !matches(text[hour:], ":dd") || text[hour+1] > '5' || hour == 2 && text[:2] > "24" {
		return 0
	}
	n := hour + 3
	switch {
	case matches(text[n:], ":dd"):
		n += 3
		if n+1 < len(text) && (text[n] == '.' || text[n] == ',' || text[n] == ':') && isDigit(text[n+1]) {
			for n++; n < len(text) && isDigit(text[n]); n++ {
			}
		}
	case n < len(text) && text[n] == ':', hour != 2 && matchHalf(text[n:]) == 0:
		return 0
	}
	n += matchZone(text[n:])
	if n < len(text) && (isWordByte(text[n]) || text[n] == ':' || text[n] == '.' && n+1 < len(text) && isDigit(text[n+1])) {
		return 0
	}
	return n
}

// clockTogether takes the 031742 of 20260309T031742Z.
func clockTogether(text string) int {
	n := number(text, 7)
	if n != 6 && n != 4 {
		return 0
	}
	n += matchZone(text[n:])
	if n < len(text) && isWordByte(text[n]) {
		return 0
	}
	return n
}
