package batch

import (
	"regexp"
	"slices"
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
	`|(_erb|_haml|_slim)__+[0-9_]+` +
	`|(\$anonfun\$[0-9A-Za-z]*)[$0-9]+` +
	`|((?:fn|eval|reify|inst)__)[0-9]+`)

// function normalises the name of a function. The expression is looked for only
// where it may be.
func function(name string) string {
	if strings.IndexByte(name, '$') < 0 && strings.IndexByte(name, '_') < 0 && !strings.Contains(name, "ccessor") && !strings.Contains(name, "::h") {
		return name // as nearly all
	}
	if strings.Contains(name, "ccessor") || strings.Contains(name, "roxy") || strings.Contains(name, "ambda") || strings.Contains(name, "$$") ||
		strings.Contains(name, "__") || strings.Contains(name, "::h") || strings.Contains(name, "ByteBuddy") || strings.Contains(name, "MockitoMock") || strings.Contains(name, "$anonfun") {
		name = generated.ReplaceAllString(name, "$1$2$3$4$5$6$7$8$9")
	}
	return name
}

// path normalises the name of a file to its last two elements, without what
// changes from release to release and from build to build. Where a program is
// installed is not part of them.
func path(file string) string {
	absolute := false
	if _, rest, isURL := strings.Cut(file, "://"); isURL {
		_, file, _ = strings.Cut(rest, "/") // behind the host
	}
	directories, name := cutLast(file)
	name = pathSegment(name)
	above, parent := cutLast(strings.TrimRight(directories, `/\`))
	if parent == "" || parent == "." || parent == ".." || strings.HasSuffix(parent, ":") {
		return name
	}
	absolute = absolute || directories[0] == '/' || directories[0] == '\\' || len(directories) > 2 && directories[1] == ':'
	if absolute && holdsPrograms(above) {
		return name
	}
	if parent = pathSegment(parent); parent == "" || parent == "#" {
		return name
	}
	return parent + "/" + name
}

// cutLast splits a path before its last element.
func cutLast(file string) (directories, last string) {
	i := strings.LastIndexAny(file, `/\`)
	return file[:i+1], file[i+1:]
}

// programFolders are those whose folders have the names of programs, as in
// /srv/shop, /usr/src/app and /var/www/html.
var programFolders = []string{"srv", "opt", "home", "Users", "usr", "var", "www", "src", "mnt", "data", "tmp", "inetpub", "apps", "go"}

// holdsPrograms reports whether a folder of the absolute path above is a program's,
// whose name says where it runs rather than what it does.
func holdsPrograms(above string) bool {
	for folder := range strings.FieldsFuncSeq(above, func(r rune) bool { return r == '/' || r == '\\' }) {
		if !slices.Contains(programFolders, folder) && !strings.HasSuffix(folder, ":") {
			return false
		}
	}
	return true
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

// executors begin the names of what calls a program in a pool of threads or in a server.
var executors = []string{
	"java.util.concurrent.FutureTask", "java.util.concurrent.ThreadPoolExecutor", "java.util.concurrent.ScheduledThreadPoolExecutor",
	"java.util.concurrent.Executors", "java.util.concurrent.ForkJoin", "java.lang.Thread.run", "System.Threading.ExecutionContext.", "System.Threading.ThreadPool",
	"net/http.(*ServeMux).", "net/http.HandlerFunc.", "net/http.serverHandler.", "net/http.(*conn).",
}

// isExecutor reports whether frame is of one. Behind a frame of what it called it says nothing of what went wrong.
func isExecutor(frame string) bool {
	return slices.ContainsFunc(executors, func(begin string) bool { return strings.HasPrefix(frame, begin) })
}

// isReflection reports whether frame is of the JVM's way to call a method by its name, which
// becomes another one when it was called often.
func isReflection(frame string) bool {
	return strings.HasPrefix(frame, "sun.reflect.") || strings.HasPrefix(frame, "jdk.internal.reflect.")
}
