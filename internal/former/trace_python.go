package former

import "strings"

// python reads what Python's traceback module prints. There the exception
// comes after its frames, at the indent of the first line.
type python struct {
	open   bool // frames were seen, the exception was not
	indent int  // of what begins the traceback
}

func (p *python) line(r *traceReader, trimmed string, indent int) bool {
	// Groups of exceptions are drawn with a margin.
	for strings.HasPrefix(trimmed, "| ") || strings.HasPrefix(trimmed, "+ ") {
		rest := strings.TrimLeft(trimmed[2:], " ")
		indent += len(trimmed) - len(rest)
		trimmed = rest
	}
	switch {
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
		if !p.open {
			p.open = true
			p.indent = min(p.indent, max(indent-2, 0))
		}
		r.inBlock = true // the exception is not above
		r.frame(path(file) + " " + name)
		return true
	case !p.open:
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
	r.exception(strings.TrimSpace(kind))
	r.inBlock, r.named = false, false
	p.indent = 0
	return true
}
