package batch

import (
	"slices"
	"strings"
)

// goroutine reads what Go's runtime prints, and the stacks of errors that print
// alike: a line with the function, a line with the file. A mailer may have
// indented them anew, or broken them at a blank.
type goroutine struct {
	started bool // in the goroutine that failed
	seen    bool // a goroutine was read
	done    bool // what follows are the other goroutines, which differ at random
	race    bool // this is the report of a data race, on two accesses
	second  int  // where the frames of the second access begin
	long    bool // the line before is a panic so long that it may go on
	before  string
}

// golangSigns are of every line that a goroutine takes for its own.
var golangSigns = []string{".go:", "goroutine ", "panic", "fatal error: ", "[signal "}

func (g *goroutine) line(r *traceReader, trimmed string, indent int) bool {
	long := g.long
	g.long = false
	switch {
	case indent > 0 && strings.HasPrefix(trimmed, "panic: ") && len(r.types) > 0:
		return true // a panic while the first one was handled
	case strings.HasPrefix(trimmed, "panic: "), strings.HasPrefix(trimmed, "fatal error: "):
		g.long = len(trimmed) >= minWidth
		return r.goPanic(trimmed)
	case strings.Contains(trimmed, "panic serving ") && strings.Contains(trimmed, ": "):
		// net/http: "http: panic serving 192.0.2.1:50412: message"
		g.long = len(trimmed) >= minWidth
		_, message, _ := strings.Cut(trimmed, "panic serving ")
		_, message, _ = strings.Cut(message, ": ")
		return r.goPanic("panic: " + message)
	case strings.HasPrefix(trimmed, "goroutine ") && isGoroutine(trimmed):
		g.done = g.seen && len(r.frames) > 0
		g.started, g.seen = true, true
		r.named = r.named || len(r.types) > 0
		return true
	case strings.HasPrefix(trimmed, "[signal ") && len(r.types) > 0:
		return true
	case long && indent == 0:
		r.goOn(trimmed)
		return true
	case g.raceLine(r, trimmed):
		return true
	case g.before != "" && (g.started || indent > 0 || trimmed[0] == '/') && g.fileLine(r, trimmed):
		return true
	}
	isFunction := isGoFunction(trimmed)
	if !g.started {
		g.before = ""
	}
	if isFunction {
		g.before = trimmed
		if g.started {
			r.recent = append(r.recent, trimmed)
		}
	}
	return g.started // what else is in a goroutine is the rest of a broken line
}

// isGoroutine reports whether line is "goroutine 7 [running]:", the end of which may
// be on the next one.
func isGoroutine(line string) bool {
	number, state, found := strings.Cut(line[len("goroutine "):], " [")
	return found && allDigits(number) && (strings.HasSuffix(state, "]:") || !strings.Contains(state, "]"))
}

// fileLine takes "/srv/a.go:12 +0x1d", which the name of a function precedes.
func (g *goroutine) fileLine(r *traceReader, trimmed string) bool {
	file, _, _ := strings.Cut(trimmed, " ")
	if name := dropPosition(file); name == file || !strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, ".s") {
		return false
	}
	// The line with the function was kept as one that may name the error.
	if len(r.recent) > 0 {
		r.recent = r.recent[:len(r.recent)-1]
	}
	if !isRuntimeFrame(g.before) {
		r.frame(goFunction(g.before) + " " + path(dropPosition(file)))
	} else {
		r.inBlock = true
	}
	g.before = ""
	return true
}

// raceLine takes the headings in the report of a data race. It has the stacks of
// both accesses, and behind them where the goroutines were started.
func (g *goroutine) raceLine(r *traceReader, trimmed string) bool {
	switch {
	case trimmed == "WARNING: DATA RACE":
		g.done = g.race
		if !g.race {
			r.exception(trimmed, trimmed)
			r.named, g.race = true, true
		}
		return true
	case !g.race:
		return false
	case strings.HasPrefix(trimmed, "Goroutine ") && strings.HasSuffix(trimmed, "created at:"):
		g.done = true
	case strings.HasPrefix(trimmed, "Previous "):
		g.second = len(r.frames)
	case !strings.Contains(trimmed, " by goroutine ") && !strings.Contains(trimmed, " by main goroutine"):
		return false
	}
	g.started, g.before = true, ""
	return true
}

// order puts the accesses of a data race into an order that does not depend on
// which of them came first.
func (g *goroutine) order(frames []string) []string {
	first, second := frames[:g.second], frames[g.second:]
	if g.second == 0 || slices.Compare(first, second) <= 0 {
		return frames
	}
	return slices.Concat(second, first)
}

// goPanic notes a panic. Go names no type; the message is the runtime's, or the
// program's, and nearly constant.
func (r *traceReader) goPanic(line string) bool {
	line = strings.TrimSuffix(line, " [recovered]")
	line, _, _ = strings.Cut(line, " [recovered, repanicked]")
	if r.named && len(r.frames) == 0 {
		return true // panicked again: the first one tells
	}
	if r.goer.done = len(r.frames) > 0 && line == r.headline; r.goer.done {
		return true // the same again, of another goroutine
	}
	r.exception(line, line)
	r.named = true
	return true
}

