package explain

import (
	"strings"
	"unicode/utf8"
)

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
