package receive

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// mendParameters changes what the engine misreads of the parameters of MAIL: it
// takes no size beyond 32 bits (RFC 1870 section 3 has 20 digits), and no value of
// AUTH but a mailbox (RFC 4954 section 5 has xtext), which nothing here looks at.
func mendParameters(line []byte) []byte {
	end := pathEnd(line)
	if bytes.IndexByte(line[end:], '=') < 0 {
		return line
	}
	parameters := strings.Fields(string(line[end:]))
	for i, parameter := range parameters {
		switch name, value, _ := strings.Cut(parameter, "="); {
		case strings.EqualFold(name, "SIZE") && isBeyond32Bits(value):
			parameters[i] = "SIZE=" + strconv.Itoa(math.MaxUint32)
		case strings.EqualFold(name, "AUTH") && isXtext(value):
			parameters[i] = "AUTH=<>"
		}
	}
	return []byte(string(line[:end]) + " " + strings.Join(parameters, " ") + "\r\n")
}

// pathEnd returns where the path of a MAIL or RCPT command ends.
func pathEnd(line []byte) int {
	at := bytes.IndexByte(line, ':') + 1
	for at < len(line) && (line[at] == ' ' || line[at] == '\t') {
		at++
	}
	bracketed, quoted := at < len(line) && line[at] == '<', false
	for ; at < len(line); at++ {
		switch c := line[at]; {
		case quoted && c == '\\':
			at++
		case c == '"':
			quoted = !quoted
		case !quoted && bracketed && c == '>':
			return at + 1
		case !quoted && !bracketed && (c == ' ' || c == '\t'):
			return at
		}
	}
	return len(line)
}

// isQuoted reports whether the local part of the path of a MAIL or RCPT command is
// a quoted string.
func isQuoted(line []byte) bool {
	_, path, _ := bytes.Cut(line, []byte(":"))
	path = bytes.TrimPrefix(bytes.TrimLeft(path, " \t"), []byte("<"))
	if bytes.HasPrefix(path, []byte("@")) { // a source route
		_, path, _ = bytes.Cut(path, []byte(":"))
	}
	return bytes.HasPrefix(path, []byte(`"`))
}

func isBeyond32Bits(value string) bool {
	if len(value) > 20 || strings.Trim(value, "0123456789") != "" {
		return false
	}
	size, err := strconv.ParseUint(value, 10, 64)
	return value != "" && (err != nil || size > math.MaxUint32)
}

// isXtext reports whether value has the form of RFC 3461 section 4.
func isXtext(value string) bool {
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '+':
			if i+2 >= len(value) || strings.Trim(value[i+1:i+3], "0123456789ABCDEF") != "" {
				return false
			}
			i += 2
		case c < '!' || c > '~' || c == '=':
			return false
		}
	}
	return value != ""
}

// isHTTP reports whether a command is the first line of a request of HTTP. A page can
// make a browser send one, with commands of SMTP in it, to a port that only the
// browser's machine can reach; so can a server that fetches what others name.
func isHTTP(text string) bool {
	method, _, found := strings.Cut(text, " ")
	switch strings.ToUpper(method) {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PRI":
		return found
	}
	return false
}
