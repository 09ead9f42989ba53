package content

import (
	"bytes"
	"iter"
	"strings"

	"github.com/emersion/go-message"
)

// A multipart is the body of a multipart entity (RFC 2046 section 5.1), read as
// leniently as people would: the last part may lack its end, and what calls
// itself the end need not be.
type multipart struct {
	body      []byte
	delimiter []byte
	closed    bool // whether the closing delimiter was seen
}

func newMultipart(body []byte, boundary string) *multipart {
	return &multipart{body: body, delimiter: []byte("--" + strings.TrimRight(boundary, " \t"))}
}

// found reports whether the delimiter occurs at all.
func (m *multipart) found() bool {
	_, _, _, ok := m.nextDelimiter(0)
	return ok && len(m.delimiter) > 2
}

// parts yields the parts in order, each with its header.
func (m *multipart) parts() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		_, start, closing, ok := m.nextDelimiter(0)
		for ok {
			m.closed = closing
			lineStart, next, nextClosing, found := m.nextDelimiter(start)
			if !found {
				lineStart = len(m.body)
			}
			// What follows the end is no part, unless another delimiter says so.
			part := m.body[start:max(start, lineStart)]
			if !closing {
				if found {
					part = cutLineEnd(part)
				}
				if (found || len(bytes.TrimSpace(part)) > 0) && !yield(part) {
					return
				}
			}
			start, closing, ok = next, nextClosing, found
		}
	}
}

// nextDelimiter finds the first delimiter line that begins at from or later.
func (m *multipart) nextDelimiter(from int) (start, end int, closing, ok bool) {
	for from < len(m.body) {
		i := bytes.Index(m.body[from:], m.delimiter)
		if i < 0 {
			break
		}
		start = from + i
		from = start + 1
		if start > 0 && m.body[start-1] != '\n' && m.body[start-1] != '\r' {
			continue
		}
		// Only what decides is read: a line is ended by LF, but what begins behind a
		// CR may be a delimiter too, and there may be many before the next LF.
		end = start + len(m.delimiter)
		tail, closing := bytes.CutPrefix(m.body[end:], []byte("--"))
		rest := bytes.TrimLeft(tail, " \t\r")
		if len(rest) == 0 || rest[0] == '\n' || closing && !isTokenByte(tail[0]) {
			if i := bytes.IndexByte(m.body[end:], '\n'); i >= 0 {
				return start, end + i + 1, closing, true
			}
			return start, len(m.body), closing, true
		}
	}
	return 0, 0, false, false
}

// cutLineEnd removes the line end that belongs to the delimiter after part.
func cutLineEnd(part []byte) []byte {
	part = bytes.TrimSuffix(part, []byte("\n"))
	return bytes.TrimSuffix(part, []byte("\r"))
}

// guessBoundary finds the boundary of a body for which none or a wrong one was
// given: what stands on a line of its own above a header.
func guessBoundary(body []byte) string {
	previous := []byte(nil)
	for line := range bytes.Lines(body[:min(len(body), maxHeaderBytes)]) {
		line = bytes.TrimRight(line, " \t\r\n")
		if len(previous) > 2 && bytes.HasPrefix(previous, []byte("--")) && isMIMEField(line) {
			return string(previous[2:])
		}
		previous = line
	}
	return ""
}

// isMIMEField reports whether line is a field such as parts have.
func isMIMEField(line []byte) bool {
	const prefix = "content-"
	return len(line) > len(prefix) && strings.EqualFold(string(line[:len(prefix)]), prefix) && bytes.IndexByte(line, ':') > 0
}

// splitPart splits a part into its header, which may be missing, and its body.
func splitPart(part []byte) (header message.Header, body []byte) {
	switch {
	case bytes.HasPrefix(part, []byte("\r\n")):
		return message.Header{}, part[2:]
	case bytes.HasPrefix(part, []byte("\n")):
		return message.Header{}, part[1:]
	}
	if section, _ := cutHeaderSection(part); !startsWithField(section) {
		return message.Header{}, part
	}
	header, body, _ = SplitHeader(part)
	return header, body
}
