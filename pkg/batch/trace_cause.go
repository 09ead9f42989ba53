package batch

import (
	"slices"
	"strings"
)

// isAggregate reports whether what was read last is an AggregateError of JavaScript, which is noted
// where it has no frames.
func (r *traceReader) isAggregate() bool {
	if len(r.types) == 0 && slices.ContainsFunc(r.recent, func(line string) bool { return strings.Contains(line, "AggregateError") }) {
		r.nameFromRecent()
		r.headline, r.recent = strings.TrimRight(strings.TrimSuffix(r.headline, "] {"), ": "), r.recent[:0]
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
		r.grouped = false // it is that of a member
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
