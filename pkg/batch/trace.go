package batch

import (
	"regexp"
	"strings"
)

// A trace is what two occurrences of an exception have in common: the types
// and the frames, without messages, line numbers and addresses.
type trace struct {
	types  []string // outermost first
	frames []string
	// headline is the line that names the first exception, with its message.
	headline string
}

// findTrace looks for a stack trace of Python, Java or a relative, JavaScript
// or Go in text; it returns nil when there is none.
func findTrace(text string) *trace {
	if !strings.Contains(text, "at ") && !strings.Contains(text, `File "`) && !strings.Contains(text, "goroutine ") {
		return nil // as nearly all texts, without going through their lines
	}
	var t trace
	var previous string // the line before, trimmed
	python := false     // the next line without indent names the exception
	inGo := false       // inside a goroutine, where functions and files alternate
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		trimmed := strings.TrimSpace(line)
		indented := len(line) > 0 && (line[0] == ' ' || line[0] == '\t')
		switch {
		case trimmed == "":
		case strings.HasPrefix(trimmed, `File "`) && indented:
			t.frames = append(t.frames, pythonFrame(trimmed))
			python = true
		case python && !indented:
			t.exception(trimmed)
			python = false
		case indented && strings.HasPrefix(trimmed, "at "):
			if len(t.types) == 0 {
				t.exception(previous)
			}
			t.frames = append(t.frames, dropPosition(trimmed[len("at "):]))
		case strings.HasPrefix(trimmed, "Caused by: ") && len(t.frames) > 0:
			t.exception(strings.TrimPrefix(trimmed, "Caused by: "))
		case strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: "):
			t.exception(line)
		case strings.HasPrefix(line, "goroutine ") && strings.HasSuffix(line, "]:"):
			// Only the goroutine that failed; the others differ at random.
			if inGo {
				return t.orNil()
			}
			inGo = true
		case inGo && strings.HasPrefix(line, "\t"):
			t.frames = append(t.frames, dropArguments(previous)+" "+dropPosition(trimmed))
		}
		if trimmed != "" {
			previous = trimmed
		}
	}
	return t.orNil()
}

func (t *trace) orNil() *trace {
	if len(t.frames) == 0 || len(t.types) == 0 {
		return nil
	}
	return t
}

func (t *trace) exception(line string) {
	if t.headline == "" {
		t.headline = line
	}
	if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
		// Go names no type; the message is the runtime's and nearly constant.
		t.types = append(t.types, Mask(line))
		return
	}
	kind, _, _ := strings.Cut(line, ": ")
	kind = strings.TrimSuffix(kind, ":")
	// A logger puts time, level and thread in front of the type.
	if i := strings.LastIndexByte(kind, ' '); i >= 0 && isTypeName(kind[i+1:]) {
		kind = kind[i+1:]
	}
	t.types = append(t.types, Mask(kind))
}

func isTypeName(word string) bool {
	for i := range len(word) {
		if c := word[i]; !isWordByte(c) && c != '.' && c != '$' && c != ':' {
			return false
		}
	}
	return word != "" && !isDigit(word[0])
}

// pythonFrame keeps file and function of `File "x.py", line 7, in f`.
func pythonFrame(line string) string {
	file, rest, _ := strings.Cut(strings.TrimPrefix(line, `File "`), `"`)
	_, function, _ := strings.Cut(rest, ", in ")
	return file + " " + function
}

// dropPosition removes what follows the file name: line, column and offset, and
// the jar that log4j appends.
func dropPosition(frame string) string {
	if i := strings.Index(frame, " ~["); i >= 0 {
		frame = frame[:i]
	}
	if i := strings.Index(frame, " ["); i >= 0 {
		frame = frame[:i]
	}
	if i := strings.LastIndex(frame, " +0x"); i >= 0 {
		frame = frame[:i]
	}
	frame, _, _ = strings.Cut(frame, " in goroutine ")
	closing := strings.HasSuffix(frame, ")")
	frame = strings.TrimSuffix(frame, ")")
	for {
		i := strings.LastIndexByte(frame, ':')
		if i < 0 || !allDigits(frame[i+1:]) {
			break
		}
		frame = frame[:i]
	}
	if closing {
		frame += ")"
	}
	return dropGenerated(frame)
}

// generated matches the numbers in the names of classes that a virtual machine
// makes as it runs: accessors, proxies and lambdas.
var generated = regexp.MustCompile(`(Accessor|\$Proxy|Lambda|lambda)(\$?[0-9]+)?([/@][0-9a-fx]+)*`)

func dropGenerated(frame string) string {
	if !strings.Contains(frame, "Accessor") && !strings.Contains(frame, "$Proxy") && !strings.Contains(frame, "ambda") {
		return frame
	}
	return generated.ReplaceAllString(frame, "$1")
}

// dropArguments removes the argument words of a Go frame, which are addresses.
func dropArguments(function string) string {
	function, _, _ = strings.Cut(function, " in goroutine ")
	if i := strings.LastIndexByte(function, '('); i > 0 {
		return function[:i]
	}
	return function
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}
