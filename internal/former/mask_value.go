package former

import "strings"

// classifyWord handles a run of letters, digits and underscores as one value: a
// number with its sign and unit, or a hexadecimal one.
func classifyWord(text string, i int) (placeholder string, from, to int) {
	word := text[i:]
	digits, hex, n := 0, true, 0
	for n < len(word) && isWordByte(word[n]) {
		if isDigit(word[n]) {
			digits++
		}
		hex = hex && isHex(word[n])
		n++
	}
	switch {
	case digits == 0:
		return "", 0, 0
	case n > 2 && word[0] == '0' && word[1]|0x20 == 'x' && allHex(word[2:n]):
		return "<hex>", i, i + n
	case hex && n >= 7 && digits < n:
		return "<hex>", i, i + n
	case !isDigit(word[0]):
		return "", 0, 0
	}
	number := matchNumber(word)
	rest := word[number:]
	if size := matchSizeUnit(rest); size > 0 {
		return "<size>", signed(text, i), i + number + size
	}
	if rest == "" || !isWordByte(rest[0]) {
		return "<num>", signed(text, i), i + number
	}
	if duration := matchDuration(word); duration > 0 {
		return "<duration>", signed(text, i), i + duration
	}
	if rest[0] >= 0x80 {
		return "<num>", signed(text, i), i + number // a no-break space, or a script without blanks
	}
	switch unit := rest[:wordLength(rest)]; {
	case unit == "st", unit == "nd", unit == "rd", unit == "th": // it follows from the number
		return "<num>", i, i + number + len(unit)
	case len(unit) <= 2 && !strings.ContainsAny(unit, "0123456789_"):
		return "<num>", signed(text, i), i + number // with its unit: 12h, 4k
	}
	return "", 0, 0
}

// signed returns where the number at i begins with its sign. Behind a word,
// a dash joins, it does not negate.
func signed(text string, i int) int {
	if i == 0 || text[i-1] != '-' && text[i-1] != '+' {
		return i
	}
	if i == 1 {
		return 0
	}
	switch c := text[i-2]; {
	case c == '_', c == ' ', c == '\t', c == '\n', c == '=', c == '(', c == '[', c == '{', c == ',', c == ':', c == '"', c == '\'':
		return i - 1
	}
	return i
}

func wordLength(text string) (n int) {
	for n < len(text) && isWordByte(text[n]) {
		n++
	}
	return n
}

func allHex(s string) bool {
	for i := range len(s) {
		if !isHex(s[i]) {
			return false
		}
	}
	return len(s) > 0
}

// matchNumber takes digits with decimal points and thousands separators that
// are followed by more digits, and an exponent.
func matchNumber(text string) int {
	n := 0
	for n < len(text) && (isDigit(text[n]) ||
		(text[n] == '.' || text[n] == ',') && n+1 < len(text) && isDigit(text[n+1])) {
		n++
	}
	if n > 0 && n < len(text) && text[n]|0x20 == 'e' {
		end := n + 1
		if end < len(text) && (text[end] == '-' || text[end] == '+') {
			end++
		}
		digits := end
		for end < len(text) && isDigit(text[end]) {
			end++
		}
		if end > digits && (end == len(text) || !isWordByte(text[end])) {
			return end
		}
	}
	return n
}

// matchSizeUnit takes the unit of a size, with or without a blank before it, or
// the lone K, M, G or T right behind the number, as df writes it. Programs choose
// the unit by the size, so it changes with it.
func matchSizeUnit(text string) int {
	n := 0
	if text != "" && strings.IndexByte("KMGT", text[0]) >= 0 {
		if n = 1; len(text) > 1 && text[1] == 'i' {
			n = 2
		}
		if n == len(text) || !isWordByte(text[n]) {
			return n
		}
		n = 0
	}
	if n < len(text) && text[n] == ' ' {
		n++
	}
	start := n
	if n < len(text) && strings.IndexByte("kKMGTP", text[n]) >= 0 {
		n++
		if n < len(text) && text[n] == 'i' {
			n++
		}
	}
	if n >= len(text) || text[n] != 'B' {
		return 0
	}
	n++
	if n < len(text) && isWordByte(text[n]) || n-start > 3 {
		return 0
	}
	return n
}

// durationUnits are tried in this order; a unit that begins like another one
// comes first.
var durationUnits = []string{"ns", "us", "µs", "μs", "ms", "min", "hrs", "hr", "s", "m", "h", "d"}

// matchDuration takes a duration as Go and many others write it: 250ms, 1.5s,
// 1h30m0s. A lone number of minutes, hours or days may be something else: 5m,
// 3d.
func matchDuration(text string) (n int) {
	pairs, last := 0, ""
	for {
		number := 0
		for n+number < len(text) && (isDigit(text[n+number]) || number > 0 && text[n+number] == '.') {
			number++
		}
		if number == 0 {
			break
		}
		last = ""
		for _, unit := range durationUnits {
			if strings.HasPrefix(text[n+number:], unit) {
				last = unit
				break
			}
		}
		if last == "" {
			return 0
		}
		n += number + len(last)
		pairs++
	}
	if n < len(text) && isWordByte(text[n]) || pairs == 0 || pairs == 1 && len(last) == 1 && last != "s" {
		return 0
	}
	return n
}

func matchUUID(text string) int {
	const layout = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh"
	if !matches(text, layout) || len(text) > len(layout) && isWordByte(text[len(layout)]) {
		return 0
	}
	return len(layout)
}

// matches compares text with a layout in which d stands for a digit, h for a
// hexadecimal digit, and any other byte for itself.
func matches(text, layout string) bool {
	if len(text) < len(layout) {
		return false
	}
	for i := range len(layout) {
		switch c := text[i]; layout[i] {
		case 'd':
			if !isDigit(c) {
				return false
			}
		case 'h':
			if !isHex(c) {
				return false
			}
		default:
			if c != layout[i] {
				return false
			}
		}
	}
	return true
}
