package batch

import "strings"

// exceptionType returns the type of the exception that line names, and where in
// line it stands; empty if line names none. A logger puts time, level and thread
// in front of it.
func exceptionType(line string) (kind string, at int) {
	for at < len(line) {
		for at < len(line) && !isTypeStart(line[at]) {
			at++
		}
		end := at
		for end < len(line) && isTypeByte(line, end) {
			end++
		}
		if end == at {
			break
		}
		word := line[at:end]
		rest := line[end:]
		if isException(word) && (rest == "" || rest[0] == ':' || rest[0] == '(' || rest[0] == '<' || strings.HasPrefix(rest, " [") || strings.HasPrefix(rest, " (") ||
			strings.HasPrefix(rest, " in ") || strings.HasPrefix(rest, " ---> ") || at > 0 && line[at-1] == '(' && strings.HasPrefix(rest, ") ") || strings.HasPrefix(rest, " occurred")) {
			if further, found := strings.CutPrefix(rest, ": "); found && isGeneric(word) {
				// "Unhandled Exception: System.IO.IOException: …"
				if kind, more := exceptionType(further); kind != "" && more == 0 {
					return kind, end + len(": ")
				}
			}
			return word + errorCode(word, rest), at
		}
		at = end + 1
	}
	return "", 0
}

func isTypeStart(c byte) bool { return isLetter(c) && c < 0x80 || c == '_' }

// isTypeByte reports whether line[i] belongs to a name such as a.b.C$D, a::B or
// A\B.
func isTypeByte(line string, i int) bool {
	switch c := line[i]; {
	case isWordByte(c), c == '.', c == '$', c == '\\':
		return c != '.' || i+1 < len(line) && isWordByte(line[i+1])
	case c == ':':
		return i+2 < len(line) && line[i+1] == ':' && isWordByte(line[i+2]) || i > 0 && line[i-1] == ':' && i+1 < len(line) && isWordByte(line[i+1])
	}
	return false
}

// exceptionWords end the names of exceptions.
var exceptionWords = []string{"Exception", "Error", "Throwable", "Failure", "Fault", "Warning", "Interrupt", "Exit", "Timeout",
	"NotFound", "DoesNotExist", "Invalid", "Panic", "Rejection", "Abort", "Denied", "Expired", "Missing", "Unavailable"}

func isException(word string) bool {
	last := word[strings.LastIndexAny(word, `.:\$`)+1:]
	if last == "" || last[0] < 'A' || last[0] > 'Z' {
		return false
	}
	for _, end := range exceptionWords {
		if strings.HasSuffix(last, end) {
			return true
		}
	}
	// A qualified name whose last part is a class: psycopg2.errors.UniqueViolation.
	return len(last) < len(word) && strings.ToUpper(last) != last
}

func isGeneric(word string) bool { return word == "Exception" || word == "Error" || word == "Warning" }

// errorCode returns what a type that says next to nothing is told apart by: the
// code of a system call, or the one that Node.js puts behind it.
func errorCode(word, rest string) string {
	if code, found := strings.CutPrefix(rest, " ["); found {
		if end := strings.IndexByte(code, ']'); end > 0 && end < 60 {
			return " [" + code[:end] + "]"
		}
	}
	if word != "Error" {
		return ""
	}
	for field := range strings.FieldsSeq(rest[:min(len(rest), 200)]) {
		field = strings.Trim(field, ":,.")
		if len(field) >= 5 && field[0] == 'E' && strings.ToUpper(field) == field && strings.IndexFunc(field, func(r rune) bool { return r < 'A' || r > 'Z' }) < 0 {
			return " " + field
		}
	}
	return ""
}

// typeOf is kind as it is compared. Where it is a whole message, the files in it
// are shortened as those of frames are.
func typeOf(kind string) string {
	if !strings.Contains(kind, "/") {
		return Mask(kind)
	}
	fields := strings.Fields(kind)
	for i, field := range fields {
		if start := strings.IndexByte(field, '/'); start >= 0 && !strings.Contains(field, "://") && strings.Trim(field[:start], `"'(`) == "" {
			fields[i] = field[:start] + path(field[start:])
		}
	}
	return Mask(strings.Join(fields, " "))
}

// fallbackType is for a line that names no type known by its form: what stands
// before its message, if that may be a name, else the whole line.
func fallbackType(line string) string {
	kind, _, found := strings.Cut(line, ": ")
	kind = strings.TrimSuffix(kind, ":")
	kind = kind[strings.LastIndexByte(kind, ' ')+1:]
	if !found || !isIdentifier(kind) || kind[0] >= 'a' && kind[0] <= 'z' && !strings.ContainsAny(kind, ".:") {
		return line
	}
	return kind
}

func isIdentifier(word string) bool {
	for i := range len(word) {
		if c := word[i]; !isWordByte(c) && c != '.' && c != '$' && c != ':' {
			return false
		}
	}
	return word != "" && !isDigit(word[0])
}
