package receive

import "bytes"

// dataEnd finds the end of a mail's data, CR LF . CR LF, and nothing else (RFC
// 5321 section 4.1.1.4).
type dataEnd struct{ state dataState }

type dataState int

const (
	lineStart dataState = iota
	dot                 // . at the start of a line, which is held back
	dotCR               // . CR, both of which are held back
	cr                  // CR
	inLine
	ended
)

// copy copies from src to dst, which is longer than src, until the end of the
// data. It returns how many bytes were written and read.
func (d *dataEnd) copy(dst, src []byte) (written, used int) {
	out := dst[:0:len(dst)]
	for used < len(src) && d.state != ended {
		if d.state == inLine {
			// Nothing matters up to the next CR.
			run := bytes.IndexByte(src[used:], '\r')
			if run < 0 {
				run = len(src) - used
			}
			out = append(out, src[used:used+run]...)
			if used += run; used == len(src) {
				break
			}
		}
		out = d.next(out, src[used])
		used++
	}
	return len(out), used
}

// next appends what c becomes.
func (d *dataEnd) next(out []byte, c byte) []byte {
	switch {
	case d.state == dotCR && c == '\n':
		d.state = ended
		return out
	case d.state == dotCR && c == '\r':
		d.state = cr // . CR CR LF is a line, as it is without the dot
		return append(out, '\r')
	case d.state == dotCR:
		d.state = inLine
		return append(out, '\r', c)
	case d.state == dot && c == '\r':
		d.state = dotCR
		return out
	case d.state == lineStart && c == '.':
		d.state = dot
		return out
	case d.state == cr && c == '\r':
		return out // CR CR LF is CR LF
	case c == '\r':
		d.state = cr
	case d.state == cr && c == '\n':
		d.state = lineStart
	default:
		d.state = inLine
	}
	return append(out, c)
}
