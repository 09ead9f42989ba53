package batch

import (
	"slices"
	"strings"
)

const (
	// maxPrefix bounds the prefix of a line, in bytes.
	maxPrefix = 200
	// maxPrefixes bounds how many prefixes are tried, since for each of them the
	// text is read again.
	maxPrefixes = 3
)

// withoutPrefixes returns text without the prefix of its lines, for each prefix
// behind which a trace may begin. A prefix is what a line has in common with the
// one before, but for numbers and the width of blanks: what syslog, the journal,
// a container runtime, a logger or a mail program writes in front of every line.
func withoutPrefixes(text string) (plain []string) {
	var tried []string
	before := ""
	for line := range strings.Lines(text) {
		if beginsTrace(line) || isNumbered(line) {
			before = "" // as most lines of a trace without a prefix
			continue
		}
		line = strings.TrimRight(line, " \r\n")
		start, end := commonPrefix(before, line)
		if end > 0 && (opensTrace(line[end:]) || opensTrace(before[start:])) && isPrefix(line[:end]) &&
			!slices.ContainsFunc(tried, func(other string) bool { return prefixOf(line, other) == end }) {
			tried = append(tried, line[:end])
			plain = append(plain, withoutPrefix(text, line[:end]))
			if len(tried) == maxPrefixes {
				break
			}
		}
		before = line
	}
	return plain
}

// withoutPrefix removes prefix and the blank behind it from the lines that have it.
func withoutPrefix(text, prefix string) string {
	var out strings.Builder
	out.Grow(len(text))
	for line := range strings.Lines(text) {
		if end := prefixOf(line, prefix); end > 0 {
			line = strings.TrimPrefix(line[end:], " ")
			if line == "" {
				line = "\n"
			}
		}
		out.WriteString(line)
	}
	return out.String()
}

// alike returns how far a and b are the same but for numbers and the width of
// blanks.
func alike(a, b string) (i, j int) {
	for i < len(a) && j < len(b) {
		switch {
		case isDigit(a[i]) && isDigit(b[j]):
			i, j = skip(a, i, isDigit), skip(b, j, isDigit)
		case isBlank(a[i]) && isBlank(b[j]):
			i, j = skip(a, i, isBlank), skip(b, j, isBlank)
		case a[i] != b[j]:
			return i, j
		default:
			i, j = i+1, j+1
		}
	}
	return i, j
}

func skip(s string, i int, of func(byte) bool) int {
	for i < len(s) && of(s[i]) {
		i++
	}
	return i
}

// skipBack returns where the digits begin that end at i.
func skipBack(s string, i int) int { return len(strings.TrimRight(s[:i], "0123456789")) }

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// commonPrefix returns where the prefix that two lines have in common ends in each: in
// front of a blank, or behind a sign that needs none.
func commonPrefix(a, b string) (inA, inB int) {
	i, j := alike(a[:min(len(a), maxPrefix)], b[:min(len(b), maxPrefix)])
	for i > 0 && j > 0 {
		switch {
		case isBlank(b[j-1]) != isBlank(a[i-1]), isBlank(b[j-1]):
			i, j = len(strings.TrimRight(a[:i], " \t")), len(strings.TrimRight(b[:j], " \t"))
			return i, j
		case b[j-1] == '|' || b[j-1] == '>', (i == len(a) || isBlank(a[i])) && (j == len(b) || isBlank(b[j])):
			return i, j
		case isDigit(b[j-1]):
			i, j = skipBack(a, i), skipBack(b, j)
		default:
			i, j = i-1, j-1
		}
	}
	return 0, 0
}

// prefixOf returns where prefix ends in line; 0 if line does not have it.
func prefixOf(line, prefix string) int {
	if i, j := alike(prefix, line[:min(len(line), 2*maxPrefix)]); i == len(prefix) {
		return j
	}
	return 0
}

// isPrefix reports whether a logger's prefix looks like text: it ends with a sign that
// divides, or holds a time.
func isPrefix(text string) bool {
	return strings.IndexByte("|>]:-})=", text[len(text)-1]) >= 0 || strings.Contains(Mask(text), "<time>")
}

// traceOpenings are how the lines of traces begin which no frame is.
var traceOpenings = []string{"Traceback (most", `File "`, "Caused by: ", "at ", "#", "from ", "goroutine ", "panic: ", "thread '", "stack backtrace:", "0: ", "Calls: ", "** "}

// beginsTrace reports whether line begins as one of a trace.
func beginsTrace(line string) bool {
	line = strings.TrimLeft(line, " \t")
	for _, opening := range traceOpenings {
		if strings.HasPrefix(line, opening) {
			return true
		}
	}
	return false
}

// isNumbered reports whether line is a frame with its number.
func isNumbered(line string) bool {
	if !isDigit(line[0]) && !isBlank(line[0]) && line[0] != '[' || !mayBeFrame(line) {
		return false
	}
	f, ok := scanFrame(line)
	return ok && f.index
}

// opensTrace reports whether line may be one of a trace.
func opensTrace(line string) bool {
	if beginsTrace(line) || strings.Contains(line, " called at ") || strings.Contains(line, "{file,") || strings.Contains(line, ":in ") {
		return true
	}
	if !mayBeFrame(line) {
		return false
	}
	_, ok := scanFrame(line)
	return ok
}
