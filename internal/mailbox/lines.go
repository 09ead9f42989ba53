package mailbox

import (
	"bufio"
	"bytes"
)

// A lineReader reads lines that end in LF or CRLF or, in a file that has no LF
// near its start, in CR. A CR elsewhere belongs to its line: programs overwrite
// their own progress with it.
type lineReader struct {
	in    *bufio.Reader // with a buffer of readAhead
	max   int
	end   byte // what ends a line; 0 until it is known
	cut   bool // the line was too long, and the rest of it was skipped
	ended bool // the line had a line end, it was not just the rest of the file
}

// newLineReader returns one for lines of up to size bytes.
func newLineReader(in *bufio.Reader, size int) *lineReader {
	return &lineReader{in: in, max: size}
}

// next appends the next line to line, without its end. With the last one, which
// may be empty, it returns io.EOF.
func (l *lineReader) next(line []byte) ([]byte, error) {
	if l.end == 0 {
		l.end = l.findEnd()
	}
	l.cut, l.ended = false, false
	for {
		part, err := l.in.ReadSlice(l.end)
		if err == nil {
			part, l.ended = part[:len(part)-1], true
		}
		if room := l.max + 1 - len(line); len(part) > room { // 1 for a CR
			part, l.cut = part[:room], true
		}
		line = append(line, part...)
		if err == bufio.ErrBufferFull {
			continue
		}
		if l.ended && !l.cut {
			line = bytes.TrimSuffix(line, []byte("\r"))
		}
		l.cut = l.cut || len(line) > l.max
		return line, err
	}
}

// findEnd looks for the first LF, no further than needed, so that the lines of a
// program that still runs come one by one.
func (l *lineReader) findEnd() byte {
	for searched := 0; ; {
		_, err := l.in.Peek(min(searched+1, readAhead))
		seen, _ := l.in.Peek(l.in.Buffered())
		switch {
		case bytes.IndexByte(seen[searched:], '\n') >= 0:
			return '\n'
		case err == nil && len(seen) < readAhead:
			searched = len(seen)
		case bytes.IndexByte(seen, '\r') >= 0:
			return '\r'
		default:
			return '\n'
		}
	}
}
