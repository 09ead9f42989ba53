package explain

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// thousands writes 1,234,567.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// amount writes "1 mail" or "1,234 mails".
func amount(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return thousands(n) + " " + noun
}

// shorten cuts the end of text so that it has at most width characters.
func shorten(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:max(width-1, 0)]) + "…"
}

// shortenLeft cuts the beginning: the end of a path tells more.
func shortenLeft(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	runes := []rune(text)
	return "…" + string(runes[len(runes)-max(width-1, 0):])
}

// wrap breaks text into at most most lines of width characters, all but the
// first of which are to be indented by two.
func wrap(text string, width, most int) (lines []string) {
	for rest := []rune(text); len(rest) > 0; {
		room := width
		if len(lines) > 0 {
			room -= 2
		}
		if len(rest) <= room {
			return append(lines, string(rest))
		}
		if len(lines) == most-1 {
			return append(lines, string(rest[:room-1])+"…")
		}
		end := room
		for end > room/2 && rest[end] != ' ' {
			end--
		}
		if rest[end] != ' ' {
			end = room // one long word
		}
		lines = append(lines, string(rest[:end]))
		rest = []rune(strings.TrimLeft(string(rest[end:]), " "))
	}
	return lines
}
