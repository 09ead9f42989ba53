package batch

import (
	"cmp"
	"strings"
)

// atLine takes the frames that begin with "at": of Java and Kotlin, .NET and
// JavaScript.
func (r *traceReader) atLine(trimmed string, indent int) bool {
	rest, found := strings.CutPrefix(trimmed, "at ")
	if !found || indent == 0 && !r.inBlock && !r.named && len(r.recent) == 0 {
		return false
	}
	frame, ok := atFrame(rest)
	if !ok {
		return false
	}
	r.frame(frame)
	return true
}

// atFrame normalises a frame; it fails for prose that begins with "at".
func atFrame(rest string) (string, bool) {
	rest = strings.TrimSuffix(rest, " {") // Node.js shows the properties of an error
	if address, after, found := strings.Cut(rest, ": "); found && isPointer(address) {
		rest = after // Valgrind
	}
	if strings.HasSuffix(rest, "]") {
		// The jar, as log4j and logback append it.
		before := strings.TrimSuffix(rest[:max(0, strings.LastIndexByte(rest, '['))], "~")
		if frame := strings.TrimSuffix(before, " "); frame != before && strings.HasSuffix(frame, ")") {
			rest = frame
		}
	}
	if name, file, found := strings.Cut(rest, ") [0x"); found { // Mono
		if _, file, found = strings.Cut(file, "] in "); !found {
			return "", false
		}
		name, arguments, _ := strings.Cut(name, " (")
		if name = function(name + "(" + arguments + ")"); strings.HasPrefix(file, "<") {
			return name, true // the hash of an assembly without symbols
		}
		return name + " " + path(dropPosition(strings.TrimSpace(file))), true
	}
	if name, file, found := strings.Cut(rest, ") in "); found { // .NET
		if i := strings.LastIndex(file, ":line "); i >= 0 {
			file = file[:i]
		}
		return function(name+")") + " " + path(file), true
	}
	rest = strings.TrimPrefix(rest, "async ")
	open := strings.LastIndexByte(rest, '(')
	if open < 0 || !strings.HasSuffix(rest, ")") {
		// JavaScript without the name of a function.
		line := rest[:max(0, strings.LastIndexByte(rest, ':'))]
		file := dropPosition(line)
		if file == line && rest != "<anonymous>" || strings.Contains(file, " ") {
			return "", false
		}
		return path(cmp.Or(file, rest)), true
	}
	name, place := rest[:open], rest[open+1:len(rest)-1]
	switch {
	case name == "":
		return "", false
	case strings.HasSuffix(name, " "): // JavaScript
		if !strings.Contains(place, ":") && place != "<anonymous>" && place != "native" {
			return "", false
		}
		return function(strings.TrimSpace(name)) + " " + path(dropPosition(place)), true
	case strings.ContainsAny(name, " ") && !strings.Contains(name, "<") && !strings.Contains(name, "("):
		return "", false
	}
	// Java, with the module or class loader in front: java.base@17/a.B.c(B.java:1).
	if i := strings.LastIndexByte(name, '/'); i >= 0 && !strings.Contains(name[:i], "$$Lambda") {
		name = name[i+1:]
	}
	if dot := strings.IndexByte(place, '.'); dot > 0 || place == "Native Method" || place == "Unknown Source" || place == "<generated>" {
		if !strings.ContainsAny(place, " ,") || place == "Native Method" || place == "Unknown Source" {
			return function(name) + " " + dropPosition(place), true
		}
	}
	return function(name + "(" + place + ")"), true // .NET without symbols
}
