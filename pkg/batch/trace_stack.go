package batch

import (
	"slices"
	"strings"
)

// A stackReader finds the first stack in a text, two frames or more in a row, and
// what was reported above it.
type stackReader struct {
	trace
	above    []string   // the lines before the stack
	half     *frameLine // the last frame, to which a place may follow
	count    int        // frames in a row, those that repeat each other included
	gap      int        // lines since the last frame
	native   bool
	single   bool
	doubtful []string // frames that count if there are no others
}

// maxAbove bounds how far above a stack its error is looked for, in lines.
const maxAbove = 40

// readFrames reads the stack of a runtime for which there is no reader in particular:
// native ones of sanitizers, debuggers and the kernel, and those of Erlang, Elixir,
// Haskell, Dart, Swift, Lua, PowerShell, R and others.
func readFrames(text string) *trace {
	if t := readTerms(text); t != nil {
		return t
	}
	var r stackReader
	crashed := strings.Contains(text, " Crashed:") // of many threads, this one
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if r.line(line) {
			continue
		}
		if r.isStack() && (!crashed || strings.Contains(r.intro(), " Crashed:")) {
			break
		}
		r.reset(line)
	}
	if !r.isStack() {
		return nil
	}
	if len(r.frames) == 0 {
		r.frames = r.doubtful
	}
	r.name()
	if r.single {
		r.namePowerShell(text)
	}
	return &r.trace
}

// line returns false for a line that ends the stack, or is not in one.
func (r *stackReader) line(line string) bool {
	inStack := r.count > 0 || r.half != nil
	if line == "" || !inStack && !mayBeFrame(line) && !strings.Contains(line, "::") {
		return false
	}
	f, ok := scanFrame(line)
	switch {
	case ok && len(f.files) > 0:
		r.flush()
		r.frame(f)
	case ok || f.isHalf():
		r.flush()
		r.half = &f
	case f.isPlace() && r.half != nil:
		r.half.files = f.files
		r.frame(*r.half)
		r.half = nil
	case inStack && strings.Trim(line, " ^~") == "":
		return true // below the line of the source, which Zig prints
	case !inStack || r.gap > 0 || strings.HasSuffix(line, ":") || isIntro(line):
		return false
	default:
		r.gap++ // the rest of a frame that was broken, or a mark such as <TASK>
		return true
	}
	r.gap = 0
	return true
}

// flush adds the frame to which no place followed; one that is a function alone only
// in a stack.
func (r *stackReader) flush() {
	if r.half != nil && (r.half.isFrame() || r.count > 0 || isIntro(r.intro())) {
		r.frame(*r.half)
	}
	r.half = nil
}

func (r *stackReader) frame(f frameLine) {
	r.count++
	r.native = r.native || f.address && f.index || f.offset
	r.single = r.single || f.single
	to := &r.frames
	if f.doubtful {
		to = &r.doubtful
	}
	frame := f.frame()
	if n := len(*to); frame == "" || n == maxFrames || n > 0 && (*to)[n-1] == frame {
		return
	}
	*to = append(*to, frame)
}

// reset gives up what was taken for a stack and is none, at a line that belongs to
// none.
func (r *stackReader) reset(line string) {
	above := r.above
	if len(above) == maxAbove {
		above = append(above[:0], above[1:]...)
	}
	*r = stackReader{above: append(above, line)}
}

// isStack reports whether there is a stack: two frames, one where the line above says
// so. Frames without an address look like other lists of places, which no error stands
// above.
func (r *stackReader) isStack() bool {
	r.flush()
	switch {
	case len(r.frames)+len(r.doubtful) == 0:
		return false
	case r.single || isIntro(r.intro()):
		return true
	case r.count == 1 || r.intro() == "":
		return false
	}
	_, _, found := r.reported()
	return r.native || found
}

// intro returns the line above the stack.
func (r *stackReader) intro() string {
	for i := len(r.above) - 1; i >= 0; i-- {
		if r.above[i] != "" {
			return r.above[i]
		}
	}
	return ""
}

// introWords are in the lines that introduce a stack.
var introWords = []string{"traceback", "backtrace", "stack trace", "stacktrace", "call trace", "callstack", "call stack", " crashed:"}

func isIntro(line string) bool {
	if len(line) > maxPrefix {
		return false
	}
	line = strings.ToLower(line)
	for _, word := range introWords {
		if strings.Contains(line, word) {
			return true
		}
	}
	return false
}

// reportWords are in the lines that report the error of a stack.
var reportWords = []string{"error", "exception", "fatal", "panic", "abort", "signal", "segmentation", "segfault", "bug:", "oops", "terminat", "dumped core",
	"uncaught", "unhandled", "fail", "fault", "warning:", "overflow", "killed", "assert", "unable", "cannot", "violation", "detected", "corrupt", "blocked for"}

// reported returns the line above the stack that names an exception, else the first
// line that speaks of an error in the nearest paragraph which has one.
func (r *stackReader) reported() (kind, line string, found bool) {
	sentence := false
	for i := len(r.above) - 1; i >= 0; i-- {
		above := r.above[i]
		if above == "" && line != "" && !strings.Contains(line, "SIGABRT") { // which a program sends itself
			break
		}
		if kind, at := exceptionType(above); kind != "" {
			if at > 0 && above[at-1] == '(' {
				at-- // Elixir's "** (KeyError) key :a not found"
			}
			if slices.Contains(exceptionWords, kind) {
				kind = above[at:] // "Error: out of memory" is not one with any other message
			}
			return kind, above[at:], true
		}
		// A heading such as "Signal: 11 (SEGV)" says less than a sentence.
		isSentence := strings.Count(above, " ") >= 3
		if (isSentence || !sentence) && !strings.HasSuffix(above, ":") && !isIntro(above) && containsWord(above, reportWords) {
			line, sentence = above, isSentence
		}
	}
	return line, line, line != ""
}

func containsWord(line string, words []string) bool {
	line = strings.ToLower(line[:min(len(line), 2*maxPrefix)])
	for _, word := range words {
		if strings.Contains(line, word) {
			return true
		}
	}
	return false
}

// name names the error by the line that reports it, else by the nearest that is no
// introduction.
func (r *stackReader) name() {
	kind, line, found := r.reported()
	for i := len(r.above) - 1; i >= 0 && !found; i-- {
		kind, line = r.above[i], r.above[i]
		found = line != "" && line[0] != '<' && !isIntro(line) && !strings.HasSuffix(line, ":") // no <TASK>
	}
	if !found {
		kind = r.intro()
		line = kind
	}
	r.types, r.headline = []string{typeOf(kind)}, line
}

// namePowerShell names the error by its identifier, which PowerShell prints below the
// place. The message above is broken at the width of a window.
func (r *stackReader) namePowerShell(text string) {
	const label = "FullyQualifiedErrorId : "
	if _, id, found := strings.Cut(text, label); found {
		id, _, _ = strings.Cut(id, "\n")
		r.types = []string{typeOf(strings.TrimSpace(id))}
	}
	for i := len(r.above) - 1; i >= 0; i-- {
		if command, _, found := strings.Cut(r.above[i], " : "); found && !strings.Contains(command, " ") {
			r.headline = r.above[i]
			return
		}
	}
}
