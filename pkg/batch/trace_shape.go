package batch

import (
	"slices"
	"strings"
)

// A frameLine is a line of a stack trace of any runtime. What all of them print of a
// frame is a function, and where it is: a file with a line, or an address or an offset
// in a module.
type frameLine struct {
	index    bool // it begins with its number
	placed   bool // there is a file with a line
	address  bool // there is an address
	offset   bool // there is an offset in a function or module
	called   bool // a function has parentheses, or a word such as "in" in front of it
	doubtful bool // the unwinder is not sure of it, "? f+0x1/0x2", or does not know its name
	single   bool // its form is such that no other line is needed
	names    []string
	files    []string
}

const (
	// maxFrameLine bounds a line that may be a frame, in bytes; templates are long.
	maxFrameLine = 2000
	// maxNames bounds the words that are taken for names: of a function with a file
	// and a line, and of one with its address, which may have its whole signature.
	maxNames, maxSignature = 3, 12
)

// scanFrame reads line as a frame. It fails for one that holds anything but names,
// places and the words that join them, so for prose.
func scanFrame(line string) (f frameLine, ok bool) {
	line, _, _ = strings.Cut(strings.Trim(line, " \t│├└─▆"), ", client: ") // nginx goes on behind Lua
	if len(line) > maxFrameLine {
		return f, false
	}
	s := frameScanner{rest: line}
	s.scanIndex()
	for s.rest != "" {
		if native := s.address || s.offset; !s.next() || len(s.names) > maxSignature || len(s.names) > maxNames && !native {
			return f, false
		}
	}
	return s.frameLine, s.isFrame()
}

// isFrame reports whether what was found suffices.
func (f *frameLine) isFrame() bool {
	native := f.address && f.index || f.offset
	switch {
	case f.single:
		return true
	case len(f.names)+len(f.files) == 0:
		return native && f.doubtful // "#0 0x7f1a2b3c4d5e in ???"
	case native && (f.called || len(f.files) > 0):
		return true
	case native:
		return len(f.names) <= maxNames && !f.index || len(f.names) == 1
	case len(f.names) == 0 || len(f.names) > maxNames:
		return false
	}
	return f.placed && (f.index || f.called || slices.ContainsFunc(f.names, looksCalled))
}

// isHalf reports whether f is a function whose place is on the next line.
func (f *frameLine) isHalf() bool {
	return f.index && !f.placed && len(f.names) > 0 && len(f.names) <= maxNames && (f.called || f.address || strings.Contains(f.names[0], "::"))
}

// isPlace reports whether f is the place of the function on the line before.
func (f *frameLine) isPlace() bool {
	return f.placed && f.called && !f.index && len(f.names) == 0
}

// looksCalled reports whether name has the form of a function's with its module.
func looksCalled(name string) bool {
	return strings.Contains(name, "::") || strings.Contains(name, "->") || strings.IndexByte(name, '.') > 0 || hasArity(name) ||
		strings.IndexByte(name, '$') > 0 || strings.HasPrefix(name, "<")
}

// frame returns f as it is compared: the names and the ends of the files.
func (f *frameLine) frame() string {
	var out strings.Builder
	for _, name := range f.names {
		out.WriteString(functionOnly(name) + " ")
	}
	for _, file := range f.files {
		out.WriteString(path(file) + " ")
	}
	return strings.TrimSuffix(out.String(), " ")
}

// functionOnly is name without the number of its arguments, the version of its
// package, and the parts that a compiler made of it.
func functionOnly(name string) string {
	for _, part := range []string{".isra.", ".constprop.", ".part.", ".cold", ".llvm."} {
		name, _, _ = strings.Cut(name, part)
	}
	if hasArity(name) {
		name = name[:strings.LastIndexByte(name, '/')]
	}
	if pack, rest, found := strings.Cut(name, ":"); found {
		for i := 1; i+1 < len(pack); i++ {
			if pack[i] == '-' && isDigit(pack[i+1]) { // Haskell's shop-0.1.0-inplace:Cart
				name = pack[:i] + ":" + rest
				break
			}
		}
	}
	return function(name)
}

// hasArity reports whether name is such as "M.f/1".
func hasArity(name string) bool {
	return allDigits(name[strings.LastIndexByte(name, '/')+1:]) && strings.Contains(name, "/")
}
