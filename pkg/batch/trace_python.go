package batch

import (
	"cmp"
	"strings"
)

// python reads what Python's traceback module prints. There the exception
// comes after its frames, at the indent of the first line.
type python struct {
	open   bool // frames were seen, the exception was not
	indent int  // of what begins the traceback
	boxed  bool // Rich draws a box around the frames
	group  bool // what follows are the exceptions of a group
	called bool // what follows is where a log was written, below what went wrong there
}

// boxLine takes what Rich draws: a heading, "/srv/a.py:88 in f" with its source, and
// the end.
func (p *python) boxLine(r *traceReader, trimmed string, indent int) bool {
	switch {
	case strings.HasPrefix(trimmed, "╭") && strings.Contains(trimmed, "Traceback (most recent call last)"):
		p.boxed = true
		return true
	case !p.boxed:
		return false
	case strings.HasPrefix(trimmed, "╰"):
		p.boxed = false
		return true
	}
	place, name, found := strings.Cut(strings.Trim(trimmed, "│ "), " in ")
	if file := dropPosition(place); found && file != place && isFile(file) && !strings.Contains(name, " ") {
		p.open, p.indent = true, indent
		r.inBlock = true // the exception is not above
		r.frame(path(file) + " " + name)
	}
	return strings.HasPrefix(trimmed, "│")
}

func (p *python) line(r *traceReader, trimmed string, indent int) bool {
	// Groups of exceptions are drawn with a margin.
	for strings.HasPrefix(trimmed, "| ") || strings.HasPrefix(trimmed, "+ ") {
		rest := strings.TrimLeft(trimmed[2:], " ")
		indent += len(trimmed) - len(rest)
		trimmed = rest
	}
	switch {
	case p.boxLine(r, trimmed, indent), p.called && indent > p.indent && !strings.HasPrefix(trimmed, `File "`):
		return true
	case trimmed == "Call stack:":
		p.called, p.indent = true, indent
		return true
	case strings.HasPrefix(trimmed, "Traceback (most recent call last)"), strings.HasPrefix(trimmed, "Exception Group Traceback (most"):
		p.indent = indent
		return true
	case strings.HasPrefix(trimmed, `File "`):
		file, rest, found := strings.Cut(trimmed[len(`File "`):], `"`)
		_, name, inFunction := strings.Cut(rest, ", in ")
		number, isLine := strings.CutPrefix(rest, ", line ")
		if !found || strings.Contains(name, " ") || !inFunction && !(isLine && allDigits(number)) {
			return false
		}
		if !p.open && !p.called {
			p.open = true
			p.indent = min(p.indent, max(indent-2, 0))
		}
		r.inBlock = true // the exception is not above
		r.frame(path(file) + " " + name)
		return true
	case strings.HasPrefix(trimmed, "During handling of the above"), strings.HasPrefix(trimmed, "The above exception was"):
		p.group = false
		return true
	case !p.open:
		p.called = false
		return false
	case indent > p.indent:
		return true // the source of the frame
	case strings.HasPrefix(trimmed, "[Previous line repeated "):
		return true
	}
	p.open = false
	if kind, found := strings.CutPrefix(trimmed, "Exception Type: "); found { // Django
		trimmed, _, _ = strings.Cut(kind, " at ")
	}
	kind, _, _ := strings.Cut(trimmed, ":")
	if p.group {
		r.types, r.cause = append(r.types, typeOf(strings.TrimSpace(kind))), cmp.Or(r.cause, trimmed)
	} else {
		r.headline, r.cause = "", "" // the last exception is the one that was reported
		r.exception(strings.TrimSpace(kind), trimmed)
		p.group = strings.HasSuffix(strings.TrimSpace(kind), "ExceptionGroup")
	}
	r.inBlock, r.named = false, false
	p.indent = 0
	return true
}
