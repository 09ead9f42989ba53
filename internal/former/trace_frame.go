package former

import (
	"regexp"
	"strings"
)

// generated matches the numbers and hashes in the names that a compiler or a
// virtual machine makes as it runs: accessors, proxies, lambdas, closures and
// state machines.
var generated = regexp.MustCompile(`(Accessor|\$Proxy|HibernateProxy\$|\$ByteBuddy\$|\$MockitoMock\$|_\$\$_jvst|lambda_method)[0-9A-Za-z]*` +
	`|(CGLIB\$\$|\$\$FastClassBy[A-Za-z]*\$\$)[0-9a-f]+` +
	`|(\$\$Lambda)[$/@0-9a-fx]*` +
	`|(lambda\$[A-Za-z_]*\$?)[0-9]+` +
	`|(DisplayClass|>b__|>d__|>g__)[0-9_]+` +
	`|(::)h[0-9a-f]{16}\b` +
	`|(_erb|_haml|_slim)__+[0-9_]+`)

// function normalises the name of a function. The expression is looked for only
// where it may be.
func function(name string) string {
	if strings.Contains(name, "ccessor") || strings.Contains(name, "roxy") || strings.Contains(name, "ambda") || strings.Contains(name, "$$") ||
		strings.Contains(name, "__") || strings.Contains(name, "::h") || strings.Contains(name, "ByteBuddy") || strings.Contains(name, "MockitoMock") {
		name = generated.ReplaceAllString(name, "$1$2$3$4$5$6$7")
	}
	return name
}

// path normalises the name of a file: without what changes from release to
// release and from build to build.
func path(file string) string {
	file = strings.TrimPrefix(file, "file://")
	changed := false
	segments := strings.FieldsFunc(file, func(r rune) bool { return r == '/' || r == '\\' })
	for i, segment := range segments {
		masked := pathSegment(segment)
		changed = changed || masked != segment
		segments[i] = masked
	}
	if !changed {
		return file
	}
	return strings.Join(segments, "/")
}

// pathSegment removes a version, a time or a hash.
func pathSegment(segment string) string {
	if !strings.ContainsAny(segment, "0123456789") {
		return segment
	}
	if allDigits(segment) {
		return "#" // the number of a build
	}
	var out strings.Builder
	for i := 0; i < len(segment); {
		start := i
		for i < len(segment) && class[segment[i]]&(digit|letter) == 0 {
			i++
		}
		out.WriteString(segment[start:i])
		start = i
		for i < len(segment) && class[segment[i]]&(digit|letter) != 0 {
			i++
		}
		part := segment[start:i]
		before := byte(0)
		if start > 0 {
			before = segment[start-1]
		}
		if isBuildPart(part, before) {
			out.WriteString("#")
		} else {
			out.WriteString(part)
		}
	}
	return strings.TrimRight(out.String(), "#.-")
}

// isBuildPart says of a run of letters and digits behind a character that it
// names a release or a build.
func isBuildPart(part string, before byte) bool {
	s := shapeOf(part)
	switch {
	case s.digits == 0:
		return false
	case s.digits == len(part):
		return len(part) >= 4 || before == '.' || before == '-' || before == '@'
	case allHex(part) && len(part) >= 7:
		return true
	case part[0] == 'v' && s.digits == len(part)-1:
		return before == '@' || before == '-'
	}
	return len(part) >= 8 && s.changes >= 3
}

// dropPosition removes line and column behind a file.
func dropPosition(file string) string {
	for {
		i := strings.LastIndexByte(file, ':')
		if i < 0 || !allDigits(file[i+1:]) {
			return file
		}
		file = file[:i]
	}
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}
