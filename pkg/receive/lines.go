package receive

import "bytes"

// NormalizeLines returns raw with every line end as CRLF (RFC 5321 section
// 2.3.8): a bare CR or LF inside a mail is how a second mail is smuggled past
// one server into the next. The result shares memory with raw when nothing had
// to change.
func NormalizeLines(raw []byte) []byte {
	if isNormal(raw) {
		return raw
	}
	out := make([]byte, 0, len(raw)+bytes.Count(raw, []byte{'\n'}))
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '\r' && i+1 < len(raw) && raw[i+1] == '\n':
			out = append(out, '\r', '\n')
			i++
		case c == '\r' || c == '\n':
			out = append(out, '\r', '\n')
		default:
			out = append(out, c)
		}
	}
	return out
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
