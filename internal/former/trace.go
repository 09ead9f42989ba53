package former

import "strings"

// A trace is what two occurrences of an exception have in common: the types
// and the frames, without messages, line numbers and addresses.
type trace struct {
	types  []string // as printed: the outermost first, except in Python
	frames []string
}

// maxFrames bounds the frames of a trace: what is deeper is most likely a
// recursion, of which the depth is chance.
const maxFrames = 100

// findTrace looks in text for the stack trace of an exception, as Python, Java
// and Kotlin, .NET, JavaScript, Go, Ruby, PHP, Perl and Rust print it; nil when
// there is none.
func findTrace(text string) *trace {
	r := traceReader{
		ruby: strings.Contains(text, ":in "), php: strings.Contains(text, "#0 "),
		perl: strings.Contains(text, " called at ") || strings.Contains(text, "Trace begun at "),
	}
	if !r.ruby && !r.php && !r.perl && !strings.Contains(text, "at ") && !strings.Contains(text, `File "`) &&
		!strings.Contains(text, "goroutine ") && !strings.Contains(text, ".go:") {
		return nil // as nearly all texts, without going through their lines
	}
	for line := range strings.Lines(text) {
		if !r.line(strings.TrimRight(line, " \r\n")) {
			break
		}
	}
	if len(r.frames) == 0 || len(r.types) == 0 {
		return nil
	}
	return &r.trace
}

// A traceReader reads the lines of a mail one after the other.
type traceReader struct {
	trace
	recent  []string // the lines since the last frame, trimmed
	named   bool     // the exception of the frames to come is known
	inBlock bool     // the line before was a frame

	python          python
	goer            goroutine
	rust            rust
	ruby, php, perl bool // there may be frames of it
}

// maxRecent bounds how far an exception is looked for above its frames, where a
// message has several lines.
const maxRecent = 8

// line returns false when nothing that follows matters.
func (r *traceReader) line(line string) bool {
	trimmed := strings.TrimLeft(line, " \t")
	indent := len(line) - len(trimmed)
	switch {
	case trimmed == "":
		r.goer.started = false
		return true
	case r.python.line(r, trimmed, indent):
	case r.goer.line(r, line, trimmed):
		return !r.goer.done
	case r.rust.line(r, trimmed):
	case r.atLine(trimmed, indent):
	case r.scriptLine(trimmed):
	case r.causeLine(trimmed):
	default:
		r.inBlock = false
		if len(r.recent) == maxRecent {
			r.recent = append(r.recent[:0], r.recent[1:]...)
		}
		r.recent = append(r.recent, trimmed)
	}
	return true
}

// frame adds one frame. Before the first one of a block, the exception is looked
// for above it, unless it is known.
func (r *traceReader) frame(frame string) {
	if !r.inBlock && !r.named {
		r.nameFromRecent()
	}
	r.inBlock, r.named, r.recent = true, false, r.recent[:0]
	if len(r.frames) == maxFrames || len(r.frames) > 0 && r.frames[len(r.frames)-1] == frame {
		return
	}
	r.frames = append(r.frames, frame)
}

// nameFromRecent names the exception after the nearest line that does so, else
// after the last line.
func (r *traceReader) nameFromRecent() {
	for i := len(r.recent) - 1; i >= 0; i-- {
		if kind, _ := exceptionType(r.recent[i]); kind != "" {
			r.exception(kind)
			return
		}
	}
	if len(r.recent) > 0 && len(r.types) == 0 {
		line := r.recent[len(r.recent)-1]
		r.exception(fallbackType(line))
	}
}

// exception notes an exception of a type.
func (r *traceReader) exception(kind string) {
	r.types = append(r.types, mask(kind))
}

// causes are how a trace introduces the exception behind the one before.
var causes = []string{"Caused by: ", "Suppressed: ", "---> ", "[cause]: ", "Next ", "(Inner Exception #"}

// causeLine takes a line that introduces a further exception, or says only how
// many frames are left out.
func (r *traceReader) causeLine(trimmed string) bool {
	if r.inBlock || r.named {
		if strings.HasPrefix(trimmed, "... ") || strings.HasPrefix(trimmed, "--- End of ") || trimmed == "{main}" {
			r.named = true
			return true
		}
	}
	for _, prefix := range causes {
		rest, found := strings.CutPrefix(trimmed, prefix)
		if !found {
			continue
		}
		kind, _ := exceptionType(rest)
		if kind == "" {
			return false
		}
		if len(r.types) == 0 {
			r.nameFromRecent()
		}
		r.exception(kind)
		r.named, r.inBlock = true, false
		r.recent = r.recent[:0]
		return true
	}
	// .NET wrote the inner exception behind the outer one.
	if outer, inner, found := strings.Cut(trimmed, " ---> "); found {
		if kind, _ := exceptionType(outer); kind != "" {
			r.exception(kind)
			for _, inner := range strings.Split(inner, " ---> ") {
				if kind, _ := exceptionType(inner); kind != "" {
					r.exception(kind)
				}
			}
			r.named = true
			return true
		}
	}
	return false
}

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
			strings.HasPrefix(rest, " in ") || strings.HasPrefix(rest, " ---> ") || strings.HasPrefix(rest, " occurred")) {
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

// fallbackType is for a line that names no type known by its form.
func fallbackType(line string) string {
	kind, _, _ := strings.Cut(line, ": ")
	kind = strings.TrimSuffix(kind, ":")
	if i := strings.LastIndexByte(kind, ' '); i >= 0 && isIdentifier(kind[i+1:]) {
		kind = kind[i+1:]
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
