package store

import (
	"bytes"
	"fmt"
	"slices"
)

// gapFrom is the least room for a sample in two parts.
const gapFrom = 4 << 10

// cutSample returns a copy of raw, a mail, of at most room bytes. What says most
// stands at the beginning, or, of the output of a job, at the end: the last quarter
// of the room is for that.
func cutSample(raw []byte, room int) []byte {
	if len(raw) <= room || room < gapFrom {
		return slices.Clone(raw[:min(len(raw), max(room, 0))])
	}
	head := raw[:beforeLine(raw, room/4*3)]
	// The mark is shorter than what is set aside for it.
	tail := raw[afterLine(raw, len(raw)-room/4+len("\r\n[… 9999999999 bytes left out …]\r\n")):]
	if isEncoded(tail) {
		return slices.Clone(raw[:room]) // a mark is noise there, and the end of a file hardly text
	}
	cut := make([]byte, 0, room)
	cut = append(cut, head...)
	cut = fmt.Appendf(cut, "\r\n[… %d bytes left out …]\r\n\r\n", len(raw)-len(head)-len(tail))
	return append(cut, tail...)
}

// longestLine is how far a line's end is looked for.
const longestLine = 1 << 10

// beforeLine returns where the last line begins that ends behind at, if it is no
// long one.
func beforeLine(raw []byte, at int) int {
	if i := bytes.LastIndexByte(raw[at-longestLine:at], '\n'); i >= 0 {
		return at - longestLine + i + 1
	}
	return at
}

// afterLine returns where the first line ends that begins before at, likewise.
func afterLine(raw []byte, at int) int {
	if i := bytes.IndexByte(raw[at:min(at+longestLine, len(raw))], '\n'); i >= 0 {
		return at + i + 1
	}
	return at
}

// isEncoded reports whether text looks like base64 (RFC 2045 section 6.8): full
// lines without a blank.
func isEncoded(text []byte) bool {
	line := text[:min(len(text), longestLine)]
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = bytes.TrimRight(line[:i], "\r")
	}
	return len(line) >= 60 && !bytes.ContainsAny(line, " \t")
}
