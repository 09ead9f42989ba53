package batch

import "strings"

// matchRepresentation takes the arguments of a time as Python represents it, at the
// bracket in datetime.datetime(2026, 3, 9, 3, 17). How many there are depends on it.
func matchRepresentation(text string, i int) (n int) {
	if !strings.HasSuffix(text[:i], "datetime.datetime") && !strings.HasSuffix(text[:i], "datetime.date") {
		return 0
	}
	for n = 1; i+n < len(text) && (isDigit(text[i+n]) || text[i+n] == ',' && i+n+2 < len(text) && isDigit(text[i+n+2]) || text[i+n] == ' '); n++ {
	}
	if n < len("(2026,1,1") || i+n >= len(text) || text[i+n] != ')' && text[i+n] != ',' {
		return 0
	}
	return n
}

// matchUptime takes the seconds in [   12.345678] with the blanks that pad them, as
// Linux writes in front of a line.
func matchUptime(text string) (n int) {
	n = 1 + countPadding(text[1:])
	start := n
	n += decimals(text[n:])
	if n == start || n >= len(text) || text[n] != ']' || strings.IndexByte(text[start:n], '.') < 0 {
		return 0
	}
	return n
}

// countPadding counts the blanks that line up seconds.
func countPadding(text string) (n int) {
	for n < len(text) && n < 8 && text[n] == ' ' {
		n++
	}
	return n
}
