package telling

import "strings"

// keyScore is the score of the key of a line "key: value"; says is whether the line
// has words that say something. isReason says that the value is what happened, or why.
func keyScore(line string, says bool) (score int, isReason bool) {
	line = WithoutTime(line)
	if at := strings.LastIndex(line, ": "); at > 0 && isTime(line[at+2:]) && saysWhen(line[:at]) {
		return incidental, false
	}
	if key, value, found := strings.Cut(line, "："); found && isTime(value) && key != "" {
		return incidental, false
	}
	end := strings.IndexAny(line[:min(len(line), 48)], ":=\t")
	if end <= 0 || end+1 < len(line) && line[end] == ':' && line[end+1] != ' ' && line[end+1] != '\t' {
		return 0, false
	}
	key := strings.Trim(line[:end], " .*-_\t\"'[]#")
	if strings.Count(key, " ") > 3 {
		return 0, false
	}
	if word, _, found := strings.Cut(key, "["); found && word != "" {
		key = word // error[E0382]
	}
	value := strings.TrimSpace(line[end+1:])
	if (strings.HasPrefix(value, "http://") || strings.HasPrefix(value, "https://")) && !strings.Contains(value, " ") {
		return incidental, false
	}
	isWord := value != "" && !strings.Contains(value, " ") && (value[0] != '{' || len(value) == 1) // no term that begins
	lower := strings.ToLower(key)
	s, known := keys[lower]
	if last := lower[strings.LastIndexByte(lower, ' ')+1:]; !known && isMessage(lower) {
		s, known = keys[last], true // Event Message
	}
	switch {
	case known && s > 0 && isWord:
		return 0, true // "Problem: yes"
	case known && s > 0 && !says:
		return 1, true
	case s < 0 && s > advice && says && strings.Count(value, " ") >= 3:
		return 0, false
	case known:
		return s, s > 0
	case strings.HasPrefix(value, "(") && strings.HasSuffix(value, ")"):
		return attribute, false // (no metrics provided)
	case isWord && line[end] == ':' && !IsType(key):
		return -4, false // an attribute, whatever it is
	}
	return 0, false
}

// IsSaying reports whether key, in lower case, is one whose value is what happened, or how it went.
func IsSaying(key string) bool {
	s, known := keys[key]
	return known && (s > 0 || s == deciding) || isMessage(key)
}

// isMessage reports whether key, in lower case, is that of the message of an event: "alert description",
// not "commit message".
func isMessage(key string) bool {
	of, last, found := strings.Cut(key, " ")
	return found && messages[last] && messagesOf[of]
}

// saysWhen reports whether key, but for what stands in brackets behind it, ends with a word for
// a time.
func saysWhen(key string) bool {
	key, _, _ = strings.Cut(key, "(")
	return times[strings.ToLower(key[strings.LastIndexByte(strings.TrimSpace(key), ' ')+1:])]
}

// minTimeDigits is how many digits a date with the time of day has at least.
const minTimeDigits = 8

// isTime reports whether value is a date with the time of day, and nothing else: names of days, months
// and zones have four letters at most.
func isTime(value string) bool {
	digits, letters := 0, 0
	for i := range len(value) {
		switch c := value[i]; {
		case isDigit(c):
			digits++
		case isLetter(c):
			if letters++; letters > 4 {
				return false
			}
			continue
		case strings.IndexByte(" :-/.,+", c) < 0:
			return false
		}
		letters = 0
	}
	return digits >= minTimeDigits && strings.IndexByte(value, ':') > 0
}
