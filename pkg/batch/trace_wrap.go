package batch

import (
	"slices"
	"strings"
)

// minWidth is the length from which on a line may have been broken.
const minWidth = 60

// foldWidths are the ones that mail programs, terminals and fold cut lines at.
var foldWidths = []int{70, 72, 74, 76, 78, 79, 80, 100, 120, 132}

// unwrapped joins the lines that were broken on their way into a mail: cut at a width,
// or at a blank within a frame. It is empty if there are none.
func unwrapped(text string) string {
	if !hasOpening(text) {
		return ""
	}
	width := foldWidth(text)
	var out strings.Builder // is begun where a line is joined, as in hardly any text
	start, before, at := "", "", 0
	for line := range strings.Lines(text) {
		begin := at
		at += len(line)
		line = strings.TrimRight(line, "\r\n")
		gap := "\n"
		switch {
		case before == "" || line == "" || beginsTrace(line):
		case width > 0 && len(before) == width:
			gap = ""
		case !isBlank(line[0]) && isBroken(start, line):
			gap = " "
		}
		switch {
		case gap == "\n":
			start = line
		case len(start) < maxFrameLine:
			start += gap + line
		}
		if gap != "\n" && out.Len() == 0 {
			out.WriteString(strings.TrimRight(text[:begin], "\r\n"))
		}
		if out.Len() > 0 {
			out.WriteString(gap + line)
		}
		before = line
	}
	return out.String()
}

// foldWidth returns the length of the longest lines, if lines are cut there: there are
// several, and most are followed by what may be their rest.
func foldWidth(text string) int {
	longest, count, rests := 0, 0, 0
	before := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if len(before) == longest && longest > 0 && isRest(line) {
			rests++
		}
		switch n := len(line); {
		case n > longest:
			if longest, count, rests = n, 1, 0; n > foldWidths[len(foldWidths)-1] {
				return 0
			}
		case n == longest:
			count++
		}
		before = line
	}
	if rests < 2 || 2*rests < count || !slices.Contains(foldWidths, longest) {
		return 0
	}
	return longest
}

// isRest reports whether line may be the rest of one that was cut: it has no indent and
// does not begin as a line of a trace does.
func isRest(line string) bool {
	return line != "" && line[0] != '\t' && !strings.HasPrefix(line, "  ") && !beginsTrace(line)
}

// isBroken reports whether start is part of a frame that goes on with rest: it ends
// with a word that cannot be the last, or in the middle of the arguments, or rest is
// the place.
func isBroken(start, rest string) bool {
	if len(start) > maxFrameLine {
		return false
	}
	for _, word := range []string{" at", "\tat", ", in", ":in", " in", ", line", " line", ":line", " called", " async", "from"} {
		if strings.HasSuffix(start, word) {
			return true
		}
	}
	if strings.HasPrefix(rest, "line ") {
		return true // Perl
	}
	if !beginsTrace(start) {
		return false
	}
	return rest[0] == '(' || strings.Count(start, "(") > strings.Count(start, ")")
}

// hasOpening reports whether a line of text begins as one of a trace does, as in nearly no
// text but traces.
func hasOpening(text string) bool {
	for line := range strings.Lines(text) {
		if beginsTrace(line) {
			return true
		}
	}
	return false
}
