package recognise

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/hut8labs/failmail/internal/wordlist"
)

// times come in front of how long something took, or since when it is so.
var times = wordlist.Set(`for after since within until seit nach innerhalb depuis après desde dopo sinds`)

// withoutTime returns words without one at their end that a time or duration follows.
func withoutTime(words []string) []string {
	if n := len(words); n > 1 && times[strings.ToLower(words[n-1])] {
		return words[:n-1]
	}
	return words
}

// steady returns word without the numbers in it that change from mail to mail: those of
// builds and runs in a path, such as shop/412/unit, and ids, such as JobID=412.
func steady(word string) string {
	if !strings.ContainsAny(word, "0123456789") {
		return word
	}
	if key, value, found := strings.Cut(word, "="); found && strings.ContainsAny(value, "0123456789") && strings.HasSuffix(strings.ToLower(key), "id") {
		return ""
	}
	if at := strings.LastIndexAny(word, "-_."); at > 0 && isDate(word[at+1:]) {
		word = word[:at] // full-20261109234520
	}
	if strings.Count(word, "-") > 1 {
		word = dayInName.ReplaceAllString(word, "") // stock_2026-11-09.csv
	}
	if at := strings.LastIndexByte(word, '#'); at > 0 && strings.Trim(word[at+1:], "0123456789") == "" && (len(word)-at > 3 || strings.IndexByte(word, '/') >= 0) {
		word = word[:at]
	}
	if strings.IndexByte(word, '/') < 0 {
		return word
	}
	parts := strings.Split(word, "/")
	if isInterface(parts) || len(parts) == 2 && numberings[strings.ToLower(parts[0])] == named {
		return word
	}
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool {
		return len(part) >= 3 && strings.Trim(part, "0123456789") == ""
	}), "/")
}

// dayInName is the date of a day in a name, as of ISO 8601, and what joins it.
var dayInName = regexp.MustCompile(`[-_.](?:19|20)\d\d-\d\d-\d\d(?:[_T]\d\d[-:]?\d\d(?:[-:]?\d\d)?)?\b`)

// dayOfMonth is a date with the name of a month: 26-Nov-2026, in any language.
var dayOfMonth = regexp.MustCompile(`^\d{1,2}-\pL{3,4}-(?:19|20)\d\d$`)

// hasDate reports whether a part of word is a date: ORDERS_20261113.csv.
func hasDate(word string) bool {
	for part := range strings.FieldsFuncSeq(word, func(r rune) bool { return !unicode.IsDigit(r) }) {
		if isDate(part) || len(part) > 8 { // or a time in seconds
			return true
		}
	}
	return dayInName.MatchString(word)
}

// isDate reports whether digits are a date, with the time of day or without: 20261109, 20261109234520.
func isDate(digits string) bool {
	if n := len(digits); n != 8 && n != 12 && n != 14 || strings.Trim(digits, "0123456789") != "" {
		return false
	}
	_, err := time.Parse("20060102", digits[:8])
	return err == nil && (digits[:2] == "19" || digits[:2] == "20")
}

// isInterface reports whether parts between slashes are those of an interface of a switch: Gi1/0/24.
func isInterface(parts []string) bool {
	name := strings.TrimRight(parts[0], "0123456789")
	if name == "" || name == parts[0] || len(parts) > 4 {
		return false
	}
	return !slices.ContainsFunc(parts[1:], func(part string) bool { return part == "" || len(part) > 3 || strings.Trim(part, "0123456789") != "" })
}

// isSmall reports whether word is a number that may count something.
func isSmall(word string) bool {
	word = strings.Trim(word, "([{")
	return word != "" && len(word) <= 2 && strings.Trim(word, "0123456789") == ""
}

// isCounted reports whether word is what a number in front of it counts: a plural.
func isCounted(word string) bool {
	word = strings.ToLower(strings.Trim(word, "()[]{}.,:;"))
	return word == "percent" || len(word) > 3 && strings.HasSuffix(word, "s") && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == ""
}

// isMoving reports whether word is a value that changes from mail to mail: a time, an
// amount, the number of a build. The number of a thing is not: disk 3, CAM 07.
func isMoving(word string) bool {
	word = strings.Trim(word, ".,:;!?*()[]<>\"'|~≈±")
	if word == "" {
		return false
	}
	if dates[strings.ToLower(word)] || word[0] >= '0' && word[0] <= '9' && dayOfMonth.MatchString(word) {
		return true
	}
	digits, letters, others := 0, 0, 0
	for _, r := range word {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		default:
			others++
		}
	}
	switch {
	case digits == 0:
		return false
	case word[0] == '#':
		return true
	case strings.HasSuffix(word, "%"):
		return true
	case letters == 0 && isAddress(strings.SplitN(word, ":", 2)[0]):
		return false // with a port, too
	case letters == 0 && others == 0:
		return digits > 3 || digits == 3 && word[0] != '0' // 012 is the name of one
	case letters == 0:
		return true // 02:14:05, 2026-11-03, 1.87
	case letters+digits == len(word) && len(word) >= 7 && isHex(word) && letters > 0:
		return true // a commit
	}
	return isStamp(word) || isDuration(word)
}

const monthNames = ` jan feb mar apr jun jul aug sep oct nov dec january february march april june july august september october november december `

// dates are the words of dates as programs write them.
var dates = wordlist.Set(monthNames + `mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday utc gmt cet cest est edt am pm`)

var months = wordlist.Set(monthNames)

// isStamp reports whether word is a time with letters: 2026-11-03T02:14:05Z, 312ms.
func isStamp(word string) bool {
	if len(word) >= 11 && word[4] == '-' && word[7] == '-' {
		return true
	}
	end := strings.LastIndexAny(word, "0123456789.,") + 1
	for i := range end {
		if c := word[i]; (c < '0' || c > '9') && c != '.' && c != ',' {
			return false
		}
	}
	return isUnit(word[end:])
}

// isDuration reports whether word is one of several parts: 2m11.4s, 1h30m.
func isDuration(word string) bool {
	parts := 0
	for word != "" {
		digits := len(word) - len(strings.TrimLeft(word, "0123456789."))
		rest := word[digits:]
		letters := len(rest) - len(strings.TrimLeft(rest, "hmsdµn"))
		if digits == 0 || letters == 0 {
			return false
		}
		word, parts = rest[letters:], parts+1
	}
	return parts > 1
}

func isUnit(word string) bool { return units[strings.ToLower(strings.Trim(word, ".,:;)]"))] }

var units = wordlist.Set(`ms s sec secs second seconds min mins minute minutes m h hour hours d day days kb mb gb tb kib mib gib k g t b bytes °c c percent`)

func isHex(word string) bool {
	for _, c := range word {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return false
		}
	}
	return true
}
