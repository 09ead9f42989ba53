package batch

import (
	"slices"
	"strings"

	"github.com/hut8labs/failmail/internal/telling"
)

// A trace is what two occurrences of an exception have in common: the types
// and the frames, without messages, line numbers and addresses.
type trace struct {
	types  []string // as printed: the outermost first, except in Python
	frames []string
	// headline is the line that names the exception which was reported, with
	// its message; cause, if not empty, the one that names its root cause.
	headline, cause string
}

// reason says what the occurrences have in common, and returns the values that
// it has placeholders for.
func (t *trace) reason() (string, []value) {
	line := t.headline
	if t.cause != "" && len(t.cause) < 300 {
		line = strings.TrimSuffix(line, ":") + ", caused by " + t.cause
	}
	return maskValues(line)
}

// maxFrames bounds the frames of a trace: what is deeper is most likely a
// recursion, of which the depth is chance.
const maxFrames = 100

// findTrace looks in text for the stack trace of an exception; nil when there is
// none. It may stand behind the prefix that a log has on every line, or in a
// string of JSON. A form that is known in all particulars is preferred to the frames
// that most runtimes print alike.
func findTrace(text string) *trace {
	if !mayHoldTrace(text) {
		return nil
	}
	texts := readings(text)
	found := longest(texts, readParticular)
	if found == nil || len(found.frames) == 1 { // a line by chance
		if general := longest(texts, readFrames); found == nil || general != nil && len(general.frames) > 2 {
			found = general
		}
	}
	if found != nil {
		found.headline = withMessage(found.headline, text)
	}
	return found
}

// longest returns the trace with most frames that read finds in texts: a prefix may be on some
// lines only, which then are not read with it.
func longest(texts []string, read func(string) *trace) (longest *trace) {
	for _, text := range texts {
		if t := read(text); t != nil && (longest == nil || len(t.frames) > len(longest.frames)) {
			longest = t
		}
	}
	return longest
}

// maxReadings bounds how often a text is read.
const maxReadings = 8

// readings returns the forms in which text is read: as it is, without prefixes, with
// its strings written out, and both, in any order. As it is comes last: another form
// that has as many frames has them without what is not theirs.
func readings(text string) []string {
	texts := []string{text}
	for i := 0; i < len(texts) && len(texts) < maxReadings; i++ {
		for _, plain := range []string{unescaped(texts[i]), unwrapped(texts[i])} {
			if plain != "" {
				texts = append(texts, plain)
			}
		}
		texts = append(texts, withoutPrefixes(texts[i])...)
	}
	return append(texts[1:], text)
}

// readParticular reads the traces of Python, Java and Kotlin, .NET, JavaScript, Go,
// Ruby, PHP, Perl and Rust.
func readParticular(text string) *trace {
	r := traceReader{
		ruby: strings.Contains(text, ":in "), php: strings.Contains(text, "#0 "),
		perl: strings.Contains(text, "called at ") || strings.Contains(text, "Trace begun at "),
	}
	r.golang = slices.ContainsFunc(golangSigns, func(sign string) bool { return strings.Contains(text, sign) })
	for line := range strings.Lines(text) {
		if !r.line(strings.TrimRight(line, " \r\n")) {
			break
		}
	}
	if len(r.frames) == 0 || len(r.types) == 0 {
		return nil
	}
	r.frames = r.goer.order(r.frames)
	return &r.trace
}

// A traceReader reads the lines of a mail one after the other.
type traceReader struct {
	trace
	recent  []string // the lines since the last frame, trimmed
	named   bool     // the exception of the frames to come is known
	grouped bool     // the exceptions to come are those of a group, of which the first one is the cause
	inBlock bool     // the line before was a frame

	python                  python
	goer                    goroutine
	rust                    rust
	ruby, php, perl, golang bool // there may be lines of it
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
	case r.golang && r.goer.line(r, trimmed, indent):
		return !r.goer.done
	case r.rust.line(r, trimmed):
	case r.atLine(trimmed, indent):
	case r.scriptLine(trimmed):
	case r.causeLine(trimmed):
	case telling.IsExcerpt(trimmed):
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
	if isReflection(frame) {
		return
	}
	if len(r.frames) == maxFrames || len(r.frames) > 0 && r.frames[len(r.frames)-1] == frame {
		return
	}
	r.frames = append(r.frames, frame)
}

// isReflection reports whether frame is of the JVM's way to call a method by its name, which
// becomes another one when it was called often.
func isReflection(frame string) bool {
	return strings.HasPrefix(frame, "sun.reflect.") || strings.HasPrefix(frame, "jdk.internal.reflect.")
}

// nameFromRecent names the exception after the nearest line that does so, else
// after the nearest that has words and is no heading.
func (r *traceReader) nameFromRecent() {
	for i := len(r.recent) - 1; i >= 0; i-- {
		if kind, at := exceptionType(r.recent[i]); kind != "" {
			r.exception(kind, r.recent[i][at:])
			return
		}
	}
	if len(r.recent) > 0 && len(r.types) == 0 {
		line := r.recent[len(r.recent)-1]
		for _, other := range slices.Backward(r.recent) {
			if !strings.HasSuffix(other, ":") && hasWords(other) {
				line = other
				break
			}
		}
		r.exception(fallbackType(line), line)
	}
}

// hasWords reports whether line has two words of letters only, and so is not what a program
// printed of its memory.
func hasWords(line string) bool {
	n := 0
	for word := range strings.FieldsSeq(line) {
		if len(word) > 1 && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
			n++
		}
	}
	return n >= 2
}

// exception notes an exception of a type, which line introduces.
func (r *traceReader) exception(kind, line string) {
	r.types = append(r.types, typeOf(kind))
	switch {
	case r.headline == "":
		r.headline = line
	case !r.grouped:
		r.cause = line
	case r.cause == "":
		r.cause = line
	}
}

// isAggregate reports whether what was read last is an AggregateError of JavaScript, which is noted
// where it has no frames.
func (r *traceReader) isAggregate() bool {
	if len(r.types) == 0 && len(r.recent) > 0 && strings.Contains(r.recent[len(r.recent)-1], "AggregateError") {
		r.nameFromRecent()
		r.headline, r.recent = strings.TrimSuffix(r.headline, "] {"), r.recent[:0]
	}
	return len(r.types) > 0 && strings.HasPrefix(r.types[len(r.types)-1], "AggregateError")
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
	if r.grouped && trimmed[0] == ']' {
		r.grouped = false
	}
	if trimmed == "[errors]: [" && r.isAggregate() {
		r.grouped, r.inBlock, r.named = true, false, false
		return true
	}
	for _, prefix := range causes {
		rest, found := strings.CutPrefix(trimmed, prefix)
		if !found {
			continue
		}
		kind, at := exceptionType(rest)
		if kind == "" {
			return false
		}
		if len(r.types) == 0 {
			r.nameFromRecent()
		}
		r.exception(kind, rest[at:])
		r.named, r.inBlock = true, false
		r.recent = r.recent[:0]
		return true
	}
	// .NET wrote the inner exception behind the outer one.
	if outer, inner, found := strings.Cut(trimmed, " ---> "); found {
		if kind, at := exceptionType(outer); kind != "" {
			r.exception(kind, outer[at:])
			for _, inner := range strings.Split(inner, " ---> ") {
				if kind, at := exceptionType(inner); kind != "" {
					r.exception(kind, inner[at:])
				}
			}
			r.named = true
			return true
		}
	}
	return false
}
