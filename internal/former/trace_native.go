package former

import "strings"

// goroutine reads what Go's runtime prints, and the stacks of errors that print
// alike: a line with the function, a line with the file behind a tab.
type goroutine struct {
	started bool // in the goroutine that failed
	seen    bool // a goroutine was read
	done    bool // what follows are the other goroutines, which differ at random
	before  string
}

func (g *goroutine) line(r *traceReader, line, trimmed string) bool {
	switch {
	case strings.HasPrefix(line, "panic: "), strings.HasPrefix(line, "fatal error: "):
		return r.goPanic(line)
	case strings.Contains(line, "panic serving ") && strings.Contains(line, ": "):
		// net/http: "http: panic serving 192.0.2.1:50412: message"
		_, message, _ := strings.Cut(line, "panic serving ")
		_, message, _ = strings.Cut(message, ": ")
		return r.goPanic("panic: " + message)
	case strings.HasPrefix(line, "\tpanic: ") && len(r.types) > 0:
		return true // a panic while the first one was handled
	case strings.HasPrefix(line, "goroutine ") && strings.HasSuffix(line, "]:"):
		g.done = g.seen && len(r.frames) > 0
		g.started, g.seen = true, true
		r.named = r.named || len(r.types) > 0
		return true
	case strings.HasPrefix(line, "[signal ") && len(r.types) > 0:
		return true
	case strings.HasPrefix(line, "\t") && strings.Contains(line, ".go:") && g.before != "":
		file, _, _ := strings.Cut(trimmed, " +0x")
		file, _, _ = strings.Cut(file, " ")
		if !strings.HasSuffix(dropPosition(file), ".go") {
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
	g.before = ""
	if g.started || isGoFunction(trimmed) {
		g.before = line
		if g.started {
			r.recent = append(r.recent, line)
			return true
		}
	}
	return false
}

// goPanic notes a panic. Go names no type; the message is the runtime's, or the
// program's, and nearly constant.
func (r *traceReader) goPanic(line string) bool {
	line = strings.TrimSuffix(line, " [recovered]")
	line, _, _ = strings.Cut(line, " [recovered, repanicked]")
	if r.named && len(r.frames) == 0 {
		return true // panicked again: the first one tells
	}
	r.exception(line)
	r.named = true
	return true
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
	dot := strings.LastIndexByte(line[:min(len(line), 300)], '.')
	return dot > 0 && dot < len(line)-1 && !strings.Contains(line[:dot], " ") && isWordByte(line[0])
}

// goFunction removes the argument words, which are addresses.
func goFunction(name string) string {
	name, _, _ = strings.Cut(name, " in goroutine ")
	if !strings.HasSuffix(name, ")") {
		return name
	}
	if i := strings.LastIndexByte(name, '('); i > 0 {
		return name[:i]
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
	r.exception("panic: " + message)
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
