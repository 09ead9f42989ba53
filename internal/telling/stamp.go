package telling

import "strings"

// WithoutTime returns line without the date and time in front of it, as loggers write them
// or as they are masked.
func WithoutTime(line string) string {
	if line == "" || line[0] != '[' && line[0] != '<' && (line[0] < '0' || line[0] > '9') {
		return line
	}
	rest, stamped := line, false
	for range 2 { // a date, a time
		word, more, _ := strings.Cut(strings.TrimLeft(rest, " ["), " ")
		if !isClock(strings.TrimRight(word, "],:|-")) {
			break
		}
		rest, stamped = more, true
	}
	if rest = strings.TrimLeft(rest, " ]:|-"); !stamped || rest == "" {
		return line
	}
	return rest
}

// isClock reports whether word is a date with its year, a time of day with its minutes, or both.
func isClock(word string) bool {
	if word == "<time>" || word == "<date>" {
		return true
	}
	word = strings.TrimSuffix(word, "Z")
	date, clock, isBoth := strings.Cut(word, "T")
	if isBoth {
		return isClock(date) && isClock(clock)
	}
	if len(word) < 4 || strings.Trim(word, "0123456789-/.:,+") != "" || word[0] < '0' || word[0] > '9' {
		return false
	}
	switch {
	case strings.IndexByte(word, ':') > 0:
		if zone := strings.IndexAny(word, "+-"); zone > 0 {
			word = word[:zone]
		}
		return strings.Count(word, ":") < 3 && (word[1] == ':' || word[2] == ':')
	case len(word) == len("2006-01-02") && (word[4] == '-' || word[4] == '/' || word[4] == '.'):
		return word[4] == word[7]
	}
	return len(word) == len("02.01.2006") && strings.IndexByte("-/.", word[2]) >= 0 && word[2] == word[5]
}
