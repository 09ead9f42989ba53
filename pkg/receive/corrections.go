package receive

import (
	"bytes"
	"unicode/utf8"
)

// corrections are replies of the engine, by how they begin, that have another code
// in the standards. A text replaces the engine's.
var corrections = []struct{ prefix, code, text string }{
	{"500 5.5.4 Unknown ", "555 5.5.4", ""},          // RFC 5321 section 4.1.1.11: a parameter
	{"500 5.5.4 Malformed AUTH ", "501 5.5.4", ""},   // the same: its value
	{"502 5.5.1 Missing ", "503 5.5.1", ""},          // section 3.3: out of order
	{"502 5.5.1 Please introduce ", "503 5.5.1", ""}, // the same
	{"502 5.5.4 Missing parameter", "501 5.5.4", ""}, // RFC 4954 section 4
	{"501 5.5.2 Bad command", "500 5.5.2", ""},       // RFC 5321 section 4.2.4: not a command
	{"454 4.7.0 ", "501 5.5.2", ""},                  // RFC 4954 section 4: malformed; for a 4xx clients would try for ever
	{"500 5.4.0 ", "500 5.5.2", ""},                  // a line that is too long has nothing to do with routing
	// RFC 5321 section 4.2.1: only 421 says that the connection ends.
	{"500 5.5.1 Too many errors", "421 4.7.0", "Too many unknown commands, closing the connection"},
}

func correct(line []byte) []byte {
	if len(line) < 3 || line[0] < '4' {
		return line // as nearly all
	}
	for _, c := range corrections {
		switch {
		case !bytes.HasPrefix(line, []byte(c.prefix)):
		case c.text != "":
			return []byte(c.code + " " + c.text + "\r\n")
		default:
			return append([]byte(c.code), line[len(c.code):]...)
		}
	}
	return line
}

// maxReply bounds a line of a reply (RFC 5321 section 4.5.3.1.5): some repeat what
// the client has said.
const maxReply = 512

// shorten cuts line at maxReply.
func shorten(line []byte) []byte {
	const end = "...\r\n"
	if len(line) <= maxReply {
		return line
	}
	at := maxReply - len(end)
	for at > 0 && !utf8.RuneStart(line[at]) {
		at--
	}
	return append(line[:at:at], end...)
}
