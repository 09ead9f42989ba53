package telling

import (
	"strings"

	"github.com/hut8labs/failmail/internal/wordlist"
)

// WithoutTime returns line without the date and time in front of it, as loggers write them
// or as they are masked, and without masked ones at its end.
func WithoutTime(line string) string {
	line = withoutLastTime(line)
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

// withoutLastTime returns line without the masked times that end it, behind what only introduces
// them: "backup of db1 failed on <date> at <time>", not "valid until <date>".
func withoutLastTime(line string) string {
	rest := strings.TrimRight(line, " .!")
	end := len(rest)
	for strings.HasSuffix(rest[:end], " <time>") || strings.HasSuffix(rest[:end], " <date>") {
		end -= len(" <time>")
		at := strings.LastIndexByte(rest[:end], ' ') + 1
		switch word := strings.ToLower(rest[at:end]); {
		case beforeTimes[word]:
			end = max(at-1, 0)
		case word == "<date>" || word == "<time>":
			continue
		default:
			return line
		}
		line = strings.TrimRight(rest[:end], " ,-–")
	}
	return line
}

// beforeTimes stand between what happened and when it did.
var beforeTimes = wordlist.Set(`- – on at am um le à el il alle op om em den dnia`)

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
