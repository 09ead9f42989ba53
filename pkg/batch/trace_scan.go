package batch

import "strings"

// A frameScanner reads the words of a line that may be a frame.
type frameScanner struct {
	frameLine
	rest   string
	before string // the word before, in lower case
}

// scanIndex takes the number in front of a frame: "#0", "0:", "[0]", "0." or "0".
func (s *frameScanner) scanIndex() {
	number, rest, found := strings.Cut(s.rest, " ")
	if digits := strings.Trim(number, "#:[]."); found && allDigits(digits) && len(digits) <= 4 {
		s.index, s.rest = true, rest
	}
}

// next takes one word or one pair of brackets. It returns false if no frame has it.
func (s *frameScanner) next() bool {
	switch c := s.rest[0]; c {
	case ' ', '\t':
		s.rest = s.rest[1:]
		return true
	case '(':
		end := closing(s.rest, '(', ')')
		content := s.rest[1:end]
		s.rest = s.rest[min(end+1, len(s.rest)):]
		s.parenthesis(content)
		return true
	case '[':
		end := closing(s.rest, '[', ']')
		content := s.rest[1:end]
		s.rest = s.rest[min(end+1, len(s.rest)):]
		return s.bracket(content)
	case '"', '\'', '`':
		content, rest, found := strings.Cut(s.rest[1:], string(c))
		if !found && c == '`' {
			content, rest, found = strings.Cut(s.rest[1:], "'")
		}
		if !found || content == "" {
			return false
		}
		s.rest = rest
		if s.place(content) || isLibrary(content) || s.before == "file" {
			s.addFile(content)
			return true
		}
		return s.name(content)
	}
	end := wordEnd(s.rest)
	word := s.rest[:end]
	s.rest = s.rest[end:]
	return s.word(word)
}

// wordEnd returns where the word ends that s begins with: at a blank or an opening
// bracket that is not in one of the pairs < >, which templates and types have.
func wordEnd(s string) int {
	if strings.HasPrefix(s, "-[") || strings.HasPrefix(s, "+[") { // Objective-C
		return min(closing(s[1:], '[', ']')+2, len(s))
	}
	depth, last := 0, -1 // of < >, and where the last > is
	for i := range len(s) {
		switch c := s[i]; {
		case c == '<':
			if depth == 0 {
				last = strings.LastIndexByte(s, '>')
			}
			depth++
		case c == '>' && depth > 0:
			depth--
		case (depth == 0 || i > last) && (c == ' ' || c == '\t' || i > 0 && (c == '(' || c == '[' && s[i-1] != '.')):
			return i
		}
	}
	return len(s)
}

// closing returns where the bracket is closed that s begins with, or its end.
func closing(s string, open, shut byte) int {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(s)
}

// parenthesis takes what is in ( ): a place, the package of the function behind it, or
// arguments.
func (s *frameScanner) parenthesis(content string) {
	module, _, hasOffset := strings.Cut(content, "+0x")
	if !hasOffset {
		module, _, hasOffset = strings.Cut(content, " + 0x")
	}
	switch {
	case hasOffset:
		s.offset = true
		switch {
		case module == "" || module == "n/a":
		case len(s.files) > 0 && len(s.names) == 0: // glibc's "shopd(total+0x1a)"
			s.names = append(s.names, module)
		default:
			s.addFile(module)
		}
	case s.place(content), isLibrary(content) && !strings.Contains(content, " "):
		s.addFile(content)
	case allDigits(content) && len(s.files) > 0:
		s.placed = true // "a.nim(12) f"
	case len(s.names) > 0:
		s.called = true
	case content != "":
		// "(app 1.0) lib/a.ex:12: M.f/1"
		name, _, _ := strings.Cut(content, " ")
		s.names, s.called = append(s.names, name), true
	}
}

// bracket takes what is in [ ]: an address, a module, or C as Lua's name of a file.
func (s *frameScanner) bracket(content string) bool {
	bare := strings.Trim(content, "<>")
	switch {
	case content == "C" && strings.HasPrefix(s.rest, ":"):
		s.placed, s.rest = true, s.rest[1:]
	case isPointer(bare), len(bare) >= 8 && allHex(bare):
		s.address = true
	case content == "" || strings.ContainsAny(content, " \t="):
		return len(s.names) > 0 && !strings.Contains(content, "=") // type arguments
	case s.place(content), strings.HasPrefix(content, "/"):
		s.addFile(content)
	case len(s.names) == 0:
		return s.index // a mark: Swift's "0 [ra] 0x55d0c1b2a1e8 f"
	default:
		s.files = append(s.files, content)
	}
	return true
}

// A joint is a word between the names and the places of a frame.
type joint struct {
	called   bool // what is next to it is a function or its place
	doubtful bool // it stands for a name that is not known
	number   bool // a number follows
}

