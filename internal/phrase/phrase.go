// Package phrase writes numbers and durations as people read them, the same in a
// summary, on the page and in the terminal.
package phrase

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Number writes n with thousands separators.
func Number(n int) string {
	digits := strconv.Itoa(n)
	var out strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && d != '-' && digits[i-1] != '-' {
			out.WriteByte(',')
		}
		out.WriteRune(d)
	}
	return out.String()
}

// Count writes a number with its noun: "1 mail", "1,204 mails".
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return Number(n) + " " + noun
}

// Shorten cuts text to at most limit characters.
func Shorten(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	runes := []rune(text)
	return strings.TrimRight(string(runes[:limit-1]), " \t") + "…"
}

// Duration writes a duration without its zero parts: "5m" rather than "5m0s".
func Duration(d time.Duration) string {
	text := strings.TrimSuffix(d.String(), "m0s")
	if text != d.String() {
		text = strings.TrimSuffix(text+"m", "h0m")
		if !strings.HasSuffix(text, "m") {
			text += "h"
		}
	}
	return text
}

// Or lists alternatives: "a, b or c".
func Or(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// maxThings bounds the things that Things names.
const maxThings = 5

// Things names some things: "3 things: a, b, c"; empty if there are none.
func Things(names []string) string {
	if len(names) == 0 {
		return ""
	}
	text := Count(len(names), "thing") + ": " + strings.Join(names[:min(len(names), maxThings)], ", ")
	if more := len(names) - maxThings; more > 0 {
		text += " and " + Number(more) + " more"
	}
	return text
}

// Beside returns what an object names that is not in the subject: fields, where the subject is
// that of any report.
func Beside(subject, object string) (name string, isNamed bool) {
	if len(subject) >= len(object) || !strings.EqualFold(object[:len(subject)], subject) || object[len(subject)] != '/' {
		return "", false
	}
	return object[len(subject)+1:], true
}
