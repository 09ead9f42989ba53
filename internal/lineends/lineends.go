// Package lineends makes every line end of a mail CRLF.
package lineends

import "bytes"

// Normalize returns raw with every line end as CRLF (RFC 5321 section
// 2.3.8): a bare CR or LF inside a mail is how a second mail is smuggled past
// one server into the next. The result shares memory with raw when nothing had
// to change.
func Normalize(raw []byte) []byte {
	if isNormal(raw) {
		return raw
	}
	var lines Mender
	out := lines.Mend(make([]byte, 0, len(raw)+bytes.Count(raw, []byte{'\n'})), raw)
	return append(out, lines.End()...)
}

// A Mender makes every line end of a text CRLF that comes in pieces. The zero value
// begins one.
type Mender struct{ cr bool } // the text so far ends in CR, the LF of which may come yet

// InOrder reports whether piece can follow as it is, and if so takes note of it.
func (l *Mender) InOrder(piece []byte) bool {
	if len(piece) == 0 {
		return true
	}
	if l.cr {
		if piece[0] != '\n' {
			return false
		}
		piece = piece[1:]
	}
	text, cr := bytes.CutSuffix(piece, []byte{'\r'})
	if !isNormal(text) {
		return false
	}
	l.cr = cr
	return true
}

// Mend appends piece, which follows what came before, to out.
func (l *Mender) Mend(out, piece []byte) []byte {
	for _, c := range piece {
		switch {
		case c == '\n' && !l.cr:
			out = append(out, '\r')
		case c != '\n' && l.cr:
			out = append(out, '\n')
		}
		out, l.cr = append(out, c), c == '\r'
	}
	return out
}

// End returns what the text lacks at its end.
func (l *Mender) End() []byte {
	if !l.cr {
		return nil
	}
	l.cr = false
	return []byte{'\n'}
}

func isNormal(raw []byte) bool {
	for rest := raw; ; {
		i := bytes.IndexByte(rest, '\n')
		line := rest
		if i >= 0 {
			if i == 0 || rest[i-1] != '\r' {
				return false
			}
			line = rest[:i-1]
		}
		if bytes.IndexByte(line, '\r') >= 0 {
			return false
		}
		if i < 0 {
			return true
		}
		rest = rest[i+1:]
	}
}
