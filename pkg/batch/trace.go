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
	passed int // further ones, which tell nothing
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
	if found == nil || found.length() == 1 { // a line by chance
		if general := longest(texts, readFrames); found == nil || general != nil && general.length() > 2 {
			found = general
		}
	}
	if found != nil {
		found.headline = withMessage(found.headline, text)
	}
	return found
}

// length returns how many frames were printed.
func (t *trace) length() int { return len(t.frames) + t.passed }

// longest returns the trace with most frames that read finds in texts: a prefix may be on some
// lines only, which then are not read with it.
func longest(texts []string, read func(string) *trace) (longest *trace) {
	for _, text := range texts {
		if t := read(text); t != nil && (longest == nil || t.length() > longest.length()) {
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
	if r.frames = r.goer.order(r.frames); r.goer.race {
		name, _, _ := strings.Cut(r.frames[0], " ")
		r.headline += " in " + name
	}
	return &r.trace
}

// A traceReader reads the lines of a mail one after the other.
type traceReader struct {
	trace
	recent  []string // the lines since the last frame, trimmed
	named   bool     // the exception of the frames to come is known
	grouped bool     // the exceptions to come are those of a group, of which the first one is the cause
	inBlock bool     // the line before was a frame
	called  bool     // a frame of the block is of no executor

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
	isCalled := !isExecutor(frame)
	r.called = isCalled || r.inBlock && r.called
	r.inBlock, r.named, r.recent = true, false, r.recent[:0]
	if isReflection(frame) || r.called && !isCalled || r.grouped && slices.Contains(r.frames, frame) {
		r.passed++
		return
	}
	if len(r.frames) == maxFrames || len(r.frames) > 0 && r.frames[len(r.frames)-1] == frame {
		return
	}
	r.frames = append(r.frames, frame)
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
	if kind = typeOf(kind); !r.grouped || !slices.Contains(r.types, kind) { // how many failed alike is chance
		r.types = append(r.types, kind)
	}
	if r.headline == "" {
		r.headline = line
	} else if !r.grouped || r.cause == "" {
		r.cause = line
	}
}