// goOn adds the rest of a panic that was broken at a blank.
func (r *traceReader) goOn(rest string) {
	last := len(r.types) - 1
	r.types[last] += " " + typeOf(rest)
	if r.cause != "" {
		r.cause += " " + rest
	} else {
		r.headline += " " + rest
	}
}

// isRuntimeFrame reports the frames that lead from the failure to the trace,
// which depend on how it was printed.
func isRuntimeFrame(name string) bool {
	return strings.HasPrefix(name, "runtime/debug.") || strings.HasPrefix(name, "panic(") || strings.HasPrefix(name, "runtime.gopanic") ||
		strings.HasPrefix(name, "runtime.goexit") || strings.HasPrefix(name, "runtime.throw") || strings.HasPrefix(name, "runtime.fatal") ||
		strings.HasPrefix(name, "runtime.sigpanic") || strings.HasPrefix(name, "runtime.panic")
}

// isGoFunction reports whether line is the name of a function with its package.
func isGoFunction(line string) bool {
	if strings.HasPrefix(line, "panic(") || strings.HasPrefix(line, "created by ") {
		return true
	}
	name := goFunction(line[:min(len(line), 300)])
	dot := strings.LastIndexByte(name, '.')
	return dot > 0 && dot < len(name)-1 && !strings.Contains(name, " ") && isWordByte(name[0])
}

// goFunction removes the argument words, which are addresses. They are in the first
// parentheses that hold no receiver.
func goFunction(name string) string {
	if creator, found := strings.CutPrefix(name, "created by "); found {
		creator, _, _ = strings.Cut(creator, " ")
		return "created by " + creator
	}
	for i := 1; i < len(name); i++ {
		if name[i] == '(' && name[i-1] != '.' {
			return name[:i]
		}
	}
	return name
}

// rust reads what Rust's panic handler prints with RUST_BACKTRACE set, and the
// backtraces that anyhow prints alike.
type rust struct {
	panicked bool   // the next line is the message
	inTrace  bool   // behind "stack backtrace:"
	name     string // of the frame whose file comes next
}

func (s *rust) line(r *traceReader, trimmed string) bool {
	switch {
	case strings.HasPrefix(trimmed, "thread '") && strings.Contains(trimmed, " panicked at "):
		_, place, _ := strings.Cut(trimmed, " panicked at ")
		if message, found := strings.CutPrefix(place, "'"); found { // before Rust 1.73
			end := strings.LastIndex(message, "', ")
			if end < 0 {
				return false
			}
			s.exception(r, message[:end], message[end+len("', "):])
			return true
		}
		s.panicked, s.name = true, place
		return true
	case s.panicked:
		s.panicked = false
		s.exception(r, trimmed, s.name)
		s.name = ""
		return true
	case strings.EqualFold(trimmed, "stack backtrace:"):
		s.inTrace = true
		if !r.named {
			r.nameFromRecent()
			r.named = true
		}
		return true
	case !s.inTrace:
		return false
	case strings.HasPrefix(trimmed, "at ") && s.name != "":
		name := s.name
		s.name = ""
		if !isRustRuntime(name) {
			r.frame(function(name) + " " + path(dropPosition(trimmed[len("at "):])))
		}
		return true
	}
	number, name, found := strings.Cut(trimmed, ": ")
	name = strings.TrimSpace(name)
	if !found || !allDigits(number) {
		s.flush(r)
		s.inTrace = strings.HasPrefix(trimmed, "note: ") && s.inTrace
		return s.inTrace
	}
	s.flush(r)
	if address, rest, found := strings.Cut(name, " - "); found && strings.HasPrefix(address, "0x") {
		name = rest
	}
	s.name = name
	return true
}

// flush adds a frame for which no file was printed.
func (s *rust) flush(r *traceReader) {
	if s.name != "" && !isRustRuntime(s.name) {
		r.frame(function(s.name))
	}
	s.name = ""
}

func (s *rust) exception(r *traceReader, message, place string) {
	r.exception("panic: "+message, message)
	r.named = true
	r.frame("panicked at " + path(dropPosition(strings.TrimSuffix(place, ":"))))
	r.named = true
}

// isRustRuntime reports frames of the panic machinery, which change with the
// compiler.
func isRustRuntime(name string) bool {
	for _, prefix := range []string{"std::", "core::", "<core::", "<std::", "<alloc::", "alloc::", "rust_begin_unwind", "__rust", "_start", "__libc_start", "main", "clone", "start_thread"} {
		if strings.HasPrefix(name, prefix) && (prefix != "main" && prefix != "clone" || name == prefix) {
			return true
		}
	}
	return false
}