var joints = func() map[string]joint {
	words := map[string]joint{}
	for _, list := range []struct {
		words string
		joint joint
	}{
		{"in at from by call called function method upvalue local field global raised re-raised @ rip: ora-06512:", joint{called: true}},
		{"of file module chunk new async", joint{}},
		{"line characters column +", joint{number: true}},
		{"? ?? ??? n/a", joint{doubtful: true}},
	} {
		for word := range strings.FieldsSeq(list.words) {
			words[word] = list.joint
		}
	}
	return words
}()

// word takes a word outside of brackets.
func (s *frameScanner) word(word string) bool {
	bare := strings.TrimRight(word, ",;")
	before := s.before
	s.before = strings.ToLower(bare)
	if joint, known := joints[s.before]; known || bare == "" {
		s.called = s.called || joint.called
		s.doubtful = s.doubtful || joint.doubtful
		return true
	}
	switch {
	case isPointer(strings.TrimSuffix(bare, ":")):
		s.address = true
		return true
	case strings.HasPrefix(bare, "+0x"):
		s.offset = true
		return true
	case strings.HasPrefix(s.before, "char:") && s.called: // PowerShell
		s.single = true
		return true
	case strings.HasPrefix(s.before, "line:"):
		return true
	case isDigit(bare[0]) && allDigits(strings.Trim(strings.ReplaceAll(bare, "-", ""), ":")):
		s.placed = s.placed || before == "line" && len(s.names)+len(s.files) > 0
		s.offset = s.offset || before == "+" && s.address
		return joints[before].number
	}
	if name, offset, found := strings.Cut(bare, "+0x"); found {
		s.offset = offset != ""
		return s.name(name[strings.IndexByte(name, ':')+1:]) // behind a segment
	}
	if name, place, found := strings.Cut(bare, "@"); found && name != "" && s.place(place) { // Firefox
		s.addFile(place)
		s.called = true
		return s.name(name)
	}
	return s.fileOrName(bare)
}

// fileOrName takes a word that is the one or the other.
func (s *frameScanner) fileOrName(word string) bool {
	bare := strings.TrimSuffix(word, ":")
	lineFollows := strings.HasPrefix(s.rest, " line ") || strings.HasPrefix(s.rest, "(") && strings.ContainsAny(bare, `/\`)
	switch {
	case s.place(bare), isLibrary(bare), lineFollows && isFile(bare):
		s.addFile(bare)
		return true
	case bare != word && !s.index && len(s.names)+len(s.files) == 0:
		return false // a heading, or the level of a log
	}
	return s.name(bare)
}

// name takes the name of a function.
func (s *frameScanner) name(name string) bool {
	if name == "" || strings.ContainsAny(name, `=|{}"\,;^`) || strings.IndexFunc(name, func(r rune) bool { return r > ' ' && r < 0x80 && isLetter(byte(r)) }) < 0 {
		return false
	}
	if strings.HasPrefix(name, "<") && strings.Contains(name, ":") {
		name, _, _ = strings.Cut(name, ":") // Lua's <a.lua:10>
	}
	if s.names == nil {
		s.names = make([]string, 0, maxNames+1)
	}
	s.names = append(s.names, name)
	return true
}

// place reports whether text is a file with the number of a line.
func (s *frameScanner) place(text string) bool {
	file := withoutLine(text)
	if file == text || !isFile(file) || strings.Contains(file, " ") && !strings.ContainsAny(file, `\/`) {
		return false
	}
	s.placed = true
	return true
}

func (s *frameScanner) addFile(text string) { s.files = append(s.files, withoutLine(text)) }

// withoutLine removes the number of a line behind a file.
func withoutLine(text string) string {
	file := dropPosition(text)
	if name, number, found := strings.Cut(file, ", line "); found && allDigits(number) {
		return name
	}
	if name, number, found := strings.Cut(file, "#"); found && allDigits(number) { // R
		return name
	}
	return file
}

// isFile reports whether text may be the name of a file: with a folder, or with an
// extension.
func isFile(text string) bool {
	_, last := cutLast(text)
	dot := strings.LastIndexByte(last, '.')
	if dot < 0 || dot == len(last)-1 {
		return strings.HasPrefix(text, "/") && len(text) > 1
	}
	extension := last[dot+1:]
	return len(extension) <= 5 && isLetter(extension[0]) && isIdentifier(extension) && !strings.ContainsAny(text, `"'(){}=,;|*`)
}

// isLibrary reports whether text is the file of a library or a program.
func isLibrary(text string) bool {
	return strings.HasPrefix(text, "/") && len(text) > 1 || strings.HasPrefix(text, "./") || strings.HasSuffix(text, ".so") || strings.Contains(text, ".so.") ||
		strings.HasSuffix(text, ".dylib") || strings.HasSuffix(text, ".dll") || strings.HasSuffix(text, ".exe")
}

func isPointer(text string) bool {
	digits, found := strings.CutPrefix(text, "0x")
	return found && len(digits) >= 6 && allHex(digits)
}
