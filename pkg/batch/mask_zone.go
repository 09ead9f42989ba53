package batch

import "strings"

// matchHalf takes what says AM or PM.
func matchHalf(text string) int {
	for _, half := range [...]string{" AM", " PM", " am", " pm", "AM", "PM", "am", "pm"} {
		if strings.HasPrefix(text, half) && (len(text) == len(half) || !isWordByte(text[len(half)])) {
			return len(half)
		}
	}
	return 0
}

// matchZoneName takes the name of a zone in brackets, as JavaScript writes it.
func matchZoneName(text string) int {
	if !strings.HasPrefix(text, " (") {
		return 0
	}
	for n := 2; n < len(text) && n < 48; n++ {
		switch c := text[n]; {
		case c == ')' && n > 2:
			return n + 1
		case c != ' ' && !isLetter(c):
			return 0
		}
	}
	return 0
}

// matchZone takes what says AM or PM, and the zone.
func matchZone(text string) (n int) {
	n = matchHalf(text)
	rest := text[n:]
	blank := 0
	if strings.HasPrefix(rest, " ") {
		blank = 1
	}
	switch zone := rest[blank:]; {
	case matches(zone, "+dd:dd"), matches(zone, "-dd:dd"):
		return n + blank + 6
	case matches(zone, "+dddd"), matches(zone, "-dddd"):
		return n + blank + 5
	case blank == 0 && strings.HasPrefix(zone, "Z"):
		return n + 1
	default:
		switch word := zone[:wordLength(zone[:min(len(zone), 5)])]; word {
		case "UTC", "GMT", "CET", "CEST", "EST", "EDT", "PST", "PDT", "CST", "CDT", "MST", "MDT", "BST", "IST", "JST", "AEST", "AEDT", "MSK":
			n += blank + len(word)
			if offset := text[n:]; word == "GMT" && (matches(offset, "-dddd") || matches(offset, "+dddd")) {
				n += len("+dddd")
				n += matchZoneName(text[n:])
			}
		}
	}
	return n
}
