package telling

import "strings"

// isHeading reports whether line stands between rules, as in "== Errors ==".
func isHeading(line string) bool {
	for _, rule := range [...]string{"==", "--"} {
		if strings.HasPrefix(line, rule) && strings.HasSuffix(line, rule) {
			return true
		}
	}
	return false
}

// isFrame reports whether line is a frame of a stack trace, or marks a place in a
// source.
func isFrame(line string) bool {
	for _, begin := range [...]string{"at ", "#", `File "`, "^", "|", "~", "from ", "in "} {
		if strings.HasPrefix(line, begin) {
			return true
		}
	}
	return false
}

// isWide reports whether line has columns, as tables and their headings do.
func isWide(line string) bool {
	runs := 0
	for i := 2; i < len(line); i++ {
		if line[i] != ' ' && line[i-1] == ' ' && line[i-2] == ' ' || line[i] == '\t' {
			runs++
		}
	}
	return runs >= 3 || strings.IndexByte(line, '|') >= 0 && strings.Count(line, " | ") >= 2
}

// IsExcerpt reports whether line is the one of a source that compilers and test runners point at, or the
// marks below it: "> 17 | return total;", "| ^^^^".
func IsExcerpt(line string) bool {
	if line == "" || line[0] != '>' && line[0] != '|' {
		return false
	}
	number, source, found := strings.Cut(line, "|")
	if number = strings.Trim(number, "> "); !found || strings.Trim(number, "0123456789") != "" || strings.Contains(source, " | ") {
		return false
	}
	return strings.Trim(source, "^~- ") == "" || number != "" && strings.ContainsAny(source, "(){};=")
}

// maxStamp bounds what a log has in front of a line, in bytes.
const maxStamp = 120

// hasPhrase reports whether line begins as what is written around a report, behind what a log has in
// front of it.
func hasPhrase(line string) bool {
	if at := strings.Index(line[:min(len(line), maxStamp)], ":  "); at > 0 { // as PostgreSQL does
		line = line[strings.LastIndexByte(line[:at], ' ')+1:]
	}
	if line == "" {
		return false
	}
	for _, phrase := range phrases[line[0]|0x20] {
		if len(line) >= len(phrase) && strings.EqualFold(line[:len(phrase)], phrase) {
			return true
		}
	}
	return false
}
